/*
 * The target picture: lines of the resampler placed on the background and
 * handed to the encoder from the top.  Lines that come in another order, or
 * that are columns, are collected first; else only a row is held.
 */

#ifndef SZ_MEDIA_FRAME_H
#define SZ_MEDIA_FRAME_H


#include "media/sz_media_encode.h"
#include "media/sz_media_plan.h"


typedef struct {
    const sz_guard_t  *guard;
    uint32_t           width;       /* of the target */
    uint32_t           height;
    uint32_t           background;
    bool               columns;     /* a line is a column, from the left */
    bool               backwards;   /* the last line comes first */
} sz_frame_how_t;

typedef struct {
    sz_frame_how_t  how;
    sz_plan_t       plan;
    sz_encoder_t   *encoder;
    uint32_t        next;           /* row the encoder gets next */
    size_t          stride;
    uint8_t        *rows;           /* background, then the row or all */
    bool            whole;
} sz_frame_t;


/* encoder outlives the frame. */
sz_code_e sz_frame_open(sz_frame_t *frame, const sz_frame_how_t *how,
    const sz_plan_t *plan, sz_encoder_t *encoder, sz_error_t *err);

/* A sz_line_fn; data is the frame. */
sz_code_e sz_frame_line(void *data, uint32_t line, const uint8_t *rgb,
    sz_error_t *err);

/* After the last line: the rows below, or all of them. */
sz_code_e sz_frame_finish(sz_frame_t *frame, sz_error_t *err);

void sz_frame_close(sz_frame_t *frame);

int64_t sz_frame_memory(const sz_frame_how_t *how);


#endif /* SZ_MEDIA_FRAME_H */
