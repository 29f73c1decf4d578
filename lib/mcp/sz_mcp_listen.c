/*
 * Streams that wait: subscriptions/listen of the modern era, GET of the legacy
 * one, and a client that comes back for a stream it has lost.  What they wait
 * for are signals of the hub.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_sse.h"
#include "tools/sz_tools_resource.h"
#include "mcp/sz_mcp_task.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>


#define SZ_LISTEN_RETRY  2000       /* ms a client waits before it comes back */
#define SZ_LISTEN_KEPT   300        /* seconds a stream is, behind its end */
#define SZ_LISTEN_URIS   1000
#define SZ_LISTEN_TEXT   (128 * 1024)   /* bytes of them in the answer */

/* In front of an event id: the stream of a GET, which keeps nothing. */
#define SZ_LISTEN_PLAIN  'g'


bool
sz_scope(const sz_folder_t *folder, unsigned char id[SZ_HUB_ID])
{
    char           text[2 * SZ_PATH_MAX];
    unsigned       n;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    if (folder->root == NULL) {
        return false;
    }

    n = (unsigned) snprintf(text, sizeof(text), "%s/%s", folder->root,
                            (folder->folder != NULL) ? folder->folder : "");

    if (n >= sizeof(text)
        || !EVP_Digest(text, n, digest, &n, EVP_sha256(), NULL))
    {
        return false;
    }

    memcpy(id, digest, SZ_HUB_ID);

    return true;
}


/*
 * subscriptions/listen
 */

static bool
sz_listen_flag(const cJSON *wanted, const char *name, bool *flag)
{
    const cJSON  *item;

    item = sz_json_given(wanted, name);
    *flag = cJSON_IsTrue(item);

    return item == NULL || cJSON_IsBool(item);
}


/* An array of strings, or nothing at all. */

static bool
sz_listen_strings(cJSON *wanted, const char *name, cJSON **array)
{
    const cJSON  *item;

    *array = (sz_json_given(wanted, name) != NULL)
             ? sz_json_take(wanted, name) : NULL;

    if (*array == NULL) {
        return true;
    }

    if (!cJSON_IsArray(*array)
        || cJSON_GetArraySize(*array) > SZ_LISTEN_URIS)
    {
        return false;
    }

    for (item = (*array)->child; item != NULL; item = item->next) {
        if (!cJSON_IsString(item)) {
            return false;
        }
    }

    return true;
}


/* All of it is told in one event, and kept for days. */

static bool
sz_listen_fits(const sz_listen_t *listen)
{
    bool      fits;
    sz_jw_t   w;
    sz_buf_t  text;

    sz_buf_init(&text, SZ_LISTEN_TEXT);
    sz_jw_init(&w, &text);
    sz_jw_node(&w, listen->uris);
    sz_jw_node(&w, listen->tasks);

    fits = !text.failed;
    sz_buf_free(&text);

    return fits;
}


static void
sz_listen_free(void *data)
{
    sz_listen_t  *listen = data;

    cJSON_Delete(listen->uris);
    cJSON_Delete(listen->tasks);
}


void
sz_listen_subscribe(sz_message_t *m)
{
    cJSON          *wanted;
    sz_listen_t    *listen;
    sz_exchange_t  *x = m->exchange;

    wanted = (cJSON *) sz_json_object(m->params, "notifications");
    listen = sz_alloc(x->arena, sizeof(sz_listen_t));

    if (listen == NULL || !sz_arena_defer(x->arena, sz_listen_free, listen)) {
        sz_answer_error(m, 200, SZ_RPC_INTERNAL_ERROR,
                        "The gateway has no memory for another stream.");
        return;
    }

    if (wanted == NULL
        || !sz_listen_strings(wanted, "resourceSubscriptions", &listen->uris)
        || !sz_listen_strings(wanted, "taskIds", &listen->tasks)
        || !sz_listen_flag(wanted, "toolsListChanged", &listen->tools)
        || !sz_listen_flag(wanted, "promptsListChanged", &listen->prompts)
        || !sz_listen_flag(wanted, "resourcesListChanged",
                           &listen->resources))
    {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "subscriptions/listen needs the object notifications; "
                        "resourceSubscriptions and taskIds are arrays of at "
                        "most %d strings, toolsListChanged, "
                        "promptsListChanged and resourcesListChanged are "
                        "booleans.", SZ_LISTEN_URIS);
        return;
    }

    if (!sz_listen_fits(listen)) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "resourceSubscriptions and taskIds have at most %d "
                        "bytes together; open another stream for the rest.",
                        SZ_LISTEN_TEXT);
        return;
    }

    if (!x->server->tasks) {
        cJSON_Delete(listen->tasks);    /* left out of what is granted */
        listen->tasks = NULL;
    }

    if (listen->tasks != NULL && !sz_task_declared(m)) {
        return;
    }

    listen->id = m->id;

    x->method = m->method;
    x->listen = listen;
    x->reply.status = 200;
}


