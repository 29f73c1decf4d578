#include "media/sz_media_guard.h"
#include "media/sz_media_limits.h"


/*
 * Built-in ceilings: sizes that all arithmetic of this room is safe with.
 * What the formats themselves allow is less for JPEG and WebP.
 */

#define SZ_EDGE_CEILING    1000000
#define SZ_PIXELS_CEILING  INT64_C(4000000000)

static const uint32_t  sz_output_edges[] = {
    [SZ_IMAGE_PNG] = 65535,
    [SZ_IMAGE_JPEG] = 65500,
    [SZ_IMAGE_WEBP] = 16383
};


static int64_t
sz_limit_value(const sz_limit_t *limit, int64_t ceiling)
{
    return (limit->value > 0 && limit->value < ceiling) ? limit->value
                                                        : ceiling;
}


sz_code_e
sz_limits_arguments(const sz_prepare_t *how, sz_error_t *err)
{
    int64_t  edge;

    if (how->output != SZ_IMAGE_PNG && how->output != SZ_IMAGE_JPEG
        && how->output != SZ_IMAGE_WEBP)
    {
        return sz_error_set(err, SZ_E_INPUT, "The output type is unknown; "
                            "it must be png, jpeg or webp.");
    }

    if (how->quality < 0 || how->quality > 100) {
        return sz_error_set(err, SZ_E_INPUT, "The quality must be between 1 "
                            "and 100, not %d.", how->quality);
    }

    if (how->width == 0 || how->height == 0) {
        return sz_error_set(err, SZ_E_INPUT, "The target size must be at "
                            "least 1x1, not %ux%u.", how->width, how->height);
    }

    edge = sz_limit_value(&how->max_edge, sz_output_edges[how->output]);

    if (how->width > edge || how->height > edge) {

        if (edge == how->max_edge.value) {
            return sz_error_set(err, SZ_E_LIMIT, "The target size is %ux%u; "
                                "at most %lld are allowed on an edge (%s).",
                                how->width, how->height, (long long) edge,
                                sz_limit_name(&how->max_edge));
        }

        return sz_error_set(err, SZ_E_INPUT, "The target size is %ux%u; %s "
                            "allows at most %lld on an edge.", how->width,
                            how->height, sz_image_mime(how->output),
                            (long long) edge);
    }

    return SZ_OK;
}


sz_code_e
sz_limits_bytes(const sz_prepare_t *how, int64_t size, sz_error_t *err)
{
    if (how->max_bytes.value == 0 || size <= how->max_bytes.value) {
        return SZ_OK;
    }

    return sz_error_set(err, SZ_E_LIMIT, "The picture file has %lld bytes; "
                        "at most %lld are allowed (%s). Use a smaller file.",
                        (long long) size, (long long) how->max_bytes.value,
                        sz_limit_name(&how->max_bytes));
}


sz_code_e
sz_limits_picture(const sz_prepare_t *how, const sz_picture_t *pic,
    sz_error_t *err)
{
    int64_t                 edge, most, pixels;
    const sz_image_info_t  *info = &pic->info;

    edge = sz_limit_value(&how->max_edge, SZ_EDGE_CEILING);

    if (info->width > edge || info->height > edge) {
        return sz_error_set(err, SZ_E_LIMIT, "The picture has %ux%u pixels; "
                            "at most %lld are allowed on an edge (%s). Use a "
                            "smaller picture.", info->width, info->height,
                            (long long) edge, sz_limit_name(&how->max_edge));
    }

    pixels = (int64_t) info->width * info->height;
    most = sz_limit_value(&how->max_pixels, SZ_PIXELS_CEILING);

    if (pixels > most) {
        return sz_error_set(err, SZ_E_LIMIT, "The picture has %ux%u = %lld "
                            "pixels; at most %lld are allowed (%s). Use a "
                            "smaller picture.", info->width, info->height,
                            (long long) pixels, (long long) most,
                            sz_limit_name(&how->max_pixels));
    }

    return SZ_OK;
}
