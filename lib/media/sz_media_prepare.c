/*
 * The whole path: headers, limits, geometry, and then rows from a decoder
 * through the resampler and onto the target to an encoder.
 */

#include "media/sz_media_decode.h"
#include "media/sz_media_encode.h"
#include "media/sz_media_frame.h"
#include "media/sz_media_limits.h"
#include "media/sz_media_plan.h"
#include "media/sz_media_scale.h"

#include <stdlib.h>


#define SZ_QUALITY_PRESET  90

/* How the stored picture lies, by its EXIF orientation. */

static const struct {
    bool  side;                     /* stored columns are shown rows */
    bool  x_mirrored;               /* shown x runs against the stored axis */
    bool  y_mirrored;
} sz_orientations[] = {
    { false, false, false },
    { false, false, false },        /* 1: as it is */
    { false, true, false },         /* 2: mirrored */
    { false, true, true },          /* 3: upside down */
    { false, false, true },         /* 4: mirrored and upside down */
    { true, false, false },         /* 5: transposed */
    { true, true, false },          /* 6: to be turned right */
    { true, true, true },           /* 7: transposed the other way */
    { true, false, true }           /* 8: to be turned left */
};


/* Everything one job holds. */

typedef struct {
    const sz_prepare_t   *how;
    int                   in_fd;
    sz_guard_t            guard;
    sz_view_t             view;
    sz_picture_t          pic;
    sz_plan_t             plan;
    unsigned              shrink;
    bool                  side;
    sz_axis_how_t         x;        /* along stored rows */
    sz_axis_how_t         y;        /* along stored columns */
    sz_frame_how_t        placing;

    sz_axis_t             x_axis;
    sz_axis_t             y_axis;
    sz_decode_t           decode;
    sz_decoder_t         *decoder;
    unsigned char        *icc;
    sz_encode_t           encode;
    sz_encoder_t         *encoder;
    sz_scaler_t           scaler;
    sz_frame_t            frame;
    sz_out_t              out;
} sz_work_t;


/*
 * The most the JPEG decoder may shrink by itself.  What is left has to be a
 * third larger than the result: with less to resample the difference to the
 * exact result shows (below 48 dB).
 */

static unsigned
sz_work_shrink(const sz_work_t *work)
{
    unsigned                shrink;
    const sz_plan_t        *plan = &work->plan;
    const sz_image_info_t  *info = &work->pic.info;

    if (!work->how->scaled || info->type != SZ_IMAGE_JPEG) {
        return 1;
    }

    for (shrink = 8; shrink > 1; shrink /= 2) {
        if (info->shown_width * INT64_C(3) >= plan->full_width * shrink * 4
            && info->shown_height * INT64_C(3)
               >= plan->full_height * shrink * 4)
        {
            break;
        }
    }

    return shrink;
}


static void
sz_work_axis(sz_axis_how_t *axis, uint32_t stored, unsigned shrink)
{
    axis->in = (stored + shrink - 1) / shrink;
    axis->span = (double) stored / shrink;
}


/* Geometry as shown, then as stored. */

static void
sz_work_plan(sz_work_t *work)
{
    unsigned                o;
    sz_axis_how_t          *across, *down;
    const sz_plan_t        *plan = &work->plan;
    const sz_prepare_t     *how = work->how;
    const sz_image_info_t  *info = &work->pic.info;

    sz_plan_make(&work->plan, how->fit, info->shown_width, info->shown_height,
                 how->width, how->height);

    work->shrink = sz_work_shrink(work);

    sz_work_axis(&work->x, info->width, work->shrink);
    sz_work_axis(&work->y, info->height, work->shrink);

    o = info->orientation;
    work->side = sz_orientations[o].side;
    work->y.streamed = true;

    across = work->side ? &work->y : &work->x;
    across->full = plan->full_width;
    across->from = plan->x;
    across->n = plan->width;
    across->mirrored = sz_orientations[o].x_mirrored;

    down = work->side ? &work->x : &work->y;
    down->full = plan->full_height;
    down->from = plan->y;
    down->n = plan->height;
    down->mirrored = sz_orientations[o].y_mirrored;

    work->placing.guard = &work->guard;
    work->placing.width = how->width;
    work->placing.height = how->height;
    work->placing.background = how->background;
    work->placing.columns = work->side;
    work->placing.backwards = work->y.mirrored;
}


