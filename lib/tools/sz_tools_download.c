/*
 * download_video: a finished video, or its thumbnail or sprite sheet, into
 * the video folder.
 */

#include "tools/sz_tools_alias.h"
#include "tools/sz_tools_resource.h"
#include "tools/sz_tools_video.h"

#include "media/sz_media.h"

#include <stdio.h>


/* What a name may get behind it: a number, an ending. */
#define SZ_DOWNLOAD_ENDING  16


typedef struct {
    const char   *name;             /* of the variant, as the API has it */
    const char   *extension;
    const char   *family;           /* of its MIME type */
    const char   *mime;             /* when the bytes do not tell */
} sz_variant_t;


static const sz_variant_t  sz_variants[] = {
    { "video", "mp4", "video/", "video/mp4" },
    { "thumbnail", "webp", "image/", "image/webp" },
    { "spritesheet", "jpg", "image/", "image/jpeg" }
};

static const char *const  sz_variant_names[] = {
    "video", "thumbnail", "spritesheet", NULL
};


typedef struct {
    const char   *id;
    const char   *filename;
    const char   *variant_name;

    const sz_variant_t  *variant;
    sz_sink_t    *sink;
    sz_http_t     http;
} sz_download_t;


static const sz_field_t  sz_download_input[] = {
    { .name = "video_id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_download_t, id),
      .aliases = sz_alias_id,
      .source = sz_from_jobs(SZ_SERVICE_VIDEO),
      .min = 1, .max = SZ_ID_MAX,
      .description = "The id of a completed video." },
    { .name = "filename", .type = SZ_STRING,
      .offset = offsetof(sz_download_t, filename),
      .aliases = sz_alias_filename,
      .description = "Name in the video folder; a file of this name is "
          "replaced once the new one is whole, unless the operator keeps it. "
          "If its ending does not say what came the file gets the right one, "
          "and `note` says so. Leave out for a free name made of the id." },
    { .name = "variant", .type = SZ_STRING,
      .offset = offsetof(sz_download_t, variant_name),
      .values = sz_variant_names, .preset = "video",
      .description = "video (MP4), thumbnail (WebP) or spritesheet (JPEG)." },
    { .name = NULL }
};


static const sz_field_t  sz_download_output[] = {
    { .name = "filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Name in the video folder." },
    { .name = "variant", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "size_bytes", .type = SZ_INTEGER, .flags = SZ_REQUIRED },
    { .name = "sha256", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "mime_type", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "note", .type = SZ_STRING, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "What is not as it was asked for, such as the name." },
    { .name = NULL }
};


/*
 * Media or not: what the bytes say counts more than what was announced, but
 * text never passes, and neither does an announced page or JSON.
 */

static sz_code_e
sz_download_accept(const void *wanted, sz_str_t head, const char *announced,
    const char **mime, sz_error_t *err)
{
    char                 shown[44], type[84];
    const char          *found;
    const sz_variant_t  *variant = wanted;

    found = sz_media_sniff(head);

    if (found != NULL
        && strncmp(found, variant->family, strlen(variant->family)) == 0)
    {
        *mime = found;
        return SZ_OK;
    }

    if (found == NULL && head.len > 0 && !sz_media_is_text(head)
        && !sz_str_casestarts(sz_str_of(announced), "text/")
        && !sz_str_casestarts(sz_str_of(announced), "application/json"))
    {
        *mime = variant->mime;
        return SZ_OK;
    }

    sz_str_show(shown, 40, head);
    sz_str_show(type, 80, sz_str_of(announced));

    return sz_error_set(err, SZ_E_UPSTREAM,
                        "what came is no %s: its Content-Type is \"%s\", "
                        "it looks like %s and begins with \"%s\". Nothing "
                        "was written.", variant->name, type,
                        (found != NULL) ? found
                        : (head.len == 0) ? "nothing at all" : "text", shown);
}


static const char *
sz_download_extension(const char *mime)
{
    size_t  i;

    static const struct {
        const char  *mime;
        const char  *extension;
    } endings[] = {
        { "video/mp4", "mp4" }, { "video/webm", "webm" },
        { "video/quicktime", "mov" }, { "video/x-matroska", "mkv" },
        { "image/webp", "webp" }, { "image/jpeg", "jpg" },
        { "image/png", "png" }, { "image/gif", "gif" }
    };

    for (i = 0; i < sz_array_len(endings); i++) {
        if (strcmp(mime, endings[i].mime) == 0) {
            return endings[i].extension;
        }
    }

    return NULL;
}


/*
 * A listing knows a file by its ending, so the file gets that of its bytes: in
 * place of one that says another kind of media, else behind the name.
 */

static void
sz_download_rename(sz_sink_t *sink)
{
    size_t       len;
    char        *name = sink->draft.name;
    const char  *extension, *named;

    extension = sz_download_extension(sink->mime);
    named = sz_media_mime(name);

    if (extension == NULL
        || (named != NULL && strcmp(named, sink->mime) == 0))
    {
        return;
    }

    len = strlen(name);

    if (named != NULL) {
        len -= strlen(sz_name_extension(name)) + 1;
    }

    (void) snprintf(name + len, sizeof(sink->draft.name) - len, ".%s",
                    extension);

    sink->how = SZ_UNIQUE;
}


/* filename NULL: a free name made of the id. */

