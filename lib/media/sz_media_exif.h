#ifndef SZ_MEDIA_EXIF_H
#define SZ_MEDIA_EXIF_H


#include "media/sz_media_view.h"


/*
 * The orientation (1..8) in the EXIF block at [offset, offset + len), with or
 * without "Exif\0\0" in front; 1 when it has none or is not what the TIFF
 * format allows: a picture without a usable note is shown as it is stored.
 */
uint8_t sz_exif_orientation(sz_view_t *view, int64_t offset, int64_t len);


#endif /* SZ_MEDIA_EXIF_H */
