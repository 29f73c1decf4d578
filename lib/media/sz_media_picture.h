/*
 * What a picture's headers say, for the room itself: the public facts and
 * where the parts of the file are.
 */

#ifndef SZ_MEDIA_PICTURE_H
#define SZ_MEDIA_PICTURE_H


#include "media/sz_media.h"
#include "media/sz_media_view.h"


#define SZ_ICC_MAX  (1024 * 1024)

typedef struct {
    sz_image_info_t  info;

    /* PNG */
    uint8_t          png_colour;    /* its colour type */
    bool             png_interlaced;
    bool             png_trns;

    /* JPEG */
    int64_t          jpeg_memory;   /* progressive and the like: bytes of */
                                    /* all coefficients; else 0 */

    /* PNG: the chunk iCCP as it is; WebP: the profile; len 0: none */
    int64_t          icc;
    int64_t          icc_len;

    /* WebP: the chunks ALPH and VP8 or VP8L, and where the frame lies */
    int64_t          webp;
    int64_t          webp_len;
    bool             webp_lossless;
    uint8_t          webp_flags;    /* of VP8X; 0 without it */
    uint32_t         frame_x;
    uint32_t         frame_y;
    uint32_t         frame_width;
    uint32_t         frame_height;
} sz_picture_t;


/* Headers only; the sizes are not zero when it succeeds. */
sz_code_e sz_picture_read(sz_picture_t *pic, sz_view_t *view,
    sz_error_t *err);

sz_code_e sz_picture_read_png(sz_picture_t *pic, sz_view_t *view,
    sz_error_t *err);
sz_code_e sz_picture_read_jpeg(sz_picture_t *pic, sz_view_t *view,
    sz_error_t *err);
sz_code_e sz_picture_read_webp(sz_picture_t *pic, sz_view_t *view,
    sz_error_t *err);

/*
 * The colour profile, decompressed and joined, in malloc memory; NULL when
 * there is none, when it is above SZ_ICC_MAX, broken, or not for RGB, which is
 * what is always written.  Never an error: a picture without its profile is
 * still the picture.
 */
unsigned char *sz_picture_icc(const sz_picture_t *pic, sz_view_t *view,
    size_t *len);


#endif /* SZ_MEDIA_PICTURE_H */
