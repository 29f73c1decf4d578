/*
 * Weights, the resampler against two plain passes, and the kernels of this
 * processor against the portable ones, to the byte.
 */

#include "media/sz_media_scale.h"

#include "tap.h"

#include <stdlib.h>


#define GUARD  0xa5


static unsigned
roll(unsigned below)
{
    static unsigned  seed = 42;

    seed = seed * 1103515245 + 12345;

    return (seed >> 8) % below;
}


static uint8_t *
noise(size_t len)
{
    size_t    i;
    uint8_t  *p;

    p = malloc(len + SZ_SLACK);

    for (i = 0; i < len + SZ_SLACK; i++) {
        p[i] = roll(4) ? (uint8_t) roll(256) : (uint8_t) (255 * roll(2));
    }

    return p;
}


/* Two plain passes over a whole picture in memory. */

static uint8_t *
plain(const uint8_t *in, uint32_t width, const sz_axis_t *x,
    const sz_axis_t *y, bool y_first)
{
    int32_t    sum;
    uint32_t   i, j, k, c, w, h;
    uint8_t   *mid, *out;

    w = y_first ? width : x->n;
    h = y_first ? y->n : y->high;
    mid = malloc((size_t) w * h * 3);
    out = malloc((size_t) x->n * y->n * 3);

#define ALONG(to, from, n, m, axis, at, base, step)                           \
    for (j = 0; j < (m); j++) {                                               \
        for (i = 0; i < (n); i++) {                                           \
            for (c = 0; c < 3; c++) {                                         \
                sum = SZ_WEIGHT_HALF;                                         \
                for (k = 0; k < (axis)->count[at]; k++) {                     \
                    sum += (axis)->weights[(size_t) (at) * (axis)->taps + k]  \
                           * (from)[((base) + (step)                          \
                                     * ((axis)->first[at] + k)) * 3 + c];     \
                }                                                             \
                (to)[((size_t) j * (n) + i) * 3 + c] = sz_clamp(sum);         \
            }                                                                 \
        }                                                                     \
    }

    if (y_first) {
        ALONG(mid, in, width, y->n, y, j, (size_t) i, (size_t) width)
        ALONG(out, mid, x->n, y->n, x, i, (size_t) j * width, (size_t) 1)

    } else {
        ALONG(mid, in, x->n, y->high, x, i, (size_t) j * width, (size_t) 1)
        ALONG(out, mid, x->n, y->n, y, j, (size_t) i, (size_t) x->n)
    }

    free(mid);

    return out;
}


typedef struct {
    uint8_t   *out;
    size_t     bytes;
    uint32_t   lines;
} sink_t;

static sz_code_e
take(void *data, uint32_t line, const uint8_t *rgb, sz_error_t *err)
{
    sink_t  *sink = data;

    (void) err;

    if (line != sink->lines++) {
        return SZ_E_INTERNAL;
    }

    memcpy(sink->out + line * sink->bytes, rgb, sink->bytes);

    return SZ_OK;
}


static void
random_axis(sz_axis_how_t *how, bool streamed)
{
    memset(how, 0, sizeof(sz_axis_how_t));

    how->in = 1 + roll(roll(3) ? 90 : 9);
    how->span = how->in - (roll(4) ? 0 : 0.5 * roll(2));
    how->full = 1 + roll(roll(3) ? 120 : 12);
    how->full = roll(8) ? how->full : how->in;
    how->n = 1 + roll((unsigned) how->full);
    how->from = (how->full - how->n) / 2;
    how->mirrored = roll(2);
    how->streamed = streamed;
}


static bool
scale_once(const sz_kernels_t *kernels)
{
    bool            good, y_first;
    sink_t          sink;
    uint8_t        *in, *want;
    unsigned        n, i;
    uint32_t        at, high, left;
    sz_axis_t       x, y, x2, y2;
    sz_scaler_t     scaler;
    const uint8_t  *rows[SZ_BLOCK];
    sz_axis_how_t   xh, yh;

    random_axis(&xh, false);
    random_axis(&yh, true);
    y_first = roll(2);

    if (!sz_axis_make(&x, &xh) || !sz_axis_make(&y, &yh)
        || !sz_axis_make(&x2, &xh) || !sz_axis_make(&y2, &yh))
    {
        return false;
    }

    in = noise((size_t) xh.in * yh.in * 3);
    want = plain(in, xh.in, &x2, &y2, y_first);

    sink.bytes = (size_t) x.n * 3;
    sink.out = calloc(y.n, sink.bytes);
    sink.lines = 0;

    left = roll(x.low + 1);
    at = y.low;
    high = y.high;

    good = sz_scaler_open(&scaler, &x, &y, left, y_first, kernels, NULL)
           == SZ_OK;
    scaler.line = take;
    scaler.data = &sink;

    while (good && at < high) {
        n = 1 + roll(SZ_BLOCK);
        n = (n < high - at) ? n : high - at;

        for (i = 0; i < n; i++) {
            rows[i] = in + ((size_t) (at + i) * xh.in + left) * 3;
        }

        good = sz_scaler_push(&scaler, rows, n, NULL) == SZ_OK;
        at += n;
    }

    good = good && sink.lines == scaler.y.n
           && memcmp(sink.out, want, sink.lines * sink.bytes) == 0;

    sz_scaler_close(&scaler);
    sz_axis_free(&x2);
    sz_axis_free(&y2);
    free(sink.out);
    free(want);
    free(in);

    return good;
}


