#include "media/sz_media_exif.h"
#include "media/sz_media_picture.h"
#include "media/sz_media_walk.h"


#define SZ_WEBP_VP8   sz_fourcc('V', 'P', '8', ' ')
#define SZ_WEBP_VP8L  sz_fourcc('V', 'P', '8', 'L')
#define SZ_WEBP_VP8X  sz_fourcc('V', 'P', '8', 'X')
#define SZ_WEBP_ALPH  sz_fourcc('A', 'L', 'P', 'H')
#define SZ_WEBP_ANMF  sz_fourcc('A', 'N', 'M', 'F')
#define SZ_WEBP_ICCP  sz_fourcc('I', 'C', 'C', 'P')
#define SZ_WEBP_EXIF  sz_fourcc('E', 'X', 'I', 'F')

#define SZ_VP8X_LEN     10
#define SZ_VP8X_MOVES   0x02
#define SZ_VP8X_EXIF    0x08
#define SZ_VP8X_ICCP    0x20

#define SZ_ANMF_LEN     16

/* Head of a RIFF chunk; what is decoded begins with one. */
#define SZ_RIFF_CHUNK   8


static sz_code_e
sz_webp_broken(const char *what, sz_error_t *err)
{
    return sz_error_set(err, SZ_E_INPUT, "The WebP is broken: %s. Save it "
                        "again with an ordinary program.", what);
}


/* The pixels' own header: VP8 (lossy) or VP8L (lossless). */

static sz_code_e
sz_webp_bitstream(sz_picture_t *pic, sz_view_t *view,
    const sz_section_t *part, sz_error_t *err)
{
    uint32_t              bits;
    const unsigned char  *p;

    if (part->type == SZ_WEBP_VP8) {

        p = (part->len >= 10) ? sz_view_get(view, part->data, 10) : NULL;

        if (p == NULL || (p[0] & 1) != 0
            || memcmp(p + 3, "\x9d\x01\x2a", 3) != 0)
        {
            return sz_webp_broken("its VP8 data has no key frame", err);
        }

        pic->frame_width = sz_le16(p + 6) & 0x3fff;
        pic->frame_height = sz_le16(p + 8) & 0x3fff;

        return SZ_OK;
    }

    p = (part->len >= 5) ? sz_view_get(view, part->data, 5) : NULL;

    if (p == NULL || p[0] != 0x2f || (p[4] >> 5) != 0) {
        return sz_webp_broken("its VP8L data has no header", err);
    }

    bits = sz_le32(p + 1);

    pic->frame_width = (bits & 0x3fff) + 1;
    pic->frame_height = ((bits >> 14) & 0x3fff) + 1;
    pic->webp_lossless = true;

    if ((bits >> 28) & 1) {
        pic->info.alpha = true;
    }

    return SZ_OK;
}


/* One chunk of a still picture or of a frame; true in *done at the pixels. */

static sz_code_e
sz_webp_pixels(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    bool *done, sz_error_t *err)
{
    if (part->type == SZ_WEBP_ALPH && pic->webp_len == 0) {
        pic->webp = part->data - SZ_RIFF_CHUNK;
        pic->webp_len = -1;
        pic->info.alpha = true;
    }

    if (part->type != SZ_WEBP_VP8 && part->type != SZ_WEBP_VP8L) {
        return SZ_OK;
    }

    /* alpha of its own is for lossy pixels only; libwebp ignores it else */

    if (pic->webp_len != -1 || part->type == SZ_WEBP_VP8L) {
        pic->webp = part->data - SZ_RIFF_CHUNK;
        pic->info.alpha = false;
    }

    pic->webp_len = part->data + part->len - pic->webp;
    *done = true;

    return sz_webp_bitstream(pic, view, part, err);
}


/* The first frame of an animation: where it lies, and its pixels. */

static sz_code_e
sz_webp_frame(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    sz_error_t *err)
{
    bool                  done;
    uint32_t              width, height;
    sz_code_e             rc;
    sz_walk_t             walk;
    sz_section_t          inner;
    const unsigned char  *p;

    p = (part->len >= SZ_ANMF_LEN) ? sz_view_get(view, part->data, SZ_ANMF_LEN)
                                   : NULL;
    if (p == NULL) {
        return sz_webp_broken("its first frame has no header", err);
    }

    pic->frame_x = 2 * sz_le24(p);
    pic->frame_y = 2 * sz_le24(p + 3);
    width = sz_le24(p + 6) + 1;
    height = sz_le24(p + 9) + 1;

    done = false;
    sz_walk_riff(&walk, view, part->data + SZ_ANMF_LEN,
                 part->data + part->len);

    while (!done) {

        if (sz_walk_riff_next(&walk, &inner) != SZ_WALK_PART) {
            return sz_webp_broken("its first frame has no pixels", err);
        }

        rc = sz_webp_pixels(pic, view, &inner, &done, err);
        if (rc != SZ_OK) {
            return rc;
        }
    }

    if (width != pic->frame_width || height != pic->frame_height) {
        return sz_webp_broken("its first frame has two sizes", err);
    }

    return SZ_OK;
}


