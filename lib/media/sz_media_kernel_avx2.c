/*
 * The kernels for AVX2: the same sums as the portable ones, in another order.
 *
 * A weight is split in two numbers of 16 bits, w = high * 2^11 + low, so that
 * the processor's multiply-and-add of 16-bit pairs is exact for both: |low|
 * is at most 2^10 and |high| at most 2^11 and a bit, times 255, times two.
 */

#include "media/sz_media_kernel.h"

#ifdef SZ_HAVE_AVX2

#include <immintrin.h>


#define SZ_AVX2  __attribute__((target("avx2")))

#define SZ_LOW_BITS  11

/* Source pixels turned at a time; pairs of pixels, three colours each. */
#define SZ_TURN      8
#define SZ_PAIR      48

/*
 * The across() kernel takes eight rows side by side: a vector holds the same
 * two neighbouring samples of all of them.  To that end the rows are first
 * turned into pairs: for the pixels 2q and 2q + 1 three runs of 16 bytes (red,
 * green, blue), each with the two samples of row 0, of row 1, ...
 *
 * Its work is those pairs, and the axis in the same terms.
 */

typedef struct {
    uint32_t  pair;                 /* the first */
    uint32_t  n;
    size_t    weights;              /* index of its first */
} sz_run_t;

typedef struct {
    uint32_t  from;                 /* pixels to turn: [from, to), */
    uint32_t  to;                   /* multiples of SZ_TURN */
    size_t    runs;                 /* offsets from here */
    size_t    weights;
    size_t    pairs;
} sz_work_avx2_t;


static int32_t
sz_weight_high(int32_t w)
{
    return (w + (1 << (SZ_LOW_BITS - 1))) >> SZ_LOW_BITS;
}


static int32_t
sz_weight_low(int32_t w)
{
    return w - sz_weight_high(w) * (1 << SZ_LOW_BITS);
}


/* Two numbers of 16 bits in one. */

static uint32_t
sz_weight_pair(int32_t a, int32_t b)
{
    return ((uint32_t) a & 0xffff) | (uint32_t) b << 16;
}


static size_t
sz_work_align(size_t n)
{
    return (n + SZ_WORK_ALIGN - 1) / SZ_WORK_ALIGN * SZ_WORK_ALIGN;
}


static void
sz_work_layout(const sz_axis_t *axis, sz_work_avx2_t *work, size_t *size)
{
    size_t  pairs;

    work->from = axis->low / SZ_TURN * SZ_TURN;
    work->to = (axis->high + SZ_TURN - 1) / SZ_TURN * SZ_TURN;

    /* an odd first sample, and an odd last one, take half a pair each */

    pairs = (size_t) axis->most / 2 + 2;

    work->runs = sz_work_align(sizeof(sz_work_avx2_t));
    work->weights = sz_work_align(work->runs + axis->n * sizeof(sz_run_t));
    work->pairs = sz_work_align(work->weights
                                + axis->n * pairs * 2 * sizeof(uint32_t));

    *size = work->pairs + (size_t) (work->to - work->from) / 2 * SZ_PAIR;
}


static size_t
sz_work_size_avx2(const sz_axis_t *axis)
{
    size_t          size;
    sz_work_avx2_t  work;

    sz_work_layout(axis, &work, &size);

    return size;
}


static void
sz_work_init_avx2(const sz_axis_t *axis, void *data)
{
    size_t           size, at;
    int32_t          w[2];
    uint32_t         i, q, k, *weights;
    sz_run_t        *run;
    sz_work_avx2_t  *work = data;

    sz_work_layout(axis, work, &size);

    run = (sz_run_t *) ((uint8_t *) data + work->runs);
    weights = (uint32_t *) ((uint8_t *) data + work->weights);

    for (at = 0, i = 0; i < axis->n; i++, run++) {

        run->pair = (axis->first[i] - work->from) / 2;
        run->n = (axis->first[i] % 2 + axis->count[i] + 1) / 2;
        run->weights = at;

        for (q = 0; q < run->n; q++) {

            for (k = 0; k < 2; k++) {
                /* wraps in front of the first, and then is too large */
                uint32_t  t = 2 * q + k - axis->first[i] % 2;

                w[k] = (t < axis->count[i])
                       ? axis->weights[(size_t) i * axis->taps + t] : 0;
            }

            weights[at++] = sz_weight_pair(sz_weight_high(w[0]),
                                           sz_weight_high(w[1]));
            weights[at++] = sz_weight_pair(sz_weight_low(w[0]),
                                           sz_weight_low(w[1]));
        }
    }
}


/*
 * Loops over vectors are written out: not every compiler unrolls them at -O2,
 * and then the vectors would live in memory.
 */

