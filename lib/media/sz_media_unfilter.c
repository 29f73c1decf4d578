#include "media/sz_media_unfilter.h"


static void
sz_unfilter_one_portable(const sz_unfilter_t *how, const uint8_t *raw,
    uint8_t *out)
{
    size_t          i, n, pixel;
    uint8_t         left, corner;
    unsigned        filter;
    const uint8_t  *above = how->above;

    n = how->bytes;
    pixel = how->pixel;
    filter = *raw++;

    for (i = 0; i < n; i++) {

        left = (i < pixel) ? 0 : out[i - pixel];

        switch (filter) {

        case SZ_FILTER_NONE:
            out[i] = raw[i];
            break;

        case SZ_FILTER_SUB:
            out[i] = (uint8_t) (raw[i] + left);
            break;

        case SZ_FILTER_UP:
            out[i] = (uint8_t) (raw[i] + above[i]);
            break;

        case SZ_FILTER_AVERAGE:
            out[i] = (uint8_t) (raw[i] + (left + above[i]) / 2);
            break;

        default:
            corner = (i < pixel) ? 0 : above[i - pixel];
            out[i] = (uint8_t) (raw[i] + sz_paeth(left, above[i], corner));
            break;
        }
    }
}


static void
sz_unfilter_two_portable(const sz_unfilter_t *how,
    const uint8_t *const raw[2], uint8_t *const out[2])
{
    sz_unfilter_t  second = *how;

    second.above = out[0];

    sz_unfilter_one_portable(how, raw[0], out[0]);
    sz_unfilter_one_portable(&second, raw[1], out[1]);
}


static void
sz_unfilter_grey_portable(const uint8_t *grey, size_t pixels, uint8_t *rgb)
{
    while (pixels-- > 0) {
        *rgb++ = *grey;
        *rgb++ = *grey;
        *rgb++ = *grey++;
    }
}


const sz_unfilters_t  sz_unfilters_portable = {
    .one = sz_unfilter_one_portable,
    .two = sz_unfilter_two_portable,
    .grey = sz_unfilter_grey_portable
};


const sz_unfilters_t *
sz_unfilters_best(void)
{
#ifdef SZ_HAVE_AVX2
    if (sz_cpu_has_avx2()) {
        return &sz_unfilters_avx2;
    }
#endif

    return &sz_unfilters_portable;
}
