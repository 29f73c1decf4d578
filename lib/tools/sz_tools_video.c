/*
 * The video jobs of a provider: look, list, delete, remix.
 */

#include "tools/sz_tools_video.h"
#include "tools/sz_tools_alias.h"

#include <stdio.h>


#define SZ_VIDEO_ID                                                          \
    "The id that create_video or list_videos returned, such as "             \
    "\"video_68d7512d07848190b3e45da0ecbebcde\"."


const char *const  sz_video_sizes[] = {
    "720x1280", "1280x720", "1024x1792", "1792x1024",
    "1080x1920", "1920x1080", NULL
};

static const char *const  sz_video_orders[] = { "asc", "desc", NULL };


static const sz_field_t  sz_video_error_fields[] = {
    { .name = "code", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "message", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = NULL }
};


/* The Video object, and the same with the file that a task has fetched. */

#define SZ_VIDEO_ROWS                                                        \
    { .name = "id", .type = SZ_STRING, .flags = SZ_REQUIRED,                 \
      .description = "Use it with the other video tools." },                 \
    { .name = "completed_at", .type = SZ_INTEGER, .flags = SZ_NULLABLE,      \
      .description = "Unix time, seconds." },                                \
    { .name = "created_at", .type = SZ_INTEGER, .flags = SZ_NULLABLE,        \
      .description = "Unix time, seconds." },                                \
    { .name = "error", .type = SZ_OBJECT, .flags = SZ_NULLABLE,              \
      .description = "Why the video failed.",                                \
      .fields = sz_video_error_fields },                                     \
    { .name = "expires_at", .type = SZ_INTEGER, .flags = SZ_NULLABLE,        \
      .description = "When the provider forgets the file; download it before."\
    },                                                                       \
    { .name = "model", .type = SZ_STRING, .flags = SZ_NULLABLE },            \
    { .name = "object", .type = SZ_STRING, .flags = SZ_NULLABLE },           \
    { .name = "progress", .type = SZ_INTEGER, .flags = SZ_NULLABLE,          \
      .description = "Per cent." },                                          \
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_NULLABLE },           \
    { .name = "remixed_from_video_id", .type = SZ_STRING,                    \
      .flags = SZ_NULLABLE },                                                \
    { .name = "seconds", .type = SZ_STRING, .flags = SZ_NULLABLE },          \
    { .name = "size", .type = SZ_STRING, .flags = SZ_NULLABLE },             \
    { .name = "status", .type = SZ_STRING, .flags = SZ_NULLABLE,             \
      .description = "queued, in_progress, completed or failed; some "      \
          "providers have other words." }


const sz_field_t  sz_video_fields[] = {
    SZ_VIDEO_ROWS,
    { .name = NULL }
};


bool
sz_video_size(const char *size, unsigned *width, unsigned *height)
{
    char  end;

    return sscanf(size, "%5ux%5u%c", width, height, &end) == 2;
}


void
sz_video_created(sz_call_t *call, const sz_http_t *http)
{
    const char  *id;

    id = (http->status >= 200 && http->status < 300)
         ? sz_json_string(http->answer_json, "id") : NULL;

    if (id != NULL) {
        sz_call_created(call, SZ_SERVICE_VIDEO, id);
    }
}


sz_step_e
sz_video_result(sz_call_t *call, const sz_http_t *http, const char *what)
{
    sz_jw_t  w;

    if (sz_http_result(http, what, &call->error) != SZ_OK) {
        return SZ_STEP_DONE;
    }

    if (sz_json_string(http->answer_json, "id") == NULL) {
        sz_error_set(&call->error, SZ_E_UPSTREAM,
                     "Could not %s: the provider's answer has no video id.%s",
                     what, sz_http_doubt(http));
        return SZ_STEP_DONE;
    }

    w = sz_call_result_open(call);
    sz_schema_shape(&w, sz_video_fields, http->answer_json);

    return sz_call_result_close(call, &w);
}


sz_step_e
sz_video_made(sz_call_t *call, const sz_http_t *http, const char *what)
{
    call->failed = (sz_status(sz_json_string(http->answer_json, "status"))
                    == SZ_STATUS_FAILED);

    return sz_video_result(call, http, what);
}


