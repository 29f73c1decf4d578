/* The row filters for AVX2: 32 bytes at a time, the same results. */

#include "media/sz_media_filter.h"

#ifdef SZ_HAVE_AVX2

#include <immintrin.h>


#define SZ_AVX2  __attribute__((target("avx2")))


/* What a step works on: the row, and its neighbours. */

typedef struct {
    __m256i  row;
    __m256i  left;
    __m256i  up;
    __m256i  corner;
} sz_around_t;


SZ_AVX2 static inline __m256i
sz_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *) p);
}


SZ_AVX2 static inline sz_around_t
sz_around(const uint8_t *row, const uint8_t *above, size_t i)
{
    return (sz_around_t) {
        sz_load(row + i), sz_load(row + i - SZ_FILTER_PIXEL),
        sz_load(above + i), sz_load(above + i - SZ_FILTER_PIXEL)
    };
}


SZ_AVX2 static inline __m256i
sz_distance(__m256i a, __m256i b)
{
    return _mm256_sub_epi8(_mm256_max_epu8(a, b), _mm256_min_epu8(a, b));
}


/* The processor's average rounds up; PNG's down. */

SZ_AVX2 static inline __m256i
sz_average(const sz_around_t *p)
{
    return _mm256_sub_epi8(
        _mm256_avg_epu8(p->left, p->up),
        _mm256_and_si256(_mm256_xor_si256(p->left, p->up),
                         _mm256_set1_epi8(1)));
}


/*
 * Paeth in bytes.  With a = |up - corner| and b = |left - corner| the third
 * distance |left + up - 2 corner| is a + b when left and up lie on the same
 * side of the corner, where it is never the least, and |a - b| when not.
 */

SZ_AVX2 static inline __m256i
sz_paeth32(const sz_around_t *p)
{
    __m256i  a, b, c, left_above, up_above, opposite, by_left, by_up;

    a = sz_distance(p->up, p->corner);
    b = sz_distance(p->left, p->corner);

    left_above = _mm256_cmpeq_epi8(_mm256_max_epu8(p->left, p->corner),
                                   p->left);
    up_above = _mm256_cmpeq_epi8(_mm256_max_epu8(p->up, p->corner), p->up);
    opposite = _mm256_xor_si256(left_above, up_above);

    c = _mm256_blendv_epi8(_mm256_adds_epu8(a, b), sz_distance(a, b),
                           opposite);

    by_left = _mm256_cmpeq_epi8(_mm256_min_epu8(a, _mm256_min_epu8(b, c)), a);
    by_up = _mm256_cmpeq_epi8(_mm256_min_epu8(b, c), b);

    return _mm256_blendv_epi8(_mm256_blendv_epi8(p->corner, p->up, by_up),
                              p->left, by_left);
}


SZ_AVX2 static inline __m256i
sz_add_cost(__m256i sum, __m256i residual)
{
    __m256i  r, low, high;

    r = _mm256_abs_epi8(residual);

    low = _mm256_shuffle_epi8(
        _mm256_broadcastsi128_si256(
            _mm_loadu_si128((const __m128i *) sz_filter_cost_low)),
        _mm256_min_epu8(r, _mm256_set1_epi8(15)));
    high = _mm256_shuffle_epi8(
        _mm256_broadcastsi128_si256(
            _mm_loadu_si128((const __m128i *) sz_filter_cost_high)),
        _mm256_and_si256(_mm256_srli_epi16(r, 4), _mm256_set1_epi8(15)));

    return _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_max_epu8(low, high),
                                                 _mm256_setzero_si256()));
}


SZ_AVX2 static inline uint64_t
sz_total(__m256i sum)
{
    __m128i  s;

    s = _mm_add_epi64(_mm256_castsi256_si128(sum),
                      _mm256_extracti128_si256(sum, 1));

    return (uint64_t) _mm_cvtsi128_si64(s)
           + (uint64_t) _mm_extract_epi64(s, 1);
}


SZ_AVX2 static void
sz_filter_costs_avx2(const uint8_t *row, const uint8_t *above, size_t n,
    uint64_t costs[SZ_FILTERS])
{
    size_t       i;
    __m256i      none, sub, up, average, paeth;
    unsigned     f;
    uint64_t     rest[SZ_FILTERS];
    sz_around_t  p;

    none = sub = up = average = paeth = _mm256_setzero_si256();

    for (i = 0; i + 32 <= n; i += 32) {
        p = sz_around(row, above, i);

        none = sz_add_cost(none, p.row);
        sub = sz_add_cost(sub, _mm256_sub_epi8(p.row, p.left));
        up = sz_add_cost(up, _mm256_sub_epi8(p.row, p.up));
        average = sz_add_cost(average, _mm256_sub_epi8(p.row,
                                                       sz_average(&p)));
        paeth = sz_add_cost(paeth, _mm256_sub_epi8(p.row, sz_paeth32(&p)));
    }

    sz_filters_portable.costs(row + i, above + i, n - i, rest);

    costs[SZ_FILTER_NONE] = sz_total(none);
    costs[SZ_FILTER_SUB] = sz_total(sub);
    costs[SZ_FILTER_UP] = sz_total(up);
    costs[SZ_FILTER_AVERAGE] = sz_total(average);
    costs[SZ_FILTER_PAETH] = sz_total(paeth);

    for (f = 0; f < SZ_FILTERS; f++) {
        costs[f] += rest[f];
    }
}


/* What is subtracted, 32 bytes of it. */

SZ_AVX2 static inline __m256i
sz_prediction(unsigned filter, const sz_around_t *p)
{
    switch (filter) {

    case SZ_FILTER_SUB:
        return p->left;

    case SZ_FILTER_UP:
        return p->up;

    case SZ_FILTER_AVERAGE:
        return sz_average(p);

    case SZ_FILTER_PAETH:
        return sz_paeth32(p);

    default:
        return _mm256_setzero_si256();
    }
}


SZ_AVX2 static void
sz_filter_apply_avx2(unsigned filter, const uint8_t *row,
    const uint8_t *above, size_t n, uint8_t *out)
{
    size_t       i;
    sz_around_t  p;

    for (i = 0; i < n; i += 32) {
        p = sz_around(row, above, i);
        _mm256_storeu_si256((__m256i *) (out + i),
                            _mm256_sub_epi8(p.row, sz_prediction(filter,
                                                                 &p)));
    }
}


const sz_filters_t  sz_filters_avx2 = {
    .costs = sz_filter_costs_avx2,
    .apply = sz_filter_apply_avx2
};

#endif /* SZ_HAVE_AVX2 */