SZ_AVX2 static inline __m256i
sz_turn_load(const uint8_t *p)
{
    __m256i  v;

    /* R0 R1 G0 G1 B0 B1 R2 R3 G2 G3 B2 B3 of four pixels, twice */

    const __m256i  pick = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1));

    v = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) p));
    v = _mm256_inserti128_si256(v, _mm_loadu_si128((const __m128i *)
                                                   (p + 12)), 1);

    return _mm256_shuffle_epi8(v, pick);
}


SZ_AVX2 static inline void
sz_turn_store(uint8_t *to, __m256i v)
{
    _mm_store_si128((__m128i *) to, _mm256_castsi256_si128(v));
    _mm_store_si128((__m128i *) (to + 2 * SZ_PAIR),
                    _mm256_extracti128_si256(v, 1));
}


/*
 * Eight pixels of eight rows into four pairs: units of 16 bits, of which
 * columns become rows.
 */

SZ_AVX2 static inline void
sz_turn_block(const uint8_t *const *rows, size_t offset, uint8_t *to)
{
    __m256i  a, b, c, d, e, f, g, h;
    __m256i  ab, cd, ef, gh, abcd, efgh;

    a = sz_turn_load(rows[0] + offset);
    b = sz_turn_load(rows[1] + offset);
    c = sz_turn_load(rows[2] + offset);
    d = sz_turn_load(rows[3] + offset);
    e = sz_turn_load(rows[4] + offset);
    f = sz_turn_load(rows[5] + offset);
    g = sz_turn_load(rows[6] + offset);
    h = sz_turn_load(rows[7] + offset);

    ab = _mm256_unpacklo_epi16(a, b);
    cd = _mm256_unpacklo_epi16(c, d);
    ef = _mm256_unpacklo_epi16(e, f);
    gh = _mm256_unpacklo_epi16(g, h);

    abcd = _mm256_unpacklo_epi32(ab, cd);
    efgh = _mm256_unpacklo_epi32(ef, gh);
    sz_turn_store(to, _mm256_unpacklo_epi64(abcd, efgh));
    sz_turn_store(to + 16, _mm256_unpackhi_epi64(abcd, efgh));

    abcd = _mm256_unpackhi_epi32(ab, cd);
    efgh = _mm256_unpackhi_epi32(ef, gh);
    sz_turn_store(to + 32, _mm256_unpacklo_epi64(abcd, efgh));
    sz_turn_store(to + 48, _mm256_unpackhi_epi64(abcd, efgh));

    ab = _mm256_unpackhi_epi16(a, b);
    cd = _mm256_unpackhi_epi16(c, d);
    ef = _mm256_unpackhi_epi16(e, f);
    gh = _mm256_unpackhi_epi16(g, h);

    abcd = _mm256_unpacklo_epi32(ab, cd);
    efgh = _mm256_unpacklo_epi32(ef, gh);
    sz_turn_store(to + 64, _mm256_unpacklo_epi64(abcd, efgh));
    sz_turn_store(to + 80, _mm256_unpackhi_epi64(abcd, efgh));
}


/* hi * 2^11 + lo, rounded and brought down to a sample, still 32 bits. */

SZ_AVX2 static inline __m256i
sz_sum(__m256i high, __m256i low)
{
    __m256i  s;

    s = _mm256_add_epi32(_mm256_slli_epi32(high, SZ_LOW_BITS), low);
    s = _mm256_add_epi32(s, _mm256_set1_epi32(SZ_WEIGHT_HALF));

    return _mm256_srai_epi32(s, SZ_WEIGHT_BITS);
}


/* One output of eight rows: R G B and a byte of nothing for each of them. */

SZ_AVX2 static inline __m256i
sz_across_one(const sz_run_t *run, const uint32_t *w, const uint8_t *pairs)
{
    uint32_t  q;
    __m256i   rh, gh, bh, rl, gl, bl, high, low, p, rg, bb;

    const __m256i  rows = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, -1, 1, 5, 9, -1, 2, 6, 10, -1, 3, 7, 11, -1));

    w += run->weights;
    pairs += (size_t) run->pair * SZ_PAIR;

    rh = gh = bh = rl = gl = bl = _mm256_setzero_si256();

    for (q = 0; q < run->n; q++) {

        high = _mm256_set1_epi32((int) w[0]);
        low = _mm256_set1_epi32((int) w[1]);

        p = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *) pairs));
        rh = _mm256_add_epi32(rh, _mm256_madd_epi16(p, high));
        rl = _mm256_add_epi32(rl, _mm256_madd_epi16(p, low));

        p = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *) pairs + 1));
        gh = _mm256_add_epi32(gh, _mm256_madd_epi16(p, high));
        gl = _mm256_add_epi32(gl, _mm256_madd_epi16(p, low));

        p = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *) pairs + 2));
        bh = _mm256_add_epi32(bh, _mm256_madd_epi16(p, high));
        bl = _mm256_add_epi32(bl, _mm256_madd_epi16(p, low));

        w += 2;
        pairs += SZ_PAIR;
    }

    rg = _mm256_packs_epi32(sz_sum(rh, rl), sz_sum(gh, gl));
    bb = _mm256_packs_epi32(sz_sum(bh, bl), _mm256_setzero_si256());

    return _mm256_shuffle_epi8(_mm256_packus_epi16(rg, bb), rows);
}


