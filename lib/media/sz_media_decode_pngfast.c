/*
 * PNG as people send it: grey, RGB or RGBA of 8 bits, not interlaced, without
 * a transparent colour.  Its data is inflated by ISA-L, its filters are
 * undone with vectors.
 *
 * This decoder accepts what is right in every detail.  At the first doubt (a
 * chunk out of place, a wrong checksum, a broken stream, a byte too many, no
 * time left) it hands over to the decoder on libpng, which begins anew, passes
 * over the rows already delivered, and has the last word.  So both refuse the
 * same files, in the same words; where the guard has refused, the other one
 * asks it again.
 */

#include "media/sz_media_decode.h"
#include "media/sz_media_decode_png.h"

#ifdef SZ_HAVE_ISAL

#include "media/sz_media_sum.h"
#include "media/sz_media_unfilter.h"

#include <stdlib.h>

#include <isa-l/igzip_lib.h>


#define SZ_FAST_INPUT      SZ_GUARD_STEP

/* Chunks between the pixels and the end, and before the pixels. */
#define SZ_FAST_CHUNKS     1000

/* Beyond this libpng finds an ancillary chunk remarkable. */
#define SZ_FAST_CHUNK_MAX  8000000


/* ISA-L counts in 32 bits. */
#define SZ_FAST_RAW_MAX    INT64_C(2000000000)

#define SZ_PNG_IHDR        sz_fourcc('I', 'H', 'D', 'R')
#define SZ_PNG_IDAT        sz_fourcc('I', 'D', 'A', 'T')
#define SZ_PNG_IEND        sz_fourcc('I', 'E', 'N', 'D')

/* The bit of a chunk's first letter that says it may be passed over. */
#define SZ_PNG_ANCILLARY   (UINT32_C(0x20) << 24)


typedef struct {
    sz_decoder_t           decoder;     /* first */

    const sz_decode_t     *decode;
    const sz_unfilters_t  *unfilters;
    sz_decoder_t          *other;       /* libpng's, after a doubt */
    uint32_t               next;        /* row */

    sz_unfilter_t          how;
    uint8_t               *raw;         /* SZ_BLOCK filtered rows, packed */
    uint8_t               *above;       /* the row above the next one */
    uint8_t               *rows;        /* SZ_BLOCK rows of `how` */
    uint8_t               *rgb;         /* SZ_BLOCK of RGB, if rows are not */
    size_t                 stride;
    size_t                 rgb_stride;

    int64_t                offset;      /* of the next read */
    size_t                 at;          /* in the input */
    size_t                 have;
    uint32_t               left;        /* of the chunk under way */
    uint32_t               crc;
    uint32_t               type;        /* of the chunk behind the pixels */
    struct inflate_state   inflate;
    unsigned char          input[SZ_FAST_INPUT];
} sz_fast_in_t;


/* The next n (few) bytes, passed over; NULL at the end of the file. */

static const unsigned char *
sz_fast_get(sz_fast_in_t *in, size_t n)
{
    ssize_t  got;

    if (in->have - in->at < n) {

        if (sz_guard_check(in->decode->guard, NULL) != SZ_OK) {
            return NULL;
        }

        in->have -= in->at;
        memmove(in->input, in->input + in->at, in->have);
        in->at = 0;

        got = sz_media_pread(in->decode->fd, in->input + in->have,
                             SZ_FAST_INPUT - in->have, in->offset);
        if (got < 0) {
            return NULL;
        }

        in->have += (size_t) got;
        in->offset += got;

        if (in->have < n) {
            return NULL;
        }
    }

    in->at += n;

    return in->input + in->at - n;
}


static void
sz_fast_pass(sz_fast_in_t *in, size_t n)
{
    size_t  here;

    here = in->have - in->at;

    if (n <= here) {
        in->at += n;
        return;
    }

    in->offset += (int64_t) (n - here);
    in->at = in->have = 0;
}


static bool
sz_fast_is_letter(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}


/* The head of a chunk into left, type and crc. */

