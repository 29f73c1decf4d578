/*
 * Pictures cut and changed at every 97th byte: the verdict must be that of
 * the format's own library reading all of it, and where both accept, the
 * pixels must be the library's.
 */

#include "media/sz_media.h"

#include "tap.h"
#include "test_media_make.h"

#include <jerror.h>
#include <webp/decode.h>


#define STEP  97


static bytes_t        file;
static unsigned       wide, high;


/* The libraries' verdicts: RGB, or NULL. */

static jmp_buf  away;

static void
jpeg_leave(j_common_ptr jpeg)
{
    (void) jpeg;
    longjmp(away, 1);
}


static void
jpeg_warn(j_common_ptr jpeg, int level)
{
    if (level < 0 && jpeg->err->msg_code != JWRN_ADOBE_XFORM
        && jpeg->err->msg_code != JWRN_JFIF_MAJOR)
    {
        longjmp(away, 1);
    }
}


static bool
jpeg_reference(unsigned char *rgb)
{
    JSAMPROW                       row;
    struct jpeg_error_mgr          errors;
    struct jpeg_decompress_struct  jpeg;

    jpeg.err = jpeg_std_error(&errors);
    errors.error_exit = jpeg_leave;
    errors.emit_message = jpeg_warn;
    jpeg_create_decompress(&jpeg);

    if (setjmp(away) != 0) {
        jpeg_destroy_decompress(&jpeg);
        return false;
    }

    jpeg_mem_src(&jpeg, file.data, file.len);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = JCS_RGB;

    if (jpeg.image_width != wide || jpeg.image_height != high) {
        longjmp(away, 1);
    }

    jpeg_start_decompress(&jpeg);

    while (jpeg.output_scanline < high) {
        row = rgb + (size_t) jpeg.output_scanline * wide * 3;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }

    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);

    return true;
}


static void
png_leave(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
    longjmp(away, 1);
}


static size_t  png_at;

static void
png_get(png_structp png, png_bytep data, size_t len)
{
    if (len > file.len - png_at) {
        png_error(png, "end");
    }

    memcpy(data, file.data + png_at, len);
    png_at += len;
}


/* RGBA of 8 bits on black. */

static void
png_flatten(const unsigned char *rgba, unsigned char *rgb)
{
    size_t    i;
    unsigned  c;

    for (i = 0; i < (size_t) wide * high; i++) {
        for (c = 0; c < 3; c++) {
            rgb[3 * i + c] = (unsigned char)
                             ((rgba[4 * i + c] * rgba[4 * i + 3] + 127) / 255);
        }
    }
}


static bool
png_reference(unsigned char *rgb)
{
    int                      pass, passes;
    unsigned                 y;
    png_infop                info;
    png_structp              png;
    static unsigned char    *rgba;

    rgba = calloc((size_t) wide * high, 4);
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_leave,
                                 png_hush);
    info = png_create_info_struct(png);

    if (setjmp(away) != 0) {
        png_destroy_read_struct(&png, &info, NULL);
        free(rgba);
        return false;
    }

    png_at = 0;
    png_set_read_fn(png, NULL, png_get);
    png_set_benign_errors(png, 1);
    png_read_info(png, info);

    if (png_get_image_width(png, info) != wide
        || png_get_image_height(png, info) != high)
    {
        longjmp(away, 1);
    }

    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    png_set_benign_errors(png, 0);

    for (pass = 0; pass < passes; pass++) {
        for (y = 0; y < high; y++) {
            png_read_row(png, rgba + (size_t) y * wide * 4, NULL);
        }
    }

    png_set_benign_errors(png, 1);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    png_flatten(rgba, rgb);
    free(rgba);

    return true;
}


static bool
webp_reference(unsigned char *rgb)
{
    int  w, h;

    return WebPGetInfo(file.data, file.len, &w, &h)
           && (unsigned) w == wide && (unsigned) h == high
           && WebPDecodeRGBInto(file.data, file.len, rgb,
                                (size_t) wide * high * 3, w * 3) != NULL;
}


/* Ours: the window of the same size, so that nothing is resampled. */

static bool
ours(unsigned width, unsigned height, unsigned char *rgb)
{
    int            in, out;
    bool           good;
    bytes_t        b;
    sz_error_t     err;
    sz_prepare_t   how = { .width = width, .height = height,
                           .output = SZ_IMAGE_PNG,
                           .max_pixels = { 1000000, "pixels" } };
    sz_prepared_t  what;
    png_image      image = { .version = PNG_IMAGE_VERSION };

    in = file_of(file.data, file.len);
    out = file_of("", 0);
    good = (sz_image_prepare(&how, in, out, &what, &err) == SZ_OK);

    if (good && (what.width != wide || what.height != high)) {
        good = false;
    }

    if (good) {
        b = bytes_of(out);
        good = png_image_begin_read_from_memory(&image, b.data, b.len) != 0;
        image.format = PNG_FORMAT_RGB;
        good = good && png_image_finish_read(&image, NULL, rgb, 0, NULL);
        free(b.data);
    }

    close(in);
    close(out);

    return good;
}


