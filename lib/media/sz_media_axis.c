#include "media/sz_media_axis.h"

#include <math.h>
#include <stdlib.h>


#define SZ_LANCZOS  3

/* Weights come in groups of this many, for the kernels. */
#define SZ_TAPS_STEP  4


typedef struct {
    double  start;                  /* of the picture in the source */
    double  scale;                  /* source samples per output */
    double  stretch;                /* of the filter: scale, at least 1 */
    double  support;
} sz_filter_t;


static double
sz_sinc(double x)
{
    if (x == 0.0) {
        return 1.0;
    }

    x *= M_PI;

    return sin(x) / x;
}


static double
sz_lanczos(double x)
{
    if (x < -SZ_LANCZOS || x >= SZ_LANCZOS) {
        return 0.0;
    }

    return sz_sinc(x) * sz_sinc(x / SZ_LANCZOS);
}


static void
sz_filter_init(sz_filter_t *filter, const sz_axis_how_t *how)
{
    filter->start = how->mirrored ? how->in - how->span : 0.0;
    filter->scale = how->span / (double) how->full;
    filter->stretch = (filter->scale < 1.0) ? 1.0 : filter->scale;
    filter->support = SZ_LANCZOS * filter->stretch;
}


/* A run of 2 x support samples that begins anywhere, but not outside. */

static int64_t
sz_filter_taps(const sz_filter_t *filter, uint32_t in)
{
    int64_t  taps;

    taps = (int64_t) ceil(filter->support) * 2 + 1;
    taps = (taps < in) ? taps : in;

    return (taps + SZ_TAPS_STEP - 1) / SZ_TAPS_STEP * SZ_TAPS_STEP;
}


static uint32_t
sz_axis_clip(double x, uint32_t in)
{
    return (x < 1.0) ? 0 : (x >= in) ? in : (uint32_t) x;
}


/*
 * The weights of output i, as doubles that add up to 1; their number, and the
 * first sample in *first.
 */

static uint32_t
sz_axis_exact(const sz_filter_t *filter, uint32_t in, int64_t i, double *w,
    uint32_t *first)
{
    double    centre, sum, inverse;
    uint32_t  begin, end, j;

    centre = filter->start + ((double) i + 0.5) * filter->scale;
    inverse = 1.0 / filter->stretch;

    begin = sz_axis_clip(centre - filter->support + 0.5, in);
    end = sz_axis_clip(centre + filter->support + 0.5, in);

    /* a span that is less than `in` may leave the last output nothing */

    begin = (begin < in) ? begin : in - 1;
    end = (end > begin) ? end : begin + 1;

    for (sum = 0.0, j = begin; j < end; j++) {
        w[j - begin] = sz_lanczos(((double) j - centre + 0.5) * inverse);
        sum += w[j - begin];
    }

    for (j = begin; j < end; j++) {
        w[j - begin] = (sum != 0.0) ? w[j - begin] / sum : 0.0;
    }

    *first = begin;

    return end - begin;
}


static int32_t
sz_axis_fixed(double w)
{
    return (int32_t) ((w < 0 ? -0.5 : 0.5) + w * SZ_WEIGHT_ONE);
}


/* Fills slot s with output i: rounded, without zeros at the ends, turned. */

static void
sz_axis_set(sz_axis_t *axis, const sz_axis_how_t *how, uint32_t s,
    const double *w, uint32_t first, uint32_t count)
{
    int32_t   *to;
    uint32_t   k;

    while (count > 1 && sz_axis_fixed(w[0]) == 0) {
        w++;
        first++;
        count--;
    }

    while (count > 1 && sz_axis_fixed(w[count - 1]) == 0) {
        count--;
    }

    to = axis->weights + (size_t) s * axis->taps;

    for (k = 0; k < count; k++) {
        to[k] = sz_axis_fixed(how->mirrored ? w[count - 1 - k] : w[k]);
    }

    axis->first[s] = how->mirrored ? how->in - first - count : first;
    axis->count[s] = count;

    if (axis->first[s] < axis->low) {
        axis->low = axis->first[s];
    }

    if (axis->first[s] + count > axis->high) {
        axis->high = axis->first[s] + count;
    }

    if (count > axis->most) {
        axis->most = count;
    }

    if (count != 1 || to[0] != SZ_WEIGHT_ONE) {
        axis->copy = false;
    }
}


bool
sz_axis_make(sz_axis_t *axis, const sz_axis_how_t *how)
{
    double       *w;
    uint32_t      s, i, first, count;
    sz_filter_t   filter;

    sz_filter_init(&filter, how);

    axis->n = how->n;
    axis->taps = (uint32_t) sz_filter_taps(&filter, how->in);
    axis->most = 0;
    axis->low = UINT32_MAX;
    axis->high = 0;
    axis->copy = true;

    axis->first = malloc(how->n * sizeof(uint32_t));
    axis->count = malloc(how->n * sizeof(uint32_t));
    axis->weights = calloc((size_t) how->n * axis->taps, sizeof(int32_t));
    w = calloc(axis->taps, sizeof(double));

    if (axis->first == NULL || axis->count == NULL || axis->weights == NULL
        || w == NULL)
    {
        free(w);
        sz_axis_free(axis);
        return false;
    }

    for (s = 0; s < how->n; s++) {
        i = (how->streamed && how->mirrored) ? how->n - 1 - s : s;

        count = sz_axis_exact(&filter, how->in, how->from + i, w, &first);
        sz_axis_set(axis, how, s, w, first, count);
    }

    free(w);

    return true;
}


void
sz_axis_free(sz_axis_t *axis)
{
    free(axis->first);
    free(axis->count);
    free(axis->weights);

    memset(axis, 0, sizeof(sz_axis_t));
}


void
sz_axis_rebase(sz_axis_t *axis, uint32_t base)
{
    uint32_t  s;

    for (s = 0; s < axis->n; s++) {
        axis->first[s] -= base;
    }

    axis->low -= base;
    axis->high -= base;
}


int64_t
sz_axis_most(const sz_axis_how_t *how)
{
    sz_filter_t  filter;

    sz_filter_init(&filter, how);

    return sz_filter_taps(&filter, how->in);
}


int64_t
sz_axis_memory(const sz_axis_how_t *how)
{
    return (int64_t) how->n * (int64_t) (sz_axis_most(how) * sizeof(int32_t)
                                         + 2 * sizeof(uint32_t));
}
