#include "tools/sz_tools_resource.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>


#define SZ_WALK_MEMORY  (64 * 1024 * 1024)
#define SZ_WALK_TEXT    (8 * 1024 * 1024)
#define SZ_WALK_SCHEME  32              /* before the path of a URI */


static const struct {
    const char  *extension;
    const char  *mime;
} sz_mimes[] = {
    { "mp4", "video/mp4" }, { "webm", "video/webm" },
    { "mov", "video/quicktime" }, { "jpg", "image/jpeg" },
    { "jpeg", "image/jpeg" }, { "png", "image/png" },
    { "webp", "image/webp" }, { "gif", "image/gif" },
    { "mp3", "audio/mpeg" }, { "wav", "audio/wav" }, { "ogg", "audio/ogg" },
    { "opus", "audio/ogg" }, { "flac", "audio/flac" },
    { "m4a", "audio/mp4" }, { "aac", "audio/aac" }, { "txt", "text/plain" },
    { "md", "text/markdown" }, { "vtt", "text/vtt" },
    { "srt", "application/x-subrip" }, { "json", "application/json" }
};


/* A video's thumbnail and sprite sheet lie beside it, transcripts of speech. */

static const char *const  sz_walk_videos[] = {
    "mp4", "webm", "mov", "webp", "jpg", "jpeg", "png", NULL
};

static const char *const  sz_walk_images[] = {
    "png", "jpg", "jpeg", "webp", "gif", NULL
};

static const char *const  sz_walk_audio[] = {
    "mp3", "wav", "ogg", "opus", "flac", "m4a", "aac", "webm", "txt", "md",
    "vtt", "srt", "json", NULL
};

static const char *const  *const sz_walk_extensions[] = {
    [SZ_MEDIA_VIDEO] = sz_walk_videos,
    [SZ_MEDIA_IMAGE] = sz_walk_images,
    [SZ_MEDIA_AUDIO] = sz_walk_audio
};


const char *const *
sz_media_extensions(sz_media_e kind)
{
    return sz_walk_extensions[kind];
}


const char *
sz_media_mime(const char *name)
{
    size_t       i;
    const char  *ext;

    ext = sz_name_extension(name);

    for (i = 0; i < sz_array_len(sz_mimes); i++) {
        if (strcasecmp(sz_mimes[i].extension, ext) == 0) {
            return sz_mimes[i].mime;
        }
    }

    return NULL;
}


/* 2026-08-01T12:00:00Z */

static void
sz_walk_time(sz_jw_t *w, int64_t modified)
{
    char       text[32];
    time_t     clock;
    struct tm  tm;

    clock = (time_t) modified;

    if (gmtime_r(&clock, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        return;
    }

    sz_jw_key(w, "annotations");
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "lastModified", text);
    sz_jw_close(w, '}');
}


static void
sz_walk_row(sz_walk_job_t *s, sz_jw_t *w, sz_media_e kind,
    const sz_list_row_t *row)
{
    sz_buf_t  uri;

    if (s->names) {
        sz_jw_cstr(w, row->name);
        return;
    }

    sz_buf_init(&uri, 3 * SZ_PATH_MAX + SZ_WALK_SCHEME);
    sz_resource_uri(&uri, kind, row->name);

    sz_jw_open(w, '{');
    sz_jw_key(w, "uri");
    sz_jw_str(w, sz_buf_view(&uri));
    sz_jw_kstr(w, "name", row->name);

    if (sz_media_mime(row->name) != NULL) {
        sz_jw_kstr(w, "mimeType", sz_media_mime(row->name));
    }

    sz_jw_kint(w, "size", row->size);

    if (s->titled) {
        sz_walk_time(w, row->modified);
    }

    sz_jw_close(w, '}');

    w->buf->failed |= uri.failed;
    sz_buf_free(&uri);
}


/* False: there is more than the limit. */

static bool
sz_walk_rows(sz_walk_job_t *s, sz_jw_t *w, sz_media_e kind,
    const sz_list_t *list)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if (list->rows[i].size >= 0) {
            sz_walk_row(s, w, kind, &list->rows[i]);
        }
    }

    if (list->n > 0) {
        free(s->last);
        s->last = strdup(list->rows[list->n - 1].name);
        s->last_kind = kind;
        s->n += list->n;
    }

    s->total += list->total;
    s->cut = s->cut || list->cut;
    s->more = list->more;

    return !list->more;
}


static bool
sz_walk_folder_of(sz_walk_job_t *s, sz_jw_t *w, sz_media_e kind)
{
    bool             more;
    sz_list_t        list;
    sz_arena_t      *arena;
    sz_list_query_t  query;

    arena = sz_arena_create(SZ_WALK_MEMORY);

    if (arena == NULL) {
        sz_error_memory(&s->job.error);
        return false;
    }

    query = (sz_list_query_t) {
        .pattern = "**/*", .extensions = sz_walk_extensions[kind],
        .sort_by = SZ_BY_NAME, .limit = (int64_t) (s->limit - s->n),
        .after = (kind == s->kind) ? s->after : NULL, .prefix = s->prefix,
        .uncounted = !s->names
    };

    more = sz_store_list(arena, &s->job, &s->where[kind], &query, &list,
                         &s->job.error) == SZ_OK
           && sz_walk_rows(s, w, kind, &list);

    sz_arena_destroy(arena);

    return more;
}


static void
sz_walk_job_run(sz_job_t *job)
{
    sz_jw_t         w;
    unsigned        kind;
    sz_walk_job_t  *s = (sz_walk_job_t *) job;

    sz_jw_init(&w, &s->rows);

    for (kind = s->kind; kind < SZ_MEDIA_KINDS; kind++) {
        if (s->where[kind].root != NULL
            && !sz_walk_folder_of(s, &w, (sz_media_e) kind))
        {
            break;
        }
    }

    if (job->error.code == SZ_OK
        && (s->rows.failed || (s->n > 0 && s->last == NULL)))
    {
        sz_error_memory(&job->error);
    }
}


static void
sz_walk_job_destroy(sz_job_t *job)
{
    unsigned        kind;
    sz_walk_job_t  *s = (sz_walk_job_t *) job;

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        sz_folder_free(&s->where[kind]);
    }

    sz_buf_free(&s->rows);
    free(s->after);
    free(s->prefix);
    free(s->last);
    free(s);
}


static bool
sz_walk_copy(char **copy, const char *s)
{
    *copy = (s != NULL) ? strdup(s) : NULL;

    return s == NULL || *copy != NULL;
}


sz_walk_job_t *
sz_walk_job_create(const sz_setup_t *setup, unsigned kinds, size_t limit,
    const char *after, const char *prefix)
{
    bool            good;
    unsigned        kind;
    sz_walk_job_t  *s;

    s = calloc(1, sizeof(sz_walk_job_t));
    if (s == NULL) {
        return NULL;
    }

    s->job.run = sz_walk_job_run;
    s->job.destroy = sz_walk_job_destroy;
    s->job.name = "list resources";
    s->limit = limit;
    sz_buf_init(&s->rows, SZ_WALK_TEXT);

    good = sz_walk_copy(&s->after, after) && sz_walk_copy(&s->prefix, prefix);

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        if ((kinds & (1u << kind)) && setup->folder[kind].root != NULL) {
            good = good && sz_folder_copy(&s->where[kind],
                                          &setup->folder[kind]);
        }
    }

    if (!good) {
        sz_walk_job_destroy(&s->job);
        return NULL;
    }

    return s;
}
