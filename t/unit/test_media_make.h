/*
 * Pictures for the tests, made by the format libraries themselves.
 */

#ifndef TEST_MEDIA_MAKE_H
#define TEST_MEDIA_MAKE_H


#include "media/sz_media.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>


typedef struct {
    unsigned char  *data;
    size_t          len;
} bytes_t;


/* A file in memory with these bytes. */

__attribute__((unused)) static int
file_of(const void *data, size_t len)
{
    int  fd;

    fd = memfd_create("test", MFD_CLOEXEC);

    if (fd == -1 || (len > 0 && write(fd, data, len) != (ssize_t) len)) {
        perror("memfd");
        exit(1);
    }

    return fd;
}


__attribute__((unused)) static bytes_t
bytes_of(int fd)
{
    bytes_t  b;

    b.len = (size_t) lseek(fd, 0, SEEK_END);
    b.data = malloc(b.len + 1);

    if (b.data == NULL || pread(fd, b.data, b.len, 0) != (ssize_t) b.len) {
        perror("read");
        exit(1);
    }

    return b;
}


/* Half smooth, half noise, always the same. */

__attribute__((unused)) static unsigned char *
pixels_of(unsigned width, unsigned height, unsigned channels)
{
    unsigned        x, y, c, seed;
    unsigned char  *p, *at;

    seed = 12345;
    p = at = malloc((size_t) width * height * channels + 1);

    if (p == NULL) {
        exit(1);
    }

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {
            for (c = 0; c < channels; c++) {
                seed = seed * 1103515245 + 12345;
                *at++ = ((x / 8 + y / 8) & 1)
                        ? (unsigned char) (seed >> 16)
                        : (unsigned char) (x * (2 + c) + y * 3);
            }
        }
    }

    return p;
}


/* A TIFF block that says only the orientation. */

__attribute__((unused)) static size_t
exif_of(unsigned char *dst, unsigned orientation)
{
    static const unsigned char  block[] = {
        'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0
    };

    memcpy(dst, block, sizeof(block));
    dst[18] = (unsigned char) orientation;

    return sizeof(block);
}


static void
make_png_put(png_structp png, png_bytep data, size_t len)
{
    bytes_t  *b = png_get_io_ptr(png);

    b->data = realloc(b->data, b->len + len);

    if (b->data == NULL) {
        exit(1);
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


/* libpng's warnings; on its own it would print them. */

__attribute__((unused)) static void
png_hush(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
}


static void
make_png_flush(png_structp png)
{
    (void) png;
}


/* `pixels` as libpng wants them for the colour type and depth. */

__attribute__((unused)) static bytes_t
make_png(const unsigned char *pixels, size_t stride, unsigned width,
    unsigned height, int colour, int depth, bool interlaced,
    unsigned orientation)
{
    int             pass, passes;
    unsigned        y;
    bytes_t         b = { NULL, 0 };
    png_color       palette[256];
    png_infop       info;
    png_structp     png;
    unsigned char   exif[64];

    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL,
                                  png_hush);
    info = png_create_info_struct(png);

    if (setjmp(png_jmpbuf(png)) != 0) {
        exit(1);
    }

    png_set_write_fn(png, &b, make_png_put, make_png_flush);
    png_set_IHDR(png, info, width, height, depth, colour,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);

    if (colour == PNG_COLOR_TYPE_PALETTE) {
        for (y = 0; y < 256; y++) {
            palette[y] = (png_color) { (png_byte) y, (png_byte) (255 - y),
                                       (png_byte) (y * 7) };
        }

        png_set_PLTE(png, info, palette, 1 << depth);
    }

    if (orientation != 0) {
        png_set_eXIf_1(png, info, (png_uint_32) exif_of(exif, orientation),
                       exif);
    }

    png_write_info(png, info);
    passes = png_set_interlace_handling(png);

    for (pass = 0; pass < passes; pass++) {
        for (y = 0; y < height; y++) {
            png_write_row(png, pixels + y * stride);
        }
    }

    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);

    return b;
}


/* channels: 1 grey, 3 RGB, 4 CMYK; sampling: 0x11, 0x21, 0x22, ... */

__attribute__((unused)) static bytes_t
make_jpeg(const unsigned char *pixels, unsigned width, unsigned height,
    int channels, int sampling, bool progressive, int restart,
    unsigned orientation)
{
    bytes_t                      b = { NULL, 0 };
    JSAMPROW                     row;
    unsigned char                exif[64];
    unsigned long                len = 0;
    struct jpeg_error_mgr        errors;
    struct jpeg_compress_struct  jpeg;

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &b.data, &len);

    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = channels;
    jpeg.in_color_space = (channels == 1) ? JCS_GRAYSCALE
                          : (channels == 3) ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 88, TRUE);

    jpeg.comp_info[0].h_samp_factor = sampling >> 4;
    jpeg.comp_info[0].v_samp_factor = sampling & 15;
    jpeg.restart_interval = (unsigned) restart;

    if (progressive) {
        jpeg_simple_progression(&jpeg);
    }

    jpeg_start_compress(&jpeg, TRUE);

    if (orientation != 0) {
        memcpy(exif, "Exif\0\0", 6);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif,
                          (unsigned) exif_of(exif + 6, orientation) + 6);
    }

    while (jpeg.next_scanline < height) {
        row = (JSAMPROW) pixels
              + (size_t) jpeg.next_scanline * width * (unsigned) channels;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }

    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    b.len = len;

    return b;
}


/* channels: 3 RGB, 4 RGBA */

__attribute__((unused)) static bytes_t
make_webp(const unsigned char *pixels, unsigned width, unsigned height,
    int channels, bool lossless)
{
    int      w = (int) width, h = (int) height, stride = w * channels;
    bytes_t  b;

    if (lossless) {
        b.len = (channels == 4)
                ? WebPEncodeLosslessRGBA(pixels, w, h, stride, &b.data)
                : WebPEncodeLosslessRGB(pixels, w, h, stride, &b.data);

    } else {
        b.len = (channels == 4)
                ? WebPEncodeRGBA(pixels, w, h, stride, 80, &b.data)
                : WebPEncodeRGB(pixels, w, h, stride, 80, &b.data);
    }

    return b;
}


#endif /* TEST_MEDIA_MAKE_H */