/* Digests are made once, not for every signal. */

void
sz_exchange_settle(sz_exchange_t *x)
{
    unsigned        kind;
    unsigned char  *scope;
    sz_listen_t    *listen = x->listen;

    static const unsigned char  lists[SZ_HUB_ID];   /* of tools, prompts */

    x->n_messages = 0;

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {

        scope = listen->scopes[listen->n_scopes];

        if (sz_scope(&x->setup->folder[kind], scope)) {
            listen->bits |= sz_signal_bit(scope);
            listen->n_scopes++;
        }
    }

    if (listen->tools || listen->prompts) {
        listen->bits |= sz_signal_bit(lists);
    }

    if (listen->tasks != NULL) {
        listen->bits |= sz_signal_bit(x->caller_id);
    }

    if (x->has_session) {
        listen->bits |= sz_signal_bit(x->session.id)
                        | sz_signal_bit(x->stream);
    }
}


static void
sz_listen_meta(const sz_exchange_t *x, sz_jw_t *w)
{
    if (x->listen->id.data != NULL) {
        sz_jw_key(w, "_meta");
        sz_jw_open(w, '{');
        sz_jw_kraw(w, SZ_META_STREAM, x->listen->id);
        sz_jw_close(w, '}');
    }
}


void
sz_listen_open(const sz_exchange_t *x, sz_jw_t *w, sz_buf_t *json,
    const char *method)
{
    json->len = 0;

    sz_jw_init(w, json);
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "jsonrpc", "2.0");
    sz_jw_kstr(w, "method", method);
    sz_jw_key(w, "params");
    sz_jw_open(w, '{');
    sz_listen_meta(x, w);
}


void
sz_listen_close(sz_jw_t *w)
{
    sz_jw_close(w, '}');
    sz_jw_close(w, '}');
}


/* What of the wishes is granted: all that was understood. */

static void
sz_listen_acknowledge(const sz_exchange_t *x, sz_buf_t *json)
{
    sz_jw_t             w;
    const sz_listen_t  *listen = x->listen;

    sz_listen_open(x, &w, json, "notifications/subscriptions/acknowledged");
    sz_jw_key(&w, "notifications");
    sz_jw_open(&w, '{');

    if (listen->tools) {
        sz_jw_kbool(&w, "toolsListChanged", true);
    }

    if (listen->prompts) {
        sz_jw_kbool(&w, "promptsListChanged", true);
    }

    if (listen->resources) {
        sz_jw_kbool(&w, "resourcesListChanged", true);
    }

    if (listen->uris != NULL) {
        sz_jw_knode(&w, "resourceSubscriptions", listen->uris);
    }

    if (listen->tasks != NULL) {
        sz_jw_knode(&w, "taskIds", listen->tasks);
    }

    sz_jw_close(&w, '}');
    sz_listen_close(&w);
}


bool
sz_exchange_end(sz_exchange_t *x, sz_buf_t *json)
{
    sz_jw_t  w;

    if (x->listen->id.data == NULL) {
        return false;
    }

    json->len = 0;

    sz_jw_init(&w, json);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "jsonrpc", "2.0");
    sz_jw_kraw(&w, "id", x->listen->id);
    sz_jw_key(&w, "result");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "resultType", "complete");
    sz_listen_meta(x, &w);
    sz_listen_close(&w);

    return true;
}


/*
 * GET and DELETE: there are sessions only in the legacy revisions.  A client
 * without one tries whether there is a stream, and takes 405 for no.
 */