static bool
sz_fast_head(sz_fast_in_t *in)
{
    const unsigned char  *p;

    p = sz_fast_get(in, 8);

    if (p == NULL || !sz_fast_is_letter(p[4]) || !sz_fast_is_letter(p[5])
        || !sz_fast_is_letter(p[6]) || !sz_fast_is_letter(p[7]))
    {
        return false;
    }

    in->left = sz_be32(p);
    in->type = sz_be32(p + 4);
    in->crc = sz_crc32(0, p + 4, 4);

    return in->left <= INT32_MAX;
}


static bool
sz_fast_crc(sz_fast_in_t *in)
{
    const unsigned char  *p;

    p = sz_fast_get(in, 4);

    return p != NULL && sz_be32(p) == in->crc;
}


/*
 * Passes over ancillary chunks up to `wanted`, whose head is then read.  What
 * they hold, and whether their checksums are right, is no matter.
 */

static bool
sz_fast_seek(sz_fast_in_t *in, uint32_t wanted)
{
    unsigned  n;

    for (n = 0; in->type != wanted; n++) {

        if (!(in->type & SZ_PNG_ANCILLARY) || in->left > SZ_FAST_CHUNK_MAX
            || n == SZ_FAST_CHUNKS)
        {
            return false;
        }

        sz_fast_pass(in, (size_t) in->left + 4);

        if (!sz_fast_head(in)) {
            return false;
        }
    }

    return true;
}


/* IHDR is what the headers' parser has seen; here its checksum counts. */

static bool
sz_fast_open(sz_fast_in_t *in)
{
    const unsigned char  *p;

    if (sz_fast_get(in, 8) == NULL || !sz_fast_head(in)
        || in->type != SZ_PNG_IHDR)
    {
        return false;
    }

    p = sz_fast_get(in, in->left);
    if (p == NULL) {
        return false;
    }

    in->crc = sz_crc32(in->crc, p, in->left);

    return sz_fast_crc(in) && sz_fast_head(in)
           && sz_fast_seek(in, SZ_PNG_IDAT);
}


/* More of the stream for the inflater; false when there is none. */

static bool
sz_fast_feed(sz_fast_in_t *in)
{
    size_t                n;
    const unsigned char  *p;

    while (in->left == 0) {
        if (in->type != SZ_PNG_IDAT || !sz_fast_crc(in) || !sz_fast_head(in)
            || in->type != SZ_PNG_IDAT)
        {
            return false;
        }
    }

    p = sz_fast_get(in, 1);
    if (p == NULL) {
        return false;
    }

    n = in->have - in->at + 1;
    n = (n < in->left) ? n : in->left;

    in->at += n - 1;
    in->left -= (uint32_t) n;
    in->crc = sz_crc32(in->crc, p, n);

    in->inflate.next_in = (uint8_t *) p;
    in->inflate.avail_in = (uint32_t) n;

    return true;
}


/* zlib's head; more than 32 KiB to reach back for is none. */

static bool
sz_fast_window(sz_fast_in_t *in)
{
    return sz_fast_feed(in) && (in->inflate.next_in[0] >> 4) <= 7;
}


/* Exactly len bytes of the stream, at most SZ_GUARD_STEP. */

static bool
sz_fast_step(sz_fast_in_t *in, uint8_t *to, size_t len)
{
    struct inflate_state  *z = &in->inflate;

    z->next_out = to;
    z->avail_out = (uint32_t) len;

    while (z->avail_out > 0) {

        if (z->avail_in == 0 && z->block_state != ISAL_BLOCK_INPUT_DONE
            && !sz_fast_feed(in))
        {
            return false;
        }

        if (isal_inflate(z) != ISAL_DECOMP_OK
            || (z->avail_out > 0 && z->block_state == ISAL_BLOCK_FINISH))
        {
            return false;
        }
    }

    return true;
}


/* Any number of bytes, the clock between steps of equal size. */

static bool
sz_fast_inflate(sz_fast_in_t *in, uint8_t *to, size_t len)
{
    size_t  n, steps;

    for (steps = (len + SZ_GUARD_STEP - 1) / SZ_GUARD_STEP; steps > 0; steps--)
    {
        n = len / steps;

        if (!sz_fast_step(in, to, n)
            || (steps > 1
                && sz_guard_check(in->decode->guard, NULL) != SZ_OK))
        {
            return false;
        }

        to += n;
        len -= n;
    }

    return true;
}


