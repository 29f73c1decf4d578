/*
 * PNG through libpng: everything the format has.
 *
 * The library leaves by longjmp() on errors.  Only the functions named
 * sz_png_room_*() call into it after setjmp(); they own nothing, and what
 * they set is in the struct.
 *
 * All chunks but those the pixels need are passed over unread: a text chunk
 * that unpacks to gigabytes costs nothing.  What libpng calls a benign error
 * is let pass around the pixels, but not within them.
 */

#include "media/sz_media_decode_png.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

#include <png.h>


#define SZ_PNG_INPUT      65536
#define SZ_PNG_CHUNK_MAX  (8 * 1024 * 1024)


typedef struct {
    sz_decoder_t        decoder;    /* first */

    const sz_decode_t  *decode;
    png_structp         png;
    png_infop           info;
    jmp_buf             escape;
    sz_error_t         *err;        /* of the call under way */
    sz_code_e           code;

    bool                alpha;      /* rows come as RGBA */
    size_t              stride;     /* of a decoded row */
    size_t              rgb_stride;
    uint32_t            next;       /* row */
    uint8_t            *rows;       /* SZ_BLOCK, or all when interlaced */
    uint8_t            *rgb;        /* SZ_BLOCK composited rows */

    int64_t             offset;     /* of the next read */
    size_t              have;
    unsigned char      *at;
    unsigned char       input[SZ_PNG_INPUT];
} sz_png_in_t;


/* Chunks known to libpng that do not change a pixel here. */

static const unsigned char  sz_png_unwanted[] =
    "bKGD\0" "cHRM\0" "eXIf\0" "gAMA\0" "hIST\0" "iCCP\0" "iTXt\0" "oFFs\0"
    "pCAL\0" "pHYs\0" "sBIT\0" "sCAL\0" "sPLT\0" "sRGB\0" "tEXt\0" "tIME\0"
    "zTXt";


static _Noreturn void
sz_png_leave(sz_png_in_t *in, sz_code_e code)
{
    in->code = code;
    longjmp(in->escape, 1);
}


/*
 * The library has no code for a lack of memory, and many words for it; but
 * malloc() leaves a note of its own.
 */

static _Noreturn void
sz_png_broken(png_structp png, png_const_charp text)
{
    sz_png_in_t  *in = png_get_error_ptr(png);

    if (errno == ENOMEM) {
        sz_png_leave(in, sz_error_memory(in->err));
    }

    sz_png_leave(in, sz_error_set(in->err, SZ_E_INPUT,
                                  "The PNG cannot be decoded: %s.", text));
}


static void
sz_png_warning(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
}


static void
sz_png_fill(sz_png_in_t *in)
{
    ssize_t  n;

    n = sz_media_pread(in->decode->fd, in->input, SZ_PNG_INPUT, in->offset);

    if (n < 0) {
        sz_png_leave(in, sz_error_errno(in->err, errno,
                                        "The picture cannot be read"));
    }

    if (n == 0) {
        sz_png_leave(in, sz_error_set(in->err, SZ_E_INPUT,
                                      "The PNG data ends early: after %lld "
                                      "bytes it is not complete.",
                                      (long long) in->decode->size));
    }

    in->offset += n;
    in->at = in->input;
    in->have = (size_t) n;
}


static void
sz_png_input(png_structp png, png_bytep data, size_t len)
{
    size_t        n;
    sz_png_in_t  *in = png_get_io_ptr(png);

    while (len > 0) {

        if (in->have == 0) {
            sz_png_fill(in);
        }

        n = (len < in->have) ? len : in->have;
        memcpy(data, in->at, n);

        in->at += n;
        in->have -= n;
        data += n;
        len -= n;
    }
}


static sz_code_e
sz_png_room_open(sz_png_in_t *in)
{
    png_structp             png;
    const sz_image_info_t  *info = &in->decode->pic->info;

    errno = 0;

    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    in->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, in,
                                     sz_png_broken, sz_png_warning);
    in->info = (in->png != NULL) ? png_create_info_struct(in->png) : NULL;

    if (in->info == NULL) {
        return sz_error_memory(in->err);
    }

    png = in->png;

    png_set_read_fn(png, in, sz_png_input);
    png_set_user_limits(png, info->width, info->height);
    png_set_chunk_malloc_max(png, SZ_PNG_CHUNK_MAX);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, sz_png_unwanted,
                                sizeof(sz_png_unwanted) / 5);
    png_set_benign_errors(png, 1);

    png_read_info(png, in->info);

    if (png_get_image_width(png, in->info) != info->width
        || png_get_image_height(png, in->info) != info->height)
    {
        return sz_error_set(in->err, SZ_E_INPUT, "The PNG has two headers.");
    }

    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    (void) png_set_interlace_handling(png);

    png_read_update_info(png, in->info);
    png_set_benign_errors(png, 0);

    in->alpha = (png_get_channels(png, in->info) == 4);
    in->stride = png_get_rowbytes(png, in->info);

    return SZ_OK;
}


static sz_code_e
sz_png_room_row(sz_png_in_t *in, uint8_t *row)
{
    errno = 0;

    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    png_read_row(in->png, row, NULL);

    return SZ_OK;
}