/*
 * get_video_status, delete_video: one id, one exchange
 */

typedef struct {
    const char  *id;
    sz_http_t    http;
} sz_video_id_t;


static const sz_field_t  sz_video_id_input[] = {
    { .name = "video_id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_video_id_t, id),
      .aliases = sz_alias_id,
      .description = SZ_VIDEO_ID,
      .source = sz_from_jobs(SZ_SERVICE_VIDEO), .min = 1, .max = SZ_ID_MAX },
    { .name = NULL }
};


static sz_step_e
sz_video_id_send(sz_call_t *call, sz_method_e method)
{
    sz_video_id_t  *s = call->state;

    if (!sz_call_init_http(call, &s->http, SZ_SERVICE_VIDEO)) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    s->http.method = method;
    s->http.path = sz_path(call->arena, "/videos/%s", s->id);

    if (s->http.path == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    call->phase = 1;

    return sz_call_http(call, &s->http);
}


static sz_step_e
sz_get_video_status_step(sz_call_t *call)
{
    sz_video_id_t  *s = call->state;

    return (call->phase == 0)
           ? sz_video_id_send(call, SZ_GET)
           : sz_video_result(call, &s->http, "read the status of the video");
}


const sz_tool_t  sz_tool_get_video_status = {
    .name = "get_video_status",
    .title = "Look at a video job",
    .description = "Returns a video job with its status (queued, in_progress, "
        "completed, failed) and its progress in per cent. Look every 10 to 20 "
        "seconds; when it is completed call download_video, when it failed "
        "read `error`.",
    .hints = SZ_HINTS_READ_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_video_id_input,
    .output = sz_video_fields,
    .state_size = sizeof(sz_video_id_t),
    .step = sz_get_video_status_step
};


static const sz_field_t  sz_delete_video_output[] = {
    { .name = "id", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "deleted", .type = SZ_BOOLEAN, .flags = SZ_REQUIRED },
    { .name = "object", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = NULL }
};


/*
 * A person decides, where the client can ask one.  Where it cannot, the
 * client's own question before a destructive tool has to do.
 */

static const cJSON *
sz_delete_video_ask(sz_call_t *call, const char *id)
{
    char          message[512], shown[SZ_ID_SHOWN + 4];
    sz_jw_t       w;
    sz_buf_t      params;
    const cJSON  *answer;

    sz_str_show(shown, SZ_ID_SHOWN, sz_str_of(id));
    snprintf(message, sizeof(message), "Delete the video %s at the provider? "
             "It cannot be brought back. Files that were downloaded stay.",
             shown);

    sz_buf_init(&params, 8192);
    sz_jw_init(&w, &params);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "message", message);
    sz_jw_kraw(&w, "requestedSchema",
               sz_str("{\"type\":\"object\",\"properties\":{\"confirm\":"
                      "{\"type\":\"boolean\",\"title\":\"Delete it for "
                      "good\",\"default\":false}},"
                      "\"required\":[\"confirm\"]}"));
    sz_jw_close(&w, '}');

    answer = sz_call_ask(call, "confirm", "elicitation/create",
                         sz_buf_view(&params));
    sz_buf_free(&params);

    return answer;
}


/* Why an answer is no yes; what to do next is not the same. */

static const char *
sz_delete_video_refusal(const cJSON *answer)
{
    const char  *action;

    action = sz_json_string(answer, "action");

    if (action == NULL || strcmp(action, SZ_ACTION_UNASKED) == 0) {
        return "Nothing was deleted: the client could not ask a user. Where "
               "nobody is there to be asked, the operator can set "
               "sanzaru_confirm off.";
    }

    if (strcmp(action, "accept") == 0) {
        return "Nothing was deleted: the user sent the form without a tick at "
               "\"Delete it for good\".";
    }

    if (strcmp(action, "decline") == 0) {
        return "Nothing was deleted: the user said no. Do not try again unless "
               "the user asks for it.";
    }

    return "Nothing was deleted: the question was closed without an answer, "
           "so perhaps no user has seen it. Ask the user before you try "
           "again; where nobody is there to be asked, the operator can set "
           "sanzaru_confirm off.";
}


