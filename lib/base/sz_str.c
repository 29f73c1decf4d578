#include "base/sz_base.h"

#include <stdio.h>


static char
sz_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char) (c | 0x20) : c;
}


bool
sz_str_caseeq(sz_str_t a, sz_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return false;
    }

    for (i = 0; i < a.len; i++) {
        if (sz_lower(a.data[i]) != sz_lower(b.data[i])) {
            return false;
        }
    }

    return true;
}


bool
sz_str_starts(sz_str_t a, const char *prefix)
{
    size_t  n = strlen(prefix);

    return a.len >= n && memcmp(a.data, prefix, n) == 0;
}


bool
sz_str_casestarts(sz_str_t a, const char *prefix)
{
    sz_str_t  want = sz_str_of(prefix);

    return a.len >= want.len
           && sz_str_caseeq((sz_str_t) { want.len, a.data }, want);
}


bool
sz_str_ends(sz_str_t a, const char *suffix)
{
    size_t  n = strlen(suffix);

    return a.len >= n && memcmp(a.data + a.len - n, suffix, n) == 0;
}


sz_str_t
sz_str_trim(sz_str_t a)
{
    while (a.len > 0 && (a.data[0] == ' ' || a.data[0] == '\t')) {
        a.data++;
        a.len--;
    }

    while (a.len > 0
           && (a.data[a.len - 1] == ' ' || a.data[a.len - 1] == '\t'))
    {
        a.len--;
    }

    return a;
}


sz_str_t
sz_str_next_item(sz_str_t *rest)
{
    sz_str_t     item;
    const char  *comma;

    item = *rest;

    comma = (item.len > 0) ? memchr(item.data, ',', item.len) : NULL;

    if (comma == NULL) {
        *rest = sz_str_null;
        return sz_str_trim(item);
    }

    item.len = (size_t) (comma - item.data);
    rest->data = comma + 1;
    rest->len -= item.len + 1;

    return sz_str_trim(item);
}


bool
sz_str_digits(sz_str_t a)
{
    size_t  i;

    for (i = 0; i < a.len; i++) {
        if (a.data[i] < '0' || a.data[i] > '9') {
            return false;
        }
    }

    return a.len > 0;
}


bool
sz_str_uint(sz_str_t a, uint64_t max, uint64_t *value)
{
    size_t    i;
    uint64_t  v, digit;

    if (!sz_str_digits(a)) {
        return false;
    }

    for (v = 0, i = 0; i < a.len; i++) {

        digit = (uint64_t) (a.data[i] - '0');

        if (v > (max - digit) / 10 || digit > max) {
            return false;
        }

        v = v * 10 + digit;
    }

    *value = v;

    return true;
}


static const char  sz_hex_digits[] = "0123456789abcdef";


void
sz_hex_encode(char *dst, const unsigned char *src, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        *dst++ = sz_hex_digits[src[i] >> 4];
        *dst++ = sz_hex_digits[src[i] & 15];
    }

    *dst = '\0';
}


bool
sz_hex_decode(unsigned char *dst, size_t n, sz_str_t text)
{
    size_t       i;
    unsigned     digit;
    const char  *p;

    if (text.len != 2 * n) {
        return false;
    }

    for (i = 0; i < text.len; i++) {

        p = memchr(sz_hex_digits, text.data[i], 16);

        if (p == NULL) {
            return false;
        }

        digit = (unsigned) (p - sz_hex_digits);
        dst[i / 2] = (unsigned char) ((i % 2 == 0) ? digit << 4
                                                   : dst[i / 2] | digit);
    }

    return true;
}


int
sz_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = (char) (c | 0x20);

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/*
 * The length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7),
 * 0 if there is none.
 */

static size_t
sz_utf8_sequence(const unsigned char *p, size_t len)
{
    size_t         n, i;
    unsigned char  low = 0x80, high = 0xbf;

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        low = (p[0] == 0xe0) ? 0xa0 : 0x80;
        high = (p[0] == 0xed) ? 0x9f : 0xbf;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        low = (p[0] == 0xf0) ? 0x90 : 0x80;
        high = (p[0] == 0xf4) ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if (len < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }

    return n;
}


