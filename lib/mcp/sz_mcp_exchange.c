#include "mcp/sz_mcp_exchange.h"

#include <stdlib.h>


static const char *const  sz_revision_names[] = {
    [SZ_REV_2025_03_26] = "2025-03-26",
    [SZ_REV_2025_06_18] = "2025-06-18",
    [SZ_REV_2025_11_25] = "2025-11-25",
    [SZ_REV_2026_07_28] = "2026-07-28"
};


const char *
sz_revision_name(sz_revision_e revision)
{
    return sz_revision_names[revision];
}


bool
sz_revision_find(sz_str_t name, sz_revision_e *revision)
{
    unsigned  i;

    for (i = 0; i < SZ_REVISIONS; i++) {
        if (sz_str_is(name, sz_revision_names[i])) {
            *revision = i;
            return true;
        }
    }

    return false;
}


static bool
sz_exchange_copy(sz_exchange_t *x, sz_str_t *s)
{
    char  *copy;

    if (s->data == NULL) {
        return true;
    }

    copy = sz_strdup(x->arena, sz_str_trim(*s));

    *s = sz_str_of(copy);

    return copy != NULL;
}


sz_exchange_t *
sz_exchange_open(const sz_server_t *server, const sz_head_t *head, size_t max,
    sz_verdict_e *verdict)
{
    size_t          i;
    sz_arena_t     *arena;
    sz_exchange_t  *x;

    arena = sz_arena_create(max);
    if (arena == NULL) {
        return NULL;
    }

    x = sz_alloc(arena, sizeof(sz_exchange_t));
    if (x == NULL) {
        sz_arena_destroy(arena);
        return NULL;
    }

    x->arena = arena;
    x->server = server;
    x->head = *head;

    sz_buf_init(&x->reply.body, max);

    sz_str_t  *copies[] = {
        &x->head.method, &x->head.host, &x->head.origin, &x->head.accept,
        &x->head.content_type, &x->head.mcp_version, &x->head.mcp_session,
        &x->head.mcp_method, &x->head.mcp_name
    };

    for (i = 0; i < sz_array_len(copies); i++) {
        if (!sz_exchange_copy(x, copies[i])) {
            sz_exchange_close(x);
            return NULL;
        }
    }

    *verdict = sz_gate(x);

    return x;
}


void
sz_exchange_close(sz_exchange_t *x)
{
    size_t         i;
    sz_arena_t    *arena;
    sz_message_t  *m;

    if (x == NULL) {
        return;
    }

    for (i = 0; i < x->n_messages; i++) {
        m = &x->messages[i];
        cJSON_Delete(m->root);
        sz_buf_free(&m->answer);
    }

    sz_buf_free(&x->reply.body);

    arena = x->arena;
    sz_arena_destroy(arena);
}


/*
 * Classes of a JSON-RPC 2.0 message.  An id is a string or an integer; MCP
 * forbids null.
 */

typedef enum {
    SZ_RPC_REQUEST,
    SZ_RPC_NOTIFICATION,
    SZ_RPC_RESPONSE,
    SZ_RPC_INVALID
} sz_rpc_class_e;


static bool
sz_rpc_is_id(sz_str_t id)
{
    size_t  i;

    if (id.data[0] == '"') {
        return true;
    }

    for (i = (id.data[0] == '-'); i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9') {
            return false;
        }
    }

    return true;
}


static sz_rpc_class_e
sz_rpc_classify(sz_message_t *m)
{
    sz_str_t     id;
    const char  *version;

    version = sz_json_string(m->root, "jsonrpc");

    if (version == NULL || strcmp(version, "2.0") != 0) {
        return SZ_RPC_INVALID;
    }

    id = sz_json_member(m->text, "id");

    if (id.data != NULL && !sz_rpc_is_id(id)) {
        return SZ_RPC_INVALID;
    }

    m->id = id;
    m->method = sz_json_string(m->root, "method");
    m->params = sz_json_get(m->root, "params");

    if (m->method != NULL) {
        return (id.data != NULL) ? SZ_RPC_REQUEST : SZ_RPC_NOTIFICATION;
    }

    return (sz_json_get(m->root, "method") == NULL
            && (sz_json_get(m->root, "result") != NULL
                || sz_json_get(m->root, "error") != NULL))
           ? SZ_RPC_RESPONSE : SZ_RPC_INVALID;
}


/* The progress token as it came: a string or an integer. */

static void
sz_message_token(sz_message_t *m)
{
    sz_str_t  token;

    token = sz_json_member(sz_json_member(sz_json_member(m->text, "params"),
                                          "_meta"), "progressToken");

    if (token.data != NULL && sz_rpc_is_id(token)) {
        m->progress = token;
        m->progressed = -1;
    }
}


static void
sz_message_done(sz_message_t *m, int status)
{
    m->done = true;
    m->status = status;
}


