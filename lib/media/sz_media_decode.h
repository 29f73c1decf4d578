/*
 * Decoders: a picture file as rows of 8-bit RGB, from the top, in the order
 * they are stored in; alpha is already composited on the background.
 */

#ifndef SZ_MEDIA_DECODE_H
#define SZ_MEDIA_DECODE_H


#include "media/sz_media_guard.h"
#include "media/sz_media_kernel.h"
#include "media/sz_media_picture.h"


typedef struct {
    int                  fd;
    int64_t              size;      /* of the file */
    const sz_picture_t  *pic;
    const sz_guard_t    *guard;
    const sz_kernels_t  *kernels;
    uint32_t             background;
    unsigned             shrink;    /* JPEG: 1, 2, 4 or 8 */
    uint32_t             low;       /* columns that are needed: [low, high) */
    uint32_t             high;
} sz_decode_t;


typedef struct sz_decoder_s  sz_decoder_t;

struct sz_decoder_s {
    uint32_t     width;             /* of the picture it delivers */
    uint32_t     height;
    uint32_t     left;              /* the first column of its rows, <= low */

    /*
     * The next n (1..SZ_BLOCK) rows, with SZ_SLACK readable bytes behind
     * each; they stay until the next call.
     */
    sz_code_e  (*read)(sz_decoder_t *decoder, unsigned n,
                       const uint8_t **rows, sz_error_t *err);

    /* Passes over n rows. */
    sz_code_e  (*skip)(sz_decoder_t *decoder, uint32_t n, sz_error_t *err);

    /* Passes over what is left and checks that the file is whole. */
    sz_code_e  (*finish)(sz_decoder_t *decoder, sz_error_t *err);

    void       (*destroy)(sz_decoder_t *decoder);
};


/* NULL with *err set.  decode and what it points to outlive the decoder. */
sz_decoder_t *sz_decoder_png(const sz_decode_t *decode, sz_error_t *err);
sz_decoder_t *sz_decoder_jpeg(const sz_decode_t *decode, sz_error_t *err);
sz_decoder_t *sz_decoder_webp(const sz_decode_t *decode, sz_error_t *err);

/* What each will allocate, more or less. */
int64_t sz_decoder_memory(const sz_picture_t *pic, unsigned shrink);


#endif /* SZ_MEDIA_DECODE_H */