static bool
sz_listen_session(sz_exchange_t *x)
{
    bool           get;
    sz_revision_e  revision;

    if (x->head.mcp_session.data == NULL) {

        if (sz_revision_find(x->head.mcp_version, &revision)
            && revision >= SZ_REV_MODERN)
        {
            sz_reply_header(&x->reply, "Allow", "POST, OPTIONS");
            sz_exchange_refuse(x, 405, SZ_RPC_INVALID_REQUEST,
                               "Revision %s has POST only.",
                               sz_revision_name(revision));
            return false;
        }

        get = sz_str_is(x->head.method, "GET");

        if (get) {
            sz_reply_header(&x->reply, "Allow", "POST, DELETE, OPTIONS");
        }

        sz_exchange_refuse(x, get ? 405 : 400, SZ_RPC_LEGACY,
                           "%.10s needs the header Mcp-Session-Id.",
                           x->head.method.data);
        return false;
    }

    if (!sz_legacy_session(x)) {
        sz_exchange_refuse(x, 404, SZ_RPC_SESSION,
                           "This session is not known here or has expired; "
                           "initialize again.");
        return false;
    }

    return true;
}


/* "<32 hexadecimal digits>-<number>" */

static bool
sz_listen_event_id(sz_str_t text, unsigned char id[SZ_HUB_ID], unsigned *n)
{
    uint64_t  number;
    sz_str_t  digits;

    if (text.len < 2 * SZ_HUB_ID + 2 || text.data[2 * SZ_HUB_ID] != '-'
        || !sz_hex_decode(id, SZ_HUB_ID,
                          (sz_str_t) { 2 * SZ_HUB_ID, text.data }))
    {
        return false;
    }

    digits.data = text.data + 2 * SZ_HUB_ID + 1;
    digits.len = text.len - (2 * SZ_HUB_ID + 1);

    if (!sz_str_uint(digits, 1000000000, &number)) {
        return false;
    }

    *n = (unsigned) number;

    return true;
}


static bool
sz_listen_resume(sz_exchange_t *x, sz_listen_t *listen)
{
    bool             known;
    unsigned         n;
    sz_buf_t         json;
    sz_hub_event_t   event;
    const sz_hub_t  *hub;

    hub = x->server->hub;

    if (hub == NULL
        || !sz_listen_event_id(x->head.last_event_id, x->stream, &n))
    {
        return false;
    }

    sz_buf_init(&json, x->reply.body.max);
    known = hub->stream_get(x->stream, x->session.id, n, &json, &event)
            || !event.gone;
    sz_buf_free(&json);

    listen->resumes = true;
    listen->next = n;

    return known;
}


/* A newer GET of the same session takes the place of older ones. */

static void
sz_listen_announce(const sz_exchange_t *x)
{
    sz_signal_t  signal;

    signal.type = SZ_SIGNAL_STREAM;
    signal.key = (sz_str_t) { SZ_HUB_ID, (const char *) x->stream };
    signal.text = sz_str_null;
    memcpy(signal.id, x->session.id, SZ_HUB_ID);

    x->server->hub->publish(&signal);
}


sz_verdict_e
sz_listen_get(sz_exchange_t *x)
{
    sz_str_t      from;
    sz_listen_t  *listen;

    if (!sz_listen_session(x)) {
        return SZ_X_REPLY;
    }

    if (!x->accepts_sse) {
        sz_exchange_refuse(x, 406, SZ_RPC_INVALID_REQUEST,
                           "Accept must list text/event-stream.");
        return SZ_X_REPLY;
    }

    listen = sz_alloc(x->arena, sizeof(sz_listen_t));

    if (listen == NULL || x->server->hub == NULL
        || RAND_bytes(x->stream, SZ_HUB_ID) != 1)
    {
        sz_exchange_refuse(x, 500, SZ_RPC_INTERNAL_ERROR,
                           "The gateway cannot open a stream now.");
        return SZ_X_REPLY;
    }

    from = x->head.last_event_id;

    if (from.data != NULL && from.len > 0 && from.data[0] != SZ_LISTEN_PLAIN
        && !sz_listen_resume(x, listen))
    {
        sz_exchange_refuse(x, 400, SZ_RPC_LEGACY,
                           "There is no stream with this Last-Event-ID, or no "
                           "more. Send the request again.");
        return SZ_X_REPLY;
    }

    listen->tools = true;
    listen->prompts = true;
    listen->resources = true;
    listen->told = true;

    if (!listen->resumes) {
        sz_listen_announce(x);
    }

    x->method = "GET";
    x->listen = listen;
    x->reply.status = 200;

    return SZ_X_LISTEN;
}