static sz_step_e
sz_delete_video_start(sz_call_t *call)
{
    const cJSON    *answer;
    sz_video_id_t  *s = call->state;

    if (call->setup->confirm && sz_call_can_ask(call, "elicitation/create")) {

        answer = sz_delete_video_ask(call, s->id);

        if (answer == NULL) {
            return sz_call_asked(call);
        }

        if (!cJSON_IsTrue(sz_json_get(sz_call_content(answer), "confirm"))) {
            sz_error_set(&call->error, SZ_E_CANCELLED, "%s",
                         sz_delete_video_refusal(answer));
            return SZ_STEP_DONE;
        }
    }

    return sz_video_id_send(call, SZ_DELETE);
}


static sz_step_e
sz_delete_video_step(sz_call_t *call)
{
    sz_jw_t         w;
    sz_video_id_t  *s = call->state;

    if (call->phase == 0) {
        return sz_delete_video_start(call);
    }

    if (call->phase == 1) {

        if (sz_http_result(&s->http, "delete the video", &call->error)
            != SZ_OK)
        {
            return SZ_STEP_DONE;
        }

        call->phase = 2;

        if (sz_call_forget(call, SZ_SERVICE_VIDEO, s->id) == SZ_STEP_WAIT) {
            return SZ_STEP_WAIT;
        }
    }

    w = sz_call_result_open(call);
    sz_jw_kstr(&w, "id", s->id);
    sz_jw_kbool(&w, "deleted",
                !cJSON_IsFalse(sz_json_get(s->http.answer_json, "deleted")));
    sz_jw_kstr(&w, "object", "video.deleted");

    return sz_call_result_close(call, &w);
}


const sz_tool_t  sz_tool_delete_video = {
    .name = "delete_video",
    .title = "Delete a video job",
    .description = "Deletes a completed or failed video at the provider, for "
        "good. Files that were downloaded stay in the video folder. Asks the "
        "user first where the client can and the operator wants it.",
    .hints = SZ_HINTS_DESTROY,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_video_id_input,
    .output = sz_delete_video_output,
    .state_size = sizeof(sz_video_id_t),
    .step = sz_delete_video_step
};


/*
 * remix_video
 */

typedef struct {
    const char  *id;
    const char  *prompt;
    sz_buf_t     body;
    sz_http_t    http;
} sz_remix_video_t;


static const sz_field_t  sz_remix_video_input[] = {
    { .name = "previous_video_id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_remix_video_t, id),
      .aliases = sz_alias_previous_video,
      .source = sz_from_jobs(SZ_SERVICE_VIDEO),
      .min = 1, .max = SZ_ID_MAX,
      .description = "The id of the completed video to start from." },
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_remix_video_t, prompt),
      .min = 1, .max = 32000,
      .description = "What to change. One clear change works best." },
    { .name = NULL }
};


static void
sz_remix_video_free(void *data)
{
    sz_buf_free(data);
}


static sz_step_e
sz_remix_video_send(sz_call_t *call, sz_remix_video_t *s)
{
    sz_jw_t  w;

    sz_buf_init(&s->body, 1024 * 1024);

    if (!sz_arena_defer(call->arena, sz_remix_video_free, &s->body)
        || !sz_call_init_http(call, &s->http, SZ_SERVICE_VIDEO))
    {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    sz_jw_init(&w, &s->body);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "prompt", s->prompt);
    sz_jw_close(&w, '}');

    s->http.method = SZ_POST;
    s->http.hint = SZ_VIDEO_READY;
    s->http.path = sz_path(call->arena, "/videos/%s/remix", s->id);
    s->http.json = sz_buf_view(&s->body);
    s->http.creates = true;
    s->http.doubt = SZ_VIDEO_DOUBT;

    if (s->http.path == NULL || s->body.failed) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    call->phase = 1;

    return sz_call_http(call, &s->http);
}


static sz_step_e
sz_remix_video_step(sz_call_t *call)
{
    sz_remix_video_t  *s = call->state;

    if (call->phase == 0) {
        return sz_remix_video_send(call, s);
    }

    sz_video_created(call, &s->http);

    return sz_video_made(call, &s->http, "remix the video");
}