static sz_code_e
sz_png_room_end(sz_png_in_t *in)
{
    errno = 0;

    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    png_set_benign_errors(in->png, 1);
    png_read_end(in->png, NULL);

    return SZ_OK;
}


/* Seven passes over one picture; each fills in its share of the rows. */

static sz_code_e
sz_png_interlaced(sz_png_in_t *in, sz_error_t *err)
{
    int        pass;
    uint32_t   y;
    sz_code_e  rc;

    in->err = err;

    for (pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {

        for (y = 0; y < in->decoder.height; y++) {

            rc = sz_png_room_row(in, in->rows + y * in->stride);

            if (rc == SZ_OK && y % 64 == 0) {
                rc = sz_guard_check(in->decode->guard, err);
            }

            if (rc != SZ_OK) {
                return rc;
            }
        }
    }

    return SZ_OK;
}


static sz_code_e
sz_png_next(sz_png_in_t *in, unsigned slot, const uint8_t **row)
{
    uint8_t    *to;
    sz_code_e   rc;

    if (in->decode->pic->png_interlaced) {
        *row = in->rows + in->next++ * in->stride;
        return SZ_OK;
    }

    to = in->rows + slot * in->stride;

    rc = sz_png_room_row(in, to);

    in->next++;
    *row = to;

    return rc;
}


static sz_code_e
sz_png_read(sz_decoder_t *decoder, unsigned n, const uint8_t **rows,
    sz_error_t *err)
{
    uint8_t      *rgb;
    unsigned      i;
    sz_code_e     rc;
    sz_png_in_t  *in = (sz_png_in_t *) decoder;

    in->err = err;

    for (i = 0; i < n; i++) {

        rc = sz_png_next(in, i, &rows[i]);
        if (rc != SZ_OK) {
            return rc;
        }

        if (in->alpha) {
            rgb = in->rgb + i * in->rgb_stride;
            in->decode->kernels->over(rows[i], decoder->width,
                                      in->decode->background, rgb);
            rows[i] = rgb;
        }
    }

    return SZ_OK;
}


static sz_code_e
sz_png_skip(sz_decoder_t *decoder, uint32_t n, sz_error_t *err)
{
    uint32_t        i;
    sz_code_e       rc;
    sz_png_in_t    *in = (sz_png_in_t *) decoder;
    const uint8_t  *row;

    in->err = err;
    rc = SZ_OK;

    for (i = 0; i < n && rc == SZ_OK; i++) {

        rc = sz_png_next(in, 0, &row);

        if (rc == SZ_OK && i % 64 == 0) {
            rc = sz_guard_check(in->decode->guard, err);
        }
    }

    return rc;
}


static sz_code_e
sz_png_finish(sz_decoder_t *decoder, sz_error_t *err)
{
    sz_code_e     rc;
    sz_png_in_t  *in = (sz_png_in_t *) decoder;

    rc = sz_png_skip(decoder, decoder->height - in->next, err);

    return (rc == SZ_OK) ? sz_png_room_end(in) : rc;
}


static void
sz_png_destroy(sz_decoder_t *decoder)
{
    sz_png_in_t  *in = (sz_png_in_t *) decoder;

    png_destroy_read_struct(&in->png, &in->info, NULL);
    free(in->rows);
    free(in->rgb);
    free(in);
}


static sz_code_e
sz_png_start(sz_png_in_t *in, sz_error_t *err)
{
    size_t               rows;
    sz_code_e            rc;
    sz_decoder_t        *decoder = &in->decoder;
    const sz_picture_t  *pic = in->decode->pic;

    in->err = err;

    rc = sz_png_room_open(in);
    if (rc != SZ_OK) {
        return rc;
    }

    decoder->width = pic->info.width;
    decoder->height = pic->info.height;

    in->rgb_stride = (size_t) decoder->width * 3 + SZ_SLACK;
    rows = SZ_BLOCK;

    if (pic->png_interlaced) {
        rows = decoder->height;

    } else {
        in->stride += SZ_SLACK;
    }

    in->rows = calloc(1, rows * in->stride + SZ_SLACK);
    in->rgb = in->alpha ? calloc(SZ_BLOCK, in->rgb_stride) : NULL;

    if (in->rows == NULL || (in->alpha && in->rgb == NULL)) {
        return sz_error_memory(err);
    }

    return pic->png_interlaced ? sz_png_interlaced(in, err) : SZ_OK;
}


sz_decoder_t *
sz_decoder_libpng(const sz_decode_t *decode, sz_error_t *err)
{
    sz_png_in_t  *in;

    in = calloc(1, sizeof(sz_png_in_t));
    if (in == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    in->decode = decode;
    in->decoder.read = sz_png_read;
    in->decoder.skip = sz_png_skip;
    in->decoder.finish = sz_png_finish;
    in->decoder.destroy = sz_png_destroy;

    if (sz_png_start(in, err) != SZ_OK) {
        sz_png_destroy(&in->decoder);
        return NULL;
    }

    return &in->decoder;
}


sz_decoder_t *
sz_decoder_png(const sz_decode_t *decode, sz_error_t *err)
{
#ifdef SZ_HAVE_ISAL
    sz_decoder_t  *fast;

    fast = sz_decoder_pngfast(decode);

    if (fast != NULL) {
        return fast;
    }
#endif

    return sz_decoder_libpng(decode, err);
}
