#include "store/sz_store.h"

#include <stdlib.h>


static const char *const  sz_media_names[] = {
    [SZ_MEDIA_VIDEO] = "video",
    [SZ_MEDIA_IMAGE] = "image",
    [SZ_MEDIA_AUDIO] = "audio",
    [SZ_MEDIA_KINDS] = NULL
};


const char *
sz_media_name(sz_media_e kind)
{
    return sz_media_names[kind];
}


bool
sz_folder_copy(sz_folder_t *copy, const sz_folder_t *where)
{
    *copy = *where;

    copy->root = strdup(where->root);
    copy->folder = (where->folder != NULL) ? strdup(where->folder) : NULL;

    if (copy->root == NULL || (where->folder != NULL && copy->folder == NULL)) {
        sz_folder_free(copy);
        return false;
    }

    return true;
}


void
sz_folder_free(sz_folder_t *copy)
{
    free((char *) copy->root);
    free((char *) copy->folder);

    memset(copy, 0, sizeof(sz_folder_t));
}


static sz_code_e
sz_name_refuse(const char *name, const char *what, const char *why,
    sz_error_t *err)
{
    char  shown[84];

    sz_str_show(shown, 80, sz_str_of(name));

    return sz_error_set(err, SZ_E_INPUT,
                        "`%s` is not a usable file name: \"%s\" %s. Use a "
                        "plain name such as \"beach.png\", or a path inside "
                        "the media folder such as \"trip/beach.png\".",
                        what, shown, why);
}


/* Why one component cannot be used, NULL if it can. */

static const char *
sz_name_component(const char *p, size_t len)
{
    if (len == 0) {
        return "has an empty part";
    }

    if (len == 2 && p[0] == '.' && p[1] == '.') {
        return "leaves the media folder";
    }

    if (p[0] == '.') {
        return "has a part that begins with a dot";
    }

    if (len > SZ_NAME_MAX) {
        return "has a part of more than 255 bytes";
    }

    return NULL;
}


sz_code_e
sz_name_check(const char *name, const char *what, sz_error_t *err)
{
    size_t       len;
    const char  *p, *why;

    if (*name == '\0') {
        return sz_name_refuse(name, what, "is empty", err);
    }

    if (*name == '/') {
        return sz_name_refuse(name, what, "is an absolute path", err);
    }

    if (strlen(name) > SZ_PATH_MAX) {
        return sz_name_refuse(name, what, "has more than 1023 bytes", err);
    }

    for (p = name; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            return sz_name_refuse(name, what, "has a control character", err);
        }

        if (*p == '\\') {
            return sz_name_refuse(name, what, "has a backslash", err);
        }
    }

    for (p = name; ; p += len + 1) {
        len = strcspn(p, "/");
        why = sz_name_component(p, len);

        if (why != NULL) {
            return sz_name_refuse(name, what, why, err);
        }

        if (p[len] == '\0') {
            return SZ_OK;
        }
    }
}


char *
sz_name_from(sz_arena_t *arena, const char *text, const char *extension)
{
    char  *name, *p;

    name = sz_printf(arena, "%.200s.%s", text, extension);
    if (name == NULL) {
        return NULL;
    }

    for (p = name; *p != '\0'; p++) {
        if ((*p < '0' || *p > '9') && ((*p | 0x20) < 'a' || (*p | 0x20) > 'z')
            && strchr("-_.", *p) == NULL)
        {
            *p = '_';
        }
    }

    if (name[0] == '.') {
        name[0] = '_';
    }

    return name;
}


const char *
sz_name_extension(const char *name)
{
    const char  *base, *dot;

    base = strrchr(name, '/');
    base = (base != NULL) ? base + 1 : name;

    dot = strrchr(base, '.');

    return (dot != NULL && dot != base) ? dot + 1 : "";
}
