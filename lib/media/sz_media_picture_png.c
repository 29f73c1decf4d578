#include "media/sz_media_exif.h"
#include "media/sz_media_picture.h"
#include "media/sz_media_walk.h"


#define SZ_PNG_IHDR  sz_fourcc('I', 'H', 'D', 'R')
#define SZ_PNG_IDAT  sz_fourcc('I', 'D', 'A', 'T')
#define SZ_PNG_IEND  sz_fourcc('I', 'E', 'N', 'D')
#define SZ_PNG_TRNS  sz_fourcc('t', 'R', 'N', 'S')
#define SZ_PNG_ICCP  sz_fourcc('i', 'C', 'C', 'P')
#define SZ_PNG_EXIF  sz_fourcc('e', 'X', 'I', 'f')
#define SZ_PNG_ACTL  sz_fourcc('a', 'c', 'T', 'L')

#define SZ_PNG_IHDR_LEN  13


/* Depths a colour type allows, one bit each: 1, 2, 4, 8, 16. */

static const struct {
    uint8_t  depths;
    uint8_t  channels;
} sz_png_colours[] = {
    { 1 | 2 | 4 | 8 | 16, 1 },      /* grey */
    { 0, 0 },
    { 8 | 16, 3 },                  /* RGB */
    { 1 | 2 | 4 | 8, 3 },           /* palette */
    { 8 | 16, 2 },                  /* grey and alpha */
    { 0, 0 },
    { 8 | 16, 4 }                   /* RGB and alpha */
};


static sz_code_e
sz_png_header(sz_picture_t *pic, sz_view_t *view, const sz_section_t *part,
    sz_error_t *err)
{
    uint8_t               depth, colour;
    sz_image_info_t      *info = &pic->info;
    const unsigned char  *p;

    if (part->type != SZ_PNG_IHDR || part->len != SZ_PNG_IHDR_LEN) {
        return sz_error_set(err, SZ_E_INPUT,
                            "The PNG does not begin with its header.");
    }

    p = sz_view_get(view, part->data, SZ_PNG_IHDR_LEN);
    if (p == NULL) {
        return sz_view_error(view, "the PNG header", err);
    }

    info->width = sz_be32(p);
    info->height = sz_be32(p + 4);
    depth = p[8];
    colour = p[9];

    if (info->width > INT32_MAX || info->height > INT32_MAX
        || colour >= sz_array_len(sz_png_colours)
        || depth > 16 || (depth & (depth - 1)) != 0
        || !(sz_png_colours[colour].depths & depth)
        || p[10] != 0 || p[11] != 0 || p[12] > 1)
    {
        return sz_error_set(err, SZ_E_INPUT,
                            "The PNG header is broken: size %ux%u, depth %u, "
                            "colour type %u, compression %u, filter %u, "
                            "interlace %u.", info->width, info->height,
                            depth, colour, p[10], p[11], p[12]);
    }

    info->depth = depth;
    info->channels = sz_png_colours[colour].channels;
    info->alpha = (colour & 4) != 0;

    pic->png_colour = colour;
    pic->png_interlaced = (p[12] == 1);

    return SZ_OK;
}


static sz_code_e
sz_png_many(sz_error_t *err)
{
    return sz_error_set(err, SZ_E_LIMIT,
                        "The PNG has more than %d chunks; save it again with "
                        "an ordinary program.", SZ_WALK_MAX);
}


/* What stands before the pixels. */

static sz_code_e
sz_png_before(sz_picture_t *pic, sz_walk_t *walk, bool *noted,
    sz_error_t *err)
{
    sz_section_t      part;
    sz_image_info_t  *info = &pic->info;

    for ( ;; ) {

        switch (sz_walk_png_next(walk, &part)) {

        case SZ_WALK_PART:
            break;

        case SZ_WALK_SHORT:
            return sz_view_error(walk->view, "the chunks before the pixels",
                                 err);

        case SZ_WALK_MANY:
            return sz_png_many(err);

        default:
            return sz_error_set(err, SZ_E_INPUT, "The PNG is broken before "
                                "its pixels begin.");
        }

        switch (part.type) {

        case SZ_PNG_IDAT:
            return SZ_OK;

        case SZ_PNG_IEND:
            return sz_error_set(err, SZ_E_INPUT, "The PNG has no pixels.");

        case SZ_PNG_TRNS:
            pic->png_trns = true;
            info->alpha = true;
            info->channels += (info->channels & 1);
            break;

        case SZ_PNG_ICCP:
            if (pic->icc_len == 0) {
                pic->icc = part.data;
                pic->icc_len = part.len;
            }

            break;

        case SZ_PNG_ACTL:
            info->animated = true;
            break;

        case SZ_PNG_EXIF:
            if (!*noted) {
                info->orientation = sz_exif_orientation(walk->view, part.data,
                                                        part.len);
                *noted = true;
            }

            break;

        default:
            break;
        }
    }
}


/*
 * The orientation may stand behind the pixels, too.  What is wrong there is
 * no business of the headers.
 */

static sz_code_e
sz_png_behind(sz_picture_t *pic, sz_walk_t *walk, sz_error_t *err)
{
    sz_walk_e     rc;
    sz_section_t  part;

    for ( ;; ) {

        rc = sz_walk_png_next(walk, &part);

        if (rc == SZ_WALK_MANY) {
            return sz_png_many(err);
        }

        if (rc != SZ_WALK_PART) {
            return SZ_OK;
        }

        if (part.type == SZ_PNG_EXIF) {
            pic->info.orientation = sz_exif_orientation(walk->view, part.data,
                                                        part.len);
            return SZ_OK;
        }
    }
}


sz_code_e
sz_picture_read_png(sz_picture_t *pic, sz_view_t *view, sz_error_t *err)
{
    bool          noted;
    sz_code_e     rc;
    sz_walk_t     walk;
    sz_section_t  part;

    sz_walk_png(&walk, view);

    if (sz_walk_png_next(&walk, &part) != SZ_WALK_PART) {
        return sz_view_error(view, "the PNG header", err);
    }

    noted = false;
    rc = sz_png_header(pic, view, &part, err);

    if (rc == SZ_OK) {
        rc = sz_png_before(pic, &walk, &noted, err);
    }

    if (rc == SZ_OK && !noted) {
        rc = sz_png_behind(pic, &walk, err);
    }

    return rc;
}