const sz_tool_t  sz_tool_remix_video = {
    .name = "remix_video",
    .title = "Remix a video",
    .description = "Starts a new video from a completed one with a change, "
        "keeping its composition, and returns the new video job. Costs as "
        "much as a new video; follow it with get_video_status.",
    .hints = SZ_HINTS_WRITE_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_remix_video_input,
    .output = sz_video_fields,
    .state_size = sizeof(sz_remix_video_t),
    .step = sz_remix_video_step
};


/*
 * list_videos
 */

/* Pages of the provider that one call looks through. */
#define SZ_LIST_PAGES  10

enum {
    SZ_LIST_SEND = 0,
    SZ_LIST_ANSWERED,
    SZ_LIST_OWNED
};

typedef struct {
    int64_t          limit;
    const char      *after;
    const char      *order;

    sz_http_t        http;
    sz_jw_t          w;             /* of the result, over all pages */
    unsigned         pages;
    int64_t          n;             /* rows written */
    const char      *last;          /* id of the last row looked at */
    sz_owner_job_t  *owned;         /* NULL: nothing is checked */
} sz_list_videos_t;


static const sz_field_t  sz_list_videos_input[] = {
    { .name = "limit", .type = SZ_INTEGER,
      .offset = offsetof(sz_list_videos_t, limit),
      .preset = "20", .min = 1, .max = 100,
      .description = "Rows on one page." },
    { .name = "after", .type = SZ_STRING,
      .offset = offsetof(sz_list_videos_t, after),
      .max = SZ_ID_MAX,
      .description = "For the next page: `last` of the page before." },
    { .name = "order", .type = SZ_STRING,
      .offset = offsetof(sz_list_videos_t, order),
      .values = sz_video_orders, .preset = "desc",
      .description = "By creation time; desc: newest first." },
    { .name = NULL }
};


static const sz_field_t  sz_video_row_fields[] = {
    { .name = "id", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "status", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "created_at", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "seconds", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "size", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "model", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "progress", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "expires_at", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_NULLABLE, .max = 100,
      .description = "Its beginning." },
    { .name = NULL }
};

static const sz_field_t  sz_video_row = {
    .type = SZ_OBJECT, .fields = sz_video_row_fields
};