sz_verdict_e
sz_listen_delete(sz_exchange_t *x)
{
    sz_signal_t  signal;

    if (!sz_listen_session(x)) {
        return SZ_X_REPLY;
    }

    x->method = "DELETE";

    if (x->server->hub == NULL) {
        sz_exchange_refuse(x, 500, SZ_RPC_INTERNAL_ERROR,
                           "The gateway cannot delete a session now.");
        return SZ_X_REPLY;
    }

    x->server->hub->session_delete(x->session.id, x->caller_id);

    signal.type = SZ_SIGNAL_SESSION;
    signal.key = sz_str_null;
    signal.text = sz_str_null;
    memcpy(signal.id, x->session.id, SZ_HUB_ID);

    x->server->hub->publish(&signal);

    x->reply.status = 204;

    return SZ_X_REPLY;
}


/*
 * Events and their ids.
 */

static void
sz_listen_id(const sz_exchange_t *x, sz_buf_t *out, unsigned n)
{
    char  id[2 * SZ_HUB_ID + 1];

    sz_hex_encode(id, x->stream, SZ_HUB_ID);
    sz_buf_lit(out, "id: ");

    if (x->listen != NULL && !x->listen->resumes) {
        sz_buf_c(out, SZ_LISTEN_PLAIN);
    }

    sz_buf_fmt(out, "%s-%u\n", id, n);
}


/* While the call may go on, however silent it is, its stream is kept. */

static int64_t
sz_listen_kept(const sz_exchange_t *x, bool last)
{
    return last ? SZ_LISTEN_KEPT : x->server->call_timeout + SZ_LISTEN_KEPT;
}


/*
 * Revision 2025-11-25 only: an event that gives the client an id to come back
 * with; older clients choke on its empty data.
 */

void
sz_exchange_prime(sz_exchange_t *x, sz_buf_t *out)
{
    if (x->revision != SZ_REV_2025_11_25 || !x->has_session
        || x->server->hub == NULL || x->n_events > 0)
    {
        return;
    }

    if (x->listen == NULL) {

        if (RAND_bytes(x->stream, SZ_HUB_ID) != 1
            || !x->server->hub->stream_open(x->stream, x->session.id,
                                            x->caller_id,
                                            sz_listen_kept(x, false)))
        {
            return;
        }

        x->resumable = true;
    }

    sz_listen_id(x, out, (x->listen != NULL) ? x->listen->next : 0);
    sz_buf_fmt(out, "retry: %d\ndata: \n\n", SZ_LISTEN_RETRY);
}


void
sz_exchange_frame_id(sz_exchange_t *x, sz_buf_t *out, sz_str_t json,
    bool last)
{
    sz_signal_t  signal;

    x->n_events++;

    if (x->listen != NULL && x->listen->resumes) {
        sz_listen_id(x, out, x->listen->next);

    } else if (x->resumable) {

        x->resumable = x->server->hub->stream_put(x->stream, x->n_events,
                                                  json, last, x->outcome,
                                                  sz_listen_kept(x, last));
        if (x->resumable) {
            sz_listen_id(x, out, x->n_events);

            signal.type = SZ_SIGNAL_EVENT;
            signal.key = sz_str_null;
            signal.text = sz_str_null;
            memcpy(signal.id, x->stream, SZ_HUB_ID);

            x->server->hub->publish(&signal);
        }
    }
}


void
sz_exchange_frame(sz_exchange_t *x, sz_buf_t *out, sz_str_t json, bool last)
{
    sz_exchange_frame_id(x, out, json, last);
    sz_sse_message(out, json);
}


bool
sz_exchange_next(sz_exchange_t *x, sz_buf_t *json, bool *last)
{
    sz_hub_event_t   event;
    sz_listen_t     *listen = x->listen;

    *last = false;
    json->len = 0;

    if (listen->resumes) {

        if (!x->server->hub->stream_get(x->stream, x->session.id,
                                        listen->next, json, &event))
        {
            *last = event.gone;
            return false;
        }

        listen->next++;
        *last = event.last;

        if (event.last) {
            listen->answered = true;
            x->outcome = event.outcome;
        }

        return true;
    }

    if (listen->told) {
        return false;
    }

    listen->told = true;
    sz_listen_acknowledge(x, json);

    return true;
}
