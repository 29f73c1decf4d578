/*
 * What the image tools return about the files they have made.
 */

#include "tools/sz_tools_image.h"

#include <stdio.h>


const sz_field_t  sz_image_pixel = { .type = SZ_INTEGER };


static const sz_field_t  sz_image_details[] = {
    { .name = "image_tokens", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "text_tokens", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = NULL }
};

const sz_field_t  sz_image_usage_fields[] = {
    { .name = "input_tokens", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "input_tokens_details", .type = SZ_OBJECT,
      .flags = SZ_NULLABLE, .fields = sz_image_details },
    { .name = "output_tokens", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "output_tokens_details", .type = SZ_OBJECT,
      .flags = SZ_NULLABLE, .fields = sz_image_details },
    { .name = "total_tokens", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = NULL }
};


static const sz_field_t  sz_image_row_fields[] = {
    { .name = "prompt", .type = SZ_INTEGER, .flags = SZ_NULLABLE,
      .description = "Which of the prompts it is of, from 0." },
    { .name = "filename", .type = SZ_STRING, .flags = SZ_NULLABLE,
      .description = "Name in the image folder; null: see `error`." },
    { .name = "size", .type = SZ_ARRAY, .flags = SZ_NULLABLE,
      .fields = &sz_image_pixel, .min = 2, .max = 2 },
    { .name = "format", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "size_bytes", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "mime_type", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "note", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "error", .type = SZ_STRING, .flags = SZ_NULLABLE,
      .description = "Why there is no file." },
    { .name = NULL }
};

const sz_field_t  sz_image_row = {
    .type = SZ_OBJECT, .fields = sz_image_row_fields
};


const sz_field_t  sz_image_output[] = {
    { .name = "filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Name in the image folder; its ending is what the file "
          "is." },
    { .name = "size", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_image_pixel, .min = 2, .max = 2,
      .description = "Width and height in pixels." },
    { .name = "format", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "png, jpeg or webp, by the bytes." },
    { .name = "size_bytes", .type = SZ_INTEGER, .flags = SZ_REQUIRED },
    { .name = "mime_type", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "note", .type = SZ_STRING, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "What is not as it was asked for, such as the name." },
    { .name = "model", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "The model that was asked." },
    { .name = "usage", .type = SZ_OBJECT, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Tokens, of all prompts together." },
    { .name = "images", .type = SZ_ARRAY, .fields = &sz_image_row,
      .description = "All pictures, where there may be several: each a file "
          "or an error. The members above are those of the first file." },
    { .name = NULL }
};


static void
sz_image_write_note(sz_jw_t *w, const sz_drawing_t *picture, const char *note)
{
    char  text[400];

    sz_jw_key(w, "note");

    if (picture->taken) {
        sz_jw_cstr(w, "There is a file of the name that was asked for; it "
                   "stays.");
        return;
    }

    if (!picture->renamed) {
        sz_jw_cstr(w, note);
        return;
    }

    (void) snprintf(text, sizeof(text), "What came is %s, so the file has the "
                    "ending of that.%s%s", picture->info.mime,
                    (note != NULL) ? " " : "", (note != NULL) ? note : "");
    sz_jw_cstr(w, text);
}


void
sz_image_write_picture(sz_jw_t *w, const sz_drawing_t *picture,
    const char *note)
{
    sz_jw_kstr(w, "filename", picture->name);
    sz_jw_key(w, "size");
    sz_jw_open(w, '[');
    sz_jw_int(w, picture->info.width);
    sz_jw_int(w, picture->info.height);
    sz_jw_close(w, ']');
    sz_jw_kstr(w, "format", picture->info.mime + sizeof("image/") - 1);
    sz_jw_kint(w, "size_bytes", picture->size);
    sz_jw_kstr(w, "mime_type", picture->info.mime);
    sz_image_write_note(w, picture, note);
}


void
sz_image_write_row(sz_jw_t *w, const sz_drawing_t *picture, int prompt)
{
    const sz_field_t  *f;

    sz_jw_open(w, '{');

    if (prompt >= 0) {
        sz_jw_kint(w, "prompt", prompt);
    }

    if (picture->error.code == SZ_OK) {
        sz_image_write_picture(w, picture, NULL);
        sz_jw_kstr(w, "error", NULL);

    } else {

        for (f = sz_image_row_fields + 1; f->name != NULL; f++) {
            sz_jw_kstr(w, f->name, (strcmp(f->name, "error") == 0)
                                   ? picture->error.text : NULL);
        }
    }

    sz_jw_close(w, '}');
}


void
sz_image_made(sz_call_t *call, const sz_drawing_t *picture)
{
    if (picture->error.code == SZ_OK) {
        sz_call_made(call, picture->replaced ? SZ_CHANGE_REPLACED
                                             : SZ_CHANGE_MADE,
                     SZ_MEDIA_IMAGE, picture->name, picture->info.mime,
                     picture->size);
    }
}


const sz_drawing_t *
sz_image_first(const sz_image_reader_t *r)
{
    unsigned  i;

    for (i = 0; i < r->n; i++) {
        if (r->pictures[i].error.code == SZ_OK) {
            return &r->pictures[i];
        }
    }

    return NULL;
}
