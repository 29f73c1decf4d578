#include "media/sz_media_exif.h"
#include "media/sz_media_picture.h"
#include "media/sz_media_text.h"
#include "media/sz_media_walk.h"


#define SZ_PNG_IHDR  sz_fourcc('I', 'H', 'D', 'R')
#define SZ_PNG_IDAT  sz_fourcc('I', 'D', 'A', 'T')
#define SZ_PNG_IEND  sz_fourcc('I', 'E', 'N', 'D')
#define SZ_PNG_TRNS  sz_fourcc('t', 'R', 'N', 'S')
#define SZ_PNG_ICCP  sz_fourcc('i', 'C', 'C', 'P')
#define SZ_PNG_EXIF  sz_fourcc('e', 'X', 'I', 'f')
#define SZ_PNG_ACTL  sz_fourcc('a', 'c', 'T', 'L')
#define SZ_PNG_TEXT  sz_fourcc('t', 'E', 'X', 't')
#define SZ_PNG_ZTXT  sz_fourcc('z', 'T', 'X', 't')
#define SZ_PNG_ITXT  sz_fourcc('i', 'T', 'X', 't')

#define SZ_PNG_IHDR_LEN  13


/* Where the orientation may stand; `type` is 0 where there is no such chunk. */

typedef struct {
    sz_section_t  exif;             /* the first one; of texts the last one */
    sz_section_t  profile;
    sz_section_t  xmp;
} sz_png_notes_t;


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


static void
sz_png_note(sz_png_notes_t *notes, sz_view_t *view, const sz_section_t *part)
{
    switch (part->type) {

    case SZ_PNG_EXIF:
        if (notes->exif.type == 0) {
            notes->exif = *part;
        }

        break;

    case SZ_PNG_TEXT:
    case SZ_PNG_ZTXT:
    case SZ_PNG_ITXT:
        if (sz_text_is(view, part, SZ_TEXT_PROFILE)) {
            notes->profile = *part;

        } else if (sz_text_is(view, part, SZ_TEXT_XMP)) {
            notes->xmp = *part;
        }

        break;

    default:
        break;
    }
}


/*
 * EXIF in a chunk of its own, else in the text that was used before there was
 * one; XMP when it says nothing.
 */

static uint8_t
sz_png_orientation(const sz_png_notes_t *notes, sz_view_t *view)
{
    uint8_t  orientation;

    orientation = (notes->exif.type != 0)
                  ? sz_exif_orientation(view, notes->exif.data,
                                        notes->exif.len)
                  : sz_text_orientation(view, &notes->profile,
                                        SZ_TEXT_PROFILE);

    return (orientation != 0)
           ? orientation
           : sz_text_orientation(view, &notes->xmp, SZ_TEXT_XMP);
}


/* What stands before the pixels. */

static sz_code_e
sz_png_before(sz_picture_t *pic, sz_walk_t *walk, sz_png_notes_t *notes,
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
                                "its pixels begin. Save it again with an "
                                "ordinary program.");
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

        default:
            sz_png_note(notes, walk->view, &part);
            break;
        }
    }
}


/*
 * The orientation may stand behind the pixels, too.  What is wrong there is
 * no business of the headers.
 */

static sz_code_e
sz_png_behind(sz_walk_t *walk, sz_png_notes_t *notes, sz_error_t *err)
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

        sz_png_note(notes, walk->view, &part);
    }
}


sz_code_e
sz_picture_read_png(sz_picture_t *pic, sz_view_t *view, sz_error_t *err)
{
    sz_code_e       rc;
    sz_walk_t       walk;
    sz_section_t    part;
    sz_png_notes_t  notes;

    sz_walk_png(&walk, view);

    if (sz_walk_png_next(&walk, &part) != SZ_WALK_PART) {
        return sz_view_error(view, "the PNG header", err);
    }

    memset(&notes, 0, sizeof(notes));
    rc = sz_png_header(pic, view, &part, err);

    if (rc == SZ_OK) {
        rc = sz_png_before(pic, &walk, &notes, err);
    }

    if (rc == SZ_OK && notes.exif.type == 0) {
        rc = sz_png_behind(&walk, &notes, err);
    }

    if (rc == SZ_OK) {
        pic->info.orientation = sz_png_orientation(&notes, view);
    }

    return rc;
}
