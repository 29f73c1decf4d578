#include "media/sz_media_filter.h"


const uint8_t  sz_filter_cost_low[16] = {
    0, 24, 38, 48, 56, 62, 67, 72, 76, 80, 83, 86, 89, 91, 94, 96
};

const uint8_t  sz_filter_cost_high[16] = {
    0, 111, 129, 140, 149, 155, 161, 166, 170
};


static uint8_t
sz_filter_byte(unsigned filter, const uint8_t *row, const uint8_t *above,
    size_t i)
{
    uint8_t  left, up;

    left = row[(ptrdiff_t) i - SZ_FILTER_PIXEL];
    up = above[i];

    switch (filter) {

    case SZ_FILTER_SUB:
        return (uint8_t) (row[i] - left);

    case SZ_FILTER_UP:
        return (uint8_t) (row[i] - up);

    case SZ_FILTER_AVERAGE:
        return (uint8_t) (row[i] - (left + up) / 2);

    case SZ_FILTER_PAETH:
        return (uint8_t) (row[i] - sz_paeth(left, up,
                                            above[(ptrdiff_t) i
                                                  - SZ_FILTER_PIXEL]));

    default:
        return row[i];
    }
}


static uint8_t
sz_filter_cost(uint8_t residual)
{
    uint8_t  r, low, high;

    r = (uint8_t) ((residual < 128) ? residual : 256 - residual);
    low = sz_filter_cost_low[(r < 15) ? r : 15];
    high = sz_filter_cost_high[r >> 4];

    return (low > high) ? low : high;
}


static void
sz_filter_costs_portable(const uint8_t *row, const uint8_t *above, size_t n,
    uint64_t costs[SZ_FILTERS])
{
    size_t    i;
    unsigned  f;

    for (f = 0; f < SZ_FILTERS; f++) {
        costs[f] = 0;

        for (i = 0; i < n; i++) {
            costs[f] += sz_filter_cost(sz_filter_byte(f, row, above, i));
        }
    }
}


static void
sz_filter_apply_portable(unsigned filter, const uint8_t *row,
    const uint8_t *above, size_t n, uint8_t *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        out[i] = sz_filter_byte(filter, row, above, i);
    }
}


const sz_filters_t  sz_filters_portable = {
    .costs = sz_filter_costs_portable,
    .apply = sz_filter_apply_portable
};


const sz_filters_t *
sz_filters_best(void)
{
#ifdef SZ_HAVE_AVX2
    if (sz_cpu_has_avx2()) {
        return &sz_filters_avx2;
    }
#endif

    return &sz_filters_portable;
}
