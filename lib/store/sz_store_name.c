#include "store/sz_store.h"

#include <stdlib.h>


#define SZ_NAME_FROM  200


#define SZ_NAME_SCHEME  "sanzaru://"


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


/* sanzaru://images/a.png: what results link to, but no name. */

static sz_code_e
sz_name_refuse_uri(const char *name, const char *what, sz_error_t *err)
{
    char         shown[84];
    const char  *path;

    path = strchr(name + sizeof(SZ_NAME_SCHEME) - 1, '/');

    sz_str_show(shown, 80, sz_str_of((path != NULL) ? path + 1 : ""));

    return sz_error_set(err, SZ_E_INPUT, "`%s` is a URI, not a file name: use "
                        "\"%s\".", what, shown);
}


static sz_code_e
sz_name_refuse(const char *name, const char *what, const char *why,
    sz_error_t *err)
{
    char  shown[84];

    if (sz_str_starts(sz_str_of(name), SZ_NAME_SCHEME)) {
        return sz_name_refuse_uri(name, what, err);
    }

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


/* What a name must not hold anywhere, NULL if it is fine. */

static const char *
sz_name_characters(const char *name, bool invisible)
{
    size_t     n;
    sz_str_t   rest;

    for (rest = sz_str_of(name); rest.len > 0; rest.data += n, rest.len -= n) {

        switch (sz_utf8_char(rest, &n)) {

        case SZ_CHAR_CONTROL:
            return "has a control character";

        case SZ_CHAR_INVALID:
            return "is not valid UTF-8";

        case SZ_CHAR_INVISIBLE:
            if (!invisible) {
                return "has a character that nobody sees";
            }

            break;

        default: /* SZ_CHAR_PLAIN */
            if (*rest.data == '\\') {
                return "has a backslash";
            }
        }
    }

    return NULL;
}


static sz_code_e
sz_name_check_all(const char *name, const char *what, bool invisible,
    sz_error_t *err)
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

    why = sz_name_characters(name, invisible);

    if (why != NULL) {
        return sz_name_refuse(name, what, why, err);
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


sz_code_e
sz_name_check(const char *name, const char *what, sz_error_t *err)
{
    return sz_name_check_all(name, what, true, err);
}


sz_code_e
sz_name_check_new(const char *name, const char *what, sz_error_t *err)
{
    return sz_name_check_all(name, what, false, err);
}


char *
sz_name_from(sz_arena_t *arena, const char *text, const char *extension)
{
    char    *name, *p;
    size_t   len;

    /* of a long text both ends: proxies put what differs last */

    len = strlen(text);
    name = (len <= SZ_NAME_FROM)
           ? sz_printf(arena, "%s.%s", text, extension)
           : sz_printf(arena, "%.*s_%s.%s", SZ_NAME_FROM / 2 - 1, text,
                       text + len - SZ_NAME_FROM / 2, extension);
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
sz_name_base(const char *name)
{
    const char  *slash;

    slash = strrchr(name, '/');

    return (slash != NULL) ? slash + 1 : name;
}


const char *
sz_name_extension(const char *name)
{
    const char  *base, *dot;

    base = sz_name_base(name);

    dot = strrchr(base, '.');

    return (dot != NULL && dot != base) ? dot + 1 : "";
}
