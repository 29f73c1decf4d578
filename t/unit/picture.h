/*
 * Pictures for tests, written into the test's folder (folder.h).
 */

#ifndef PICTURE_H
#define PICTURE_H


#include "folder.h"

#include <jpeglib.h>
#include <png.h>


/* Grey and black all over. */

__attribute__((unused)) static void
picture_png(const char *name, unsigned width, unsigned height)
{
    void       *pixels;
    png_image   png;

    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    png.width = width;
    png.height = height;
    png.format = PNG_FORMAT_GRAY;

    pixels = calloc(width, height);
    png_image_write_to_file(&png, folder_path(name), 0, pixels, 0, NULL);
    free(pixels);
}


/* A gradient of at most 2000 pixels a row. */

__attribute__((unused)) static void
picture_jpeg(const char *name, unsigned width, unsigned height)
{
    FILE                        *f;
    unsigned                     x, y;
    JSAMPLE                      row[3 * 2000];
    JSAMPROW                     rows[1] = { row };
    struct jpeg_error_mgr        err;
    struct jpeg_compress_struct  c;

    f = fopen(folder_path(name), "wb");

    c.err = jpeg_std_error(&err);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {
            row[3 * x] = (JSAMPLE) x;
            row[3 * x + 1] = (JSAMPLE) y;
            row[3 * x + 2] = 128;
        }

        jpeg_write_scanlines(&c, rows, 1);
    }

    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    fclose(f);
}


#endif /* PICTURE_H */