static bool
same_window(const unsigned char *all, const unsigned char *part,
    unsigned width, unsigned height)
{
    unsigned  y, left, top;

    left = (wide - width) / 2;
    top = (high - height) / 2;

    for (y = 0; y < height; y++) {
        if (memcmp(all + ((size_t) (top + y) * wide + left) * 3,
                   part + (size_t) y * width * 3, (size_t) width * 3) != 0)
        {
            return false;
        }
    }

    return true;
}


typedef struct {
    long  files, good, verdicts, pixels;
} tally_t;


static void
check(bool (*reference)(unsigned char *), tally_t *t)
{
    bool            want;
    unsigned        i, w, h;
    unsigned char  *all, *part;

    all = calloc((size_t) wide * high, 3);
    part = calloc((size_t) wide * high, 3);
    want = reference(all);

    for (i = 0; i < 3; i++) {
        w = (i == 1) ? wide / 3 + 1 : wide;
        h = (i == 2) ? high / 3 + 1 : high;

        t->files++;
        t->good += want;

        if (ours(w, h, part) != want) {
            t->verdicts++;

        } else if (want && !same_window(all, part, w, h)) {
            t->pixels++;
        }
    }

    free(all);
    free(part);
}


static void
corrupt(const char *name, bytes_t b, unsigned width, unsigned height,
    bool (*reference)(unsigned char *))
{
    size_t         n;
    tally_t        t = { 0, 0, 0, 0 };
    unsigned char  keep;

    file = b;
    wide = width;
    high = height;
    check(reference, &t);

    if (t.good != 3) {
        ok(false, "%s: the library refuses it", name);
        return;
    }

    for (n = 0; n < b.len; n += STEP) {
        file.len = n;
        check(reference, &t);
    }

    file.len = b.len - 1;
    check(reference, &t);
    file.len = b.len;

    for (n = 1; n < b.len; n += STEP) {
        keep = b.data[n];
        b.data[n] ^= (unsigned char) (1 << n % 8);
        check(reference, &t);
        b.data[n] = keep;
    }

    ok(t.verdicts == 0 && t.pixels == 0, "%s: %ld jobs, %ld accepted, %ld "
       "other verdicts, %ld with other pixels", name, t.files, t.good,
       t.verdicts, t.pixels);

    free(b.data);
}


static void
jpegs(const unsigned char *p)
{
    size_t  i;
    char    name[64];

    static const int  samplings[] = { 0x11, 0x21, 0x12, 0x22, 0x41, 0x24 };

    for (i = 0; i < 2 * sz_array_len(samplings); i++) {
        snprintf(name, sizeof(name), "jpeg sampling %x%s", samplings[i / 2],
                 (i & 1) ? " progressive" : "");
        corrupt(name, make_jpeg(p, 150, 110, 3, samplings[i / 2], i & 1,
                                (i % 4) ? 0 : 3, 0), 150, 110,
                jpeg_reference);
    }

    corrupt("jpeg grey", make_jpeg(p, 150, 110, 1, 0x11, false, 0, 0), 150,
            110, jpeg_reference);
}


static void
pngs(const unsigned char *p)
{
    int     depth;
    size_t  i;
    char    name[64];

    static const int  colours[] = { 0, 2, 3, 4, 6 };

    for (i = 0; i < 2 * sz_array_len(colours); i++) {
        for (depth = 1; depth <= 16; depth *= 2) {

            if ((colours[i / 2] == 3 && depth == 16)
                || (colours[i / 2] != 0 && colours[i / 2] != 3 && depth < 8))
            {
                continue;
            }

            snprintf(name, sizeof(name), "png type %d depth %d%s",
                     colours[i / 2], depth, (i & 1) ? " interlaced" : "");
            corrupt(name, make_png(p, 50 * 8, 50, 37, colours[i / 2], depth,
                                   i & 1, 0), 50, 37, png_reference);
        }
    }
}


int
main(void)
{
    unsigned char  *p;

    p = pixels_of(150, 110, 8);

    pngs(p);
    jpegs(p);

    corrupt("webp", make_webp(p, 150, 110, 3, false), 150, 110,
            webp_reference);
    corrupt("webp lossless", make_webp(p, 60, 70, 3, true), 60, 70,
            webp_reference);

    free(p);

    return done();
}
