/*
 * WebP through libwebp's incremental decoder.
 *
 * The library wants one buffer for the whole picture.  It fills it from the
 * top, so that the file goes in in small pieces, finished rows are used, and
 * their pages are given back to the kernel: of the whole only what one piece
 * decodes to is resident at a time.
 *
 * The first frame of an animation may be smaller than its canvas; around it
 * is the background.
 */

#include "media/sz_media_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <webp/decode.h>


/* A piece of the file is what is expected to give about this many rows. */
#define SZ_WEBP_ROWS   64
#define SZ_WEBP_LEAST  2048
#define SZ_WEBP_INPUT  SZ_GUARD_STEP

/* Pages are given back when they are at least this much. */
#define SZ_WEBP_GIVE   (4 * 1024 * 1024)

/* Large pages cost the kernel a fraction of what small ones do. */
#define SZ_WEBP_PAGE   (2 * 1024 * 1024)


typedef struct {
    sz_decoder_t        decoder;    /* first */

    const sz_decode_t  *decode;
    WebPDecBuffer       output;
    WebPIDecoder       *webp;
    bool                alpha;
    bool                done;       /* the decoder has all it needs */

    int64_t             offset;     /* of the next piece */
    int64_t             end;
    size_t              piece;

    void               *memory;     /* of the frame, and */
    size_t              mapped;     /* its bytes */
    uint8_t            *frame;      /* in it, on the border of a page */
    size_t              stride;
    size_t              given;      /* bytes of the mapping given back */
    uint32_t            ready;      /* rows of the frame */

    uint32_t            next;       /* row of the canvas */
    size_t              rgb_stride;
    uint8_t            *rgb;        /* SZ_BLOCK rows, when rows have to be */
                                    /* composited or placed */
    unsigned char       input[SZ_WEBP_INPUT];
} sz_webp_in_t;


/*
 * The library calls data broken when memory was short, too; malloc() leaves
 * its own note of that.
 */

static sz_code_e
sz_webp_status(VP8StatusCode status, sz_error_t *err)
{
    if (status != VP8_STATUS_OK && status != VP8_STATUS_SUSPENDED
        && errno == ENOMEM)
    {
        return sz_error_memory(err);
    }

    switch (status) {

    case VP8_STATUS_OK:
    case VP8_STATUS_SUSPENDED:
        return SZ_OK;

    case VP8_STATUS_OUT_OF_MEMORY:
        return sz_error_memory(err);

    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return sz_error_set(err, SZ_E_INPUT, "The WebP cannot be decoded: it "
                            "uses a feature that is not supported. Save it "
                            "again with an ordinary program.");

    default:
        return sz_error_set(err, SZ_E_INPUT,
                            "The WebP cannot be decoded: its data is broken. "
                            "Get the file anew, or save it again with an "
                            "ordinary program.");
    }
}


/* One piece of the file into the decoder. */

static sz_code_e
sz_webp_feed(sz_webp_in_t *in, sz_error_t *err)
{
    int            last, status;
    size_t         len;
    ssize_t        n;
    sz_code_e      rc;

    rc = sz_guard_check(in->decode->guard, err);
    if (rc != SZ_OK) {
        return rc;
    }

    len = in->piece;
    len = ((int64_t) len < in->end - in->offset) ? len
          : (size_t) (in->end - in->offset);

    n = sz_media_pread(in->decode->fd, in->input, len, in->offset);

    if (n < 0) {
        return sz_error_errno(err, errno, "The picture cannot be read");
    }

    if (n == 0) {
        return sz_error_set(err, SZ_E_INPUT,
                            "The WebP data ends early: after %lld bytes it "
                            "is not complete. Get the whole file, or save it "
                            "again with an ordinary program.",
                            (long long) in->offset);
    }

    in->offset += n;
    errno = 0;
    status = WebPIAppend(in->webp, in->input, (size_t) n);
    rc = sz_webp_status(status, err);
    in->done = (status == VP8_STATUS_OK);

    if (WebPIDecGetRGB(in->webp, &last, NULL, NULL, NULL) != NULL) {
        in->ready = (uint32_t) last;
    }

    return rc;
}