static const sz_field_t  sz_list_videos_output[] = {
    { .name = "data", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_video_row },
    { .name = "has_more", .type = SZ_BOOLEAN,
      .flags = SZ_REQUIRED|SZ_NULLABLE },
    { .name = "last", .type = SZ_STRING, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Pass it as `after` for the next page." },
    { .name = NULL }
};


/*
 * The provider lists the jobs of all who use its key.  So a page of it is
 * looked through for those of the caller, and the next one if there are too
 * few, up to a bound: then `last` leads on.
 *
 *   SEND ─► ANSWERED ─► [OWNED: whose they are] ─► done
 *    ▲                                         │
 *    └─────────────────────────────────────────┘ too few, and there is more
 */

static sz_step_e
sz_list_videos_send(sz_call_t *call, sz_list_videos_t *s)
{
    char  *page;

    page = (s->after != NULL && s->after[0] != '\0')
           ? sz_path(call->arena, "after=%s&", s->after)
           : sz_strdup(call->arena, sz_str(""));

    s->http.path = (page != NULL)
                   ? sz_printf(call->arena, "/videos?%slimit=%d&order=%s",
                               page, (int) s->limit, s->order)
                   : NULL;

    if (s->http.path == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    s->pages++;
    call->phase = SZ_LIST_ANSWERED;

    return sz_call_http(call, &s->http);
}


static sz_step_e
sz_list_videos_start(sz_call_t *call, sz_list_videos_t *s)
{
    if (!sz_call_init_http(call, &s->http, SZ_SERVICE_VIDEO)) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    s->w = sz_call_result_open(call);
    sz_jw_key(&s->w, "data");
    sz_jw_open(&s->w, '[');

    return sz_list_videos_send(call, s);
}


static const cJSON *
sz_list_videos_rows(const sz_list_videos_t *s)
{
    return sz_json_array(s->http.answer_json, "data");
}


/* -1: the provider does not say. */

static int
sz_list_videos_more(const sz_list_videos_t *s)
{
    bool  more;

    return sz_json_bool(sz_json_get(s->http.answer_json, "has_more"), &more)
           ? more : -1;
}


/* Those of the page that the caller may see; false: some are left over. */

static bool
sz_list_videos_write(sz_list_videos_t *s)
{
    size_t        i;
    const char   *id;
    const cJSON  *row;

    i = 0;

    cJSON_ArrayForEach(row, sz_list_videos_rows(s)) {

        if (s->n == s->limit) {
            return false;
        }

        id = sz_json_string(row, "id");

        if (id != NULL) {
            s->last = id;
        }

        if (s->owned != NULL && !(id != NULL && i < s->owned->n
                                  && sz_owner_may_use(s->owned, i++)))
        {
            continue;
        }

        sz_jw_open(&s->w, '{');
        sz_schema_shape_known(&s->w, sz_video_row_fields, row);
        sz_jw_close(&s->w, '}');
        s->n++;
    }

    return true;
}


static sz_step_e
sz_list_videos_owned(sz_call_t *call, sz_list_videos_t *s)
{
    int   more;
    bool  left;

    left = !sz_list_videos_write(s);
    more = sz_list_videos_more(s);

    if (more == 1 && s->n < s->limit && s->owned != NULL && s->last != NULL
        && s->pages < SZ_LIST_PAGES)
    {
        s->after = sz_strdup(call->arena, sz_str_of(s->last));

        if (s->after == NULL) {
            sz_error_memory(&call->error);
            return SZ_STEP_DONE;
        }

        return sz_list_videos_send(call, s);
    }

    sz_jw_close(&s->w, ']');
    sz_jw_key(&s->w, "has_more");

    if (left || more >= 0) {
        sz_jw_bool(&s->w, left || more == 1);

    } else {
        sz_jw_null(&s->w);
    }

    sz_jw_kstr(&s->w, "last", s->last);

    return sz_call_result_close(call, &s->w);
}


static sz_step_e
sz_list_videos_answered(sz_call_t *call, sz_list_videos_t *s)
{
    size_t        n;
    const char  **ids;
    const cJSON  *row, *rows;

    if (sz_http_result(&s->http, "list the videos", &call->error) != SZ_OK) {
        return SZ_STEP_DONE;
    }

    s->last = NULL;
    rows = sz_list_videos_rows(s);

    ids = sz_alloc(call->arena,
                   (size_t) (cJSON_GetArraySize(rows) + 1) * sizeof(char *));
    if (ids == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    n = 0;

    cJSON_ArrayForEach(row, rows) {
        ids[n] = sz_json_string(row, "id");
        n += (ids[n] != NULL);
    }

    call->phase = SZ_LIST_OWNED;

    if (n > 0 && sz_call_owned(call, SZ_SERVICE_VIDEO, ids, n, &s->owned)
                 == SZ_STEP_WAIT)
    {
        return SZ_STEP_WAIT;
    }

    return (call->error.code == SZ_OK) ? sz_list_videos_owned(call, s)
                                       : SZ_STEP_DONE;
}


static sz_step_e
sz_list_videos_step(sz_call_t *call)
{
    sz_list_videos_t  *s = call->state;

    switch (call->phase) {

    case SZ_LIST_SEND:
        return sz_list_videos_start(call, s);

    case SZ_LIST_ANSWERED:
        return sz_list_videos_answered(call, s);

    default: /* SZ_LIST_OWNED */
        return sz_list_videos_owned(call, s);
    }
}


const sz_tool_t  sz_tool_list_videos = {
    .name = "list_videos",
    .title = "List video jobs",
    .description = "Lists the video jobs at the provider, newest first, a "
        "page at a time. For files that were already downloaded use "
        "list_local_videos.",
    .hints = SZ_HINTS_READ_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_list_videos_input,
    .output = sz_list_videos_output,
    .state_size = sizeof(sz_list_videos_t),
    .step = sz_list_videos_step
};
