#include "media/sz_media_deflate_block.h"

#include <stdlib.h>


/* What was a block becomes history. */

static void
sz_deflate_slide(sz_deflate_t *z)
{
    size_t  shift;

    shift = z->end - SZ_HISTORY;

    memmove(z->buffer, z->buffer + shift, SZ_HISTORY);

    z->base = (uint16_t) (z->base + shift);
    z->begin = (z->begin > shift) ? z->begin - shift : 0;
    z->end = SZ_HISTORY;
}


static bool
sz_deflate_block(sz_deflate_t *z, bool last)
{
    size_t  n;

    sz_deflate_parse(z);
    n = sz_deflate_write(z, last);
    sz_deflate_slide(z);

    return z->put(z->data, z->output, n);
}


sz_deflate_t *
sz_deflate_create(const sz_deflate_how_t *how, sz_deflate_put_fn put,
    void *data)
{
    sz_deflate_t  *z;

    z = calloc(1, sizeof(sz_deflate_t));
    if (z == NULL) {
        return NULL;
    }

    z->how = *how;
    z->put = put;
    z->data = data;
    z->begin = z->end = SZ_HISTORY;

    sz_deflate_init(z);

    return z;
}


bool
sz_deflate_add(sz_deflate_t *z, const uint8_t *bytes, size_t len)
{
    size_t  n;

    while (len > 0) {

        n = SZ_HISTORY + SZ_BLOCK_BYTES - z->end;

        if (n == 0) {
            if (!sz_deflate_block(z, false)) {
                return false;
            }

            continue;
        }

        n = (len < n) ? len : n;
        memcpy(z->buffer + z->end, bytes, n);

        z->end += n;
        bytes += n;
        len -= n;
    }

    return true;
}


bool
sz_deflate_finish(sz_deflate_t *z)
{
    return sz_deflate_block(z, true);
}


void
sz_deflate_destroy(sz_deflate_t *z)
{
    free(z);
}