static sz_sink_t *
sz_download_sink(sz_call_t *call, sz_http_t *http, const char *id,
    const sz_variant_t *variant, const char *filename)
{
    char       *name;
    size_t      len;
    sz_sink_t  *sink;

    name = (filename != NULL)
           ? (char *) filename
           : sz_name_from(call->arena, id, variant->extension);

    if (name == NULL || !sz_call_init_http(call, http, SZ_SERVICE_VIDEO)) {
        sz_error_memory(&call->error);
        return NULL;
    }

    http->path = sz_path(call->arena, "/videos/%s/content?variant=%s", id,
                         variant->name);
    http->accept = "*/*";
    http->hint = SZ_VIDEO_READY;

    if (http->path == NULL) {
        sz_error_memory(&call->error);
        return NULL;
    }

    if (sz_name_check_new(name, "filename", &call->error) != SZ_OK) {
        return NULL;
    }

    len = strlen(name);

    if (strlen(sz_name_base(name)) > SZ_NAME_MAX - SZ_DOWNLOAD_ENDING
        || len > SZ_PATH_MAX - SZ_DOWNLOAD_ENDING)
    {
        sz_error_set(&call->error, SZ_E_INPUT, "`filename` is too long: at "
                     "most %d bytes, please.",
                     SZ_NAME_MAX - SZ_DOWNLOAD_ENDING);
        return NULL;
    }

    sink = sz_sink_create(&call->setup->folder[SZ_MEDIA_VIDEO], name,
                          (filename != NULL)
                          ? sz_existing_publish(call->setup->existing, false)
                          : SZ_UNIQUE,
                          call->setup->max_file_size);
    if (sink == NULL) {
        sz_error_memory(&call->error);
        return NULL;
    }

    sz_call_own(call, &sink->job);

    sink->accept = sz_download_accept;
    sink->wanted = variant;
    sink->whole = sz_media_whole;
    sink->rename = sz_download_rename;
    http->sink = sink;

    return sink;
}


sz_sink_t *
sz_video_sink(sz_call_t *call, sz_http_t *http, const char *id)
{
    return sz_download_sink(call, http, id, &sz_variants[0], NULL);
}


static sz_step_e
sz_download_send(sz_call_t *call, sz_download_t *s)
{
    size_t  i;

    for (i = 0; strcmp(sz_variants[i].name, s->variant_name) != 0; i++) {
        /* the table of names has checked it */
    }

    s->variant = &sz_variants[i];
    s->sink = sz_download_sink(call, &s->http, s->id, s->variant,
                               s->filename);
    call->phase = 1;

    return (s->sink != NULL) ? sz_call_http(call, &s->http) : SZ_STEP_DONE;
}


/* NULL: the name is the caller's, or was free. */

static const char *
sz_download_note(const sz_download_t *s, char *note, size_t size)
{
    const char  *named;

    if (s->filename == NULL || strcmp(s->filename, s->sink->draft.name) == 0) {
        return NULL;
    }

    named = sz_media_mime(s->filename);

    if (named != NULL && strcmp(named, s->sink->mime) == 0) {
        return "There is a file of the name that was asked for; it stays.";
    }

    (void) snprintf(note, size, "What came is %s, so the file has the ending "
                    "of that.", s->sink->mime);

    return note;
}


static sz_step_e
sz_download_done(sz_call_t *call, sz_download_t *s)
{
    char     note[100];
    sz_jw_t  w;

    if (sz_http_result(&s->http, "download the video", &call->error)
        != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    sz_call_published(call, SZ_MEDIA_VIDEO, &s->sink->draft, s->sink->mime,
                      s->sink->size);

    w = sz_call_result_open(call);
    sz_jw_kstr(&w, "filename", s->sink->draft.name);
    sz_jw_kstr(&w, "variant", s->variant->name);
    sz_jw_kint(&w, "size_bytes", s->sink->size);
    sz_jw_kstr(&w, "sha256", s->sink->sha256);
    sz_jw_kstr(&w, "mime_type", s->sink->mime);
    sz_jw_kstr(&w, "note", sz_download_note(s, note, sizeof(note)));

    return sz_call_result_close(call, &w);
}


static sz_step_e
sz_download_step(sz_call_t *call)
{
    sz_download_t  *s = call->state;

    return (call->phase == 0) ? sz_download_send(call, s)
                              : sz_download_done(call, s);
}


static void
sz_download_tick(sz_call_t *call)
{
    sz_download_t  *s = call->state;

    if (s->http.received == 0) {
        return;
    }

    if (s->http.expected > 0) {
        sz_call_progress(call, "%lld of %lld bytes, %d %%",
                         (long long) s->http.received,
                         (long long) s->http.expected,
                         (int) (s->http.received * 100 / s->http.expected));

    } else {
        sz_call_progress(call, "%lld bytes", (long long) s->http.received);
    }
}


const sz_tool_t  sz_tool_download_video = {
    .name = "download_video",
    .title = "Download a video",
    .description = "Fetches a completed video, its thumbnail or its sprite "
        "sheet from the provider into the video folder and returns the file's "
        "name, size, SHA-256 and type. The file appears whole or not at all. "
        "Download soon after completion: providers forget files within hours.",
    .hints = SZ_HINTS_SAVE_OPEN,
    .flags = SZ_TOOL_SAVES,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_download_input,
    .output = sz_download_output,
    .state_size = sizeof(sz_download_t),
    .step = sz_download_step,
    .tick = sz_download_tick
};