static void
sz_message_request(sz_message_t *m)
{
    const cJSON            *claim;
    const sz_rpc_method_t  *method;

    claim = sz_modern_claim(m);

    if (!((claim != NULL) ? sz_modern_admit(m, claim) : sz_legacy_admit(m))) {
        return;
    }

    method = sz_rpc_method(m);

    if (method == NULL) {
        sz_answer_error(m, (m->exchange->revision >= SZ_REV_MODERN) ? 404 : 200,
                        SZ_RPC_METHOD_NOT_FOUND,
                        "There is no method \"%.100s\" in revision %s.",
                        m->method, sz_revision_name(m->exchange->revision));
        return;
    }

    sz_message_token(m);

    method->handle(m);
}


/*
 * Notifications say nothing that this server acts on: over HTTP a modern
 * client cancels by closing, and a legacy one is told so by its session.
 */

static void
sz_message_notification(sz_message_t *m)
{
    sz_revision_e   revision;
    sz_exchange_t  *x = m->exchange;

    if (sz_modern_claim(m) != NULL
        || (sz_revision_find(x->head.mcp_version, &revision)
            && revision >= SZ_REV_MODERN))
    {
        x->revision = SZ_REV_MODERN;
        sz_message_done(m, 202);
        return;
    }

    if (sz_legacy_admit(m)) {
        sz_message_done(m, 202);
    }
}


static void
sz_message_receive(sz_message_t *m)
{
    switch (sz_rpc_classify(m)) {

    case SZ_RPC_REQUEST:
        sz_message_request(m);
        break;

    case SZ_RPC_NOTIFICATION:
        sz_message_notification(m);
        break;

    case SZ_RPC_RESPONSE:

        /* nothing was asked, so there is nothing this could answer */

        if (m->exchange->head.mcp_session.data == NULL) {
            m->id = sz_str_null;
            sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                            "A response needs the session of its request.");

        } else if (sz_legacy_admit(m)) {
            sz_message_done(m, 202);
        }

        break;

    case SZ_RPC_INVALID:
        m->id = sz_str_null;
        sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                        "Not a JSON-RPC 2.0 message: \"jsonrpc\":\"2.0\", a "
                        "string \"method\" and, for a request, a string or "
                        "integer \"id\" are needed.");
        break;
    }
}


/* The log names a call, and what kind of client made it. */

static void
sz_exchange_note(sz_exchange_t *x)
{
    if (x->n_messages > 0) {
        x->method = x->messages[0].method;
    }
}


static bool
sz_exchange_refuse(sz_exchange_t *x, int code, const sz_error_t *err)
{
    if (err->code == SZ_E_INTERNAL) {
        sz_reply_error(&x->reply, 500, SZ_RPC_INTERNAL_ERROR, "%s", err->text);
        x->outcome = SZ_E_INTERNAL;

    } else {
        sz_reply_error(&x->reply, 400, code, "Parse error: %s.", err->text);
        x->outcome = SZ_E_INPUT;
    }

    return false;
}


static bool
sz_exchange_parse(sz_exchange_t *x, sz_str_t body)
{
    char           *text;
    sz_error_t      err;
    sz_message_t   *m;

    m = sz_alloc(x->arena, sizeof(sz_message_t));
    text = sz_strdup(x->arena, body);

    if (m == NULL || text == NULL) {
        sz_error_memory(&err);
        return sz_exchange_refuse(x, SZ_RPC_INTERNAL_ERROR, &err);
    }

    x->messages = m;

    m->exchange = x;
    m->text = (sz_str_t) { body.len, text };
    sz_buf_init(&m->answer, x->reply.body.max);

    m->root = sz_json_parse(m->text, &err);

    if (m->root == NULL) {
        return sz_exchange_refuse(x, SZ_RPC_PARSE_ERROR, &err);
    }

    x->n_messages = 1;

    return true;
}


sz_verdict_e
sz_exchange_receive(sz_exchange_t *x, sz_str_t body)
{
    size_t  i;
    bool    calls;

    if (!sz_exchange_parse(x, body)) {
        return SZ_X_REPLY;
    }

    for (calls = false, i = 0; i < x->n_messages; i++) {
        sz_message_receive(&x->messages[i]);
        calls = calls || !x->messages[i].done;
    }

    sz_exchange_note(x);

    if (calls) {
        return SZ_X_CALLS;
    }

    sz_exchange_reply(x);

    return SZ_X_REPLY;
}


void
sz_exchange_reply(sz_exchange_t *x)
{
    sz_message_t  *m;

    m = &x->messages[0];

    x->reply.status = m->status;

    if (m->answer.failed) {
        sz_reply_error(&x->reply, 500, SZ_RPC_INTERNAL_ERROR,
                       "The answer is larger than the gateway may send.");
        return;
    }

    if (m->answer.len == 0) {
        return;
    }

    x->reply.type = "application/json";
    sz_buf_free(&x->reply.body);
    x->reply.body = m->answer;
    sz_buf_init(&m->answer, 0);
}
