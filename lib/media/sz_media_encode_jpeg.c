/*
 * JPEG through libjpeg-turbo: baseline, 4:2:0, written as the rows come.
 *
 * The library leaves by longjmp() on errors.  Only the functions named
 * sz_jpeg_out_room_*() call into it after setjmp(); they own nothing.
 */

#include "media/sz_media_encode.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>


#define SZ_JPEG_OUTPUT  16384


typedef struct {
    sz_encoder_t                 encoder;   /* first */

    const sz_encode_t           *encode;
    struct jpeg_compress_struct  jpeg;
    struct jpeg_error_mgr        errors;
    struct jpeg_destination_mgr  target;
    jmp_buf                      escape;
    sz_error_t                  *err;       /* of the call under way */
    sz_code_e                    code;
    JOCTET                       output[SZ_JPEG_OUTPUT];
} sz_jpeg_out_t;


static _Noreturn void
sz_jpeg_out_leave(sz_jpeg_out_t *jo, sz_code_e code)
{
    jo->code = code;
    longjmp(jo->escape, 1);
}


static _Noreturn void
sz_jpeg_out_broken(j_common_ptr jpeg)
{
    char            text[JMSG_LENGTH_MAX];
    sz_jpeg_out_t  *jo = jpeg->client_data;

    if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY) {
        sz_jpeg_out_leave(jo, sz_error_memory(jo->err));
    }

    jpeg->err->format_message(jpeg, text);
    sz_jpeg_out_leave(jo, sz_error_set(jo->err, SZ_E_INTERNAL,
                                       "The JPEG cannot be encoded: %s.",
                                       text));
}


static void
sz_jpeg_out_message(j_common_ptr jpeg, int level)
{
    (void) jpeg;
    (void) level;
}


static void
sz_jpeg_target_init(j_compress_ptr jpeg)
{
    sz_jpeg_out_t  *jo = jpeg->client_data;

    jo->target.next_output_byte = jo->output;
    jo->target.free_in_buffer = SZ_JPEG_OUTPUT;
}


static void
sz_jpeg_target_put(sz_jpeg_out_t *jo, size_t len)
{
    sz_out_t  *out = jo->encode->out;

    if (!sz_out_add(out, jo->output, len)) {
        sz_jpeg_out_leave(jo, sz_out_error(out, jo->err));
    }
}


static boolean
sz_jpeg_target_empty(j_compress_ptr jpeg)
{
    sz_jpeg_target_put(jpeg->client_data, SZ_JPEG_OUTPUT);
    sz_jpeg_target_init(jpeg);

    return TRUE;
}


static void
sz_jpeg_target_term(j_compress_ptr jpeg)
{
    sz_jpeg_out_t  *jo = jpeg->client_data;

    sz_jpeg_target_put(jo, SZ_JPEG_OUTPUT - jo->target.free_in_buffer);
}


static sz_code_e
sz_jpeg_out_room_open(sz_jpeg_out_t *jo)
{
    const sz_encode_t            *encode = jo->encode;
    struct jpeg_compress_struct  *jpeg = &jo->jpeg;

    if (setjmp(jo->escape) != 0) {
        return jo->code;
    }

    jpeg_create_compress(jpeg);

    jpeg->client_data = jo;
    jpeg->dest = &jo->target;
    jpeg->image_width = encode->width;
    jpeg->image_height = encode->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;

    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, encode->quality, TRUE);
    jpeg_start_compress(jpeg, TRUE);

    if (encode->icc_len > 0) {
        jpeg_write_icc_profile(jpeg, encode->icc,
                               (unsigned int) encode->icc_len);
    }

    return SZ_OK;
}


static sz_code_e
sz_jpeg_out_room_row(sz_jpeg_out_t *jo, const uint8_t *rgb)
{
    JSAMPROW  row = (JSAMPROW) rgb;

    if (setjmp(jo->escape) != 0) {
        return jo->code;
    }

    (void) jpeg_write_scanlines(&jo->jpeg, &row, 1);

    return SZ_OK;
}


static sz_code_e
sz_jpeg_out_room_finish(sz_jpeg_out_t *jo)
{
    if (setjmp(jo->escape) != 0) {
        return jo->code;
    }

    jpeg_finish_compress(&jo->jpeg);

    return SZ_OK;
}


static sz_code_e
sz_jpeg_out_write(sz_encoder_t *encoder, const uint8_t *rgb, sz_error_t *err)
{
    sz_jpeg_out_t  *jo = (sz_jpeg_out_t *) encoder;

    jo->err = err;

    return sz_jpeg_out_room_row(jo, rgb);
}


static sz_code_e
sz_jpeg_out_finish(sz_encoder_t *encoder, sz_error_t *err)
{
    sz_jpeg_out_t  *jo = (sz_jpeg_out_t *) encoder;

    jo->err = err;

    return sz_jpeg_out_room_finish(jo);
}


static void
sz_jpeg_out_destroy(sz_encoder_t *encoder)
{
    sz_jpeg_out_t  *jo = (sz_jpeg_out_t *) encoder;

    jpeg_destroy_compress(&jo->jpeg);
    free(jo);
}


sz_encoder_t *
sz_encoder_jpeg(const sz_encode_t *encode, sz_error_t *err)
{
    sz_jpeg_out_t  *jo;

    jo = calloc(1, sizeof(sz_jpeg_out_t));
    if (jo == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    jo->encode = encode;
    jo->err = err;
    jo->encoder.write = sz_jpeg_out_write;
    jo->encoder.finish = sz_jpeg_out_finish;
    jo->encoder.destroy = sz_jpeg_out_destroy;

    jo->jpeg.err = jpeg_std_error(&jo->errors);
    jo->jpeg.client_data = jo;
    jo->errors.error_exit = sz_jpeg_out_broken;
    jo->errors.emit_message = sz_jpeg_out_message;
    jo->target.init_destination = sz_jpeg_target_init;
    jo->target.empty_output_buffer = sz_jpeg_target_empty;
    jo->target.term_destination = sz_jpeg_target_term;

    if (sz_jpeg_out_room_open(jo) != SZ_OK) {
        sz_jpeg_out_destroy(&jo->encoder);
        return NULL;
    }

    return &jo->encoder;
}
