#include "media/sz_media_exif.h"
#include "media/sz_media_picture.h"
#include "media/sz_media_walk.h"


#define SZ_JPEG_SOF0   0xc0
#define SZ_JPEG_SOF2   0xc2
#define SZ_JPEG_DHT    0xc4
#define SZ_JPEG_JPG    0xc8
#define SZ_JPEG_SOF10  0xca
#define SZ_JPEG_DAC    0xcc
#define SZ_JPEG_SOF15  0xcf
#define SZ_JPEG_SOS    0xda
#define SZ_JPEG_APP1   0xe1

/* A frame header with four components. */
#define SZ_JPEG_FRAME_MAX  18


static bool
sz_jpeg_is_frame(uint32_t marker)
{
    return marker >= SZ_JPEG_SOF0 && marker <= SZ_JPEG_SOF15
           && marker != SZ_JPEG_DHT && marker != SZ_JPEG_JPG
           && marker != SZ_JPEG_DAC;
}


/*
 * What all coefficients take, 16 bits each: every component has its share of
 * the samples, by its factors against the largest ones.
 */

static int64_t
sz_jpeg_coefficients(const unsigned char *factors, unsigned components,
    int64_t pixels)
{
    unsigned  i, h, v, most_h, most_v, samples;

    most_h = most_v = 1;
    samples = 0;

    for (i = 0; i < components; i++) {
        h = factors[3 * i + 1] >> 4;
        v = factors[3 * i + 1] & 15;

        most_h = (h > most_h) ? h : most_h;
        most_v = (v > most_v) ? v : most_v;
        samples += h * v;
    }

    return pixels * samples * 2 / (most_h * most_v);
}


static sz_code_e
sz_jpeg_frame(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    bool *scans, sz_error_t *err)
{
    size_t                len;
    sz_image_info_t      *info = &pic->info;
    const unsigned char  *p;

    len = (part->len < SZ_JPEG_FRAME_MAX) ? (size_t) part->len
                                          : SZ_JPEG_FRAME_MAX;
    p = (len >= 6) ? sz_view_get(view, part->data, len) : NULL;
    if (p == NULL) {
        return sz_view_error(view, "the JPEG frame header", err);
    }

    if (p[5] == 0 || p[5] == 2 || p[5] > 4 || len < 6 + 3 * (size_t) p[5]) {
        return sz_error_set(err, SZ_E_INPUT, "The JPEG has %u colour "
                            "components; 1, 3 and 4 can be read.", p[5]);
    }

    info->depth = p[0];
    info->height = sz_be16(p + 1);
    info->width = sz_be16(p + 3);
    info->channels = p[5];

    pic->jpeg_memory = sz_jpeg_coefficients(p + 6, p[5],
                                            (int64_t) info->width
                                            * info->height);

    *scans = (part->type == SZ_JPEG_SOF2 || part->type == SZ_JPEG_SOF10);

    return SZ_OK;
}


/*
 * A frame with all its components in the first scan is decoded as it comes;
 * anything else keeps its coefficients in memory.
 */

static bool
sz_jpeg_scan_is_whole(const sz_picture_t *pic, sz_view_t *view,
    const sz_section_t *part)
{
    const unsigned char  *p;

    p = (part->len >= 1) ? sz_view_get(view, part->data, 1) : NULL;

    return p != NULL && p[0] == pic->info.channels;
}


sz_code_e
sz_picture_read_jpeg(sz_picture_t *pic, sz_view_t *view, sz_error_t *err)
{
    bool                  framed, noted, scans;
    sz_code_e             rc;
    sz_walk_t             walk;
    sz_section_t          part;
    const unsigned char  *p;

    framed = noted = scans = false;

    sz_walk_jpeg(&walk, view);

    for ( ;; ) {

        switch (sz_walk_jpeg_next(&walk, &part)) {

        case SZ_WALK_PART:
            break;

        case SZ_WALK_SHORT:
            return sz_view_error(view, "the JPEG headers", err);

        case SZ_WALK_MANY:
            return sz_error_set(err, SZ_E_LIMIT, "The JPEG has more than %d "
                                "segments; save it again with an ordinary "
                                "program.", SZ_WALK_MAX);

        default:
            return sz_error_set(err, SZ_E_INPUT, "The JPEG is broken: there "
                                "is no marker where one must be, at byte "
                                "%lld. Save it again with an ordinary "
                                "program.", (long long) walk.at);
        }

        if (part.type == SZ_JPEG_SOS) {
            break;
        }

        if (sz_jpeg_is_frame(part.type) && !framed) {
            rc = sz_jpeg_frame(pic, view, &part, &scans, err);
            if (rc != SZ_OK) {
                return rc;
            }

            framed = true;
        }

        if (part.type == SZ_JPEG_APP1 && part.len >= 6 && !noted) {
            p = sz_view_get(view, part.data, 6);

            if (p != NULL && memcmp(p, "Exif\0\0", 6) == 0) {
                pic->info.orientation = sz_exif_orientation(view, part.data,
                                                            part.len);
                noted = true;
            }
        }
    }

    if (!framed) {
        return sz_error_set(err, SZ_E_INPUT,
                            "The JPEG has no frame header before its scan.");
    }

    if (!scans && sz_jpeg_scan_is_whole(pic, view, &part)) {
        pic->jpeg_memory = 0;
    }

    return SZ_OK;
}