/* Rows of the frame below `row` are not needed any more. */

static void
sz_webp_give(sz_webp_in_t *in, uint32_t row)
{
    size_t  used;

    used = row * in->stride / SZ_WEBP_GIVE * SZ_WEBP_GIVE;

    if (used > in->given) {
        (void) madvise(in->frame + in->given, used - in->given,
                       MADV_DONTNEED);
        in->given = used;
    }
}


/* A row of the frame; it stays while no other is asked for. */

static sz_code_e
sz_webp_frame_row(sz_webp_in_t *in, uint32_t y, const uint8_t **row,
    sz_error_t *err)
{
    sz_code_e  rc;

    while (in->ready <= y) {

        if (in->done) {
            return sz_error_set(err, SZ_E_INPUT,
                                "The WebP has fewer rows than it says.");
        }

        rc = sz_webp_feed(in, err);
        if (rc != SZ_OK) {
            return rc;
        }
    }

    *row = in->frame + y * in->stride;

    return SZ_OK;
}


static void
sz_webp_paint(uint8_t *rgb, uint32_t pixels, uint32_t colour)
{
    while (pixels-- > 0) {
        *rgb++ = (uint8_t) (colour >> 16);
        *rgb++ = (uint8_t) (colour >> 8);
        *rgb++ = (uint8_t) colour;
    }
}


/* The frame's part of the next row of the canvas; NULL beside the frame. */

static sz_code_e
sz_webp_pixels(sz_webp_in_t *in, const uint8_t **pixels, sz_error_t *err)
{
    uint32_t             row;
    const sz_picture_t  *pic = in->decode->pic;

    row = in->next++;
    *pixels = NULL;

    if (row < pic->frame_y || row - pic->frame_y >= pic->frame_height) {
        return SZ_OK;
    }

    return sz_webp_frame_row(in, row - pic->frame_y, pixels, err);
}


/* A row of the canvas: the frame's, on the background, in its place. */

static void
sz_webp_place(const sz_webp_in_t *in, const uint8_t *pixels, uint8_t *rgb)
{
    uint32_t             width;
    const sz_picture_t  *pic = in->decode->pic;

    width = pic->frame_width;

    if (pixels == NULL || width < in->decoder.width) {
        sz_webp_paint(rgb, in->decoder.width, in->decode->background);
    }

    rgb += 3 * (size_t) pic->frame_x;

    if (pixels != NULL && in->alpha) {
        in->decode->kernels->over(pixels, width, in->decode->background, rgb);

    } else if (pixels != NULL) {
        memcpy(rgb, pixels, 3 * (size_t) width);
    }
}


static sz_code_e
sz_webp_read(sz_decoder_t *decoder, unsigned n, const uint8_t **rows,
    sz_error_t *err)
{
    uint8_t       *rgb;
    unsigned       i;
    sz_code_e      rc;
    sz_webp_in_t  *in = (sz_webp_in_t *) decoder;

    if (in->next > in->decode->pic->frame_y) {
        sz_webp_give(in, in->next - in->decode->pic->frame_y);
    }

    for (i = 0; i < n; i++) {

        rc = sz_webp_pixels(in, &rows[i], err);
        if (rc != SZ_OK) {
            return rc;
        }

        if (in->rgb != NULL) {
            rgb = in->rgb + i * in->rgb_stride;
            sz_webp_place(in, rows[i], rgb);
            rows[i] = rgb;
        }
    }

    return SZ_OK;
}


/* Rows are decoded with those behind them: nothing to do but count. */

