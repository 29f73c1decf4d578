#include "media/sz_media_plan.h"

#include "tap.h"


static const struct {
    sz_fit_e  fit;
    uint32_t  sw, sh, w, h;
    int64_t   full_width, full_height, x, y;
    uint32_t  left, top;
} cases[] = {
    { SZ_FIT_CROP, 1920, 1080, 720, 1280, 2275, 1280, 777, 0, 0, 0 },
    { SZ_FIT_CROP, 1000, 1000, 1280, 720, 1280, 1280, 0, 280, 0, 0 },
    { SZ_FIT_CROP, 1024, 1536, 1280, 720, 1280, 1920, 0, 600, 0, 0 },
    { SZ_FIT_CROP, 1366, 768, 1280, 720, 1280, 720, 0, 0, 0, 0 },
    { SZ_FIT_CROP, 1248, 702, 1280, 720, 1280, 720, 0, 0, 0, 0 },
    { SZ_FIT_CROP, 1280, 720, 1280, 720, 1280, 720, 0, 0, 0, 0 },
    { SZ_FIT_CROP, 1, 1000000, 1280, 720, 1280, 1280000000, 0, 639999640, 0,
      0 },
    { SZ_FIT_PAD, 1366, 768, 1280, 720, 1280, 720, 0, 0, 0, 0 },
    { SZ_FIT_PAD, 4032, 3024, 1280, 720, 960, 720, 0, 0, 160, 0 },
    { SZ_FIT_PAD, 1281, 720, 1280, 720, 1280, 719, 0, 0, 0, 0 },
    { SZ_FIT_PAD, 5000, 1, 1280, 720, 1280, 1, 0, 0, 0, 359 },
    { SZ_FIT_PAD, 1, 5000, 1280, 720, 1, 720, 0, 0, 639, 0 },
    { SZ_FIT_PAD, 30, 20, 1280, 720, 30, 20, 0, 0, 625, 350 },
    { SZ_FIT_RESCALE, 30, 20, 1280, 720, 1280, 720, 0, 0, 0, 0 }
};

static const uint32_t  targets[][2] = {
    { 1280, 720 }, { 720, 1280 }, { 1792, 1024 }, { 1024, 1792 }, { 7, 3 }
};


static bool
inside(const sz_plan_t *p, uint32_t w, uint32_t h)
{
    return p->x >= 0 && p->y >= 0 && p->width >= 1 && p->height >= 1
           && p->x + p->width <= p->full_width
           && p->y + p->height <= p->full_height
           && p->left + p->width <= w && p->top + p->height <= h;
}


/* The original's own sums; false where they lose a row or a column. */

static bool
original(uint32_t sw, uint32_t sh, uint32_t w, uint32_t h, int64_t *nw,
    int64_t *nh)
{
    *nw = w;
    *nh = h;

    if ((double) sw / sh > (double) w / h) {
        *nw = (int64_t) (sw * ((double) h / sh));

    } else {
        *nh = (int64_t) (sh * ((double) w / sw));
    }

    return *nw >= w && *nh >= h;
}


/* Pictures of exactly the target's ratio fill it, whatever doubles say. */

static void
exact_ratios(uint32_t w, uint32_t h)
{
    long       wrong, lost, other;
    int64_t    nw, nh;
    uint32_t   k, g;
    sz_plan_t  p;

    for (g = w, k = h; k != 0; /* void */) {
        uint32_t  r = g % k;

        g = k;
        k = r;
    }

    wrong = lost = other = 0;

    for (k = 1; k * (w / g) <= 4200; k++) {
        sz_plan_make(&p, SZ_FIT_CROP, k * (w / g), k * (h / g), w, h);
        wrong += (p.full_width != w || p.full_height != h);
        lost += !original(k * (w / g), k * (h / g), w, h, &nw, &nh);

        sz_plan_make(&p, SZ_FIT_PAD, k * (w / g), k * (h / g), w, h);
        other += (k > g && (p.width != w || p.height != h));
    }

    ok(wrong == 0 && other == 0, "all exact ratios fill %ux%u (%ld would "
       "have lost a row or a column)", w, h, lost);
}


static void
any_sizes(void)
{
    long       outside, differ, i;
    int64_t    nw, nh;
    uint32_t   sw, sh, w, h, seed;
    sz_plan_t  p;

    outside = differ = 0;
    seed = 1;

    for (i = 0; i < 400000; i++) {
        seed = seed * 1664525 + 1013904223;
        sw = 1 + (seed >> 8) % ((i & 1) ? 5000 : 60);
        seed = seed * 1664525 + 1013904223;
        sh = 1 + (seed >> 8) % ((i & 2) ? 5000 : 60);
        w = targets[i % 5][0];
        h = targets[i % 5][1];

        sz_plan_make(&p, SZ_FIT_PAD, sw, sh, w, h);
        outside += !inside(&p, w, h);

        sz_plan_make(&p, SZ_FIT_CROP, sw, sh, w, h);
        outside += !inside(&p, w, h);

        if (original(sw, sh, w, h, &nw, &nh)) {
            differ += (p.full_width != nw || p.full_height != nh);
        }
    }

    is_int(outside, 0, "every window lies in the picture and the target");
    is_int(differ, 0, "sizes are the original's wherever those are valid");
}


int
main(void)
{
    size_t     i;
    sz_plan_t  p;

    for (i = 0; i < sz_array_len(cases); i++) {
        sz_plan_make(&p, cases[i].fit, cases[i].sw, cases[i].sh, cases[i].w,
                     cases[i].h);

        ok(p.full_width == cases[i].full_width
           && p.full_height == cases[i].full_height
           && p.x == cases[i].x && p.y == cases[i].y
           && p.left == cases[i].left && p.top == cases[i].top
           && inside(&p, cases[i].w, cases[i].h),
           "%ux%u to %ux%u: %lldx%lld, window at %lld,%lld, placed at %u,%u",
           cases[i].sw, cases[i].sh, cases[i].w, cases[i].h,
           (long long) p.full_width, (long long) p.full_height,
           (long long) p.x, (long long) p.y, p.left, p.top);
    }

    for (i = 0; i < sz_array_len(targets); i++) {
        exact_ratios(targets[i][0], targets[i][1]);
    }

    any_sizes();

    return done();
}
