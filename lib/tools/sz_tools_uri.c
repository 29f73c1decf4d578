/*
 * URIs of resources, and templates with one variable (RFC 6570: {name}, and
 * {+name} for values with slashes).
 */

#include "tools/sz_tools_resource.h"


static const char *const  sz_uri_folders[] = {
    [SZ_MEDIA_VIDEO] = "videos",
    [SZ_MEDIA_IMAGE] = "images",
    [SZ_MEDIA_AUDIO] = "audio"
};


static bool
sz_uri_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}


/* Percent-encoded but for what RFC 3986 calls unreserved, and the slashes. */

void
sz_resource_uri(sz_buf_t *out, sz_media_e kind, const char *name)
{
    sz_buf_fmt(out, "sanzaru://%s/", sz_uri_folders[kind]);

    for (/* void */; *name != '\0'; name++) {
        if (sz_uri_is_alnum(*name) || strchr("-._~/", *name) != NULL) {
            sz_buf_c(out, *name);

        } else {
            sz_buf_fmt(out, "%%%02X", (unsigned char) *name);
        }
    }
}


/*
 * The byte that an escape stands for; 0 when it is none, or stands for what no
 * value has: control characters, and a slash, which would be another name.
 */

static char
sz_uri_escape(const char *p, size_t len)
{
    int  c;

    if (len < 3 || sz_hex(p[1]) == -1 || sz_hex(p[2]) == -1) {
        return '\0';
    }

    c = 16 * sz_hex(p[1]) + sz_hex(p[2]);

    return (c < 0x20 || c == 0x7f || c == '/') ? '\0' : (char) c;
}


static char *
sz_uri_decode(sz_arena_t *arena, sz_str_t text, bool slashes)
{
    char    *value, *out;
    size_t   i;

    value = sz_alloc(arena, text.len + 1);

    if (value == NULL || text.len == 0) {
        return NULL;
    }

    for (out = value, i = 0; i < text.len; out++) {

        if (text.data[i] == '%') {
            *out = sz_uri_escape(text.data + i, text.len - i);
            i += 3;

        } else {
            *out = (sz_uri_is_alnum(text.data[i])
                    || strchr("-._~!$&'()*+,;=:@", text.data[i]) != NULL
                    || (slashes && text.data[i] == '/'))
                   ? text.data[i] : '\0';
            i++;
        }

        if (*out == '\0') {
            return NULL;
        }
    }

    return sz_utf8_valid(sz_str_of(value)) ? value : NULL;
}


bool
sz_resource_is_template(const sz_resource_t *resource)
{
    return strchr(resource->uri, '{') != NULL;
}


char *
sz_resource_match(sz_arena_t *arena, const char *pattern, const char *uri)
{
    bool         slashes;
    size_t       len, head, tail;
    const char  *open, *close;

    open = strchr(pattern, '{');
    close = (open != NULL) ? strchr(open, '}') : NULL;

    if (close == NULL) {
        return NULL;
    }

    slashes = (open[1] == '+');
    head = (size_t) (open - pattern);
    tail = strlen(close + 1);
    len = strlen(uri);

    if (len < head + tail || strncmp(uri, pattern, head) != 0
        || strcmp(uri + len - tail, close + 1) != 0)
    {
        return NULL;
    }

    return sz_uri_decode(arena, (sz_str_t) { len - head - tail, uri + head },
                         slashes);
}
