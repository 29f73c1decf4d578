#ifndef SZ_MEDIA_EXIF_H
#define SZ_MEDIA_EXIF_H


#include "media/sz_media_view.h"


/*
 * The orientation (1..8) in the EXIF block at [offset, offset + len), with or
 * without "Exif\0\0" in front; 1 when its value is none of these, or no whole
 * number by its type: such a picture is shown as it is stored.  0 when the
 * block has no such note, or is no TIFF.
 */
uint8_t sz_exif_orientation(sz_view_t *view, int64_t offset, int64_t len);


#endif /* SZ_MEDIA_EXIF_H */
