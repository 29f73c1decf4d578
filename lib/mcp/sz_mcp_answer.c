#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"
#include "tools/sz_tools_resource.h"

#include <stdio.h>


#define SZ_ANSWER_TEXT  1024
#define SZ_LIST_TTL     60000           /* ms a client may keep a list */

/* ms, where the shell says nothing */
#define SZ_PROGRESS_INTERVAL  10000


void
sz_reply_header(sz_reply_t *reply, const char *name, const char *value)
{
    reply->headers[reply->n_headers].name = name;
    reply->headers[reply->n_headers].value = value;
    reply->n_headers++;
}


static void
sz_answer_error_object(sz_jw_t *w, int code, sz_str_t data, const char *fmt,
    va_list args)
{
    char  text[SZ_ANSWER_TEXT];

    sz_utf8_format(text, sizeof(text), fmt, args);

    sz_jw_key(w, "error");
    sz_jw_open(w, '{');
    sz_jw_kint(w, "code", code);
    sz_jw_kstr(w, "message", text);

    if (data.data != NULL) {
        sz_jw_kraw(w, "data", data);
    }

    sz_jw_close(w, '}');
}


static void
sz_reply_verror(sz_reply_t *reply, int status, int code, sz_str_t id,
    const char *fmt, va_list args)
{
    sz_jw_t  w;

    reply->status = status;
    reply->type = "application/json";
    reply->body.len = 0;
    reply->body.failed = false;

    sz_jw_init(&w, &reply->body);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "jsonrpc", "2.0");

    if (id.data != NULL) {
        sz_jw_kraw(&w, "id", id);
    }

    sz_answer_error_object(&w, code, sz_str_null, fmt, args);
    sz_jw_close(&w, '}');
}


void
sz_reply_error(sz_reply_t *reply, int status, int code, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    sz_reply_verror(reply, status, code, sz_str_null, fmt, args);
    va_end(args);
}


static void
sz_exchange_vrefuse(sz_exchange_t *x, sz_str_t id, int status, int code,
    const char *fmt, va_list args)
{
    sz_reply_verror(&x->reply, status, code, id, fmt, args);

    x->outcome = (status == 503) ? SZ_E_BUSY
                 : (status >= 500) ? SZ_E_INTERNAL : SZ_E_INPUT;
}


void
sz_exchange_refuse_as(sz_exchange_t *x, sz_str_t id, int status, int code,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    sz_exchange_vrefuse(x, id, status, code, fmt, args);
    va_end(args);
}


void
sz_exchange_refuse(sz_exchange_t *x, int status, int code, const char *fmt,
    ...)
{
    va_list   args;
    sz_str_t  id;

    id = (x->listen != NULL) ? x->listen->id
         : (x->n_messages == 1 && !x->batch) ? x->messages[0].id
         : sz_str_null;

    va_start(args, fmt);
    sz_exchange_vrefuse(x, id, status, code, fmt, args);
    va_end(args);
}


static void
sz_answer_start(sz_message_t *m, sz_jw_t *w)
{
    m->answer.len = 0;

    sz_jw_init(w, &m->answer);
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "jsonrpc", "2.0");

    if (m->id.data != NULL) {
        sz_jw_kraw(w, "id", m->id);
    }
}


static void
sz_answer_verror(sz_message_t *m, int status, int code, sz_str_t data,
    const char *fmt, va_list args)
{
    sz_jw_t  w;

    sz_answer_start(m, &w);
    sz_answer_error_object(&w, code, data, fmt, args);
    sz_jw_close(&w, '}');

    m->done = true;
    m->status = status;

    m->exchange->outcome = (code == SZ_RPC_INTERNAL_ERROR) ? SZ_E_INTERNAL
                                                           : SZ_E_INPUT;
}


void
sz_answer_error(sz_message_t *m, int status, int code, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    sz_answer_verror(m, status, code, sz_str_null, fmt, args);
    va_end(args);
}


void
sz_answer_error_data(sz_message_t *m, int status, int code, sz_str_t data,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    sz_answer_verror(m, status, code, data, fmt, args);
    va_end(args);
}