static sz_code_e
sz_webp_skip(sz_decoder_t *decoder, uint32_t n, sz_error_t *err)
{
    sz_webp_in_t  *in = (sz_webp_in_t *) decoder;

    (void) err;

    in->next += n;

    return SZ_OK;
}


static sz_code_e
sz_webp_finish(sz_decoder_t *decoder, sz_error_t *err)
{
    sz_code_e      rc;
    sz_webp_in_t  *in = (sz_webp_in_t *) decoder;

    for (rc = SZ_OK; rc == SZ_OK && !in->done; /* void */) {
        sz_webp_give(in, in->ready);
        rc = sz_webp_feed(in, err);
    }

    return rc;
}


static void
sz_webp_destroy(sz_decoder_t *decoder)
{
    sz_webp_in_t  *in = (sz_webp_in_t *) decoder;

    WebPIDelete(in->webp);

    if (in->memory != NULL) {
        (void) munmap(in->memory, in->mapped);
    }

    free(in->rgb);
    free(in);
}


static sz_code_e
sz_webp_start(sz_webp_in_t *in, sz_error_t *err)
{
    size_t               size;
    void                *memory;
    const sz_picture_t  *pic = in->decode->pic;

    in->stride = (size_t) pic->frame_width * (in->alpha ? 4 : 3);
    size = in->stride * pic->frame_height;
    in->mapped = size + SZ_SLACK + SZ_WEBP_PAGE;

    memory = mmap(NULL, in->mapped, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        return sz_error_memory(err);
    }

    (void) madvise(memory, in->mapped, MADV_HUGEPAGE);

    in->memory = memory;
    in->frame = (uint8_t *) memory
                + (SZ_WEBP_PAGE - (uintptr_t) memory % SZ_WEBP_PAGE)
                  % SZ_WEBP_PAGE;

    if (!WebPInitDecBuffer(&in->output)) {
        return sz_error_set(err, SZ_E_INTERNAL,
                            "The WebP library is of another version.");
    }

    in->output.colorspace = in->alpha ? MODE_RGBA : MODE_RGB;
    in->output.is_external_memory = 1;
    in->output.u.RGBA.rgba = in->frame;
    in->output.u.RGBA.stride = (int) in->stride;
    in->output.u.RGBA.size = size;

    in->webp = WebPINewDecoder(&in->output);

    in->rgb_stride = (size_t) in->decoder.width * 3 + SZ_SLACK;

    if (in->alpha || pic->frame_width < in->decoder.width
        || pic->frame_height < in->decoder.height)
    {
        in->rgb = calloc(SZ_BLOCK, in->rgb_stride);

        if (in->rgb == NULL) {
            return sz_error_memory(err);
        }
    }

    return (in->webp != NULL) ? SZ_OK : sz_error_memory(err);
}


sz_decoder_t *
sz_decoder_webp(const sz_decode_t *decode, sz_error_t *err)
{
    int64_t              piece;
    sz_webp_in_t        *in;
    const sz_picture_t  *pic = decode->pic;

    in = calloc(1, sizeof(sz_webp_in_t));
    if (in == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    in->decode = decode;
    in->alpha = pic->info.alpha;
    in->offset = pic->webp;
    in->end = pic->webp + pic->webp_len;

    piece = pic->webp_len / (pic->frame_height / SZ_WEBP_ROWS + 1);
    in->piece = (piece < SZ_WEBP_LEAST) ? SZ_WEBP_LEAST
                : (piece > SZ_WEBP_INPUT) ? SZ_WEBP_INPUT : (size_t) piece;

    in->decoder.width = pic->info.width;
    in->decoder.height = pic->info.height;
    in->decoder.read = sz_webp_read;
    in->decoder.skip = sz_webp_skip;
    in->decoder.finish = sz_webp_finish;
    in->decoder.destroy = sz_webp_destroy;

    if (sz_webp_start(in, err) != SZ_OK) {
        sz_webp_destroy(&in->decoder);
        return NULL;
    }

    return &in->decoder;
}
