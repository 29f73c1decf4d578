/*
 * The inner loops of resampling, one table per instruction set.  All of them
 * give the same bytes: products of 8-bit samples and 22-bit weights are added
 * up exactly, a half is added, the sum is shifted and clamped to 0..255.
 *
 * Sums fit 32 bits: the absolute weights of one output add up to less than
 * 1.6, so a sum stays below 1.6 x 255 x 2^22 + 2^21 < 2^31.
 */

#ifndef SZ_MEDIA_KERNEL_H
#define SZ_MEDIA_KERNEL_H


#include "media/sz_media_axis.h"
#include "media/sz_media_cpu.h"


/* Rows are handed on in blocks of at most this many. */
#define SZ_BLOCK  8

/*
 * Every row of pixels may be read this many bytes past its end, and every
 * row of results written that far.
 */
#define SZ_SLACK  64

typedef struct {
    const char  *name;

    /* Bytes of work for an axis, aligned to SZ_WORK_ALIGN. */
    size_t  (*work_size)(const sz_axis_t *axis);

    /* Once per axis and work, before the first across(). */
    void    (*work_init)(const sz_axis_t *axis, void *work);

    /* Resamples n (1..SZ_BLOCK) rows of RGB along an axis. */
    void    (*across)(const sz_axis_t *axis, void *work,
                      const uint8_t *const *rows, unsigned n,
                      uint8_t *const *out);

    /* The weighted sum of `count` rows of `bytes` bytes. */
    void    (*down)(const uint8_t *const *rows, const int32_t *weights,
                    unsigned count, uint8_t *out, size_t bytes);

    /*
     * RGBA over an opaque colour, RGB out:
     * (c * a + background * (255 - a)) / 255, rounded to nearest.
     */
    void    (*over)(const uint8_t *rgba, size_t pixels, uint32_t background,
                    uint8_t *rgb);
} sz_kernels_t;

#define SZ_WORK_ALIGN  64


extern const sz_kernels_t  sz_kernels_portable;

#ifdef SZ_HAVE_AVX2
extern const sz_kernels_t  sz_kernels_avx2;
#endif

/* The fastest this processor can run. */
const sz_kernels_t *sz_kernels_best(void);


static inline uint8_t
sz_clamp(int32_t sum)
{
    sum >>= SZ_WEIGHT_BITS;

    return (uint8_t) ((sum < 0) ? 0 : (sum > 255) ? 255 : sum);
}


/* x / 255 rounded to nearest, for 0 <= x <= 255 * 255. */

static inline uint8_t
sz_div255(unsigned x)
{
    x += 128;

    return (uint8_t) ((x + (x >> 8)) >> 8);
}


#endif /* SZ_MEDIA_KERNEL_H */
