#include "media/sz_media_exif.h"
#include "media/sz_media_text.h"

#include <stdlib.h>
#include <zlib.h>


#define SZ_PNG_TEXT  sz_fourcc('t', 'E', 'X', 't')
#define SZ_PNG_ZTXT  sz_fourcc('z', 'T', 'X', 't')

/* A keyword has at most 79 bytes. */
#define SZ_TEXT_KEY  80

/* Lines in front of the digits: an empty one, the name, the length. */
#define SZ_TEXT_LINES  3


bool
sz_text_is(sz_view_t *view, const sz_section_t *part, const char *keyword)
{
    char    key[SZ_TEXT_KEY];
    size_t  len;

    len = strlen(keyword) + 1;

    return len <= SZ_TEXT_KEY && (int64_t) len <= part->len
           && sz_view_copy(view, part->data, key, len)
           && memcmp(key, keyword, len) == 0;
}


/* The bytes of a field up to its NUL; len when there is none. */

static size_t
sz_text_field(const unsigned char *p, size_t len)
{
    const unsigned char  *end;

    end = memchr(p, '\0', len);

    return (end != NULL) ? (size_t) (end - p) : len;
}


/*
 * Passes over what is in front of a chunk's text: keyword, method, and in iTXt
 * whether there is a method, a language and the keyword in it.
 */

static bool
sz_text_head(uint32_t type, const unsigned char **p, size_t *len,
    bool *packed)
{
    int                   i;
    size_t                n;
    const unsigned char  *end = *p + *len;

    *p += sz_text_field(*p, *len);
    n = (type == SZ_PNG_TEXT) ? 1 : (type == SZ_PNG_ZTXT) ? 2 : 3;

    if ((size_t) (end - *p) < n) {
        return false;
    }

    *packed = (type == SZ_PNG_ZTXT) || (n == 3 && (*p)[1] != 0);

    if (*packed && (*p)[n - 1] != 0) {
        return false;
    }

    *p += n;

    for (i = 0; n == 3 && i < 2; i++) {

        *p += sz_text_field(*p, (size_t) (end - *p));

        if (*p == end) {
            return false;
        }

        (*p)++;
    }

    *len = (size_t) (end - *p);

    return true;
}


/* The whole stream into SZ_TEXT_MAX bytes; 0 when it is broken or longer. */

static size_t
sz_text_inflate(const unsigned char *p, size_t len, char *text)
{
    int       rc;
    z_stream  z;

    memset(&z, 0, sizeof(z));

    if (inflateInit(&z) != Z_OK) {
        return 0;
    }

    z.next_in = (unsigned char *) p;
    z.avail_in = (uInt) len;
    z.next_out = (unsigned char *) text;
    z.avail_out = SZ_TEXT_MAX;

    rc = inflate(&z, Z_FINISH);
    inflateEnd(&z);

    return (rc == Z_STREAM_END) ? SZ_TEXT_MAX - z.avail_out : 0;
}


static int
sz_text_digit(char c)
{
    return (c >= '0' && c <= '9') ? c - '0'
           : (c >= 'a' && c <= 'f') ? c - 'a' + 10
           : (c >= 'A' && c <= 'F') ? c - 'A' + 10 : -1;
}


/* Pairs of digits to bytes, in place; blanks between pairs are passed over. */

static size_t
sz_text_bytes(char *text, size_t len)
{
    int     high, low;
    size_t  i, n;

    for (i = n = 0; i < len; i++) {

        if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')) {
            continue;
        }

        high = sz_text_digit(text[i]);
        low = (++i < len) ? sz_text_digit(text[i]) : -1;

        if (high < 0 || low < 0) {
            return 0;
        }

        text[n++] = (char) (high << 4 | low);
    }

    return n;
}


uint8_t
sz_text_profile(char *text, size_t len)
{
    int        line;
    char      *next;
    size_t     n;
    sz_view_t  view;

    for (line = 0; line < SZ_TEXT_LINES; line++) {

        next = memchr(text, '\n', len);
        if (next == NULL) {
            return 0;
        }

        len -= (size_t) (next + 1 - text);
        text = next + 1;
    }

    n = sz_text_bytes(text, len);
    sz_view_bytes(&view, (sz_str_t) { n, text });

    return sz_exif_orientation(&view, 0, (int64_t) n);
}


/* An attribute or an element, its first character a digit. */

uint8_t
sz_text_xmp(const char *text, size_t len)
{
    size_t       n;
    const char  *p, *end = text + len;

    static const char  name[] = "tiff:Orientation";

    p = text;

    while ((p = memmem(p, (size_t) (end - p), name, sizeof(name) - 1))
           != NULL)
    {
        p += sizeof(name) - 1;
        n = (end - p > 1 && p[0] == '>') ? 1
            : (end - p > 2 && p[0] == '=' && p[1] == '"') ? 2 : 0;

        if (n > 0 && p[n] >= '0' && p[n] <= '9') {
            return (p[n] >= '1' && p[n] <= '8') ? (uint8_t) (p[n] - '0') : 1;
        }
    }

    return 0;
}


/* The text of a chunk in malloc memory of SZ_TEXT_MAX bytes. */

static char *
sz_text_read(sz_view_t *view, const sz_section_t *part, size_t *len)
{
    bool                  packed;
    char                 *text;
    unsigned char        *chunk;
    const unsigned char  *p;

    if (part->type == 0 || part->len > SZ_TEXT_MAX) {
        return NULL;
    }

    *len = (size_t) part->len;
    chunk = malloc(*len + 1);
    text = malloc(SZ_TEXT_MAX);
    p = chunk;

    if (chunk == NULL || text == NULL
        || !sz_view_copy(view, part->data, chunk, *len)
        || !sz_text_head(part->type, &p, len, &packed))
    {
        *len = 0;

    } else if (packed) {
        *len = sz_text_inflate(p, *len, text);

    } else {
        memcpy(text, p, *len);
    }

    free(chunk);

    return text;
}


uint8_t
sz_text_orientation(sz_view_t *view, const sz_section_t *part,
    const char *keyword)
{
    char     *text;
    size_t    len;
    uint8_t   orientation;

    text = sz_text_read(view, part, &len);
    if (text == NULL) {
        return 0;
    }

    orientation = (strcmp(keyword, SZ_TEXT_PROFILE) == 0)
                  ? sz_text_profile(text, len) : sz_text_xmp(text, len);
    free(text);

    return orientation;
}
