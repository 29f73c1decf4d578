/*
 * PNG by our own encoder: 8-bit RGB, a filter chosen for each row, our own
 * deflate.  It holds two rows, one filtered row and a block of the deflate.
 */

#include "media/sz_media_encode.h"
#include "media/sz_media_deflate.h"
#include "media/sz_media_filter.h"
#include "media/sz_media_sum.h"
#include "media/sz_media_view.h"

#include <stdlib.h>
#include <zlib.h>


/* Zeros in front of a row: more than a pixel, so that rows are aligned. */
#define SZ_ROW_FRONT  64

/* zlib's head: deflate with a window of 32 KiB, no dictionary. */
#define SZ_ZLIB_HEAD  "\x78\x9c"


typedef struct {
    sz_encoder_t         encoder;   /* first */

    const sz_encode_t   *encode;
    const sz_filters_t  *filters;
    sz_deflate_t        *deflate;
    size_t               bytes;     /* of a row */
    uint8_t             *row;
    uint8_t             *above;
    uint8_t             *filtered;  /* the filter's number and the row */
    uint8_t             *memory;    /* all three */
    uint32_t             adler;
    bool                 begun;     /* the first chunk of pixels is written */
    bool                 ending;    /* the last one is */
} sz_png_out_t;


static const sz_deflate_how_t  sz_png_efforts[] = {
    [SZ_EFFORT_DEFAULT] = { .ways = 1, .inside = true },
    [SZ_EFFORT_FASTER] = { .ways = 0 },
    [SZ_EFFORT_SMALLER] = { .ways = 8, .lazy = true, .inside = true }
};


static bool
sz_png_chunk(sz_out_t *out, const char *type, const void *data, size_t len)
{
    uint32_t       crc;
    unsigned char  head[8], tail[4];

    memcpy(sz_put_be32(head, (uint32_t) len), type, 4);
    crc = sz_crc32(sz_crc32(0, type, 4), data, len);
    (void) sz_put_be32(tail, crc);

    return sz_out_add(out, head, 8) && sz_out_add(out, data, len)
           && sz_out_add(out, tail, 4);
}


/* A piece of the deflate stream as a chunk, with zlib's ends around all. */

static bool
sz_png_put(void *data, const uint8_t *bytes, size_t len)
{
    size_t          front, behind;
    uint32_t        crc;
    sz_out_t       *out;
    sz_png_out_t   *po = data;
    unsigned char   head[10], tail[8], *p;

    out = po->encode->out;
    front = po->begun ? 0 : 2;
    behind = po->ending ? 4 : 0;

    p = sz_put_be32(head, (uint32_t) (front + len + behind));
    memcpy(p, "IDAT" SZ_ZLIB_HEAD, 4 + front);

    (void) sz_put_be32(tail, po->adler);

    crc = sz_crc32(0, p, 4 + front);
    crc = sz_crc32(crc, bytes, len);
    crc = sz_crc32(crc, tail, behind);
    (void) sz_put_be32(tail + behind, crc);

    po->begun = true;

    return sz_out_add(out, head, 8 + front) && sz_out_add(out, bytes, len)
           && sz_out_add(out, tail, behind + 4);
}


/* The profile, compressed, behind its name; dropped when there is no room. */

static bool
sz_png_put_profile(sz_out_t *out, const unsigned char *icc, size_t len)
{
    bool            good;
    uLongf          room;
    unsigned char  *chunk;

    static const char  name[] = "ICC Profile\0";    /* and the method, 0 */

    room = compressBound(len);
    chunk = malloc(sizeof(name) + room);

    if (chunk == NULL) {
        return true;
    }

    memcpy(chunk, name, sizeof(name));

    good = compress2(chunk + sizeof(name), &room, icc, len,
                     Z_DEFAULT_COMPRESSION) != Z_OK
           || sz_png_chunk(out, "iCCP", chunk, sizeof(name) + room);

    free(chunk);

    return good;
}


static bool
sz_png_put_headers(const sz_encode_t *encode)
{
    sz_out_t       *out = encode->out;
    unsigned char   head[13];

    memcpy(sz_put_be32(sz_put_be32(head, encode->width), encode->height),
           "\10\2\0\0", 5);

    return sz_out_add(out, "\x89PNG\r\n\x1a\n", 8)
           && sz_png_chunk(out, "IHDR", head, sizeof(head))
           && (encode->icc_len == 0
               || sz_png_put_profile(out, encode->icc, encode->icc_len));
}


static unsigned
sz_png_choose(const sz_png_out_t *po)
{
    unsigned  f, best;
    uint64_t  costs[SZ_FILTERS];

    po->filters->costs(po->row, po->above, po->bytes, costs);

    for (best = 0, f = 1; f < SZ_FILTERS; f++) {
        best = (costs[f] < costs[best]) ? f : best;
    }

    return best;
}


static sz_code_e
sz_png_write(sz_encoder_t *encoder, const uint8_t *rgb, sz_error_t *err)
{
    uint8_t       *swap;
    unsigned       filter;
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    memcpy(po->row, rgb, po->bytes);

    filter = sz_png_choose(po);
    po->filtered[0] = (uint8_t) filter;
    po->filters->apply(filter, po->row, po->above, po->bytes,
                       po->filtered + 1);

    swap = po->row;
    po->row = po->above;
    po->above = swap;

    po->adler = sz_adler32(po->adler, po->filtered, po->bytes + 1);

    if (!sz_deflate_add(po->deflate, po->filtered, po->bytes + 1)) {
        return sz_out_error(po->encode->out, err);
    }

    return SZ_OK;
}


static sz_code_e
sz_png_finish(sz_encoder_t *encoder, sz_error_t *err)
{
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    po->ending = true;

    if (!sz_deflate_finish(po->deflate)
        || !sz_png_chunk(po->encode->out, "IEND", "", 0))
    {
        return sz_out_error(po->encode->out, err);
    }

    return SZ_OK;
}


static void
sz_png_destroy(sz_encoder_t *encoder)
{
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    if (po->deflate != NULL) {
        sz_deflate_destroy(po->deflate);
    }

    free(po->memory);
    free(po);
}


sz_encoder_t *
sz_encoder_png(const sz_encode_t *encode, sz_error_t *err)
{
    size_t         stride;
    sz_png_out_t  *po;

    po = calloc(1, sizeof(sz_png_out_t));
    if (po == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    po->encoder.write = sz_png_write;
    po->encoder.finish = sz_png_finish;
    po->encoder.destroy = sz_png_destroy;

    po->encode = encode;
    po->filters = sz_filters_best();
    po->bytes = (size_t) encode->width * SZ_FILTER_PIXEL;
    po->adler = 1;

    stride = SZ_ROW_FRONT + po->bytes + SZ_SLACK;
    po->memory = calloc(3, stride);
    po->deflate = sz_deflate_create(&sz_png_efforts[encode->effort],
                                    sz_png_put, po);

    if (po->memory == NULL || po->deflate == NULL) {
        sz_error_memory(err);
        sz_png_destroy(&po->encoder);
        return NULL;
    }

    po->row = po->memory + SZ_ROW_FRONT;
    po->above = po->row + stride;
    po->filtered = po->above + stride;

    if (!sz_png_put_headers(encode)) {
        sz_out_error(encode->out, err);
        sz_png_destroy(&po->encoder);
        return NULL;
    }

    return &po->encoder;
}
