/*
 * JPEG through libjpeg-turbo.
 *
 * The library leaves by longjmp() on errors.  Only the functions named
 * sz_jpeg_room_*() call into it after setjmp(); they own nothing, and what
 * they set is in the struct.  A warning that tells of a lost sample is an
 * error here: the picture it would go on with is not the one in the file.
 * All other warnings pass (sz_jpeg_message()).
 *
 * Nothing behind the last row is read, unless the rows come in several scans.
 * Where the file ends without an end marker, one is put there; if it comes
 * too early, the library says so, or a scan is missing (sz_jpeg_complete()).
 */

#include "media/sz_media_decode.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>


#define SZ_JPEG_INPUT      SZ_GUARD_STEP

/* A progressive picture has about ten scans; each costs a pass over it all. */
#define SZ_JPEG_SCANS_MAX  500

/* Pixels passed over between two looks at the clock, in whole MCU rows. */
#define SZ_JPEG_SKIP       (1024 * 1024)
#define SZ_JPEG_MCU        64


typedef struct {
    sz_decoder_t                   decoder;     /* first */

    const sz_decode_t             *decode;
    struct jpeg_decompress_struct  jpeg;
    struct jpeg_error_mgr          errors;
    struct jpeg_source_mgr         source;
    struct jpeg_progress_mgr       progress;
    jmp_buf                        escape;
    sz_error_t                    *err;         /* of the call under way */
    sz_code_e                      code;

    int64_t                        offset;      /* of the next read */
    bool                           ended;       /* by us, not by the file */
    uint32_t                       width;       /* of the whole picture, */
                                                /* shrunk */
    bool                           inks;        /* four of them, not RGB */
    size_t                         stride;
    uint8_t                       *rows;        /* SZ_BLOCK of RGB */
    uint8_t                       *raw;         /* one row of inks */
    unsigned char                  input[SZ_JPEG_INPUT];
} sz_jpeg_in_t;


static _Noreturn void
sz_jpeg_leave(sz_jpeg_in_t *in, sz_code_e code)
{
    in->code = code;
    longjmp(in->escape, 1);
}


static _Noreturn void
sz_jpeg_broken(j_common_ptr jpeg)
{
    char               text[JMSG_LENGTH_MAX];
    sz_jpeg_in_t      *in = jpeg->client_data;
    const sz_limit_t  *limit;

    switch (jpeg->err->msg_code) {

    case JERR_OUT_OF_MEMORY:
        sz_jpeg_leave(in, sz_error_memory(in->err));

    case JERR_NO_BACKING_STORE:
        limit = &in->decode->guard->how->max_memory;
        sz_jpeg_leave(in, sz_error_set(in->err, SZ_E_LIMIT,
                                       "The JPEG needs more than the %lld "
                                       "bytes of memory that are allowed "
                                       "(%s). Save it not progressive.",
                                       (long long) limit->value,
                                       sz_limit_name(limit)));

    default:
        jpeg->err->format_message(jpeg, text);
        sz_jpeg_leave(in, sz_error_set(in->err, SZ_E_INPUT,
                                       "The JPEG cannot be decoded: %s. Save "
                                       "it again with an ordinary program.",
                                       text));
    }
}


static sz_code_e
sz_jpeg_cut(sz_jpeg_in_t *in)
{
    return sz_error_set(in->err, SZ_E_INPUT,
                        "The JPEG data ends early: after %lld bytes it is "
                        "not complete. Get the whole file, or save it again "
                        "with an ordinary program.",
                        (long long) in->decode->size);
}


static bool
sz_jpeg_is_restart(int marker)
{
    return marker >= JPEG_RST0 && marker <= JPEG_RST0 + 7;
}


/*
 * Another restart marker than the next one.  The library takes a number that
 * is far away for a mistake of the writer, and goes on with nothing lost; one
 * that is near means that an interval is missing.
 */

static bool
sz_jpeg_wrong_number(int marker, int wanted)
{
    int  ahead;

    ahead = (marker - JPEG_RST0 - wanted) & 7;

    return sz_jpeg_is_restart(marker) && ahead >= 3 && ahead <= 5;
}


