/*
 * list_local_videos, list_reference_images: what lies in a media folder.
 */

#include "tools/sz_tools_video.h"
#include "tools/sz_tools_reference.h"

#include <stdlib.h>
#include <strings.h>


#define SZ_LIST_MEMORY  (64 * 1024 * 1024)


/* Extensions and what file_type calls them; several may share a type. */

typedef struct {
    const char  *extension;
    const char  *type;
} sz_file_type_t;


typedef struct {
    sz_job_t               job;             /* first */

    sz_folder_t            where;
    sz_list_query_t        query;
    const sz_file_type_t  *types;
    const char            *extensions[8];
    char                  *pattern;

    sz_buf_t               rows;            /* the result: a JSON array */
    size_t                 total;
    bool                   cut;
} sz_list_job_t;


typedef struct {
    const char     *pattern;
    const char     *file_type;
    const char     *sort_by;
    const char     *order;
    int64_t         limit;

    sz_list_job_t  *list;
} sz_local_t;


static const sz_file_type_t  sz_video_types[] = {
    { "mp4", "mp4" }, { "webm", "webm" }, { "mov", "mov" }, { NULL, NULL }
};

static const sz_file_type_t  sz_image_types[] = {
    { "jpg", "jpeg" }, { "jpeg", "jpeg" }, { "png", "png" },
    { "webp", "webp" }, { NULL, NULL }
};

static const char *const  sz_video_type_names[] = {
    "mp4", "webm", "mov", "all", NULL
};

static const char *const  sz_image_type_names[] = {
    "jpeg", "png", "webp", "all", NULL
};

static const char *const  sz_sort_names[] = {
    "name", "size", "modified", NULL
};

static const char *const  sz_order_names[] = { "asc", "desc", NULL };


#define SZ_LOCAL_INPUT(types)                                                \
    { .name = "pattern", .type = SZ_STRING,                                  \
      .offset = offsetof(sz_local_t, pattern),                               \
      .max = 1000,                                                           \
      .description = "Glob on the names, such as \"beach*\"; \"trip/*\" "    \
          "looks into a folder, \"**/*\" into all of them." },               \
    { .name = "file_type", .type = SZ_STRING,                                \
      .offset = offsetof(sz_local_t, file_type),                             \
      .values = types, .preset = "all",                                      \
      .description = "Only files of this type." },                           \
    { .name = "sort_by", .type = SZ_STRING,                                  \
      .offset = offsetof(sz_local_t, sort_by),                               \
      .values = sz_sort_names, .preset = "modified",                         \
      .description = "What to order the files by." },                        \
    { .name = "order", .type = SZ_STRING,                                    \
      .offset = offsetof(sz_local_t, order),                                 \
      .values = sz_order_names, .preset = "desc",                            \
      .description = "desc: newest, largest or last name first." },          \
    { .name = "limit", .type = SZ_INTEGER,                                   \
      .offset = offsetof(sz_local_t, limit),                                 \
      .preset = "50", .min = 0, .max = 1000,                                 \
      .description = "How many files at most; `total` says how many match."  \
    },                                                                       \
    { .name = NULL }

static const sz_field_t  sz_local_videos_input[] = {
    SZ_LOCAL_INPUT(sz_video_type_names)
};

static const sz_field_t  sz_local_images_input[] = {
    SZ_LOCAL_INPUT(sz_image_type_names)
};


static const sz_field_t  sz_local_row_fields[] = {
    { .name = "filename", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "size_bytes", .type = SZ_INTEGER, .flags = SZ_REQUIRED },
    { .name = "modified_timestamp", .type = SZ_INTEGER, .flags = SZ_REQUIRED,
      .description = "Unix time, seconds." },
    { .name = "file_type", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = NULL }
};

static const sz_field_t  sz_local_row = {
    .type = SZ_OBJECT, .fields = sz_local_row_fields
};

static const sz_field_t  sz_local_output[] = {
    { .name = "data", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_local_row },
    { .name = "total", .type = SZ_INTEGER, .flags = SZ_REQUIRED,
      .description = "How many files match, before `limit`." },
    { .name = "truncated", .type = SZ_BOOLEAN,
      .description = "true: there are more files, or deeper folders, than "
          "the gateway looks at; those are not listed." },
    { .name = NULL }
};


static const char *
sz_file_type(const sz_file_type_t *types, const char *name)
{
    const char  *ext;

    ext = sz_name_extension(name);

    while (strcasecmp(types->extension, ext) != 0) {
        types++;                    /* the walk has matched one of them */
    }

    return types->type;
}


