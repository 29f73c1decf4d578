/*
 * The row filters undone with vectors.  Sub, Average and Paeth need the pixel
 * to the left, so a row is a chain of dependent steps of one pixel, its bytes
 * side by side.  What a processor can do beside such a chain is another one:
 * two rows go together, the lower a pixel behind the upper.
 */

#include "media/sz_media_unfilter.h"

#ifdef SZ_HAVE_AVX2

#include <immintrin.h>


#define SZ_AVX2    __attribute__((target("avx2")))
#define SZ_INLINE  SZ_AVX2 static inline __attribute__((always_inline))


/*
 * A pixel is held as numbers of 16 bits, of which the upper half is always 0.
 * Four bytes are moved even for three; rows are written from the left.
 */

SZ_INLINE __m128i
sz_load_pixel(const uint8_t *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(v));

    return _mm_cvtepu8_epi16(_mm_cvtsi32_si128((int) v));
}


SZ_INLINE void
sz_store_pixel(uint8_t *p, __m128i v)
{
    uint32_t  u;

    u = (uint32_t) _mm_cvtsi128_si32(_mm_packus_epi16(v, v));
    memcpy(p, &u, sizeof(u));
}


/*
 * a and b are the distances that up and left have to the corner, with their
 * sign.  What depends on `left` is kept short: it is the chain.
 */

SZ_INLINE __m128i
sz_paeth_pixel(__m128i left, __m128i up, __m128i corner)
{
    __m128i  a, b, c, other;

    a = _mm_sub_epi16(up, corner);
    b = _mm_sub_epi16(left, corner);
    c = _mm_abs_epi16(_mm_add_epi16(a, b));
    a = _mm_abs_epi16(a);
    b = _mm_abs_epi16(b);

    other = _mm_blendv_epi8(up, corner, _mm_cmpgt_epi16(b, c));

    return _mm_blendv_epi8(left, other,
                           _mm_cmpgt_epi16(a, _mm_min_epi16(b, c)));
}


SZ_INLINE __m128i
sz_undo_pixel(unsigned filter, __m128i raw, __m128i left, __m128i up,
    __m128i corner)
{
    switch (filter) {

    case SZ_FILTER_SUB:
        return _mm_add_epi8(raw, left);

    case SZ_FILTER_AVERAGE:
        return _mm_add_epi8(raw, _mm_srli_epi16(_mm_add_epi16(left, up), 1));

    default:
        return _mm_add_epi8(raw, sz_paeth_pixel(left, up, corner));
    }
}


SZ_INLINE void
sz_undo_chain(const sz_unfilter_t *how, unsigned pixel, unsigned filter,
    const uint8_t *raw, uint8_t *out)
{
    size_t   i;
    __m128i  left, up, corner;

    left = corner = _mm_setzero_si128();

    for (i = 0; i < how->bytes; i += pixel) {
        up = sz_load_pixel(how->above + i);
        left = sz_undo_pixel(filter, sz_load_pixel(raw + i), left, up,
                             corner);
        sz_store_pixel(out + i, left);
        corner = up;
    }
}


/*
 * Two rows.  Step i makes pixel i of the upper and pixel i - 1 of the lower
 * row, whose neighbours above are still in registers.
 */

SZ_INLINE void
sz_undo_chains(const sz_unfilter_t *how, unsigned pixel, unsigned filter_a,
    unsigned filter_b, const uint8_t *raw_a, const uint8_t *raw_b,
    uint8_t *out_a, uint8_t *out_b)
{
    size_t   i;
    __m128i  a, before, before_that, b, up, corner;

    a = sz_undo_pixel(filter_a, sz_load_pixel(raw_a), _mm_setzero_si128(),
                      corner = sz_load_pixel(how->above),
                      _mm_setzero_si128());
    sz_store_pixel(out_a, a);

    b = before_that = _mm_setzero_si128();

    for (i = pixel; i < how->bytes; i += pixel) {
        before = a;
        up = sz_load_pixel(how->above + i);
        a = sz_undo_pixel(filter_a, sz_load_pixel(raw_a + i), a, up, corner);
        sz_store_pixel(out_a + i, a);
        corner = up;

        b = sz_undo_pixel(filter_b, sz_load_pixel(raw_b + i - pixel), b,
                          before, before_that);
        sz_store_pixel(out_b + i - pixel, b);
        before_that = before;
    }

    b = sz_undo_pixel(filter_b, sz_load_pixel(raw_b + i - pixel), b, a,
                      before_that);
    sz_store_pixel(out_b + i - pixel, b);
}