static void
sz_jpeg_message(j_common_ptr jpeg, int level)
{
    const int     *i = jpeg->err->msg_parm.i;
    sz_jpeg_in_t  *in = jpeg->client_data;

    if (level >= 0) {
        return;
    }

    switch (jpeg->err->msg_code) {

    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
        /* about a header that changes nothing */
        return;

    case JWRN_EXTRANEOUS_DATA:
        /* bytes between two markers, but not within a scan's data */
        if (sz_jpeg_is_restart(i[1])) {
            sz_jpeg_broken(jpeg);
        }

        return;

    case JWRN_MUST_RESYNC:
        if (!sz_jpeg_wrong_number(i[0], i[1])) {
            sz_jpeg_broken(jpeg);
        }

        return;

    case JWRN_HIT_MARKER:
        if (in->ended) {
            sz_jpeg_leave(in, sz_jpeg_cut(in));
        }

        sz_jpeg_broken(jpeg);

    default:
        sz_jpeg_broken(jpeg);
    }
}


static void
sz_jpeg_progress(j_common_ptr jpeg)
{
    sz_code_e      rc;
    sz_jpeg_in_t  *in = jpeg->client_data;

    if (in->jpeg.input_scan_number > SZ_JPEG_SCANS_MAX) {
        sz_jpeg_leave(in, sz_error_set(in->err, SZ_E_LIMIT, "The JPEG has "
                                       "more than %d scans; save it again "
                                       "with an ordinary program.",
                                       SZ_JPEG_SCANS_MAX));
    }

    rc = sz_guard_check(in->decode->guard, in->err);

    if (rc != SZ_OK) {
        sz_jpeg_leave(in, rc);
    }
}


static void
sz_jpeg_source_nothing(j_decompress_ptr jpeg)
{
    (void) jpeg;
}


static boolean
sz_jpeg_source_fill(j_decompress_ptr jpeg)
{
    ssize_t        n;
    sz_code_e      rc;
    sz_jpeg_in_t  *in = jpeg->client_data;

    rc = sz_guard_check(in->decode->guard, in->err);

    if (rc != SZ_OK) {
        sz_jpeg_leave(in, rc);
    }

    n = sz_media_pread(in->decode->fd, in->input, SZ_JPEG_INPUT, in->offset);

    if (n < 0) {
        sz_jpeg_leave(in, sz_error_errno(in->err, errno,
                                         "The picture cannot be read"));
    }

    if (n == 0) {

        if (in->jpeg.input_scan_number == 0) {
            sz_jpeg_leave(in, sz_jpeg_cut(in));
        }

        in->input[0] = 0xff;
        in->input[1] = JPEG_EOI;
        in->ended = true;
        n = 2;
    }

    in->offset += n;
    in->source.next_input_byte = in->input;
    in->source.bytes_in_buffer = (size_t) n;

    return TRUE;
}


static void
sz_jpeg_source_skip(j_decompress_ptr jpeg, long n)
{
    size_t         have;
    sz_jpeg_in_t  *in = jpeg->client_data;

    if (n <= 0) {
        return;
    }

    have = in->source.bytes_in_buffer;

    if ((size_t) n > have) {
        in->offset += n - (long) have;
        n = (long) have;
    }

    in->source.next_input_byte += n;
    in->source.bytes_in_buffer -= (size_t) n;
}


static void
sz_jpeg_init(sz_jpeg_in_t *in)
{
    in->jpeg.err = jpeg_std_error(&in->errors);
    in->errors.error_exit = sz_jpeg_broken;
    in->errors.emit_message = sz_jpeg_message;
    in->jpeg.client_data = in;

    in->source.init_source = sz_jpeg_source_nothing;
    in->source.fill_input_buffer = sz_jpeg_source_fill;
    in->source.skip_input_data = sz_jpeg_source_skip;
    in->source.resync_to_restart = jpeg_resync_to_restart;
    in->source.term_source = sz_jpeg_source_nothing;

    in->progress.progress_monitor = sz_jpeg_progress;
}


/*
 * Blocks that lie wholly beside the columns that are needed are not worked
 * out.  Where chroma is stretched a sample depends on its neighbour's block,
 * so one more on either side is.
 */

