/*
 * The resampler: rows of RGB in, in order and in blocks, lines of RGB out as
 * soon as their last source row is there.  It holds a ring of rows, never a
 * picture.
 *
 * Two passes, each rounded to 8 bits, so their order shows in the last bit.
 * The horizontal pass of the picture as shown comes first.  For a picture
 * that is stored lying on its side that is the pass along stored columns:
 * then the ring holds source rows, and a line is a column of the result.
 */

#ifndef SZ_MEDIA_SCALE_H
#define SZ_MEDIA_SCALE_H


#include "media/sz_media_kernel.h"


typedef sz_code_e (*sz_line_fn)(void *data, uint32_t line, const uint8_t *rgb,
    sz_error_t *err);

typedef struct {
    sz_axis_t            x;         /* along a stored row */
    sz_axis_t            y;         /* along a stored column, streamed */
    bool                 y_first;
    const sz_kernels_t  *kernels;
    sz_line_fn           line;      /* set by the caller after open */
    void                *data;

    uint32_t             next_in;   /* source row */
    uint32_t             next_out;  /* line */
    uint32_t             slots;     /* of the ring */
    size_t               columns;   /* bytes of a row that are used */
    size_t               bytes;     /* of a line */
    size_t               ring_stride;
    size_t               line_stride;
    uint8_t             *ring;
    uint8_t             *sums;      /* y_first: SZ_BLOCK ring rows added up */
    uint8_t             *lines;     /* SZ_BLOCK lines */
    const uint8_t      **run;       /* the rows of one output */
    void                *work;      /* of the kernels */
} sz_scaler_t;


/*
 * Takes x and y over, whatever it answers.  Rows pushed later begin with
 * column `left` of the source; the first one is row y->low.
 */
sz_code_e sz_scaler_open(sz_scaler_t *scaler, sz_axis_t *x, sz_axis_t *y,
    uint32_t left, bool y_first, const sz_kernels_t *kernels,
    sz_error_t *err);

/* n (1..SZ_BLOCK) rows; calls line() for everything they complete. */
sz_code_e sz_scaler_push(sz_scaler_t *scaler, const uint8_t *const *rows,
    unsigned n, sz_error_t *err);

void sz_scaler_close(sz_scaler_t *scaler);

/* Bytes it will hold, from the axes' sizes alone. */
int64_t sz_scaler_memory(const sz_axis_how_t *x, const sz_axis_how_t *y,
    bool y_first);


#endif /* SZ_MEDIA_SCALE_H */