/* The stream ends here, with its checksum, and so do the pixel chunks. */

static bool
sz_fast_end(sz_fast_in_t *in)
{
    uint8_t                more;
    struct inflate_state  *z = &in->inflate;

    z->next_out = &more;
    z->avail_out = 1;

    while (z->block_state != ISAL_BLOCK_FINISH) {

        if (z->avail_in == 0 && z->block_state != ISAL_BLOCK_INPUT_DONE
            && !sz_fast_feed(in))
        {
            return false;
        }

        if (isal_inflate(z) != ISAL_DECOMP_OK || z->avail_out == 0) {
            return false;
        }
    }

    return z->avail_in == 0 && z->read_in_length < 8 && in->left == 0
           && sz_fast_crc(in) && sz_fast_head(in)
           && in->type != SZ_PNG_IDAT && sz_fast_seek(in, SZ_PNG_IEND)
           && in->left == 0 && sz_fast_crc(in);
}


/* n filtered rows into `raw`. */

static bool
sz_fast_raw(sz_fast_in_t *in, unsigned n)
{
    unsigned  i;

    if (!sz_fast_inflate(in, in->raw, n * (in->how.bytes + 1))) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (in->raw[i * (in->how.bytes + 1)] >= SZ_FILTERS) {
            return false;
        }
    }

    return true;
}


/* The filters of n rows undone, two rows at a time. */

static void
sz_fast_undo(sz_fast_in_t *in, unsigned n)
{
    uint8_t        *out[2];
    unsigned        i;
    const uint8_t  *raw[2];

    in->how.above = in->above;

    for (i = 0; i < n; i += 2) {
        raw[0] = in->raw + i * (in->how.bytes + 1);
        raw[1] = raw[0] + in->how.bytes + 1;
        out[0] = in->rows + i * in->stride;
        out[1] = out[0] + in->stride;

        if (i + 1 < n) {
            in->unfilters->two(&in->how, raw, out);
            in->how.above = out[1];

        } else {
            in->unfilters->one(&in->how, raw[0], out[0]);
            in->how.above = out[0];
        }
    }

    memcpy(in->above, in->how.above, in->how.bytes);
}


static void
sz_fast_colours(sz_fast_in_t *in, unsigned i, const uint8_t **row)
{
    uint8_t  *rgb;

    *row = in->rows + i * in->stride;

    if (in->how.pixel == 3) {
        return;
    }

    rgb = in->rgb + i * in->rgb_stride;

    if (in->how.pixel == 1) {
        in->unfilters->grey(*row, in->decoder.width, rgb);

    } else {
        in->decode->kernels->over(*row, in->decoder.width,
                                  in->decode->background, rgb);
    }

    *row = rgb;
}


/* libpng takes over, from the row that was to come next. */

static sz_code_e
sz_fast_doubt(sz_fast_in_t *in, sz_error_t *err)
{
    in->other = sz_decoder_libpng(in->decode, err);

    return (in->other != NULL)
           ? in->other->skip(in->other, in->next, err) : err->code;
}


static sz_code_e
sz_fast_read(sz_decoder_t *decoder, unsigned n, const uint8_t **rows,
    sz_error_t *err)
{
    unsigned       i;
    sz_code_e      rc;
    sz_fast_in_t  *in = (sz_fast_in_t *) decoder;

    if (in->other == NULL && !sz_fast_raw(in, n)) {
        rc = sz_fast_doubt(in, err);
        if (rc != SZ_OK) {
            return rc;
        }
    }

    if (in->other != NULL) {
        return in->other->read(in->other, n, rows, err);
    }

    sz_fast_undo(in, n);
    in->next += n;

    for (i = 0; i < n; i++) {
        sz_fast_colours(in, i, &rows[i]);
    }

    return SZ_OK;
}


/*
 * Rows passed over on the way to one that is needed have their filters
 * undone, for the one below them; at the end only their filters are checked.
 */