sz_jw_t
sz_answer_open(sz_message_t *m)
{
    return sz_answer_open_as(m, "complete");
}


sz_jw_t
sz_answer_open_as(sz_message_t *m, const char *type)
{
    sz_jw_t  w;

    sz_answer_start(m, &w);
    sz_jw_key(&w, "result");
    sz_jw_open(&w, '{');

    if (m->exchange->revision >= SZ_REV_MODERN) {
        sz_jw_kstr(&w, "resultType", type);
    }

    return w;
}


void
sz_answer_close(sz_message_t *m, sz_jw_t *w)
{
    if (m->exchange->revision >= SZ_REV_MODERN) {
        sz_jw_key(w, "_meta");
        sz_jw_open(w, '{');
        sz_jw_key(w, SZ_META_SERVER);
        sz_answer_server_info(w);
        sz_jw_close(w, '}');
    }

    sz_jw_close(w, '}');
    sz_jw_close(w, '}');

    m->done = true;
    m->status = 200;
}


void
sz_answer_cache(sz_message_t *m, sz_jw_t *w, const char *scope)
{
    if (m->exchange->revision >= SZ_REV_MODERN) {
        sz_jw_kint(w, "ttlMs", SZ_LIST_TTL);
        sz_jw_kstr(w, "cacheScope", scope);
    }
}


void
sz_answer_server_info(sz_jw_t *w)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "name", "sanzaru");
    sz_jw_kstr(w, "title", "Sanzaru media gateway");
    sz_jw_kstr(w, "version", SZ_VERSION);
    sz_jw_close(w, '}');
}


/* One capability, with what is told of it when there is a hub to tell. */

static void
sz_answer_capability(sz_jw_t *w, const sz_server_t *server, const char *name,
    bool subscribe)
{
    sz_jw_key(w, name);
    sz_jw_open(w, '{');

    if (server->hub != NULL && subscribe) {
        sz_jw_kbool(w, "subscribe", true);
    }

    if (server->hub != NULL) {
        sz_jw_kbool(w, "listChanged", true);
    }

    sz_jw_close(w, '}');
}


static void
sz_answer_empty(sz_jw_t *w, const char *name)
{
    sz_jw_key(w, name);
    sz_jw_open(w, '{');
    sz_jw_close(w, '}');
}


static void
sz_answer_extensions(sz_jw_t *w, const sz_server_t *server, bool tasks)
{
    if (!tasks && !server->ui) {
        return;
    }

    sz_jw_key(w, "extensions");
    sz_jw_open(w, '{');

    if (tasks) {
        sz_answer_empty(w, SZ_EXTENSION_TASKS);
    }

    if (server->ui) {
        sz_answer_empty(w, SZ_EXTENSION_UI);
    }

    sz_jw_close(w, '}');
}


void
sz_answer_capabilities(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision)
{
    sz_jw_open(w, '{');

    if (server->n_tools > 0) {
        sz_answer_capability(w, server, "tools", false);
    }

    if (server->n_prompts > 0) {
        sz_answer_capability(w, server, "prompts", false);
    }

    if (server->n_resources > 0) {
        sz_answer_capability(w, server, "resources", true);
    }

    sz_answer_empty(w, "completions");
    sz_answer_empty(w, "logging");
    sz_answer_extensions(w, server,
                         server->tasks && revision >= SZ_REV_MODERN);
    sz_jw_close(w, '}');
}


static void
sz_answer_text(sz_jw_t *w, sz_str_t text)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "type", "text");
    sz_jw_key(w, "text");
    sz_jw_str(w, text);
    sz_jw_close(w, '}');
}


/* A file that the call has made, by the name clients can read it under. */

