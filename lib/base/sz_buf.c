#include "base/sz_base.h"

#include <stdio.h>
#include <stdlib.h>


#define SZ_BUF_FIRST  256


void
sz_buf_init(sz_buf_t *b, size_t max)
{
    memset(b, 0, sizeof(sz_buf_t));
    b->max = max;
}


void
sz_buf_free(sz_buf_t *b)
{
    free(b->data);
    sz_buf_init(b, b->max);
}


char *
sz_buf_reserve(sz_buf_t *b, size_t more)
{
    char    *data;
    size_t   need, size;

    if (b->failed || more > b->max - b->len) {
        b->failed = true;
        return NULL;
    }

    need = b->len + more;

    if (need > b->size) {
        size = (b->size == 0) ? SZ_BUF_FIRST : b->size;

        while (size < need) {
            size *= 2;
        }

        if (size > b->max) {
            size = b->max;
        }

        data = realloc(b->data, size);
        if (data == NULL) {
            b->failed = true;
            return NULL;
        }

        b->data = data;
        b->size = size;
    }

    return b->data + b->len;
}


void
sz_buf_add(sz_buf_t *b, const void *data, size_t len)
{
    char  *p;

    if (len == 0) {
        return;
    }

    p = sz_buf_reserve(b, len);

    if (p != NULL) {
        memcpy(p, data, len);
        b->len += len;
    }
}


void
sz_buf_str(sz_buf_t *b, sz_str_t s)
{
    sz_buf_add(b, s.data, s.len);
}


void
sz_buf_c(sz_buf_t *b, char c)
{
    sz_buf_add(b, &c, 1);
}


void
sz_buf_fmt(sz_buf_t *b, const char *fmt, ...)
{
    int      n;
    char    *p;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    p = (n >= 0) ? sz_buf_reserve(b, (size_t) n + 1) : NULL;

    if (p != NULL) {
        va_start(args, fmt);
        vsnprintf(p, (size_t) n + 1, fmt, args);
        va_end(args);

        b->len += (size_t) n;
    }
}
