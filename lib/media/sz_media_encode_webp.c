/*
 * WebP through libwebp.  The encoder wants the picture whole; rows are
 * collected until it is.
 *
 * libwebp writes RIFF and one chunk with the pixels.  A colour profile needs
 * the extended form, so that head is taken off what the library writes and
 * another one put in front: RIFF, VP8X, ICCP, and then the library's chunk.
 */

#include "media/sz_media_encode.h"
#include "media/sz_media_view.h"

#include <stdlib.h>

#include <webp/encode.h>


#define SZ_RIFF_HEAD   12
#define SZ_VP8X_CHUNK  18
#define SZ_VP8X_ICC    0x20


typedef struct {
    sz_encoder_t        encoder;    /* first */

    const sz_encode_t  *encode;
    WebPPicture         picture;
    size_t              stride;
    uint32_t            next;
    uint8_t            *rgb;        /* the whole picture */
    size_t              headed;     /* bytes of the library's head so far */
    unsigned char       head[SZ_RIFF_HEAD];
    sz_error_t         *err;
    sz_code_e           code;
} sz_webp_out_t;


static unsigned char *
sz_put_le24(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char) v;
    p[1] = (unsigned char) (v >> 8);
    p[2] = (unsigned char) (v >> 16);

    return p + 3;
}


static unsigned char *
sz_put_le32(unsigned char *p, uint32_t v)
{
    sz_put_le24(p, v)[0] = (unsigned char) (v >> 24);

    return p + 4;
}


/* The head of the extended form, in place of the library's. */

static bool
sz_webp_put_head(sz_webp_out_t *wo)
{
    uint32_t            size, profile;
    sz_out_t           *out = wo->encode->out;
    unsigned char       head[SZ_RIFF_HEAD + SZ_VP8X_CHUNK + 8], *p;
    const sz_encode_t  *encode = wo->encode;

    if (encode->icc_len == 0) {
        return sz_out_add(out, wo->head, SZ_RIFF_HEAD);
    }

    profile = (uint32_t) encode->icc_len;
    size = sz_le32(wo->head + 4) + SZ_VP8X_CHUNK + 8 + profile
           + (profile & 1);

    memcpy(head, wo->head, SZ_RIFF_HEAD);
    (void) sz_put_le32(head + 4, size);

    p = head + SZ_RIFF_HEAD;
    memcpy(p, "VP8X", 4);
    p = sz_put_le32(p + 4, SZ_VP8X_CHUNK - 8);
    p = sz_put_le32(p, SZ_VP8X_ICC);
    p = sz_put_le24(p, encode->width - 1);
    p = sz_put_le24(p, encode->height - 1);
    memcpy(p, "ICCP", 4);
    (void) sz_put_le32(p + 4, profile);

    return sz_out_add(out, head, sizeof(head))
           && sz_out_add(out, encode->icc, profile)
           && ((profile & 1) == 0 || sz_out_add(out, "", 1));
}


static int
sz_webp_put(const uint8_t *data, size_t len, const WebPPicture *picture)
{
    size_t          n;
    sz_webp_out_t  *wo = picture->custom_ptr;

    if (wo->headed < SZ_RIFF_HEAD) {

        n = SZ_RIFF_HEAD - wo->headed;
        n = (n < len) ? n : len;
        memcpy(wo->head + wo->headed, data, n);

        wo->headed += n;
        data += n;
        len -= n;

        if (wo->headed == SZ_RIFF_HEAD && !sz_webp_put_head(wo)) {
            return 0;
        }
    }

    return sz_out_add(wo->encode->out, data, len);
}


static int
sz_webp_tick(int percent, const WebPPicture *picture)
{
    sz_webp_out_t  *wo = picture->user_data;

    (void) percent;

    wo->code = sz_guard_check(wo->encode->guard, wo->err);

    return wo->code == SZ_OK;
}


static sz_code_e
sz_webp_out_write(sz_encoder_t *encoder, const uint8_t *rgb, sz_error_t *err)
{
    sz_webp_out_t  *wo = (sz_webp_out_t *) encoder;

    (void) err;

    memcpy(wo->rgb + wo->next++ * wo->stride, rgb, wo->stride);

    return SZ_OK;
}


static sz_code_e
sz_webp_out_failed(const sz_webp_out_t *wo, sz_error_t *err)
{
    if (wo->code != SZ_OK) {
        return wo->code;
    }

    if (wo->encode->out->errnum != 0) {
        return sz_out_error(wo->encode->out, err);
    }

    if (wo->picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY
        || wo->picture.error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY)
    {
        return sz_error_memory(err);
    }

    return sz_error_set(err, SZ_E_INTERNAL, "The WebP cannot be encoded "
                        "(libwebp error %d).", wo->picture.error_code);
}


static sz_code_e
sz_webp_out_finish(sz_encoder_t *encoder, sz_error_t *err)
{
    int                 good;
    WebPConfig          config;
    sz_webp_out_t      *wo = (sz_webp_out_t *) encoder;
    const sz_encode_t  *encode = wo->encode;

    wo->err = err;

    if (!WebPConfigInit(&config)) {
        return sz_error_set(err, SZ_E_INTERNAL,
                            "The WebP library is of another version.");
    }

    config.quality = (float) encode->quality;

    good = WebPPictureImportRGB(&wo->picture, wo->rgb, (int) wo->stride);

    /* the library has its own copy now, in another form */

    free(wo->rgb);
    wo->rgb = NULL;

    if (!good || !WebPEncode(&config, &wo->picture)) {
        return sz_webp_out_failed(wo, err);
    }

    return SZ_OK;
}


static void
sz_webp_out_destroy(sz_encoder_t *encoder)
{
    sz_webp_out_t  *wo = (sz_webp_out_t *) encoder;

    WebPPictureFree(&wo->picture);
    free(wo->rgb);
    free(wo);
}


sz_encoder_t *
sz_encoder_webp(const sz_encode_t *encode, sz_error_t *err)
{
    sz_webp_out_t  *wo;

    wo = calloc(1, sizeof(sz_webp_out_t));
    if (wo == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    wo->encode = encode;
    wo->encoder.write = sz_webp_out_write;
    wo->encoder.finish = sz_webp_out_finish;
    wo->encoder.destroy = sz_webp_out_destroy;

    wo->stride = (size_t) encode->width * 3;
    wo->rgb = malloc(wo->stride * encode->height);

    if (!WebPPictureInit(&wo->picture) || wo->rgb == NULL) {
        sz_error_memory(err);
        sz_webp_out_destroy(&wo->encoder);
        return NULL;
    }

    wo->picture.width = (int) encode->width;
    wo->picture.height = (int) encode->height;
    wo->picture.writer = sz_webp_put;
    wo->picture.custom_ptr = wo;
    wo->picture.progress_hook = sz_webp_tick;
    wo->picture.user_data = wo;

    return &wo->encoder;
}
