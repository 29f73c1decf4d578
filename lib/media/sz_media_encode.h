/*
 * Encoders: rows of 8-bit RGB, from the top, into a picture file.
 */

#ifndef SZ_MEDIA_ENCODE_H
#define SZ_MEDIA_ENCODE_H


#include "media/sz_media_guard.h"
#include "media/sz_media_kernel.h"


/* A file written from offset 0 on, through a buffer of its own. */

#define SZ_OUT_BUFFER  65536

typedef struct {
    int            fd;
    int            errnum;          /* of the first write that failed, or 0 */
    int64_t        total;           /* bytes that left the buffer */
    size_t         used;
    unsigned char  buffer[SZ_OUT_BUFFER];
} sz_out_t;

void sz_out_init(sz_out_t *out, int fd);

/* false, and errnum is set, once a write has failed. */
bool sz_out_add(sz_out_t *out, const void *data, size_t len);
bool sz_out_flush(sz_out_t *out);

sz_code_e sz_out_error(const sz_out_t *out, sz_error_t *err);


typedef struct {
    const sz_guard_t     *guard;
    const sz_kernels_t   *kernels;
    sz_out_t             *out;
    uint32_t              width;
    uint32_t              height;
    const unsigned char  *icc;
    size_t                icc_len;
    int                   quality;  /* 1..100 */
    sz_effort_e           effort;
} sz_encode_t;


typedef struct sz_encoder_s  sz_encoder_t;

struct sz_encoder_s {
    /* The next row; SZ_SLACK bytes behind it may be read. */
    sz_code_e  (*write)(sz_encoder_t *encoder, const uint8_t *rgb,
                        sz_error_t *err);

    /* After the last row; the caller flushes encode->out. */
    sz_code_e  (*finish)(sz_encoder_t *encoder, sz_error_t *err);

    void       (*destroy)(sz_encoder_t *encoder);
};


/* NULL with *err set.  encode and what it points to outlive the encoder. */
sz_encoder_t *sz_encoder_png(const sz_encode_t *encode, sz_error_t *err);
sz_encoder_t *sz_encoder_jpeg(const sz_encode_t *encode, sz_error_t *err);
sz_encoder_t *sz_encoder_webp(const sz_encode_t *encode, sz_error_t *err);

/* What each will allocate, more or less. */
int64_t sz_encoder_memory(sz_image_e type, uint32_t width, uint32_t height);


#endif /* SZ_MEDIA_ENCODE_H */
