/*
 * PNG through libpng: everything the format has.
 *
 * The library leaves by longjmp() on errors.  Only the functions named
 * sz_png_room_*() call into it after setjmp(); they own nothing, and what
 * they set is in the struct.
 *
 * All chunks but those the pixels need are passed over: a text chunk that
 * unpacks to gigabytes costs nothing.  What libpng calls a benign error is let
 * pass; none of them is about a sample.
 *
 * The library is left with the last row.  What its stream holds beyond, be it
 * a byte or gigabytes, is no sample of the picture, nor is anything behind;
 * only the checksums of the pixels' chunks are looked at.  They cover what the
 * stream's own one does, which not every file has.
 */

#include "media/sz_media_decode_png.h"
#include "media/sz_media_sum.h"
#include "media/sz_media_walk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

#include <png.h>


#define SZ_PNG_INPUT      SZ_GUARD_STEP
#define SZ_PNG_CHUNK_MAX  65536

/* A piece of input for libpng, which is a thousand times as much inflated. */
#define SZ_PNG_PIECE      1024

#define SZ_PNG_IDAT       sz_fourcc('I', 'D', 'A', 'T')


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
    int64_t             to_come;    /* rows of all passes in the stream */
    size_t              input_since;    /* the last look at the clock */
    size_t              rows_since;
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

    if (in->to_come == 0) {
        sz_png_leave(in, SZ_OK);
    }

    sz_png_leave(in, sz_error_set(in->err, SZ_E_INPUT,
                                  "The PNG cannot be decoded: %s. Save it "
                                  "again with an ordinary program.", text));
}


static void
sz_png_warning(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
}


static void
sz_png_guard(sz_png_in_t *in)
{
    sz_code_e  rc;

    in->input_since = 0;
    in->rows_since = 0;

    rc = sz_guard_check(in->decode->guard, in->err);

    if (rc != SZ_OK) {
        sz_png_leave(in, rc);
    }
}


static void
sz_png_fill(sz_png_in_t *in)
{
    ssize_t  n;

    sz_png_guard(in);
    n = sz_media_pread(in->decode->fd, in->input, SZ_PNG_INPUT, in->offset);

    if (n < 0) {
        sz_png_leave(in, sz_error_errno(in->err, errno,
                                        "The picture cannot be read"));
    }

    if (n == 0) {
        sz_png_leave(in, sz_error_set(in->err, SZ_E_INPUT,
                                      "The PNG data ends early: after %lld "
                                      "bytes it is not complete. Get the "
                                      "whole file, or save it again with an "
                                      "ordinary program.",
                                      (long long) in->decode->size));
    }

    in->offset += n;
    in->at = in->input;
    in->have = (size_t) n;
}


/*
 * The library asks for a piece of a pixels' chunk at once, which must not go
 * beyond the end of a file that is cut: the rows may be complete before.
 */

static void
sz_png_piece(sz_png_in_t *in, png_structp png)
{
    int64_t  left;

    left = in->decode->size - in->offset + (int64_t) in->have;

    if (left > 0 && left < SZ_PNG_PIECE) {
        png_set_compression_buffer_size(png, (size_t) left);
    }
}


static void
sz_png_input(png_structp png, png_bytep data, size_t len)
{
    size_t        n;
    sz_png_in_t  *in = png_get_io_ptr(png);

    if (in->to_come == 0) {
        sz_png_leave(in, SZ_OK);
    }

    in->input_since += len;

    if (in->input_since >= SZ_PNG_PIECE) {
        sz_png_guard(in);
    }

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

    sz_png_piece(in, png);
}


/* Called by the library with each row that has been inflated. */

static void
sz_png_row_done(png_structp png, png_row_infop row, png_bytep data)
{
    sz_png_in_t  *in = png_get_user_transform_ptr(png);

    (void) data;

    in->to_come--;
    in->rows_since += row->rowbytes;

    if (in->rows_since >= SZ_GUARD_STEP) {
        sz_png_guard(in);
    }
}


/* A chunk that is not known: Pillow and browsers pass over it, too. */

static int
sz_png_unknown(png_structp png, png_unknown_chunkp chunk)
{
    (void) png;
    (void) chunk;

    return 1;
}


/* Rows in the stream; passes without a pixel have none. */