static void
sz_list_job_run(sz_job_t *job)
{
    size_t          i;
    sz_jw_t         w;
    sz_list_t       list;
    sz_arena_t     *arena;
    sz_list_job_t  *s = (sz_list_job_t *) job;

    arena = sz_arena_create(SZ_LIST_MEMORY);
    if (arena == NULL) {
        sz_error_memory(&job->error);
        return;
    }

    if (sz_store_list(arena, job, &s->where, &s->query, &list, &job->error)
        != SZ_OK)
    {
        sz_arena_destroy(arena);
        return;
    }

    sz_jw_init(&w, &s->rows);
    sz_jw_open(&w, '[');

    for (i = 0; i < list.n; i++) {

        if (list.rows[i].size < 0) {
            continue;
        }

        sz_jw_open(&w, '{');
        sz_jw_kstr(&w, "filename", list.rows[i].name);
        sz_jw_kint(&w, "size_bytes", list.rows[i].size);
        sz_jw_kint(&w, "modified_timestamp", list.rows[i].modified);
        sz_jw_kstr(&w, "file_type", sz_file_type(s->types, list.rows[i].name));
        sz_jw_close(&w, '}');
    }

    sz_jw_close(&w, ']');

    s->total = list.total;
    s->cut = list.cut;

    if (s->rows.failed) {
        sz_error_memory(&job->error);
    }

    sz_arena_destroy(arena);
}


static void
sz_list_job_destroy(sz_job_t *job)
{
    sz_list_job_t  *s = (sz_list_job_t *) job;

    sz_folder_free(&s->where);
    sz_buf_free(&s->rows);
    free(s->pattern);
    free(s);
}


static sz_list_job_t *
sz_list_job_create(const sz_folder_t *where, const sz_local_t *args,
    const sz_file_type_t *types)
{
    size_t                 n;
    sz_list_job_t         *s;
    const sz_file_type_t  *type;

    s = calloc(1, sizeof(sz_list_job_t));
    if (s == NULL) {
        return NULL;
    }

    s->job.run = sz_list_job_run;
    s->job.destroy = sz_list_job_destroy;
    s->job.name = "list files";

    sz_buf_init(&s->rows, 4 * 1024 * 1024);
    s->types = types;
    s->pattern = strdup((args->pattern != NULL) ? args->pattern : "");

    if (s->pattern == NULL || !sz_folder_copy(&s->where, where)) {
        sz_list_job_destroy(&s->job);
        return NULL;
    }

    for (n = 0, type = types; type->type != NULL; type++) {
        if (strcmp(args->file_type, "all") == 0
            || strcmp(args->file_type, type->type) == 0)
        {
            s->extensions[n++] = type->extension;
        }
    }

    s->query.pattern = s->pattern;
    s->query.extensions = s->extensions;
    s->query.limit = args->limit;
    s->query.descending = (strcmp(args->order, "desc") == 0);
    s->query.sort_by = (strcmp(args->sort_by, "name") == 0) ? SZ_BY_NAME
                       : (strcmp(args->sort_by, "size") == 0) ? SZ_BY_SIZE
                       : SZ_BY_TIME;

    return s;
}


static sz_step_e
sz_local_step(sz_call_t *call, sz_media_e kind, const sz_file_type_t *types)
{
    sz_jw_t      w;
    sz_local_t  *s = call->state;

    if (call->phase == 0) {
        call->phase = 1;
        s->list = sz_list_job_create(&call->setup->folder[kind], s, types);

        return sz_call_job(call, (sz_job_t *) s->list);
    }

    if (s->list->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->list->job.error);
    }

    w = sz_call_result_open(call);
    sz_jw_kraw(&w, "data", sz_buf_view(&s->list->rows));
    sz_jw_kint(&w, "total", (int64_t) s->list->total);

    if (s->list->cut) {
        sz_jw_kbool(&w, "truncated", true);
    }

    return sz_call_result_close(call, &w);
}


static sz_step_e
sz_local_videos_step(sz_call_t *call)
{
    return sz_local_step(call, SZ_MEDIA_VIDEO, sz_video_types);
}


static sz_step_e
sz_local_images_step(sz_call_t *call)
{
    return sz_local_step(call, SZ_MEDIA_IMAGE, sz_image_types);
}


const sz_tool_t  sz_tool_list_local_videos = {
    .name = "list_local_videos",
    .title = "List downloaded videos",
    .description = "Lists the video files in the gateway's video folder: what "
        "download_video has fetched, and what was put there.",
    .hints = SZ_HINTS_READ_CLOSED,
    .needs = sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_local_videos_input,
    .output = sz_local_output,
    .state_size = sizeof(sz_local_t),
    .step = sz_local_videos_step
};


const sz_tool_t  sz_tool_list_reference_images = {
    .name = "list_reference_images",
    .title = "List reference images",
    .description = "Lists the pictures in the gateway's image folder. Use a "
        "name from here as input of prepare_reference_image, or, when its "
        "pixel size fits, as input_reference_filename of create_video.",
    .hints = SZ_HINTS_READ_CLOSED,
    .needs = sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_local_images_input,
    .output = sz_local_output,
    .state_size = sizeof(sz_local_t),
    .step = sz_local_images_step
};
