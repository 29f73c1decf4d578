#include "media/sz_media_picture.h"
#include "media/sz_media_walk.h"

#include <stdlib.h>
#include <zlib.h>


#define SZ_JPEG_SOS      0xda
#define SZ_JPEG_APP2     0xe2

#define SZ_ICC_HEADER    128
#define SZ_ICC_SPACE     16
#define SZ_ICC_MAGIC     36

/* "ICC_PROFILE\0", number of this piece (from 1), number of pieces */
#define SZ_ICC_TAG       12
#define SZ_ICC_PIECE     14

/* iCCP: a name of at most 79 bytes, its NUL, the method */
#define SZ_ICCP_NAME     80


/*
 * Where the pieces of a JPEG's profile are.  libjpeg's own reader keeps every
 * APP2 segment in memory, as many as there are, until the headers end.
 */

typedef struct {
    unsigned      seen;
    unsigned      total;
    size_t        len;              /* of all */
    sz_section_t  at[255];
} sz_icc_pieces_t;


static bool
sz_icc_usable(const unsigned char *icc, size_t len)
{
    return len >= SZ_ICC_HEADER
           && sz_be32(icc) == len
           && memcmp(icc + SZ_ICC_MAGIC, "acsp", 4) == 0
           && memcmp(icc + SZ_ICC_SPACE, "RGB ", 4) == 0;
}


/* zlib data in memory to a profile of whatever length it says it has. */

static bool
sz_icc_inflate(const unsigned char *data, size_t len, unsigned char **icc,
    size_t *icc_len)
{
    int             rc;
    z_stream        z;
    unsigned char   head[4], *p;

    memset(&z, 0, sizeof(z));

    if (inflateInit(&z) != Z_OK) {
        return false;
    }

    p = NULL;
    z.next_in = (unsigned char *) data;
    z.avail_in = (uInt) len;
    z.next_out = head;
    z.avail_out = sizeof(head);

    rc = inflate(&z, Z_NO_FLUSH);
    *icc_len = (z.avail_out == 0) ? sz_be32(head) : 0;

    if (rc == Z_OK && *icc_len >= SZ_ICC_HEADER && *icc_len <= SZ_ICC_MAX) {
        p = malloc(*icc_len);
    }

    if (p != NULL) {
        memcpy(p, head, sizeof(head));
        z.next_out = p + sizeof(head);
        z.avail_out = (uInt) (*icc_len - sizeof(head));

        if (inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_out != 0) {
            free(p);
            p = NULL;
        }
    }

    inflateEnd(&z);
    *icc = p;

    return p != NULL;
}


static unsigned char *
sz_icc_chunk(const sz_picture_t *pic, sz_view_t *view, size_t *len)
{
    unsigned char  *chunk;

    if (pic->icc_len <= 0 || pic->icc_len > SZ_ICC_MAX) {
        return NULL;
    }

    *len = (size_t) pic->icc_len;
    chunk = malloc(*len);

    if (chunk != NULL && !sz_view_copy(view, pic->icc, chunk, *len)) {
        free(chunk);
        chunk = NULL;
    }

    return chunk;
}


static unsigned char *
sz_icc_png(const sz_picture_t *pic, sz_view_t *view, size_t *len)
{
    size_t          n, name;
    unsigned char  *chunk, *icc;

    chunk = sz_icc_chunk(pic, view, &n);
    if (chunk == NULL) {
        return NULL;
    }

    name = strnlen((char *) chunk, n);
    icc = NULL;

    if (name > 0 && name < SZ_ICCP_NAME && name + 2 < n
        && chunk[name + 1] == 0)
    {
        (void) sz_icc_inflate(chunk + name + 2, n - name - 2, &icc, len);
    }

    free(chunk);

    return icc;
}


/* One APP2 piece into its place; false when it does not fit the others. */

static bool
sz_icc_piece(sz_view_t *view, const sz_section_t *part, sz_icc_pieces_t *all)
{
    unsigned              number;
    const unsigned char  *p;

    p = (part->len > SZ_ICC_PIECE)
        ? sz_view_get(view, part->data, SZ_ICC_PIECE) : NULL;

    if (p == NULL || memcmp(p, "ICC_PROFILE\0", SZ_ICC_TAG) != 0) {
        return true;
    }

    number = p[12];

    if (number == 0 || number > p[13] || all->at[number - 1].len != 0
        || (all->seen > 0 && p[13] != all->total))
    {
        return false;
    }

    all->seen++;
    all->total = p[13];
    all->at[number - 1].data = part->data + SZ_ICC_PIECE;
    all->at[number - 1].len = part->len - SZ_ICC_PIECE;
    all->len += (size_t) part->len - SZ_ICC_PIECE;

    return all->len <= SZ_ICC_MAX;
}


/* The pieces may come in any order, but all of them, and none twice. */

static bool
sz_icc_collect(sz_view_t *view, sz_icc_pieces_t *all)
{
    bool          good;
    sz_walk_t     walk;
    sz_section_t  part;

    good = true;
    sz_walk_jpeg(&walk, view);

    while (good && sz_walk_jpeg_next(&walk, &part) == SZ_WALK_PART
           && part.type != SZ_JPEG_SOS)
    {
        if (part.type == SZ_JPEG_APP2) {
            good = sz_icc_piece(view, &part, all);
        }
    }

    return good && all->seen > 0 && all->seen == all->total;
}


static unsigned char *
sz_icc_jpeg(sz_view_t *view, size_t *len)
{
    unsigned         i;
    unsigned char   *icc;
    sz_icc_pieces_t  all;

    memset(&all, 0, sizeof(all));

    if (!sz_icc_collect(view, &all)) {
        return NULL;
    }

    icc = malloc(all.len);

    for (i = 0; icc != NULL && i < all.total; i++) {

        if (!sz_view_copy(view, all.at[i].data, icc + *len,
                          (size_t) all.at[i].len))
        {
            free(icc);
            icc = NULL;
            break;
        }

        *len += (size_t) all.at[i].len;
    }

    return icc;
}


unsigned char *
sz_picture_icc(const sz_picture_t *pic, sz_view_t *view, size_t *len)
{
    unsigned char  *icc;

    *len = 0;

    switch (pic->info.type) {

    case SZ_IMAGE_PNG:
        icc = sz_icc_png(pic, view, len);
        break;

    case SZ_IMAGE_JPEG:
        icc = sz_icc_jpeg(view, len);
        break;

    default:
        icc = sz_icc_chunk(pic, view, len);
        break;
    }

    if (icc != NULL && !sz_icc_usable(icc, *len)) {
        free(icc);
        icc = NULL;
    }

    if (icc == NULL) {
        *len = 0;
    }

    return icc;
}