static int64_t
sz_png_stream_rows(const sz_picture_t *pic)
{
    int       pass;
    int64_t   rows;
    uint32_t  width, height;

    width = pic->info.width;
    height = pic->info.height;

    if (!pic->png_interlaced) {
        return height;
    }

    for (rows = 0, pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        if (PNG_PASS_COLS(width, pass) > 0) {
            rows += PNG_PASS_ROWS(height, pass);
        }
    }

    return rows;
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
    png_set_read_user_chunk_fn(png, in, sz_png_unknown);
    png_set_compression_buffer_size(png, SZ_PNG_PIECE);
    png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);

#ifdef PNG_IGNORE_ADLER32
    png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
#endif

    png_set_benign_errors(png, 1);

    png_read_info(png, in->info);

    if (png_get_image_width(png, in->info) != info->width
        || png_get_image_height(png, in->info) != info->height)
    {
        return sz_error_set(in->err, SZ_E_INPUT, "The PNG has two headers. "
                            "Save it again with an ordinary program.");
    }

    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    (void) png_set_interlace_handling(png);
    png_set_read_user_transform_fn(png, sz_png_row_done);
    png_set_user_transform_info(png, in, 0, 0);

    png_read_update_info(png, in->info);

    in->alpha = (png_get_channels(png, in->info) == 4);
    in->stride = png_get_rowbytes(png, in->info);

    return SZ_OK;
}


/*
 * The row that was the last of the stream is complete when the library wants
 * more input, or finds fault with it.
 */

static sz_code_e
sz_png_room_row(sz_png_in_t *in, uint8_t *row)
{
    if (in->to_come == 0) {
        return SZ_OK;
    }

    errno = 0;

    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    png_read_row(in->png, row, NULL);

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
    }

    return rc;
}


/* Whether a chunk's checksum is right, as far as the chunk is there. */

static sz_code_e
sz_png_sum(sz_png_in_t *in, sz_view_t *view, const sz_section_t *part,
    sz_error_t *err)
{
    size_t         n;
    int64_t        at, end;
    uint32_t       crc;
    unsigned char  sum[4];

    end = part->data + part->len;

    if (view->size - end < (int64_t) sizeof(sum)) {
        return SZ_OK;
    }

    if (!sz_view_copy(view, end, sum, sizeof(sum))) {
        return sz_view_error(view, "the pixels", err);
    }

    crc = 0;

    for (at = part->data - 4; at < end; at += (int64_t) n) {

        n = (end - at < SZ_PNG_INPUT) ? (size_t) (end - at) : SZ_PNG_INPUT;

        if (!sz_view_copy(view, at, in->input, n)) {
            return sz_view_error(view, "the pixels", err);
        }

        crc = sz_crc32(crc, in->input, n);
    }

    if (crc != sz_be32(sum)) {
        return sz_error_set(err, SZ_E_INPUT, "The PNG is damaged: the "
                            "checksum of its pixels at byte %lld is wrong. "
                            "Get the file anew, or save it again with an "
                            "ordinary program.", (long long) part->data);
    }

    return SZ_OK;
}


/*
 * The library has looked at the checksums of all chunks but the last one it
 * came to; which one that was it does not tell.  Pixels' chunks follow one
 * another; what comes behind another chunk is none of them.
 */

static sz_code_e
sz_png_sums(sz_png_in_t *in, sz_error_t *err)
{
    bool          begun;
    sz_code_e     rc;
    sz_view_t     view;
    sz_walk_t     walk;
    sz_section_t  part;

    rc = sz_view_file(&view, in->decode->fd, err);

    begun = false;
    view.guard = in->decode->guard;
    sz_walk_png(&walk, &view);

    while (rc == SZ_OK && sz_walk_png_next(&walk, &part) == SZ_WALK_PART
           && (part.type == SZ_PNG_IDAT || !begun))
    {
        if (part.type == SZ_PNG_IDAT) {
            rc = sz_png_sum(in, &view, &part, err);
            begun = true;
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

    return (rc == SZ_OK) ? sz_png_sums(in, err) : rc;
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
        rows = (size_t) decoder->height + SZ_SLACK;

    } else {
        in->stride += SZ_SLACK;
    }

    in->rows = calloc(rows, in->stride);
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
    in->to_come = sz_png_stream_rows(decode->pic);
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