static void
sz_answer_link(sz_jw_t *w, const sz_changed_t *file)
{
    sz_buf_t     uri;
    const char  *mime;

    mime = (file->mime != NULL) ? file->mime : sz_media_mime(file->name);

    sz_buf_init(&uri, 4 * SZ_PATH_MAX);
    sz_resource_uri(&uri, file->kind, file->name);

    sz_jw_open(w, '{');
    sz_jw_kstr(w, "type", "resource_link");
    sz_jw_key(w, "uri");
    sz_jw_str(w, sz_buf_view(&uri));
    sz_jw_kstr(w, "name", file->name);

    if (mime != NULL) {
        sz_jw_kstr(w, "mimeType", mime);
    }

    if (file->size >= 0) {
        sz_jw_kint(w, "size", file->size);
    }

    sz_jw_close(w, '}');
    sz_buf_free(&uri);
}


/* The list has the newest first; the result has them as they were made. */

static void
sz_answer_links(sz_message_t *m, sz_jw_t *w)
{
    size_t               n, i;
    const sz_changed_t  *file;

    if (m->exchange->revision < SZ_REV_2025_06_18) {
        return;
    }

    for (n = 0, file = m->call->changed; file != NULL; file = file->next) {
        n++;
    }

    while (n-- > 0) {
        for (file = m->call->changed, i = 0; i < n; i++) {
            file = file->next;
        }

        if (file->change != SZ_CHANGE_GONE) {
            sz_answer_link(w, file);
        }
    }
}


/* The result as text, for clients and models that read nothing else. */

static void
sz_answer_content(sz_message_t *m, sz_jw_t *w)
{
    sz_jw_key(w, "content");
    sz_jw_open(w, '[');
    sz_answer_text(w, sz_buf_view(&m->call->result));

    if (m->call->notes.len > 0) {
        sz_answer_text(w, sz_buf_view(&m->call->notes));
    }

    sz_answer_links(m, w);
    sz_jw_close(w, ']');
}


void
sz_answer_failed(sz_message_t *m, const sz_error_t *err)
{
    sz_jw_t  w;

    w = sz_answer_open(m);
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '[');
    sz_answer_text(&w, sz_str_of(err->text));
    sz_jw_close(&w, ']');
    sz_jw_kbool(&w, "isError", true);
    sz_answer_close(m, &w);

    m->exchange->outcome = err->code;
}


/* The members of an object that a call has written. */

static sz_str_t
sz_answer_members(const sz_buf_t *object)
{
    return (sz_str_t) { object->len - 2, object->data + 1 };
}


/* A method that is no tool has no isError: a JSON-RPC error. */

static void
sz_answer_method_failed(sz_message_t *m, const sz_error_t *err)
{
    bool         client;
    const char  *uri;

    client = (err->code == SZ_E_INPUT || err->code == SZ_E_NOT_FOUND);
    uri = (strcmp(m->method, "resources/read") == 0)
          ? sz_json_string(m->params, "uri") : NULL;

    if (err->code == SZ_E_NOT_FOUND && uri != NULL) {
        sz_answer_no_resource(m, uri, err->text);
        return;
    }

    sz_answer_error(m, 200, client ? SZ_RPC_INVALID_PARAMS
                                   : SZ_RPC_INTERNAL_ERROR, "%s", err->text);

    m->exchange->outcome = err->code;
}


void
sz_exchange_fail(sz_message_t *m, const sz_error_t *why)
{
    sz_error_t  text = *why, *err = &text;

    if (m->call != NULL && m->call->tool->lost != NULL) {
        m->call->tool->lost(m->call, err);
        sz_exchange_publish(m);
    }

    if (m->plain) {
        sz_answer_method_failed(m, err);

    } else {
        sz_answer_failed(m, err);
    }
}


static void
sz_answer_call_error(sz_message_t *m)
{
    sz_call_t  *call = m->call;

    if (call->rpc_code == 0 && m->plain) {
        sz_answer_method_failed(m, &call->error);
        return;
    }

    if (call->rpc_code == 0) {
        sz_answer_failed(m, &call->error);
        return;
    }

    sz_answer_error_data(m, (call->rpc_code == SZ_RPC_CAPABILITY) ? 400 : 200,
                         call->rpc_code, call->rpc_data, "%s",
                         call->error.text);
}


/* A result that is the method's own: the call has written its members. */

