/*
 * The row filters of PNG (ISO/IEC 15948, clause 9) for RGB of 8 bits: their
 * costs, the best one, and its result.
 */

#ifndef SZ_MEDIA_FILTER_H
#define SZ_MEDIA_FILTER_H


#include "base/sz_base.h"
#include "media/sz_media_cpu.h"


enum {
    SZ_FILTER_NONE = 0,
    SZ_FILTER_SUB,
    SZ_FILTER_UP,
    SZ_FILTER_AVERAGE,
    SZ_FILTER_PAETH,
    SZ_FILTERS
};

/* Bytes of a pixel; what is to the left of the first one is 0. */
#define SZ_FILTER_PIXEL  3

/*
 * Both rows have SZ_FILTER_PIXEL zeros in front and n bytes, a whole number
 * of pixels; SZ_SLACK bytes more may be read and written.
 */
typedef struct {
    /*
     * About how many bits a row takes after each filter, times 24, without
     * what it shares with its neighbours: log2(1 + |residual|) a byte.
     */
    void  (*costs)(const uint8_t *row, const uint8_t *above, size_t n,
                   uint64_t costs[SZ_FILTERS]);

    void  (*apply)(unsigned filter, const uint8_t *row, const uint8_t *above,
                   size_t n, uint8_t *out);
} sz_filters_t;


extern const sz_filters_t  sz_filters_portable;

#ifdef SZ_HAVE_AVX2
extern const sz_filters_t  sz_filters_avx2;
#endif

/* The fastest this processor can run. */
const sz_filters_t *sz_filters_best(void);


/*
 * 24 * log2(1 + r) for r below 16, and for 16 times as much the value in the
 * middle: the cost of a residual is the larger of both.
 */
extern const uint8_t  sz_filter_cost_low[16];
extern const uint8_t  sz_filter_cost_high[16];


static inline uint8_t
sz_paeth(uint8_t left, uint8_t up, uint8_t corner)
{
    int  a, b, c;

    a = up - corner;
    b = left - corner;
    c = a + b;

    a = (a < 0) ? -a : a;
    b = (b < 0) ? -b : b;
    c = (c < 0) ? -c : c;

    return (a <= b && a <= c) ? left : (b <= c) ? up : corner;
}


#endif /* SZ_MEDIA_FILTER_H */
