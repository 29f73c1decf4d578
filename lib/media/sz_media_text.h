/*
 * The orientation in the texts of a PNG (tEXt, zTXt, iTXt): EXIF as digits,
 * where it stood before PNG had a chunk for it, and XMP.
 */

#ifndef SZ_MEDIA_TEXT_H
#define SZ_MEDIA_TEXT_H


#include "media/sz_media_walk.h"


/* Of a text, packed and unpacked; a longer one is not read. */
#define SZ_TEXT_MAX      (1024 * 1024)

/* Keywords, as ImageMagick, exiftool and Adobe write them. */
#define SZ_TEXT_PROFILE  "Raw profile type exif"
#define SZ_TEXT_XMP      "XML:com.adobe.xmp"


/* Whether the text chunk has this keyword. */
bool sz_text_is(sz_view_t *view, const sz_section_t *part,
    const char *keyword);

/*
 * The orientation (1..8) in the text chunk with this keyword, as
 * sz_exif_orientation(); 0 when there is none, or no chunk (its type is 0),
 * when it cannot be unpacked or there is no memory: a text is never what a
 * picture fails of.
 */
uint8_t sz_text_orientation(sz_view_t *view, const sz_section_t *part,
    const char *keyword);

/* The same in a text that has been unpacked; it is written to. */
uint8_t sz_text_profile(char *text, size_t len);
uint8_t sz_text_xmp(const char *text, size_t len);


#endif /* SZ_MEDIA_TEXT_H */