static void
sz_answer_plain(sz_message_t *m, sz_jw_t *w)
{
    if (m->call->result.len > 2) {

        /* megabytes of a file are copied once, not at every doubling */

        (void) sz_buf_reserve(w->buf, m->call->result.len + SZ_ANSWER_TEXT);
        sz_jw_raw(w, sz_answer_members(&m->call->result));
    }

    if (m->cache != NULL) {
        sz_answer_cache(m, w, m->cache);
    }
}


static void
sz_answer_tool(sz_message_t *m, sz_jw_t *w)
{
    sz_call_t  *call = m->call;

    sz_answer_content(m, w);

    if (m->exchange->revision >= SZ_REV_2025_06_18) {
        sz_jw_kraw(w, "structuredContent", sz_buf_view(&call->result));
    }

    sz_jw_kbool(w, "isError", call->failed);

    if (call->failed) {
        m->exchange->outcome = SZ_E_UPSTREAM;
    }
}


void
sz_exchange_finish(sz_message_t *m)
{
    sz_jw_t     w;
    sz_call_t  *call = m->call;

    if (call->error.code != SZ_OK) {
        sz_answer_call_error(m);
        return;
    }

    w = sz_answer_open(m);

    if (m->plain || (call->tool->flags & SZ_TOOL_RAW)) {
        sz_answer_plain(m, &w);

    } else {
        sz_answer_tool(m, &w);
    }

    sz_answer_close(m, &w);
}


/* The oldest of the call's log messages. */

static void
sz_answer_log(sz_call_t *call, sz_buf_t *json)
{
    size_t    len;
    sz_jw_t   w;

    len = (size_t) ((char *) memchr(call->logs.data, '\n', call->logs.len)
                    - call->logs.data);

    sz_jw_init(&w, json);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "jsonrpc", "2.0");
    sz_jw_kstr(&w, "method", "notifications/message");
    sz_jw_kraw(&w, "params", (sz_str_t) { len, call->logs.data });
    sz_jw_close(&w, '}');

    call->logs.len -= len + 1;
    memmove(call->logs.data, call->logs.data + len + 1, call->logs.len);
}


/*
 * Whether there is progress to tell now; *at: ms since the call began.  Two
 * events within one millisecond must not have one value.
 */

static bool
sz_answer_progress_due(const sz_message_t *m, int64_t *at)
{
    int64_t           interval;
    const sz_call_t  *call = m->call;

    interval = call->setup->progress_interval;

    if (interval == 0) {
        interval = SZ_PROGRESS_INTERVAL;
    }

    *at = call->now - call->begun;

    if (*at <= m->progressed) {
        *at = m->progressed + 1;
    }

    return call->progress.news || *at - m->progressed >= interval;
}


static void
sz_answer_progress(const sz_message_t *m, sz_buf_t *json)
{
    char              text[SZ_ANSWER_TEXT];
    sz_jw_t           w;
    const sz_call_t  *call = m->call;

    snprintf(text, sizeof(text), "%.80s is under way",
             m->plain ? m->method : call->tool->name);

    sz_jw_init(&w, json);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "jsonrpc", "2.0");
    sz_jw_kstr(&w, "method", "notifications/progress");
    sz_jw_key(&w, "params");
    sz_jw_open(&w, '{');
    sz_jw_kraw(&w, "progressToken", m->progress);
    sz_jw_key(&w, "progress");
    sz_jw_num(&w, (double) m->progressed / 1000);
    sz_jw_kstr(&w, "message", (call->progress.text[0] != '\0')
                              ? call->progress.text : text);
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
}


bool
sz_exchange_tell(sz_message_t *m, sz_buf_t *json, bool *progress)
{
    int64_t     at;
    sz_call_t  *call = m->call;

    json->len = 0;
    *progress = false;

    if (call->logs.len > 0) {
        sz_answer_log(call, json);
        return !json->failed;
    }

    *progress = true;
    call->progress.set = false;

    if (m->progress.data == NULL || !sz_answer_progress_due(m, &at)) {
        return false;
    }

    call->progress.news = false;
    m->progressed = at;

    sz_answer_progress(m, json);

    return !json->failed;
}
