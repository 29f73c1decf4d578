/*
 * resources/list, resources/templates/list, resources/read.  Everything here
 * depends on who asks, because media folders do.
 */

#include "mcp/sz_mcp_cursor.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"
#include "tools/sz_tools_resource.h"


#define SZ_RESOURCE_PAGE  500
#define SZ_RESOURCE_KINDS  ((1u << SZ_MEDIA_KINDS) - 1)


typedef struct {
    const sz_exchange_t  *x;
    sz_cursor_t           at;
    sz_walk_job_t        *walk;
} sz_listing_t;


/* The first page begins with what is no file. */

static sz_step_e
sz_listing_start(sz_call_t *call, sz_listing_t *s)
{
    s->walk = sz_walk_job_create(call->setup, SZ_RESOURCE_KINDS,
                                 SZ_RESOURCE_PAGE, s->at.name, NULL);

    if (s->walk != NULL) {
        s->walk->kind = s->at.kind;
        s->walk->titled = (s->x->revision >= SZ_REV_2025_06_18);
    }

    call->phase = 1;

    return sz_call_job(call, (sz_job_t *) s->walk);
}


static sz_step_e
sz_listing_done(sz_call_t *call, sz_listing_t *s)
{
    char         *cursor;
    sz_jw_t       w;
    sz_str_t      rows;
    sz_cursor_t   next;

    rows = s->x->server->resource_list[s->x->revision];

    w = sz_call_result_open(call);
    sz_jw_key(&w, "resources");
    sz_jw_open(&w, '[');

    if (s->at.name == NULL && rows.len > 0) {
        sz_jw_raw(&w, rows);
    }

    if (s->walk->rows.len > 0) {
        sz_jw_raw(&w, sz_buf_view(&s->walk->rows));
    }

    sz_jw_close(&w, ']');

    if (s->walk->more) {
        next = (sz_cursor_t) { s->walk->last_kind, s->walk->last };
        cursor = sz_cursor_make(s->x, "resources/list", &next);

        if (cursor == NULL) {
            sz_error_memory(&call->error);
            return SZ_STEP_DONE;
        }

        sz_jw_kstr(&w, "nextCursor", cursor);
    }

    if (s->walk->cut) {
        sz_jw_kraw(&w, "_meta", sz_str("{\"sanzaru/truncated\":true}"));
    }

    return sz_call_result_close(call, &w);
}


static sz_step_e
sz_listing_step(sz_call_t *call)
{
    sz_listing_t  *s = call->state;

    if (call->phase == 0) {
        return sz_listing_start(call, s);
    }

    if (s->walk->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->walk->job.error);
    }

    return sz_listing_done(call, s);
}


static const sz_tool_t  sz_listing = {
    .name = "resources/list",
    .flags = SZ_TOOL_UNLISTED,
    .input = sz_no_fields,
    .state_size = sizeof(sz_listing_t),
    .step = sz_listing_step
};


/* Clients that have no word for absent send null or an empty text. */

const cJSON *
sz_library_cursor(const sz_message_t *m)
{
    const cJSON  *cursor;

    cursor = sz_json_given(m->params, "cursor");

    return (cJSON_IsString(cursor) && cursor->valuestring[0] == '\0')
           ? NULL : cursor;
}


bool
sz_library_one_page(sz_message_t *m)
{
    if (sz_library_cursor(m) == NULL) {
        return true;
    }

    sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                    "This cursor is not one of ours: the whole list stands on "
                    "one page.");
    return false;
}


void
sz_resource_list(sz_message_t *m)
{
    sz_cursor_t     at = { 0, NULL };
    const cJSON    *cursor;
    sz_listing_t   *s;

    cursor = sz_library_cursor(m);

    if (cursor != NULL
        && (!cJSON_IsString(cursor)
            || !sz_cursor_read(m->exchange, "resources/list",
                               cursor->valuestring, &at)))
    {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "This cursor is not one that resources/list gave you. "
                        "Begin again without one.");
        return;
    }

    m->plain = true;
    m->cache = "private";

    if (sz_message_call(m, &sz_listing, NULL)) {
        s = m->call->state;
        s->x = m->exchange;
        s->at = at;
    }
}


void
sz_resource_templates(sz_message_t *m)
{
    sz_jw_t  w;

    if (!sz_library_one_page(m)) {
        return;
    }

    w = sz_answer_open(m);
    sz_jw_kraw(&w, "resourceTemplates",
               m->exchange->server->template_list[m->exchange->revision]);
    sz_answer_cache(m, &w, "public");
    sz_answer_close(m, &w);
}


static const sz_resource_t *
sz_resource_find(const sz_exchange_t *x, const char *uri, const char **value)
{
    size_t                i;
    const sz_resource_t  *resource;

    *value = NULL;

    for (i = 0; i < x->server->n_resources; i++) {

        resource = x->server->resources[i];

        if (!sz_resource_is_template(resource)) {
            if (strcmp(resource->uri, uri) == 0) {
                return resource;
            }

            continue;
        }

        *value = sz_resource_match(x->arena, resource->uri, uri);

        if (*value != NULL) {
            return resource;
        }
    }

    return NULL;
}


void
sz_answer_no_resource(sz_message_t *m, const char *uri, const char *why)
{
    sz_jw_t   w;
    sz_buf_t  data;

    sz_buf_init(&data, 16384);
    sz_jw_init(&w, &data);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "uri", uri);
    sz_jw_close(&w, '}');

    sz_answer_error_data(m, 200, (m->exchange->revision >= SZ_REV_MODERN)
                                 ? SZ_RPC_INVALID_PARAMS : SZ_RPC_NO_RESOURCE,
                         data.failed ? sz_str_null : sz_buf_view(&data),
                         "Resource not found: %s", why);
    sz_buf_free(&data);

    m->exchange->outcome = SZ_E_NOT_FOUND;
}


void
sz_resource_read(sz_message_t *m)
{
    const char           *uri, *value;
    sz_reading_t         *s;
    const sz_resource_t  *resource;

    uri = sz_json_string(m->params, "uri");

    if (uri == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "resources/read needs the string uri.");
        return;
    }

    resource = sz_resource_find(m->exchange, uri, &value);

    if (resource == NULL) {
        sz_answer_no_resource(m, uri, "resources/list and "
                              "resources/templates/list show what there is.");
        return;
    }

    m->plain = true;
    m->cache = "private";

    if (sz_message_call(m, &resource->read, NULL)) {
        s = m->call->state;
        s->uri = uri;
        s->value = value;
    }
}
