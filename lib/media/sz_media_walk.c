#include "media/sz_media_walk.h"


#define SZ_PNG_IEND   sz_fourcc('I', 'E', 'N', 'D')

#define SZ_JPEG_TEM   0x01
#define SZ_JPEG_RST0  0xd0
#define SZ_JPEG_EOI   0xd9
#define SZ_JPEG_SOS   0xda

/* Bytes between the segments of a JPEG: fill bytes, and what does no harm. */
#define SZ_JPEG_JUNK  65536


static void
sz_walk_init(sz_walk_t *walk, sz_view_t *view, int64_t at, int64_t end)
{
    walk->view = view;
    walk->at = at;
    walk->end = end;
    walk->steps = 0;
    walk->junk = 0;
    walk->over = false;
}


static sz_walk_e
sz_walk_step(sz_walk_t *walk)
{
    if (walk->over) {
        return SZ_WALK_END;
    }

    return (walk->steps++ < SZ_WALK_MAX) ? SZ_WALK_PART : SZ_WALK_MANY;
}


void
sz_walk_png(sz_walk_t *walk, sz_view_t *view)
{
    sz_walk_init(walk, view, 8, INT64_MAX);
}


sz_walk_e
sz_walk_png_next(sz_walk_t *walk, sz_section_t *part)
{
    sz_walk_e      rc;
    unsigned char  head[8];

    rc = sz_walk_step(walk);
    if (rc != SZ_WALK_PART) {
        return rc;
    }

    if (!sz_view_copy(walk->view, walk->at, head, sizeof(head))) {
        return SZ_WALK_SHORT;
    }

    part->len = sz_be32(head);
    part->type = sz_be32(head + 4);
    part->data = walk->at + 8;

    if (part->len > INT32_MAX) {
        return SZ_WALK_BAD;
    }

    walk->at = part->data + part->len + 4;
    walk->over = (part->type == SZ_PNG_IEND);

    return SZ_WALK_PART;
}


void
sz_walk_jpeg(sz_walk_t *walk, sz_view_t *view)
{
    sz_walk_init(walk, view, 2, INT64_MAX);
}


/*
 * To the next marker, over fill bytes and over bytes that belong to nothing,
 * as libjpeg does; of the latter there may be SZ_JPEG_JUNK in all.
 */

static sz_walk_e
sz_walk_jpeg_marker(sz_walk_t *walk, uint32_t *marker)
{
    const unsigned char  *p;

    for ( ;; ) {

        p = sz_view_get(walk->view, walk->at, 2);
        if (p == NULL) {
            return SZ_WALK_SHORT;
        }

        if (p[0] == 0xff && p[1] != 0 && p[1] != 0xff) {
            *marker = p[1];
            return SZ_WALK_PART;
        }

        if (walk->junk++ == SZ_JPEG_JUNK) {
            return SZ_WALK_BAD;
        }

        walk->at++;
    }
}


sz_walk_e
sz_walk_jpeg_next(sz_walk_t *walk, sz_section_t *part)
{
    sz_walk_e             rc;
    const unsigned char  *p;

    rc = sz_walk_step(walk);

    if (rc == SZ_WALK_PART) {
        rc = sz_walk_jpeg_marker(walk, &part->type);
    }

    if (rc != SZ_WALK_PART) {
        return rc;
    }

    part->data = walk->at + 2;
    part->len = 0;

    if (part->type == SZ_JPEG_TEM
        || (part->type >= SZ_JPEG_RST0 && part->type <= SZ_JPEG_EOI))
    {
        walk->over = (part->type == SZ_JPEG_EOI);
        walk->at = part->data;
        return walk->over ? SZ_WALK_END : SZ_WALK_PART;
    }

    p = sz_view_get(walk->view, part->data, 2);
    if (p == NULL) {
        return SZ_WALK_SHORT;
    }

    part->len = (int64_t) sz_be16(p) - 2;
    part->data += 2;

    if (part->len < 0) {
        return SZ_WALK_BAD;
    }

    walk->at = part->data + part->len;
    walk->over = (part->type == SZ_JPEG_SOS);

    return SZ_WALK_PART;
}


void
sz_walk_riff(sz_walk_t *walk, sz_view_t *view, int64_t at, int64_t end)
{
    sz_walk_init(walk, view, at, end);
}


sz_walk_e
sz_walk_riff_next(sz_walk_t *walk, sz_section_t *part)
{
    sz_walk_e      rc;
    unsigned char  head[8];

    rc = sz_walk_step(walk);
    if (rc != SZ_WALK_PART) {
        return rc;
    }

    /* less than a chunk's head is no chunk; libwebp passes over it, too */

    if (walk->end - walk->at < 8) {
        walk->over = true;
        return SZ_WALK_END;
    }

    if (!sz_view_copy(walk->view, walk->at, head, sizeof(head))) {
        return SZ_WALK_SHORT;
    }

    part->type = sz_be32(head);
    part->len = sz_le32(head + 4);
    part->data = walk->at + 8;

    if (part->len > walk->end - part->data) {
        return SZ_WALK_BAD;
    }

    walk->at = part->data + part->len + (part->len & 1);

    return SZ_WALK_PART;
}
