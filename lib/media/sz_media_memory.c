/*
 * How much memory a job will need, from sizes alone and before anything is
 * allocated.  Where a library decides, the figure is what it takes at worst.
 */

#include "media/sz_media_decode.h"
#include "media/sz_media_encode.h"


/* Buffers and tables that do not depend on the picture. */
#define SZ_MEMORY_BASE  (1024 * 1024)

/* Bytes a codec holds per pixel of a row: a few rows of all components. */
#define SZ_MEMORY_ROWS  128

/* libwebp's encoder: the picture, its planes, and what it codes from. */
#define SZ_MEMORY_WEBP_OUT  9


int64_t
sz_decoder_memory(const sz_picture_t *pic, unsigned shrink)
{
    int64_t                 pixels, need;
    const sz_image_info_t  *info = &pic->info;

    pixels = (int64_t) info->width * info->height;
    need = SZ_MEMORY_BASE + (int64_t) info->width * SZ_MEMORY_ROWS / shrink;

    switch (info->type) {

    case SZ_IMAGE_PNG:
        return need + (pic->png_interlaced
                       ? pixels * (info->alpha ? 4 : 3) : 0);

    case SZ_IMAGE_JPEG:
        return need + pic->jpeg_memory;

    default:
        pixels = (int64_t) pic->frame_width * pic->frame_height;

        return need + pixels * (info->alpha ? 4 : 3)
               + pixels * (pic->webp_lossless ? 4 : info->alpha ? 2 : 0);
    }
}


int64_t
sz_encoder_memory(sz_image_e type, uint32_t width, uint32_t height)
{
    int64_t  need;

    need = SZ_MEMORY_BASE + (int64_t) width * SZ_MEMORY_ROWS;

    if (type == SZ_IMAGE_WEBP) {
        need += (int64_t) width * height * SZ_MEMORY_WEBP_OUT;
    }

    return need;
}
