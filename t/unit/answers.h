/*
 * Answers of the Images and the Responses API for tests: with pictures out of
 * the test's folder (folder.h, picture.h), as Base64.
 */

#ifndef ANSWERS_H
#define ANSWERS_H


#include "script.h"
#include "folder.h"
#include "picture.h"

#include "media/sz_media.h"
#include "media/sz_media_base64.h"


static char  answers_sent[262144];      /* body or parts of the last request */


/* The file as Base64; the caller frees it. */

__attribute__((unused)) static char *
answers_picture(const char *name)
{
    long    len;
    char   *text, *data;
    FILE   *f;

    len = folder_size(name);
    data = malloc((size_t) len);
    text = calloc(1, sz_base64_encoded_size((size_t) len) + 1);

    f = fopen(folder_path(name), "rb");
    len = (long) fread(data, 1, (size_t) len, f);
    fclose(f);

    sz_base64_encode(data, (size_t) len, text);
    free(data);

    return text;
}


/* "name=value;", files as "name=(filename type size)" */

__attribute__((unused)) static void
answers_note(const sz_http_t *http)
{
    char             *p = answers_sent;
    size_t            i;
    const sz_part_t  *part;

    *p = '\0';

    if (http->json.len > 0) {
        sprintf(p, "%.*s", (int) http->json.len, http->json.data);
    }

    for (i = 0; i < http->n_parts; i++) {
        part = &http->parts[i];

        if (part->filename == NULL) {
            p += sprintf(p, "%s=%.*s;", part->name, (int) part->data.len,
                         part->data.data);
        } else {
            p += sprintf(p, "%s=(%s %s %zu);", part->name, part->filename,
                         part->type, part->data.len);
        }
    }
}


__attribute__((unused)) static void
answers_json(sz_http_t *http, int status, const char *json)
{
    http->status = status;
    strcpy(http->type, "application/json");
    sz_buf_str(&http->answer, sz_str_of(json));
}


/* A PNG that is transparent all over. */

__attribute__((unused)) static void
answers_mask(const char *name, unsigned width, unsigned height)
{
    void       *pixels;
    png_image   png;

    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    png.width = width;
    png.height = height;
    png.format = PNG_FORMAT_RGBA;

    pixels = calloc(width, height * 4);
    png_image_write_to_file(&png, folder_path(name), 0, pixels, 0, NULL);
    free(pixels);
}


/* Whether a file in the folder is a picture of this kind and size. */

__attribute__((unused)) static bool
answers_is(const char *name, sz_image_e type, unsigned width, unsigned height)
{
    int              fd;
    bool             good;
    sz_image_info_t  info;

    fd = open(folder_path(name), O_RDONLY);
    good = fd != -1 && sz_image_probe(fd, &info, NULL) == SZ_OK
           && info.type == type && info.width == width
           && info.height == height;

    if (fd != -1) {
        close(fd);
    }

    return good;
}


#endif /* ANSWERS_H */