static void
sz_jpeg_columns(sz_jpeg_in_t *in)
{
    JDIMENSION                      left, width, block;
    const sz_decode_t              *decode = in->decode;
    struct jpeg_decompress_struct  *jpeg = &in->jpeg;

    block = (JDIMENSION) jpeg->max_h_samp_factor * DCTSIZE;

    if (jpeg->max_h_samp_factor > 2 || in->width <= block) {
        return;
    }

    left = (decode->low > block) ? decode->low - block : 0;
    width = (decode->high < in->width - block) ? decode->high + block - left
                                               : in->width - left;

    if (width < in->width / 8 * 7) {
        jpeg_crop_scanline(jpeg, &left, &width);
        in->decoder.left = left;
    }
}


/*
 * Whether all scans have been there: each component has had one, and of a
 * progressive picture each coefficient has its last bit.
 */

static bool
sz_jpeg_complete(const struct jpeg_decompress_struct *jpeg)
{
    int  i, k;

    for (i = 0; i < jpeg->num_components; i++) {

        if (jpeg->comp_info[i].quant_table == NULL) {
            return false;
        }

        for (k = 0; jpeg->coef_bits != NULL && k < DCTSIZE2; k++) {
            if (jpeg->coef_bits[i][k] != 0) {
                return false;
            }
        }
    }

    return true;
}


/* The headers, and what is wanted of the library. */

static sz_code_e
sz_jpeg_room_open(sz_jpeg_in_t *in)
{
    const sz_limit_t              *memory;
    const sz_decode_t             *decode = in->decode;
    struct jpeg_decompress_struct *jpeg = &in->jpeg;

    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    jpeg_create_decompress(jpeg);

    jpeg->client_data = in;
    jpeg->src = &in->source;
    jpeg->progress = &in->progress;

    memory = &decode->guard->how->max_memory;

    if (memory->value > 0) {
        jpeg->mem->max_memory_to_use = (memory->value < LONG_MAX)
                                       ? (long) memory->value : LONG_MAX;
    }

    (void) jpeg_read_header(jpeg, TRUE);

    in->inks = (jpeg->num_components == 4);

    jpeg->out_color_space = in->inks ? JCS_CMYK : JCS_RGB;
    jpeg->scale_num = 1;
    jpeg->scale_denom = decode->shrink;

    (void) jpeg_start_decompress(jpeg);

    if (in->ended && !sz_jpeg_complete(jpeg)) {
        return sz_jpeg_cut(in);
    }

    in->width = jpeg->output_width;
    sz_jpeg_columns(in);

    return SZ_OK;
}


static sz_code_e
sz_jpeg_room_read(sz_jpeg_in_t *in, uint8_t *row)
{
    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    if (jpeg_read_scanlines(&in->jpeg, &row, 1) != 1) {
        return sz_error_set(in->err, SZ_E_INPUT,
                            "The JPEG has fewer rows than it says.");
    }

    return SZ_OK;
}


static sz_code_e
sz_jpeg_room_skip(sz_jpeg_in_t *in, uint32_t n)
{
    if (setjmp(in->escape) != 0) {
        return in->code;
    }

    (void) jpeg_skip_scanlines(&in->jpeg, n);

    return SZ_OK;
}


/*
 * Four inks to RGB without a profile: channel = k - ink * k / 255, rounded,
 * where k is the light that black leaves.  All four are stored inverted, as
 * Adobe does; a file without Adobe's marker is read like one with it, as by
 * Pillow.
 */

static void
sz_jpeg_inks(const uint8_t *raw, uint32_t pixels, uint8_t *rgb)
{
    unsigned  c, k;
    uint32_t  i;

    for (i = 0; i < pixels; i++) {
        k = raw[3];

        for (c = 0; c < 3; c++) {
            rgb[c] = (uint8_t) (k - sz_div255((255u - raw[c]) * k));
        }

        raw += 4;
        rgb += 3;
    }
}