static sz_code_e
sz_work_check(sz_work_t *work, sz_error_t *err)
{
    int64_t              need;
    sz_code_e            rc;
    const sz_prepare_t  *how = work->how;

    rc = sz_limits_arguments(how, err);

    if (rc == SZ_OK) {
        rc = sz_view_file(&work->view, work->in_fd, err);
    }

    if (rc == SZ_OK) {
        work->view.guard = &work->guard;
        rc = sz_limits_bytes(how, work->view.size, err);
    }

    if (rc == SZ_OK) {
        rc = sz_picture_read(&work->pic, &work->view, err);
    }

    /* headers that could not be read for lack of time look broken */

    if (sz_guard_check(&work->guard, err) != SZ_OK) {
        return err->code;
    }

    if (rc == SZ_OK) {
        rc = sz_limits_picture(how, &work->pic, err);
    }

    if (rc != SZ_OK) {
        return rc;
    }

    sz_work_plan(work);

    need = sz_decoder_memory(&work->pic, work->shrink)
           + sz_scaler_memory(&work->x, &work->y, work->side)
           + sz_frame_memory(&work->placing)
           + sz_encoder_memory(how->output, how->width, how->height);

    return sz_guard_memory(&work->guard, need, err);
}


static sz_code_e
sz_work_open_decoder(sz_work_t *work, sz_error_t *err)
{
    sz_decode_t  *decode = &work->decode;

    if (!sz_axis_make(&work->x_axis, &work->x)
        || !sz_axis_make(&work->y_axis, &work->y))
    {
        return sz_error_memory(err);
    }

    decode->fd = work->in_fd;
    decode->size = work->view.size;
    decode->pic = &work->pic;
    decode->guard = &work->guard;
    decode->kernels = sz_kernels_best();
    decode->background = work->how->background;
    decode->shrink = work->shrink;
    decode->low = work->x_axis.low;
    decode->high = work->x_axis.high;

    switch (work->pic.info.type) {

    case SZ_IMAGE_PNG:
        work->decoder = sz_decoder_png(decode, err);
        break;

    case SZ_IMAGE_JPEG:
        work->decoder = sz_decoder_jpeg(decode, err);
        break;

    default:
        work->decoder = sz_decoder_webp(decode, err);
        break;
    }

    if (work->decoder == NULL) {
        return err->code;
    }

    if (work->decoder->width != work->x.in
        || work->decoder->height != work->y.in)
    {
        return sz_error_set(err, SZ_E_INPUT, "The picture decodes to %ux%u "
                            "pixels; its header says otherwise.",
                            work->decoder->width, work->decoder->height);
    }

    return SZ_OK;
}


static sz_code_e
sz_work_open_encoder(sz_work_t *work, sz_error_t *err)
{
    sz_encode_t         *encode = &work->encode;
    const sz_prepare_t  *how = work->how;

    work->icc = sz_picture_icc(&work->pic, &work->view, &encode->icc_len);

    encode->icc = work->icc;
    encode->guard = &work->guard;
    encode->kernels = sz_kernels_best();
    encode->out = &work->out;
    encode->width = how->width;
    encode->height = how->height;
    encode->quality = (how->quality > 0) ? how->quality : SZ_QUALITY_PRESET;
    encode->effort = how->effort;

    switch (how->output) {

    case SZ_IMAGE_PNG:
        work->encoder = sz_encoder_png(encode, err);
        break;

    case SZ_IMAGE_JPEG:
        work->encoder = sz_encoder_jpeg(encode, err);
        break;

    default:
        work->encoder = sz_encoder_webp(encode, err);
        break;
    }

    return (work->encoder != NULL) ? SZ_OK : err->code;
}


