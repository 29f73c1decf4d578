/*
 * What the image tools share: the options of a picture, checked before it is
 * paid for, requests to the Images API, and results.
 */

#ifndef SZ_TOOLS_IMAGE_H
#define SZ_TOOLS_IMAGE_H


#include "tools/sz_tools_alias.h"
#include "tools/sz_tools_image_reader.h"


extern const sz_tool_t  sz_tool_create_image;
extern const sz_tool_t  sz_tool_get_image_status;
extern const sz_tool_t  sz_tool_download_image;
extern const sz_tool_t  sz_tool_generate_image;
extern const sz_tool_t  sz_tool_edit_image;


/* The image model where neither caller nor operator names one. */
#define SZ_IMAGE_MODEL  "gpt-image-2"

/* Of a request for a picture whose outcome is not known. */
#define SZ_IMAGE_DOUBT                                                        \
    " The picture may have been made and charged for all the same, but it is " \
    "not here: ask before you start it again."

#define SZ_INPUTS_HELP                                                        \
    "Names of PNG, JPEG or WebP files in the image folder, as "               \
    "list_reference_images shows them, at most 16."

typedef struct {
    const char  *model;
    const char  *size;
    const char  *quality;
    const char  *background;
    const char  *output_format;
    const char  *moderation;
    const char  *input_fidelity;
    const char  *filename;
    int64_t      output_compression;
    int64_t      n;
    int64_t      partial_images;

    bool         foreign;           /* no GPT image model: it is told less, */
    bool         base64;            /* but that no URL is wanted */
    const char  *note;              /* what was changed; NULL: nothing */
} sz_image_options_t;

extern const char *const  sz_image_models[];
extern const char *const  sz_image_sizes[];
extern const char *const  sz_image_qualities[];
extern const char *const  sz_image_backgrounds[];
extern const char *const  sz_image_formats[];
extern const char *const  sz_image_fidelities[];
extern const char *const  sz_image_moderations[];

/* Rows that generate_image and edit_image have in common. */

#define SZ_IMAGE_ROW(state, field, row_type)                                  \
    .name = #field, .type = row_type,                                         \
    .offset = offsetof(state, options.field)

#define SZ_IMAGE_ROWS(state)                                                  \
    { SZ_IMAGE_ROW(state, model, SZ_STRING), .flags = SZ_OPEN,                \
      .values = sz_image_models, .min = 1, .max = SZ_ID_MAX,                  \
      .description = "Leave out for the gateway's default. Any model id the " \
          "provider knows is accepted." },                                    \
    { SZ_IMAGE_ROW(state, size, SZ_STRING), .flags = SZ_OPEN,                 \
      .values = sz_image_sizes, .preset = "auto",                             \
      .aliases = sz_alias_size,                                               \
      .description = "Width x height in pixels, or auto: the model decides. " \
          "gpt-image-2 and later take any size with both edges multiples of " \
          "16, at most 3840, from 655360 to 8294400 pixels, no longer than "  \
          "3:1." },                                                           \
    { SZ_IMAGE_ROW(state, quality, SZ_STRING), .flags = SZ_OPEN,              \
      .values = sz_image_qualities, .preset = "auto",                         \
      .description = "More takes longer and costs more; low is good for "     \
          "drafts. xhigh and max need gpt-image-2.5 or later." },             \
    { SZ_IMAGE_ROW(state, background, SZ_STRING),                             \
      .values = sz_image_backgrounds,                                         \
      .preset = "auto",                                                       \
      .description = "transparent needs the output format png or webp, and "  \
          "a model that can do it." },                                        \
    { SZ_IMAGE_ROW(state, output_format, SZ_STRING),                          \
      .values = sz_image_formats,                                             \
      .aliases = sz_alias_format,                                             \
      .description = "png is lossless, jpeg and webp are much smaller. Leave "\
          "out for what the ending of `filename` says, or else png." },       \
    { SZ_IMAGE_ROW(state, output_compression, SZ_INTEGER),                    \
      .preset = "100", .min = 0, .max = 100,                                  \
      .description = "For jpeg and webp: 100 is the best picture, less is a " \
          "smaller file." },                                                  \
    { SZ_IMAGE_ROW(state, n, SZ_INTEGER),                                     \
      .preset = "1", .min = 1, .max = 10,                                     \
      .description = "How many pictures of each prompt to make; each costs. " \
          "With more than one `images` lists them all." },                    \
    { SZ_IMAGE_ROW(state, partial_images, SZ_INTEGER),                        \
      .preset = "0", .min = 0, .max = 3,                                      \
      .description = "How many unfinished pictures to show on the way, as "   \
          "progress events that name a file, which is gone at the end. Only " \
          "where the client asks for progress; each costs some tokens." },    \
    { SZ_IMAGE_ROW(state, filename, SZ_STRING),                               \
      .aliases = sz_alias_filename,                                           \
      .min = 1, .max = 1000,                                                  \
      .description = "Name in the image folder, ending in .png, .jpg or "     \
          ".webp, or without an ending. A file of this name stays and the new "\
          "one gets a name such as beach-2.png, as further pictures of the "  \
          "call do, unless the operator has it replaced. Leave out for a "    \
          "free name." }


