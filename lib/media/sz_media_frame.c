#include "media/sz_media_frame.h"

#include <stdlib.h>


static bool
sz_frame_collects(const sz_frame_how_t *how)
{
    return how->columns || how->backwards;
}


static size_t
sz_frame_stride(const sz_frame_how_t *how)
{
    return (size_t) how->width * 3 + SZ_SLACK;
}


/* The row of background, and what is drawn on. */

static size_t
sz_frame_rows(const sz_frame_how_t *how)
{
    return 1 + (sz_frame_collects(how) ? (size_t) how->height : 1);
}


int64_t
sz_frame_memory(const sz_frame_how_t *how)
{
    return (int64_t) (sz_frame_rows(how) * sz_frame_stride(how));
}


sz_code_e
sz_frame_open(sz_frame_t *frame, const sz_frame_how_t *how,
    const sz_plan_t *plan, sz_encoder_t *encoder, sz_error_t *err)
{
    size_t    rows, i;
    uint32_t  x;
    uint8_t  *p;

    frame->how = *how;
    frame->plan = *plan;
    frame->encoder = encoder;
    frame->next = 0;
    frame->stride = sz_frame_stride(how);
    frame->whole = sz_frame_collects(how);

    rows = sz_frame_rows(how);
    frame->rows = calloc(rows, frame->stride);

    if (frame->rows == NULL) {
        return sz_error_memory(err);
    }

    for (p = frame->rows, x = 0; x < how->width; x++) {
        *p++ = (uint8_t) (how->background >> 16);
        *p++ = (uint8_t) (how->background >> 8);
        *p++ = (uint8_t) how->background;
    }

    for (i = 1; i < rows && how->background != 0; i++) {
        memcpy(frame->rows + i * frame->stride, frame->rows, frame->stride);
    }

    return SZ_OK;
}


static sz_code_e
sz_frame_emit(sz_frame_t *frame, const uint8_t *row, sz_error_t *err)
{
    sz_code_e  rc;

    rc = sz_guard_check(frame->how.guard, err);
    if (rc != SZ_OK) {
        return rc;
    }

    frame->next++;

    return frame->encoder->write(frame->encoder, row, err);
}


static sz_code_e
sz_frame_blank(sz_frame_t *frame, uint32_t until, sz_error_t *err)
{
    sz_code_e  rc;

    for (rc = SZ_OK; rc == SZ_OK && frame->next < until; /* void */) {
        rc = sz_frame_emit(frame, frame->rows, err);
    }

    return rc;
}


static void
sz_frame_column(sz_frame_t *frame, uint32_t x, const uint8_t *rgb)
{
    uint8_t   *to;
    uint32_t   y;

    to = frame->rows + (1 + (size_t) frame->plan.top) * frame->stride
         + 3 * (size_t) x;

    for (y = 0; y < frame->plan.height; y++) {
        to[0] = rgb[0];
        to[1] = rgb[1];
        to[2] = rgb[2];

        to += frame->stride;
        rgb += 3;
    }
}


sz_code_e
sz_frame_line(void *data, uint32_t line, const uint8_t *rgb, sz_error_t *err)
{
    uint8_t     *row;
    uint32_t     lines;
    sz_code_e    rc;
    sz_frame_t  *frame = data;
    sz_plan_t   *plan = &frame->plan;

    lines = frame->how.columns ? plan->width : plan->height;

    if (frame->how.backwards) {
        line = lines - 1 - line;
    }

    if (frame->how.columns) {
        sz_frame_column(frame, plan->left + line, rgb);
        return sz_guard_check(frame->how.guard, err);
    }

    if (frame->whole) {
        row = frame->rows + (1 + (size_t) plan->top + line) * frame->stride;

    } else {
        rc = sz_frame_blank(frame, plan->top, err);
        if (rc != SZ_OK) {
            return rc;
        }

        row = frame->rows + frame->stride;
    }

    memcpy(row + 3 * (size_t) plan->left, rgb, 3 * (size_t) plan->width);

    return frame->whole ? SZ_OK : sz_frame_emit(frame, row, err);
}


sz_code_e
sz_frame_finish(sz_frame_t *frame, sz_error_t *err)
{
    uint32_t   y;
    sz_code_e  rc;

    if (!frame->whole) {
        return sz_frame_blank(frame, frame->how.height, err);
    }

    for (rc = SZ_OK, y = 0; rc == SZ_OK && y < frame->how.height; y++) {
        rc = sz_frame_emit(frame, frame->rows + (1 + (size_t) y)
                           * frame->stride, err);
    }

    return rc;
}


void
sz_frame_close(sz_frame_t *frame)
{
    free(frame->rows);
    frame->rows = NULL;
}