static sz_code_e
sz_work_open(sz_work_t *work, sz_error_t *err)
{
    sz_code_e  rc;

    rc = sz_work_open_decoder(work, err);

    if (rc == SZ_OK) {
        rc = sz_work_open_encoder(work, err);
    }

    if (rc == SZ_OK) {
        rc = sz_frame_open(&work->frame, &work->placing, &work->plan,
                           work->encoder, err);
    }

    if (rc == SZ_OK) {
        rc = sz_scaler_open(&work->scaler, &work->x_axis, &work->y_axis,
                            work->decoder->left, work->side,
                            work->decode.kernels, err);
    }

    work->scaler.line = sz_frame_line;
    work->scaler.data = &work->frame;

    return rc;
}


/* All rows from the first that is needed to the last one. */

static sz_code_e
sz_work_rows(sz_work_t *work, sz_error_t *err)
{
    unsigned        n;
    uint32_t        left;
    sz_code_e       rc;
    sz_decoder_t   *decoder = work->decoder;
    const uint8_t  *rows[SZ_BLOCK];

    left = work->scaler.y.high - work->scaler.y.low;
    rc = decoder->skip(decoder, work->scaler.y.low, err);

    while (left > 0 && rc == SZ_OK) {

        rc = sz_guard_check(&work->guard, err);
        if (rc != SZ_OK) {
            break;
        }

        n = (left < SZ_BLOCK) ? left : SZ_BLOCK;
        rc = decoder->read(decoder, n, rows, err);

        if (rc == SZ_OK) {
            rc = sz_scaler_push(&work->scaler, rows, n, err);
        }

        left -= n;
    }

    return (rc == SZ_OK) ? decoder->finish(decoder, err) : rc;
}


static sz_code_e
sz_work_run(sz_work_t *work, sz_error_t *err)
{
    sz_code_e  rc;

    rc = sz_work_rows(work, err);

    if (rc == SZ_OK) {
        rc = sz_frame_finish(&work->frame, err);
    }

    if (rc == SZ_OK) {
        rc = work->encoder->finish(work->encoder, err);
    }

    if (rc == SZ_OK && !sz_out_flush(&work->out)) {
        rc = sz_out_error(&work->out, err);
    }

    return rc;
}


static void
sz_work_destroy(sz_work_t *work)
{
    sz_scaler_close(&work->scaler);
    sz_frame_close(&work->frame);
    sz_axis_free(&work->x_axis);
    sz_axis_free(&work->y_axis);

    if (work->decoder != NULL) {
        work->decoder->destroy(work->decoder);
    }

    if (work->encoder != NULL) {
        work->encoder->destroy(work->encoder);
    }

    free(work->icc);
    free(work);
}


sz_code_e
sz_image_prepare(const sz_prepare_t *how, int in_fd, int out_fd,
    sz_prepared_t *done, sz_error_t *err)
{
    sz_work_t   *work;
    sz_code_e    rc;
    sz_error_t   local;

    err = (err != NULL) ? err : &local;

    work = calloc(1, sizeof(sz_work_t));
    if (work == NULL) {
        return sz_error_memory(err);
    }

    work->how = how;
    work->in_fd = in_fd;
    sz_guard_start(&work->guard, how);
    sz_out_init(&work->out, out_fd);

    rc = sz_work_check(work, err);

    if (rc == SZ_OK) {
        rc = sz_work_open(work, err);
    }

    if (rc == SZ_OK) {
        rc = sz_work_run(work, err);
    }

    if (rc == SZ_OK) {
        done->type = work->pic.info.type;
        done->width = work->pic.info.shown_width;
        done->height = work->pic.info.shown_height;
        done->orientation = work->pic.info.orientation;
        done->size = work->out.total;
    }

    sz_work_destroy(work);

    return rc;
}
