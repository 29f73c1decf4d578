#include "media/sz_media_exif.h"


#define SZ_TIFF_ORIENTATION  0x0112
#define SZ_TIFF_SHORT        3
#define SZ_TIFF_LONG         4

#define SZ_TIFF_ENTRY        12


typedef struct {
    sz_view_t  *view;
    int64_t     base;
    int64_t     len;
    bool        big;
} sz_tiff_t;


static const unsigned char *
sz_tiff_get(const sz_tiff_t *tiff, int64_t offset, size_t len)
{
    if (offset > tiff->len - (int64_t) len) {
        return NULL;
    }

    return sz_view_get(tiff->view, tiff->base + offset, len);
}


static uint32_t
sz_tiff_16(const sz_tiff_t *tiff, const unsigned char *p)
{
    return tiff->big ? sz_be16(p) : sz_le16(p);
}


static uint32_t
sz_tiff_32(const sz_tiff_t *tiff, const unsigned char *p)
{
    return tiff->big ? sz_be32(p) : sz_le32(p);
}


/* The header: byte order, 42, offset of the first directory; or -1. */

static int64_t
sz_tiff_open(sz_tiff_t *tiff, sz_view_t *view, int64_t offset, int64_t len)
{
    const unsigned char  *p;

    tiff->view = view;
    tiff->base = offset;
    tiff->len = len;

    p = sz_tiff_get(tiff, 0, 6);

    if (p != NULL && memcmp(p, "Exif\0\0", 6) == 0) {
        tiff->base += 6;
        tiff->len -= 6;
    }

    p = sz_tiff_get(tiff, 0, 8);

    if (p == NULL || (memcmp(p, "MM", 2) != 0 && memcmp(p, "II", 2) != 0)) {
        return -1;
    }

    tiff->big = (p[0] == 'M');

    return (sz_tiff_16(tiff, p + 2) == 42)
           ? (int64_t) sz_tiff_32(tiff, p + 4) : -1;
}


/* One number; a BYTE is no number for those who read EXIF, but raw data. */

static uint32_t
sz_tiff_value(const sz_tiff_t *tiff, const unsigned char *entry)
{
    if (sz_tiff_32(tiff, entry + 4) != 1) {
        return 1;
    }

    switch (sz_tiff_16(tiff, entry + 2)) {

    case SZ_TIFF_SHORT:
        return sz_tiff_16(tiff, entry + 8);

    case SZ_TIFF_LONG:
        return sz_tiff_32(tiff, entry + 8);

    default:
        return 1;
    }
}


uint8_t
sz_exif_orientation(sz_view_t *view, int64_t offset, int64_t len)
{
    int64_t               at;
    uint8_t               orientation;
    uint32_t              i, n, value;
    sz_tiff_t             tiff;
    const unsigned char  *p;

    at = sz_tiff_open(&tiff, view, offset, len);

    p = (at >= 0) ? sz_tiff_get(&tiff, at, 2) : NULL;
    n = (p != NULL) ? sz_tiff_16(&tiff, p) : 0;
    orientation = 0;

    for (i = 0; i < n; i++) {
        p = sz_tiff_get(&tiff, at + 2 + (int64_t) i * SZ_TIFF_ENTRY,
                        SZ_TIFF_ENTRY);
        if (p == NULL) {
            break;
        }

        /* should it be there twice, the last one counts */

        if (sz_tiff_16(&tiff, p) == SZ_TIFF_ORIENTATION) {
            value = sz_tiff_value(&tiff, p);
            orientation = (value >= 1 && value <= 8) ? (uint8_t) value : 1;
        }
    }

    return orientation;
}
