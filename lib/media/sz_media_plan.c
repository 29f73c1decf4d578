#include "media/sz_media_plan.h"

#include <math.h>


static int64_t
sz_plan_max(int64_t a, int64_t b)
{
    return (a > b) ? a : b;
}


/*
 * The resized whole covers the target and touches it on one axis.  The other
 * size is truncated from a product of doubles, in this order of operations,
 * as the programs do whose results ours must equal; but for some exact ratios
 * that product falls just short of a whole number (702 * (1280 / 1248) is
 * 719.99...), and a size below the target would leave a row without pixels.
 */

static void
sz_plan_crop(sz_plan_t *plan, uint32_t sw, uint32_t sh, uint32_t w, uint32_t h)
{
    plan->full_width = w;
    plan->full_height = h;

    if ((uint64_t) sw * h > (uint64_t) w * sh) {
        plan->full_width = sz_plan_max(w, (int64_t) (sw * ((double) h / sh)));

    } else {
        plan->full_height = sz_plan_max(h, (int64_t) (sh * ((double) w / sw)));
    }

    plan->x = (plan->full_width - w) / 2;
    plan->y = (plan->full_height - h) / 2;
    plan->width = w;
    plan->height = h;
}


/*
 * Of the two whole numbers around `exact` the one that keeps the aspect
 * better; of equals the smaller; at least 1.  `given` is the size of the
 * other axis.
 */

static int64_t
sz_plan_nearest(double exact, double aspect, double given, bool width)
{
    double  low, high, low_error, high_error;

    low = floor(exact);
    high = ceil(exact);

    if (width) {
        low_error = fabs(aspect - low / given);
        high_error = fabs(aspect - high / given);

    } else {
        low_error = (low == 0) ? 0 : fabs(aspect - given / low);
        high_error = fabs(aspect - given / high);
    }

    return sz_plan_max(1, (int64_t) ((low_error <= high_error) ? low : high));
}


/* Shrunk until it fits, never enlarged, in the middle. */

static void
sz_plan_pad(sz_plan_t *plan, uint32_t sw, uint32_t sh, uint32_t w, uint32_t h)
{
    double  aspect;

    plan->full_width = sw;
    plan->full_height = sh;

    if (sw > w || sh > h) {

        aspect = (double) sw / sh;

        if ((double) w / h >= aspect) {
            plan->full_height = h;
            plan->full_width = sz_plan_nearest(h * aspect, aspect, h, true);

        } else {
            plan->full_width = w;
            plan->full_height = sz_plan_nearest(w / aspect, aspect, w, false);
        }
    }

    plan->width = (uint32_t) plan->full_width;
    plan->height = (uint32_t) plan->full_height;
    plan->left = (w - plan->width) / 2;
    plan->top = (h - plan->height) / 2;
}


void
sz_plan_make(sz_plan_t *plan, sz_fit_e fit, uint32_t source_width,
    uint32_t source_height, uint32_t width, uint32_t height)
{
    memset(plan, 0, sizeof(sz_plan_t));

    switch (fit) {

    case SZ_FIT_CROP:
        sz_plan_crop(plan, source_width, source_height, width, height);
        break;

    case SZ_FIT_PAD:
        sz_plan_pad(plan, source_width, source_height, width, height);
        break;

    case SZ_FIT_RESCALE:
        plan->full_width = plan->width = width;
        plan->full_height = plan->height = height;
        break;
    }
}
