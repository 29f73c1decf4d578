/*
 * One axis of a Lanczos-3 resampling: for every output sample the run of
 * source samples it is made of, and their weights as fixed-point numbers.
 *
 * The formulas, and the order of operations in double, are those of Pillow's
 * src/libImaging/Resample.c (precompute_coeffs, normalize_coeffs_8bpc), so
 * that the weights are equal to the last bit: with scale source samples to an
 * output and stretch = max(scale, 1), output i has its centre at
 * (i + 1/2) scale, and the sample at x the weight L((x + 1/2 - centre) /
 * stretch) with L(t) = sinc(t) sinc(t / 3), divided by the sum of all.
 */

#ifndef SZ_MEDIA_AXIS_H
#define SZ_MEDIA_AXIS_H


#include "base/sz_base.h"


/* Fractional bits of a weight; the weights of one output add up to about 1. */
#define SZ_WEIGHT_BITS  22
#define SZ_WEIGHT_ONE   (1 << SZ_WEIGHT_BITS)
#define SZ_WEIGHT_HALF  (1 << (SZ_WEIGHT_BITS - 1))

typedef struct {
    uint32_t  in;                   /* source samples there are */
    double    span;                 /* source samples the whole picture is: */
                                    /* `in`, or less when the decoder has */
                                    /* shrunk and rounded up */
    int64_t   full;                 /* outputs of the whole picture */
    int64_t   from;                 /* the outputs wanted */
    uint32_t  n;
    bool      mirrored;             /* the source runs backwards */
    bool      streamed;             /* outputs in the order of the source */
} sz_axis_how_t;

typedef struct {
    uint32_t   n;
    uint32_t   taps;                /* room for weights of each output */
    uint32_t   most;                /* weights of the longest */
    uint32_t   low;                 /* source samples in use: [low, high) */
    uint32_t   high;
    bool       copy;                /* every output is a source sample */
    uint32_t  *first;
    uint32_t  *count;
    int32_t   *weights;             /* n x taps, unused ones are 0 */
} sz_axis_t;


/* false when out of memory; then there is nothing to free. */
bool sz_axis_make(sz_axis_t *axis, const sz_axis_how_t *how);
void sz_axis_free(sz_axis_t *axis);

/* The source begins at `base` (at most axis->low) from now on. */
void sz_axis_rebase(sz_axis_t *axis, uint32_t base);

/* What sz_axis_make() will allocate, more or less. */
int64_t sz_axis_memory(const sz_axis_how_t *how);

/* What the longest output will have, at most. */
int64_t sz_axis_most(const sz_axis_how_t *how);


#endif /* SZ_MEDIA_AXIS_H */