/*
 * Whether these options go together; no names are looked at.  What the model
 * does not take and would not change the picture is dropped, and `note` says
 * so.
 */
sz_code_e sz_image_check(sz_call_t *call, sz_image_options_t *o);

/*
 * The same for a call of the Images API, with its model, its format, and the
 * file name, which becomes *name: the caller's, or `prefix` and the time.
 */
sz_code_e sz_image_settle(sz_call_t *call, sz_image_options_t *o,
    const char *prefix, const char **name);

/* A caller's name for a picture, with room for numbers behind it. */
sz_code_e sz_image_name_check(const char *name, sz_error_t *err);


/* sz_http_result() that names the directive behind the limit of an answer. */
sz_code_e sz_image_http_result(const sz_http_t *http, const char *what,
    sz_error_t *err);


/*
 * One request to the Images API and what reads its answer.
 */

typedef struct {
    sz_http_t           http;
    sz_image_reader_t  *reader;
    sz_buf_t            body;
} sz_image_request_t;

/*
 * The request's reader with its OPEN job as the next effect; false: the call
 * has failed.  `number` is that of its first picture in the call.
 */
bool sz_image_open(sz_call_t *call, sz_image_request_t *request,
    const sz_image_options_t *o, const char *name, unsigned number);

/* The request as the next effect, but for its parts; false: no memory. */
bool sz_image_send(sz_call_t *call, sz_image_request_t *request,
    const sz_image_options_t *o, const char *path);

/*
 * Whether the provider refuses `response_format`, which models that are not
 * known get: then the request is made again without it.  Nothing was paid.
 */
bool sz_image_refuses_format(const sz_http_t *http,
    const sz_image_options_t *o);

/* Whether an option is worth telling the model. */
bool sz_image_tells(const sz_image_options_t *o, const char *value);

/* Whether the pictures come as a stream, with previews. */
bool sz_image_streams(const sz_call_t *call, const sz_image_options_t *o);

/* Tells the client about previews and about pictures that are there. */
void sz_image_tell(sz_call_t *call, sz_image_request_t *requests, unsigned n,
    const sz_image_options_t *o);

/* True: previews are left, and a job that removes them is the next effect. */
bool sz_image_clean(sz_call_t *call, sz_image_request_t *requests, unsigned n);

/*
 * Adds to *err the pictures that have come before the call was given up, and
 * tells subscribers of them.
 */
void sz_image_lost(sz_call_t *call, sz_image_request_t *requests, unsigned n,
    sz_error_t *err);

/*
 * Ends the call with what the requests have brought.  `prompts` is the array
 * they were made of, NULL: there was one prompt.
 */
sz_step_e sz_image_finish(sz_call_t *call, sz_image_request_t *requests,
    unsigned n, const sz_image_options_t *o, const cJSON *prompts,
    const char *what);


/*
 * Results.
 */

extern const sz_field_t  sz_image_output[];         /* generate, edit */
extern const sz_field_t  sz_image_row;              /* of `images` */
extern const sz_field_t  sz_image_pixel;
extern const sz_field_t  sz_image_usage_fields[];

/*
 * filename, size, format, size_bytes, mime_type and note, as members; `note` is
 * what there is to say besides, or NULL.
 */
void sz_image_write_picture(sz_jw_t *w, const sz_drawing_t *picture,
    const char *note);

/* One row of `images`; prompt is its number, or -1. */
void sz_image_write_row(sz_jw_t *w, const sz_drawing_t *picture, int prompt);

/* Tells subscribers, too. */
void sz_image_made(sz_call_t *call, const sz_drawing_t *picture);

/* The first picture that was saved; NULL: none. */
const sz_drawing_t *sz_image_first(const sz_image_reader_t *r);


/*
 * Responses.
 */

extern const sz_field_t  sz_response_fields[];

/* The answer's status; "unknown" where it has none. */
const char *sz_response_status(const sz_image_reader_t *r);
bool sz_response_is_active(const sz_image_reader_t *r);
bool sz_response_has_failed(const sz_image_reader_t *r);

/* http becomes the question for a response; false: no memory. */
bool sz_response_get(sz_call_t *call, sz_http_t *http, sz_image_reader_t *r,
    const char *id);

/* id, status, created_at, error, incomplete_reason, as members. */
void sz_response_write(sz_jw_t *w, const sz_image_reader_t *r);

/* The result {id,status,…}, if the answer is a response; note NULL: none. */
sz_step_e sz_response_result(sz_call_t *call, const sz_http_t *http,
    const sz_image_reader_t *r, const char *what, const char *note);

/* SZ_OK when pictures were saved; else why there are none, and what to do. */
sz_code_e sz_response_pictures(const sz_image_reader_t *r, const char *id,
    sz_error_t *err);

/* filename, size, …, images, as members, of a reader with pictures. */
void sz_response_write_pictures(sz_call_t *call, sz_jw_t *w,
    const sz_image_reader_t *r, const char *note);


#endif /* SZ_TOOLS_IMAGE_H */
