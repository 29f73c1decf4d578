#include "media/sz_media_kernel.h"


/* Sums kept at a time; they stay in the first cache. */
#define SZ_STRIP  256


static void
sz_across_row(const sz_axis_t *axis, const uint8_t *row, uint8_t *out)
{
    int32_t         r, g, b;
    uint32_t        i, k;
    const int32_t  *w;
    const uint8_t  *p;

    for (i = 0; i < axis->n; i++) {

        p = row + 3 * (size_t) axis->first[i];
        w = axis->weights + (size_t) i * axis->taps;

        r = g = b = SZ_WEIGHT_HALF;

        for (k = 0; k < axis->count[i]; k++) {
            r += p[0] * w[k];
            g += p[1] * w[k];
            b += p[2] * w[k];
            p += 3;
        }

        *out++ = sz_clamp(r);
        *out++ = sz_clamp(g);
        *out++ = sz_clamp(b);
    }
}


static void
sz_across_portable(const sz_axis_t *axis, void *work,
    const uint8_t *const *rows, unsigned n, uint8_t *const *out)
{
    unsigned  i;

    (void) work;

    for (i = 0; i < n; i++) {
        sz_across_row(axis, rows[i], out[i]);
    }
}


static size_t
sz_work_size_portable(const sz_axis_t *axis)
{
    (void) axis;

    return 0;
}


static void
sz_work_init_portable(const sz_axis_t *axis, void *work)
{
    (void) axis;
    (void) work;
}


static void
sz_down_portable(const uint8_t *const *rows, const int32_t *weights,
    unsigned count, uint8_t *out, size_t bytes)
{
    size_t          at, i, n;
    int32_t         w, sum[SZ_STRIP];
    unsigned        k;
    const uint8_t  *p;

    for (at = 0; at < bytes; at += n) {

        n = (bytes - at < SZ_STRIP) ? bytes - at : SZ_STRIP;

        for (i = 0; i < n; i++) {
            sum[i] = SZ_WEIGHT_HALF;
        }

        for (k = 0; k < count; k++) {
            p = rows[k] + at;
            w = weights[k];

            for (i = 0; i < n; i++) {
                sum[i] += p[i] * w;
            }
        }

        for (i = 0; i < n; i++) {
            out[at + i] = sz_clamp(sum[i]);
        }
    }
}


static void
sz_over_portable(const uint8_t *rgba, size_t pixels, uint32_t background,
    uint8_t *rgb)
{
    size_t    i;
    unsigned  a, r, g, b;

    r = background >> 16 & 0xff;
    g = background >> 8 & 0xff;
    b = background & 0xff;

    for (i = 0; i < pixels; i++) {
        a = rgba[3];

        rgb[0] = sz_div255(rgba[0] * a + r * (255 - a));
        rgb[1] = sz_div255(rgba[1] * a + g * (255 - a));
        rgb[2] = sz_div255(rgba[2] * a + b * (255 - a));

        rgba += 4;
        rgb += 3;
    }
}


const sz_kernels_t  sz_kernels_portable = {
    .name = "portable",
    .work_size = sz_work_size_portable,
    .work_init = sz_work_init_portable,
    .across = sz_across_portable,
    .down = sz_down_portable,
    .over = sz_over_portable
};


const sz_kernels_t *
sz_kernels_best(void)
{
#ifdef SZ_HAVE_AVX2
    if (sz_cpu_has_avx2()) {
        return &sz_kernels_avx2;
    }
#endif

    return &sz_kernels_portable;
}