bool
sz_utf8_valid(sz_str_t s)
{
    size_t                i, n;
    uint64_t              word;
    const unsigned char  *p;

    p = (const unsigned char *) s.data;

    for (i = 0; i < s.len; i += n) {

        /* nearly all text is ASCII: eight bytes at a time */

        while (s.len - i >= 8) {
            memcpy(&word, p + i, 8);

            if (word & 0x8080808080808080ULL) {
                break;
            }

            i += 8;
        }

        if (i == s.len) {
            break;
        }

        n = sz_utf8_sequence(p + i, s.len - i);

        if (n == 0) {
            return false;
        }
    }

    return true;
}


/* Unicode 15: the general categories Cc, Cf, Zl and Zp, but for a few. */

static const struct {
    uint32_t   first;
    uint32_t   last;
    sz_char_e  is;
} sz_chars[] = {
    { 0x0000, 0x001f, SZ_CHAR_CONTROL },
    { 0x007f, 0x009f, SZ_CHAR_CONTROL },
    { 0x00ad, 0x00ad, SZ_CHAR_INVISIBLE },      /* soft hyphen */
    { 0x034f, 0x034f, SZ_CHAR_INVISIBLE },
    { 0x061c, 0x061c, SZ_CHAR_INVISIBLE },
    { 0x115f, 0x1160, SZ_CHAR_INVISIBLE },      /* Hangul fillers */
    { 0x180e, 0x180e, SZ_CHAR_INVISIBLE },
    { 0x200b, 0x200f, SZ_CHAR_INVISIBLE },      /* zero width, marks */
    { 0x2028, 0x2029, SZ_CHAR_CONTROL },        /* line, paragraph */
    { 0x202a, 0x202e, SZ_CHAR_CONTROL },        /* embeddings, overrides */
    { 0x2060, 0x2065, SZ_CHAR_INVISIBLE },
    { 0x2066, 0x2069, SZ_CHAR_CONTROL },        /* isolates */
    { 0x206a, 0x206f, SZ_CHAR_INVISIBLE },
    { 0x3164, 0x3164, SZ_CHAR_INVISIBLE },
    { 0xfeff, 0xfeff, SZ_CHAR_INVISIBLE },      /* byte order mark */
    { 0xffa0, 0xffa0, SZ_CHAR_INVISIBLE },
    { 0xfff9, 0xfffb, SZ_CHAR_INVISIBLE },
    { 0xe0000, 0xe007f, SZ_CHAR_INVISIBLE }     /* tags */
};


sz_char_e
sz_utf8_char(sz_str_t s, size_t *len)
{
    size_t                i, n;
    uint32_t              c;
    const unsigned char  *p;

    p = (const unsigned char *) s.data;
    n = sz_utf8_sequence(p, s.len);

    if (n == 0) {
        *len = 1;
        return SZ_CHAR_INVALID;
    }

    *len = n;
    c = (n == 1) ? p[0] : p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        c = (c << 6) | (p[i] & 0x3f);
    }

    for (i = 0; i < sz_array_len(sz_chars) && sz_chars[i].first <= c; i++) {
        if (c <= sz_chars[i].last) {
            return sz_chars[i].is;
        }
    }

    return SZ_CHAR_PLAIN;
}


size_t
sz_utf8_cut(sz_str_t s, size_t max)
{
    if (s.len <= max) {
        return s.len;
    }

    while (max > 0 && ((unsigned char) s.data[max] & 0xc0) == 0x80) {
        max--;
    }

    return max;
}


void
sz_utf8_format(char *dst, size_t size, const char *fmt, va_list args)
{
    char        *to;
    size_t       n, len;
    sz_char_e    is;
    const char  *p;

    vsnprintf(dst, size, fmt, args);

    len = strlen(dst);

    for (to = dst, p = dst; len > 0; p += n, len -= n) {

        is = sz_utf8_char((sz_str_t) { len, p }, &n);

        if (is == SZ_CHAR_CONTROL || is == SZ_CHAR_INVALID) {
            *to++ = '?';

        } else {
            memmove(to, p, n);
            to += n;
        }
    }

    *to = '\0';
}


void
sz_str_show(char *dst, size_t max, sz_str_t s)
{
    size_t  i, n, end;

    end = sz_utf8_cut(s, max);

    for (i = 0; i < end; i += n) {

        if (sz_utf8_char((sz_str_t) { s.len - i, s.data + i }, &n)
            != SZ_CHAR_PLAIN)
        {
            *dst++ = '?';
            continue;
        }

        memcpy(dst, s.data + i, n);
        dst += n;
    }

    if (end < s.len) {
        memcpy(dst, "...", 3);
        dst += 3;
    }

    *dst = '\0';
}