static void
scales(const sz_kernels_t *kernels)
{
    int  i, good;

    for (good = 0, i = 0; i < 3000; i++) {
        good += scale_once(kernels);
    }

    ok(good == i, "%s: %d of %d random jobs give what two plain passes give",
       kernels->name, good, i);
}


/* The weights of any output add up to one within rounding. */

static void
weights(void)
{
    int            i, bad, copies;
    int64_t        sum, all;
    uint32_t       s, k;
    sz_axis_t      axis;
    sz_axis_how_t  how;

    bad = copies = 0;
    all = 0;

    for (i = 0; i < 2000; i++) {
        random_axis(&how, i & 1);

        if (!sz_axis_make(&axis, &how)) {
            exit(1);
        }

        for (s = 0; s < axis.n; s++) {
            int64_t  absolute = 0;

            for (sum = 0, k = 0; k < axis.count[s]; k++) {
                sum += axis.weights[s * axis.taps + k];
                absolute += llabs((long long)
                                  axis.weights[s * axis.taps + k]);
            }

            all = (absolute > all) ? absolute : all;
            bad += llabs((long long) sum - SZ_WEIGHT_ONE) > axis.count[s];
            bad += axis.first[s] + axis.count[s] > how.in
                   || axis.first[s] < axis.low
                   || axis.first[s] + axis.count[s] > axis.high;
            bad += (s > 0 && how.streamed
                    && axis.first[s] + 2 < axis.first[s - 1]);
        }

        if (how.full == how.in && how.span == how.in) {
            copies += !axis.copy;
        }

        sz_axis_free(&axis);
    }

    is_int(bad, 0, "weights add up to one and stay in the source");
    is_int(copies, 0, "the same size is a copy");
    ok(all < SZ_WEIGHT_ONE * 1.6, "absolute weights add up to less than 1.6: "
       "%.3f", (double) all / SZ_WEIGHT_ONE);
}


static bool
guarded(const uint8_t *p, size_t len)
{
    while (len-- > 0) {
        if (*p++ != GUARD) {
            return false;
        }
    }

    return true;
}


static void
downs(const sz_kernels_t *kernels)
{
    int             i, same, inside;
    size_t          bytes, k, n;
    uint8_t        *a, *b, *rows[700];
    int32_t        *w;
    const uint8_t  *from[700];

    same = inside = 0;
    w = malloc(700 * sizeof(int32_t));

    for (i = 0; i < 400; i++) {
        bytes = 1 + roll(300);
        n = 1 + roll(i % 40 == 0 ? 699 : 30);
        a = malloc(bytes + SZ_SLACK + 32);
        b = malloc(bytes + SZ_SLACK + 32);
        memset(b, GUARD, bytes + SZ_SLACK + 32);

        for (k = 0; k < n; k++) {
            from[k] = rows[k] = noise(bytes);
            w[k] = (int32_t) roll((unsigned) (3 * SZ_WEIGHT_ONE / n))
                   - (int32_t) (SZ_WEIGHT_ONE / n);
        }

        sz_kernels_portable.down(from, w, (unsigned) n, a, bytes);
        kernels->down(from, w, (unsigned) n, b, bytes);
        same += memcmp(a, b, bytes) == 0;
        inside += guarded(b + bytes + SZ_SLACK, 32);

        for (k = 0; k < n; k++) {
            free(rows[k]);
        }

        free(a);
        free(b);
    }

    ok(same == i && inside == i, "%s: columns: %d of %d the same, %d inside",
       kernels->name, same, i, inside);
    free(w);
}


static void
overs(const sz_kernels_t *kernels)
{
    int        i, same, exact, inside;
    size_t     n, k;
    uint8_t   *rgba, *a, *b;
    uint32_t   colour;

    same = exact = inside = 0;

    for (i = 0; i < 500; i++) {
        n = roll(100);
        colour = roll(1 << 24);
        rgba = noise(4 * n);
        a = malloc(3 * n + SZ_SLACK + 32);
        b = malloc(3 * n + SZ_SLACK + 32);
        memset(b, GUARD, 3 * n + SZ_SLACK + 32);

        sz_kernels_portable.over(rgba, n, colour, a);
        kernels->over(rgba, n, colour, b);
        same += memcmp(a, b, 3 * n) == 0;
        inside += guarded(b + 3 * n, SZ_SLACK + 32);

        for (k = 0; k < 3 * n; k++) {
            unsigned  alpha = rgba[k / 3 * 4 + 3];
            unsigned  below = colour >> (16 - 8 * (k % 3)) & 0xff;

            if (a[k] != (2 * (rgba[k / 3 * 4 + k % 3] * alpha
                              + below * (255 - alpha)) + 255) / 510)
            {
                break;
            }
        }

        exact += (k == 3 * n);
        free(rgba);
        free(a);
        free(b);
    }

    ok(same == i && exact == i && inside == i, "%s: alpha: %d of %d the "
       "same, %d exact, %d inside", kernels->name, same, i, exact, inside);
}


int
main(void)
{
    const sz_kernels_t  *best = sz_kernels_best();

    weights();
    scales(&sz_kernels_portable);
    overs(&sz_kernels_portable);

    ok(true, "this processor runs the kernels \"%s\"", best->name);

    if (best != &sz_kernels_portable) {
        scales(best);
        downs(best);
        overs(best);
    }

    return done();
}