static sz_code_e
sz_jpeg_read(sz_decoder_t *decoder, unsigned n, const uint8_t **rows,
    sz_error_t *err)
{
    uint8_t       *row;
    unsigned       i;
    sz_code_e      rc;
    sz_jpeg_in_t  *in = (sz_jpeg_in_t *) decoder;

    in->err = err;

    for (i = 0; i < n; i++) {
        row = in->rows + i * in->stride;

        rc = sz_jpeg_room_read(in, in->inks ? in->raw : row);
        if (rc != SZ_OK) {
            return rc;
        }

        if (in->inks) {
            sz_jpeg_inks(in->raw, in->jpeg.output_width, row);
        }

        rows[i] = row;
    }

    return SZ_OK;
}


static sz_code_e
sz_jpeg_skip(sz_decoder_t *decoder, uint32_t n, sz_error_t *err)
{
    uint32_t       step, most;
    sz_code_e      rc;
    sz_jpeg_in_t  *in = (sz_jpeg_in_t *) decoder;

    in->err = err;
    rc = SZ_OK;
    most = SZ_JPEG_SKIP / in->width / SZ_JPEG_MCU * SZ_JPEG_MCU;
    most = (most > 0) ? most : SZ_JPEG_MCU;

    while (n > 0 && rc == SZ_OK) {
        step = (n < most) ? n : most;
        rc = sz_jpeg_room_skip(in, step);

        if (rc == SZ_OK) {
            rc = sz_guard_check(in->decode->guard, err);
        }

        n -= step;
    }

    return rc;
}


/*
 * Skipping to the very end would not look at the data, so the last row is
 * read.  What follows it is no sample of the picture.
 */

static sz_code_e
sz_jpeg_finish(sz_decoder_t *decoder, sz_error_t *err)
{
    uint32_t        left;
    sz_code_e       rc;
    sz_jpeg_in_t   *in = (sz_jpeg_in_t *) decoder;
    const uint8_t  *row;

    rc = SZ_OK;
    left = in->jpeg.output_height - in->jpeg.output_scanline;

    if (left > 0) {
        rc = sz_jpeg_skip(decoder, left - 1, err);

        if (rc == SZ_OK) {
            rc = sz_jpeg_read(decoder, 1, &row, err);
        }
    }

    return rc;
}


static void
sz_jpeg_destroy(sz_decoder_t *decoder)
{
    sz_jpeg_in_t  *in = (sz_jpeg_in_t *) decoder;

    jpeg_destroy_decompress(&in->jpeg);
    free(in->rows);
    free(in->raw);
    free(in);
}


static sz_code_e
sz_jpeg_start(sz_jpeg_in_t *in, sz_error_t *err)
{
    sz_code_e               rc;
    const sz_image_info_t  *info = &in->decode->pic->info;

    in->err = err;

    rc = sz_jpeg_room_open(in);
    if (rc != SZ_OK) {
        return rc;
    }

    if (in->jpeg.image_width != info->width
        || in->jpeg.image_height != info->height)
    {
        return sz_error_set(err, SZ_E_INPUT,
                            "The JPEG has two frame headers. Save it again "
                            "with an ordinary program.");
    }

    in->decoder.width = in->width;
    in->decoder.height = in->jpeg.output_height;

    in->stride = (size_t) in->jpeg.output_width * 3 + SZ_SLACK;
    in->rows = calloc(SZ_BLOCK, in->stride);
    in->raw = malloc((size_t) in->jpeg.output_width * 4);

    return (in->rows != NULL && in->raw != NULL) ? SZ_OK
                                                 : sz_error_memory(err);
}


sz_decoder_t *
sz_decoder_jpeg(const sz_decode_t *decode, sz_error_t *err)
{
    sz_jpeg_in_t  *in;

    in = calloc(1, sizeof(sz_jpeg_in_t));
    if (in == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    in->decode = decode;
    in->decoder.read = sz_jpeg_read;
    in->decoder.skip = sz_jpeg_skip;
    in->decoder.finish = sz_jpeg_finish;
    in->decoder.destroy = sz_jpeg_destroy;

    sz_jpeg_init(in);

    if (sz_jpeg_start(in, err) != SZ_OK) {
        sz_jpeg_destroy(&in->decoder);
        return NULL;
    }

    return &in->decoder;
}