SZ_AVX2 static void
sz_undo_up(const uint8_t *raw, const uint8_t *above, size_t n, uint8_t *out)
{
    size_t  i;

    for (i = 0; i < n; i += 32) {
        _mm256_storeu_si256(
            (__m256i *) (out + i),
            _mm256_add_epi8(
                _mm256_loadu_si256((const __m256i *) (raw + i)),
                _mm256_loadu_si256((const __m256i *) (above + i))));
    }
}


SZ_AVX2 static void
sz_unfilter_one_avx2(const sz_unfilter_t *how, const uint8_t *raw,
    uint8_t *out)
{
    unsigned  filter;

    filter = *raw++;

    if (filter == SZ_FILTER_NONE) {
        memcpy(out, raw, how->bytes);

    } else if (filter == SZ_FILTER_UP) {
        sz_undo_up(raw, how->above, how->bytes, out);

    } else if (how->pixel == 1) {
        sz_unfilters_portable.one(how, raw - 1, out);

    /* each form is compiled with its numbers known */

#define SZ_CHAIN(p, f)                                                        \
    } else if (how->pixel == p && filter == f) {                              \
        sz_undo_chain(how, p, f, raw, out);

    SZ_CHAIN(3, SZ_FILTER_SUB)
    SZ_CHAIN(3, SZ_FILTER_AVERAGE)
    SZ_CHAIN(3, SZ_FILTER_PAETH)
    SZ_CHAIN(4, SZ_FILTER_SUB)
    SZ_CHAIN(4, SZ_FILTER_AVERAGE)
    SZ_CHAIN(4, SZ_FILTER_PAETH)
    }
}


SZ_AVX2 static void
sz_unfilter_two_avx2(const sz_unfilter_t *how, const uint8_t *const raw[2],
    uint8_t *const out[2])
{
    unsigned       a, b;
    sz_unfilter_t  second;

    a = raw[0][0];
    b = raw[1][0];

#define SZ_CHAINS(p, f, g)                                                    \
    if (how->pixel == p && a == f && b == g) {                                \
        sz_undo_chains(how, p, f, g, raw[0] + 1, raw[1] + 1, out[0],          \
                       out[1]);                                               \
        return;                                                               \
    }

    SZ_CHAINS(3, SZ_FILTER_PAETH, SZ_FILTER_PAETH)
    SZ_CHAINS(3, SZ_FILTER_PAETH, SZ_FILTER_AVERAGE)
    SZ_CHAINS(3, SZ_FILTER_AVERAGE, SZ_FILTER_PAETH)
    SZ_CHAINS(3, SZ_FILTER_AVERAGE, SZ_FILTER_AVERAGE)
    SZ_CHAINS(4, SZ_FILTER_PAETH, SZ_FILTER_PAETH)
    SZ_CHAINS(4, SZ_FILTER_PAETH, SZ_FILTER_AVERAGE)
    SZ_CHAINS(4, SZ_FILTER_AVERAGE, SZ_FILTER_PAETH)
    SZ_CHAINS(4, SZ_FILTER_AVERAGE, SZ_FILTER_AVERAGE)

    second = *how;
    second.above = out[0];

    sz_unfilter_one_avx2(how, raw[0], out[0]);
    sz_unfilter_one_avx2(&second, raw[1], out[1]);
}


SZ_AVX2 static void
sz_unfilter_grey_avx2(const uint8_t *grey, size_t pixels, uint8_t *rgb)
{
    size_t   i;
    __m128i  v;

    const __m128i  first = _mm_setr_epi8(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3,
                                         4, 4, 4, 5);
    const __m128i  second = _mm_setr_epi8(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9,
                                          9, 9, 10, 10);
    const __m128i  third = _mm_setr_epi8(10, 11, 11, 11, 12, 12, 12, 13, 13,
                                         13, 14, 14, 14, 15, 15, 15);

    for (i = 0; i + 16 <= pixels; i += 16) {
        v = _mm_loadu_si128((const __m128i *) (grey + i));
        _mm_storeu_si128((__m128i *) rgb, _mm_shuffle_epi8(v, first));
        _mm_storeu_si128((__m128i *) (rgb + 16), _mm_shuffle_epi8(v, second));
        _mm_storeu_si128((__m128i *) (rgb + 32), _mm_shuffle_epi8(v, third));
        rgb += 48;
    }

    sz_unfilters_portable.grey(grey + i, pixels - i, rgb);
}


const sz_unfilters_t  sz_unfilters_avx2 = {
    .one = sz_unfilter_one_avx2,
    .two = sz_unfilter_two_avx2,
    .grey = sz_unfilter_grey_avx2
};

#endif /* SZ_HAVE_AVX2 */