static sz_code_e
sz_fast_pass_rows(sz_fast_in_t *in, uint32_t n, bool undo, sz_error_t *err)
{
    unsigned   step;
    sz_code_e  rc;

    rc = SZ_OK;

    while (n > 0 && rc == SZ_OK && in->other == NULL) {

        step = (n < SZ_BLOCK) ? n : SZ_BLOCK;

        if (!sz_fast_raw(in, step)) {
            rc = sz_fast_doubt(in, err);
            break;
        }

        if (undo) {
            sz_fast_undo(in, step);
        }

        in->next += step;
        n -= step;

        rc = sz_guard_check(in->decode->guard, err);
    }

    if (n > 0 && rc == SZ_OK) {
        rc = in->other->skip(in->other, n, err);
    }

    return rc;
}


static sz_code_e
sz_fast_skip(sz_decoder_t *decoder, uint32_t n, sz_error_t *err)
{
    return sz_fast_pass_rows((sz_fast_in_t *) decoder, n, true, err);
}


static sz_code_e
sz_fast_finish(sz_decoder_t *decoder, sz_error_t *err)
{
    sz_code_e      rc;
    sz_fast_in_t  *in = (sz_fast_in_t *) decoder;

    rc = SZ_OK;

    if (in->other == NULL) {
        rc = sz_fast_pass_rows(in, decoder->height - in->next, false, err);
    }

    if (rc == SZ_OK && in->other == NULL && !sz_fast_end(in)) {
        rc = sz_fast_doubt(in, err);
    }

    if (rc == SZ_OK && in->other != NULL) {
        rc = in->other->finish(in->other, err);
    }

    return rc;
}


static void
sz_fast_destroy(sz_decoder_t *decoder)
{
    sz_fast_in_t  *in = (sz_fast_in_t *) decoder;

    if (in->other != NULL) {
        in->other->destroy(in->other);
    }

    free(in->raw);
    free(in->above);
    free(in->rows);
    free(in->rgb);
    free(in);
}


static bool
sz_fast_suits(const sz_picture_t *pic)
{
    int64_t               raw;
    static const uint8_t  pixels[] = { 1, 0, 3, 0, 0, 0, 4 };

    raw = ((int64_t) pic->info.width * pixels[pic->png_colour] + 1)
           * pic->info.height;

    return pic->info.depth == 8 && !pic->png_interlaced && !pic->png_trns
           && pixels[pic->png_colour] != 0 && raw <= SZ_FAST_RAW_MAX;
}


static bool
sz_fast_allocate(sz_fast_in_t *in)
{
    sz_decoder_t           *decoder = &in->decoder;
    const sz_image_info_t  *info = &in->decode->pic->info;

    decoder->width = info->width;
    decoder->height = info->height;

    in->how.pixel = info->channels;
    in->how.bytes = (size_t) info->width * info->channels;
    in->stride = in->how.bytes + SZ_SLACK;
    in->rgb_stride = (size_t) info->width * 3 + SZ_SLACK;

    in->raw = calloc(1, SZ_BLOCK * (in->how.bytes + 1) + SZ_SLACK);
    in->above = calloc(1, in->stride);
    in->rows = calloc(SZ_BLOCK, in->stride);
    in->rgb = (in->how.pixel != 3) ? calloc(SZ_BLOCK, in->rgb_stride) : NULL;

    return in->raw != NULL && in->above != NULL && in->rows != NULL
           && (in->how.pixel == 3 || in->rgb != NULL);
}


sz_decoder_t *
sz_decoder_pngfast(const sz_decode_t *decode)
{
    sz_fast_in_t  *in;

    if (!sz_fast_suits(decode->pic)) {
        return NULL;
    }

    in = calloc(1, sizeof(sz_fast_in_t));
    if (in == NULL) {
        return NULL;
    }

    in->decode = decode;
    in->unfilters = sz_unfilters_best();
    in->decoder.read = sz_fast_read;
    in->decoder.skip = sz_fast_skip;
    in->decoder.finish = sz_fast_finish;
    in->decoder.destroy = sz_fast_destroy;

    isal_inflate_init(&in->inflate);
    in->inflate.crc_flag = ISAL_ZLIB;

    if (!sz_fast_allocate(in) || !sz_fast_open(in) || !sz_fast_window(in)) {
        sz_fast_destroy(&in->decoder);
        return NULL;
    }

    return &in->decoder;
}

#endif /* SZ_HAVE_ISAL */
