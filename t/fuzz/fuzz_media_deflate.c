/*
 * Our deflate: whatever goes in, in whatever pieces, zlib gets it back.  The
 * first four bytes choose the effort, the pieces, and how often the data is
 * repeated, so that matches reach over blocks.
 */

#include "media/sz_media_deflate.h"

#include <stdlib.h>
#include <zlib.h>


typedef struct {
    z_stream        z;
    uint8_t        *back;
    size_t          room;
} stream_t;


static bool
put(void *data, const uint8_t *bytes, size_t len)
{
    int        rc;
    stream_t  *s = data;

    s->z.next_in = (Bytef *) bytes;
    s->z.avail_in = (uInt) len;
    rc = inflate(&s->z, Z_NO_FLUSH);

    if ((rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        || s->z.avail_in != 0)
    {
        abort();
    }

    return true;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            n, at, step;
    uint8_t          *all;
    stream_t          s;
    sz_deflate_t     *d;
    sz_deflate_how_t  how;

    if (size < 5) {
        return 0;
    }

    how.ways = (data[0] & 32) ? 0 : 1 + data[0] % 8;
    how.lazy = data[0] >> 3 & 1;
    how.inside = data[0] >> 4 & 1;

    n = (size - 4) * (1 + data[1]);
    n = (n < 300000) ? n : 300000;
    all = malloc(n);

    for (at = 0; at < n; at++) {
        all[at] = data[4 + at % (size - 4)]
                  ^ (uint8_t) ((at / (size - 4)) & data[3]);
    }

    memset(&s, 0, sizeof(s));
    inflateInit2(&s.z, -15);
    s.back = malloc(n + 1);
    s.z.next_out = s.back;
    s.z.avail_out = (uInt) n + 1;

    d = sz_deflate_create(&how, put, &s);

    for (at = 0; at < n; at += step) {
        step = 1 + (size_t) data[2] * 257;
        step = (step < n - at) ? step : n - at;

        if (!sz_deflate_add(d, all + at, step)) {
            abort();
        }
    }

    if (!sz_deflate_finish(d) || s.z.total_out != n
        || memcmp(s.back, all, n) != 0 || inflate(&s.z, Z_FINISH)
                                          != Z_STREAM_END)
    {
        abort();
    }

    inflateEnd(&s.z);
    sz_deflate_destroy(d);
    free(s.back);
    free(all);

    return 0;
}