/* Four outputs of eight rows into those rows; 16 bytes are written to each. */

SZ_AVX2 static inline void
sz_across_store(const __m256i *four, uint8_t *const *out, size_t offset)
{
    int      i;
    __m256i  a, b, c, d, v[4];

    const __m256i  rgb = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1,
                      -1));

    a = _mm256_unpacklo_epi32(four[0], four[1]);
    b = _mm256_unpackhi_epi32(four[0], four[1]);
    c = _mm256_unpacklo_epi32(four[2], four[3]);
    d = _mm256_unpackhi_epi32(four[2], four[3]);

    v[0] = _mm256_unpacklo_epi64(a, c);
    v[1] = _mm256_unpackhi_epi64(a, c);
    v[2] = _mm256_unpacklo_epi64(b, d);
    v[3] = _mm256_unpackhi_epi64(b, d);

    for (i = 0; i < 4; i++) {
        v[i] = _mm256_shuffle_epi8(v[i], rgb);
        _mm_storeu_si128((__m128i *) (out[i] + offset),
                         _mm256_castsi256_si128(v[i]));
        _mm_storeu_si128((__m128i *) (out[i + 4] + offset),
                         _mm256_extracti128_si256(v[i], 1));
    }
}


SZ_AVX2 static void
sz_across_avx2(const sz_axis_t *axis, void *data, const uint8_t *const *rows,
    unsigned n, uint8_t *const *out)
{
    uint8_t         *pairs, *to[SZ_BLOCK];
    uint32_t         i, k;
    __m256i          four[4];
    const uint8_t   *from[SZ_BLOCK];
    const sz_run_t  *run;
    const uint32_t  *weights;
    sz_work_avx2_t  *work = data;

    for (i = 0; i < SZ_BLOCK; i++) {
        from[i] = rows[(i < n) ? i : n - 1];
        to[i] = out[(i < n) ? i : n - 1];
    }

    run = (const sz_run_t *) ((uint8_t *) data + work->runs);
    weights = (const uint32_t *) ((uint8_t *) data + work->weights);
    pairs = (uint8_t *) data + work->pairs;

    for (i = work->from; i < work->to; i += SZ_TURN) {
        sz_turn_block(from, (size_t) i * 3,
                      pairs + (size_t) (i - work->from) / 2 * SZ_PAIR);
    }

    for (i = 0; i < axis->n; i += 4) {

        for (k = 0; k < 4; k++) {
            /* behind the last output: that one again, into the slack */
            four[k] = sz_across_one(run, weights, pairs);
            run += (i + k + 1 < axis->n);
        }

        sz_across_store(four, to, (size_t) i * 3);
    }
}


SZ_AVX2 static inline void
sz_down_add(__m256i *high, __m256i *low, __m256i samples, __m256i w_high,
    __m256i w_low)
{
    *high = _mm256_add_epi32(*high, _mm256_madd_epi16(samples, w_high));
    *low = _mm256_add_epi32(*low, _mm256_madd_epi16(samples, w_low));
}


/* 32 columns of bytes. */