static sz_code_e
sz_webp_extended(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    sz_error_t *err)
{
    sz_image_info_t      *info = &pic->info;
    const unsigned char  *p;

    p = (part->len >= SZ_VP8X_LEN) ? sz_view_get(view, part->data, SZ_VP8X_LEN)
                                   : NULL;
    if (p == NULL) {
        return sz_webp_broken("its VP8X chunk is too short", err);
    }

    pic->webp_flags = p[0];
    info->animated = (p[0] & SZ_VP8X_MOVES) != 0;
    info->width = sz_le24(p + 4) + 1;
    info->height = sz_le24(p + 7) + 1;

    return SZ_OK;
}


/*
 * Everything but the pixels that matters, wherever it stands.  What the flags
 * of VP8X do not announce is not there, as for libwebp's demuxer; the first
 * of two counts.
 */

static sz_code_e
sz_webp_chunk(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    bool *done, sz_error_t *err)
{
    switch (part->type) {

    case SZ_WEBP_ICCP:
        if (pic->icc_len == 0 && (pic->webp_flags & SZ_VP8X_ICCP)) {
            pic->icc = part->data;
            pic->icc_len = part->len;
        }

        return SZ_OK;

    case SZ_WEBP_EXIF:
        if (pic->webp_flags & SZ_VP8X_EXIF) {
            pic->info.orientation = sz_exif_orientation(view, part->data,
                                                        part->len);
            pic->webp_flags &= (uint8_t) ~SZ_VP8X_EXIF;
        }

        return SZ_OK;

    case SZ_WEBP_ANMF:
        if (*done || !pic->info.animated) {
            return SZ_OK;
        }

        *done = true;

        return sz_webp_frame(pic, view, part, err);

    default:
        if (*done || pic->info.animated) {
            return SZ_OK;
        }

        return sz_webp_pixels(pic, view, part, done, err);
    }
}


/* The canvas, and whether the frame lies on it. */

static sz_code_e
sz_webp_canvas(sz_picture_t *pic, sz_error_t *err)
{
    sz_image_info_t  *info = &pic->info;

    if (info->width == 0) {
        info->width = pic->frame_width;
        info->height = pic->frame_height;
    }

    if (!info->animated && (info->width != pic->frame_width
                            || info->height != pic->frame_height))
    {
        return sz_webp_broken("its two headers disagree on the size", err);
    }

    if (pic->frame_x + pic->frame_width > info->width
        || pic->frame_y + pic->frame_height > info->height)
    {
        return sz_webp_broken("its first frame leaves the canvas", err);
    }

    if (pic->frame_width < info->width || pic->frame_height < info->height) {
        info->alpha = true;
    }

    info->channels = info->alpha ? 4 : 3;
    info->depth = 8;

    return SZ_OK;
}


sz_code_e
sz_picture_read_webp(sz_picture_t *pic, sz_view_t *view, sz_error_t *err)
{
    bool                  done, first;
    int64_t               end;
    sz_code_e             rc;
    sz_walk_e             step;
    sz_walk_t             walk;
    sz_section_t          part;
    const unsigned char  *p;

    p = sz_view_get(view, 4, 4);
    if (p == NULL) {
        return sz_view_error(view, "the WebP header", err);
    }

    end = 8 + (int64_t) sz_le32(p);

    if (end > view->size) {
        return sz_error_set(err, SZ_E_INPUT, "The WebP ends early: it has "
                            "%lld of %lld bytes. Get the whole file, or save "
                            "it again with an ordinary program.",
                            (long long) view->size, (long long) end);
    }

    done = false;
    first = true;
    sz_walk_riff(&walk, view, 12, end);

    for ( ;; ) {

        step = sz_walk_riff_next(&walk, &part);

        if (step != SZ_WALK_PART) {
            break;
        }

        rc = (first && part.type == SZ_WEBP_VP8X)
             ? sz_webp_extended(pic, view, &part, err)
             : sz_webp_chunk(pic, view, &part, &done, err);

        if (rc != SZ_OK) {
            return rc;
        }

        first = false;
    }

    if (step == SZ_WALK_MANY) {
        return sz_error_set(err, SZ_E_LIMIT, "The WebP has more than %d "
                            "chunks; save it again with an ordinary program.",
                            SZ_WALK_MAX);
    }

    if (!done) {
        return sz_webp_broken("it has no pixels", err);
    }

    return sz_webp_canvas(pic, err);
}
