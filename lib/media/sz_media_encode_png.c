/*
 * PNG through libpng.
 *
 * The library leaves by longjmp() on errors.  Only the functions named
 * sz_png_out_room_*() call into it after setjmp(); they own nothing.
 */

#include "media/sz_media_encode.h"
#include "media/sz_media_png.h"

#include <setjmp.h>
#include <stdlib.h>

#include <png.h>


typedef struct {
    sz_encoder_t        encoder;    /* first */

    const sz_encode_t  *encode;
    png_structp         png;
    png_infop           info;
    jmp_buf             escape;
    sz_error_t         *err;        /* of the call under way */
    sz_code_e           code;
    unsigned char      *profile;    /* the content of iCCP */
    size_t              profile_len;
} sz_png_out_t;


static const int  sz_png_levels[] = {
    [SZ_EFFORT_DEFAULT] = 3,
    [SZ_EFFORT_FASTER] = 1,
    [SZ_EFFORT_SMALLER] = 7
};


static _Noreturn void
sz_png_out_leave(sz_png_out_t *po, sz_code_e code)
{
    po->code = code;
    longjmp(po->escape, 1);
}


static _Noreturn void
sz_png_out_broken(png_structp png, png_const_charp text)
{
    sz_png_out_t  *po = png_get_error_ptr(png);

    sz_png_out_leave(po, sz_error_set(po->err, SZ_E_INTERNAL, "The PNG "
                                      "cannot be encoded: %s.", text));
}


static void
sz_png_out_warning(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
}


static void
sz_png_out_put(png_structp png, png_bytep data, size_t len)
{
    sz_png_out_t  *po = png_get_io_ptr(png);

    if (!sz_out_add(po->encode->out, data, len)) {
        sz_png_out_leave(po, sz_out_error(po->encode->out, po->err));
    }
}


static void
sz_png_out_flush(png_structp png)
{
    (void) png;
}


static sz_code_e
sz_png_out_room_open(sz_png_out_t *po)
{
    png_structp         png;
    const sz_encode_t  *encode = po->encode;

    if (setjmp(po->escape) != 0) {
        return po->code;
    }

    po->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, po,
                                      sz_png_out_broken, sz_png_out_warning);
    po->info = (po->png != NULL) ? png_create_info_struct(po->png) : NULL;

    if (po->info == NULL) {
        return sz_error_memory(po->err);
    }

    png = po->png;

    png_set_write_fn(png, po, sz_png_out_put, sz_png_out_flush);
    png_set_user_limits(png, encode->width, encode->height);
    png_set_compression_level(png, sz_png_levels[encode->effort]);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_IHDR(png, po->info, encode->width, encode->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);

    png_write_info_before_PLTE(png, po->info);

    if (po->profile_len > 0) {
        png_write_chunk(png, (png_const_bytep) "iCCP", po->profile,
                        po->profile_len);
    }

    png_write_info(png, po->info);

    return SZ_OK;
}


static sz_code_e
sz_png_out_room_row(sz_png_out_t *po, const uint8_t *rgb)
{
    if (setjmp(po->escape) != 0) {
        return po->code;
    }

    png_write_row(po->png, rgb);

    return SZ_OK;
}


static sz_code_e
sz_png_out_room_finish(sz_png_out_t *po)
{
    if (setjmp(po->escape) != 0) {
        return po->code;
    }

    png_write_end(po->png, po->info);

    return SZ_OK;
}


static sz_code_e
sz_png_out_write(sz_encoder_t *encoder, const uint8_t *rgb, sz_error_t *err)
{
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    po->err = err;

    return sz_png_out_room_row(po, rgb);
}


static sz_code_e
sz_png_out_finish(sz_encoder_t *encoder, sz_error_t *err)
{
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    po->err = err;

    return sz_png_out_room_finish(po);
}


static void
sz_png_out_destroy(sz_encoder_t *encoder)
{
    sz_png_out_t  *po = (sz_png_out_t *) encoder;

    png_destroy_write_struct(&po->png, &po->info);
    free(po->profile);
    free(po);
}


sz_encoder_t *
sz_encoder_png(const sz_encode_t *encode, sz_error_t *err)
{
    sz_png_out_t  *po;

    po = calloc(1, sizeof(sz_png_out_t));
    if (po == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    po->encode = encode;
    po->err = err;
    po->encoder.write = sz_png_out_write;
    po->encoder.finish = sz_png_out_finish;
    po->encoder.destroy = sz_png_out_destroy;

    if (encode->icc_len > 0) {
        po->profile = sz_png_profile(encode->icc, encode->icc_len,
                                     &po->profile_len);
    }

    if (sz_png_out_room_open(po) != SZ_OK) {
        sz_png_out_destroy(&po->encoder);
        return NULL;
    }

    return &po->encoder;
}
