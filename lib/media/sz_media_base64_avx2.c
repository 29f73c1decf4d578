/*
 * Base64 with vectors of 32 bytes.
 *
 * Decoding (the idea is Mula's and Lemire's, "Faster Base64 Encoding and
 * Decoding Using AVX2 Instructions", and their later work): the low four bits
 * of a character choose a number, whose average with the upper five bits is
 * the index of what to add to the character.  One such pair of tables gives
 * its value; another gives a sum that is negative when it is no character of
 * the alphabet.  The numbers were found by a search over all possible ones
 * and are held against the portable code by the tests, for every character in
 * every place.
 */

#include "media/sz_media_base64.h"

#ifdef SZ_HAVE_AVX2

#include <immintrin.h>


#define SZ_AVX2    __attribute__((target("avx2")))
#define SZ_INLINE  SZ_AVX2 static inline __attribute__((always_inline))

/* Characters at a time; the last store of a step writes four bytes more. */
#define SZ_STEP    128
#define SZ_MARGIN  12

/* How far ahead the text is fetched; that it may end before does no harm. */
#define SZ_AHEAD   2048


/* One table for both halves of a vector. */

SZ_INLINE __m256i
sz_table(__m128i table)
{
    return _mm256_broadcastsi128_si256(table);
}


/* 32 characters to 24 bytes; what is wrong is left in the signs of *bad. */

SZ_INLINE void
sz_decode_vector(const char *text, uint8_t *dst, __m256i *bad)
{
    __m256i  c, upper, hash, check;

    const __m256i  value_low = sz_table(_mm_setr_epi8(
        0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 12, 0, 0, 0, 14));
    const __m256i  value_add = sz_table(_mm_setr_epi8(
        0, 0, 0, 4, 4, -65, -65, -71, -71, 19, 16, -65, -65, -71, -71, 0));
    const __m256i  check_low = sz_table(_mm_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 4, 8, 12, 12, 12, 8));
    const __m256i  check_add = sz_table(_mm_setr_epi8(
        -128, -128, -128, -11, -65, -43, -97, -15, -64, -47, -96, 72, -128,
        40, -128, -128));
    const __m256i  order = sz_table(_mm_setr_epi8(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));

    c = _mm256_loadu_si256((const __m256i *) text);
    upper = _mm256_srli_epi32(c, 3);

    hash = _mm256_avg_epu8(_mm256_shuffle_epi8(value_low, c), upper);
    check = _mm256_avg_epu8(_mm256_shuffle_epi8(check_low, c), upper);

    *bad = _mm256_or_si256(
        *bad, _mm256_adds_epi8(_mm256_shuffle_epi8(check_add, check), c));
    c = _mm256_adds_epi8(_mm256_shuffle_epi8(value_add, hash), c);

    /* four numbers of 6 bits: two of 12, one of 24, three bytes of it */

    c = _mm256_maddubs_epi16(c, _mm256_set1_epi32(0x01400140));
    c = _mm256_madd_epi16(c, _mm256_set1_epi32(0x00011000));
    c = _mm256_shuffle_epi8(c, order);

    _mm_storeu_si128((__m128i *) dst, _mm256_castsi256_si128(c));
    _mm_storeu_si128((__m128i *) (dst + 12), _mm256_extracti128_si256(c, 1));
}


SZ_AVX2 static size_t
sz_base64_decode_avx2(const char *text, size_t n, uint8_t *dst)
{
    size_t   i;
    __m256i  bad;

    for (i = 0; i + SZ_STEP + SZ_MARGIN <= n; i += SZ_STEP) {

        _mm_prefetch(text + i + SZ_AHEAD, _MM_HINT_T0);
        _mm_prefetch(text + i + SZ_AHEAD + 64, _MM_HINT_T0);

        bad = _mm256_setzero_si256();

        sz_decode_vector(text + i, dst, &bad);
        sz_decode_vector(text + i + 32, dst + 24, &bad);
        sz_decode_vector(text + i + 64, dst + 48, &bad);
        sz_decode_vector(text + i + 96, dst + 72, &bad);

        if (_mm256_movemask_epi8(bad) != 0) {
            break;
        }

        dst += SZ_STEP / 4 * 3;
    }

    return i;
}


/* 24 bytes, of which the first is 4 behind `data`, to 32 characters. */

SZ_INLINE void
sz_encode_vector(const uint8_t *data, char *text)
{
    __m256i  v, even, odd, class;

    /* b a c b of each three bytes, for both halves */

    const __m256i  spread = _mm256_setr_epi8(
        5, 4, 6, 5, 8, 7, 9, 8, 11, 10, 12, 11, 14, 13, 15, 14,
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);

    /* what to add: 'A' - 0, 'a' - 26, ten times '0' - 52, '+' - 62, ... */

    const __m256i  add = sz_table(_mm_setr_epi8(
        'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0,
        0));

    v = _mm256_loadu_si256((const __m256i *) data);
    v = _mm256_shuffle_epi8(v, spread);

    /* each number of 6 bits to the bottom of a byte, by multiplying */

    even = _mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00));
    even = _mm256_mulhi_epu16(even, _mm256_set1_epi32(0x04000040));
    odd = _mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0));
    odd = _mm256_mullo_epi16(odd, _mm256_set1_epi32(0x01000010));
    v = _mm256_or_si256(even, odd);

    /* 26..51 to 0, 52..61 to 1..10, 62 to 11, 63 to 12, 0..25 to 13 */

    class = _mm256_subs_epu8(v, _mm256_set1_epi8(51));
    class = _mm256_or_si256(
        class, _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), v),
                                _mm256_set1_epi8(13)));

    v = _mm256_add_epi8(v, _mm256_shuffle_epi8(add, class));

    _mm256_storeu_si256((__m256i *) text, v);
}


SZ_AVX2 static size_t
sz_base64_encode_avx2(const uint8_t *data, size_t n, char *text)
{
    size_t  i, done;

    /* a vector is read from 4 bytes in front of its 24 to 4 behind them */

    done = (n < 12 + 28) ? 0
           : sz_base64_portable.encode(data, 12, text);
    text += done / 3 * 4;

    for (i = done; done > 0 && i + 28 <= n; i += 24) {
        sz_encode_vector(data + i - 4, text);
        text += 32;
    }

    return i;
}


const sz_base64_kernel_t  sz_base64_avx2 = {
    .name = "avx2",
    .decode = sz_base64_decode_avx2,
    .encode = sz_base64_encode_avx2
};

#endif /* SZ_HAVE_AVX2 */