SZ_AVX2 static inline void
sz_down_strip(const uint8_t *const *rows, const uint32_t *pairs,
    unsigned count, uint8_t *out, size_t at)
{
    unsigned  k;
    __m256i   a, b, ab, high, low, h0, h1, h2, h3, l0, l1, l2, l3;

    const __m256i  zero = _mm256_setzero_si256();

    h0 = h1 = h2 = h3 = l0 = l1 = l2 = l3 = zero;

    for (k = 0; k < count; k += 2) {

        /* behind an odd number: the last row again, with a weight of 0 */

        a = _mm256_loadu_si256((const __m256i *) (rows[k] + at));
        b = _mm256_loadu_si256((const __m256i *)
                               (rows[k + (k + 1 < count)] + at));

        high = _mm256_set1_epi32((int) pairs[k]);
        low = _mm256_set1_epi32((int) pairs[k + 1]);

        ab = _mm256_unpacklo_epi8(a, b);
        sz_down_add(&h0, &l0, _mm256_unpacklo_epi8(ab, zero), high, low);
        sz_down_add(&h1, &l1, _mm256_unpackhi_epi8(ab, zero), high, low);

        ab = _mm256_unpackhi_epi8(a, b);
        sz_down_add(&h2, &l2, _mm256_unpacklo_epi8(ab, zero), high, low);
        sz_down_add(&h3, &l3, _mm256_unpackhi_epi8(ab, zero), high, low);
    }

    a = _mm256_packs_epi32(sz_sum(h0, l0), sz_sum(h1, l1));
    b = _mm256_packs_epi32(sz_sum(h2, l2), sz_sum(h3, l3));

    _mm256_storeu_si256((__m256i *) (out + at), _mm256_packus_epi16(a, b));
}


/* The weights of so many rows are kept on the stack; beyond, portable. */
#define SZ_DOWN_MAX  512

SZ_AVX2 static void
sz_down_avx2(const uint8_t *const *rows, const int32_t *weights,
    unsigned count, uint8_t *out, size_t bytes)
{
    size_t    at;
    int32_t   next;
    unsigned  k;
    uint32_t  pairs[SZ_DOWN_MAX];

    if (count > SZ_DOWN_MAX - 1) {
        sz_kernels_portable.down(rows, weights, count, out, bytes);
        return;
    }

    for (k = 0; k < count; k += 2) {
        next = (k + 1 < count) ? weights[k + 1] : 0;
        pairs[k] = sz_weight_pair(sz_weight_high(weights[k]),
                                  sz_weight_high(next));
        pairs[k + 1] = sz_weight_pair(sz_weight_low(weights[k]),
                                      sz_weight_low(next));
    }

    for (at = 0; at < bytes; at += 32) {
        sz_down_strip(rows, pairs, count, out, at);
    }
}


/* Samples of four pixels a lane, widened to 16 bits, on the background. */

SZ_AVX2 static inline __m256i
sz_over_half(__m256i p, __m256i alpha, __m256i below)
{
    __m256i  t;

    t = _mm256_mullo_epi16(p, alpha);
    t = _mm256_add_epi16(t, _mm256_mullo_epi16(
            below, _mm256_sub_epi16(_mm256_set1_epi16(255), alpha)));
    t = _mm256_add_epi16(t, _mm256_set1_epi16(128));

    return _mm256_srli_epi16(_mm256_add_epi16(t, _mm256_srli_epi16(t, 8)), 8);
}


SZ_AVX2 static void
sz_over_avx2(const uint8_t *rgba, size_t pixels, uint32_t background,
    uint8_t *rgb)
{
    size_t   i;
    __m256i  p, lo, hi;

    const __m256i  zero = _mm256_setzero_si256();
    const __m256i  below = _mm256_set1_epi64x(
        (long long) (background >> 16 & 0xff)
        | (long long) (background >> 8 & 0xff) << 16
        | (long long) (background & 0xff) << 32);
    const __m256i  alpha = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(6, -1, 6, -1, 6, -1, 6, -1, 14, -1, 14, -1, 14, -1, 14,
                      -1));
    const __m256i  pick = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1,
                      -1));

    /* a step writes four bytes more, which the next ones must cover */

    for (i = 0; i + 10 <= pixels; i += 8) {
        p = _mm256_loadu_si256((const __m256i *) (rgba + 4 * i));
        lo = _mm256_unpacklo_epi8(p, zero);
        hi = _mm256_unpackhi_epi8(p, zero);
        lo = sz_over_half(lo, _mm256_shuffle_epi8(lo, alpha), below);
        hi = sz_over_half(hi, _mm256_shuffle_epi8(hi, alpha), below);
        p = _mm256_shuffle_epi8(_mm256_packus_epi16(lo, hi), pick);

        _mm_storeu_si128((__m128i *) (rgb + 3 * i),
                         _mm256_castsi256_si128(p));
        _mm_storeu_si128((__m128i *) (rgb + 3 * i + 12),
                         _mm256_extracti128_si256(p, 1));
    }

    sz_kernels_portable.over(rgba + 4 * i, pixels - i, background,
                             rgb + 3 * i);
}


const sz_kernels_t  sz_kernels_avx2 = {
    .name = "avx2",
    .work_size = sz_work_size_avx2,
    .work_init = sz_work_init_avx2,
    .across = sz_across_avx2,
    .down = sz_down_avx2,
    .over = sz_over_avx2
};

#endif /* SZ_HAVE_AVX2 */
