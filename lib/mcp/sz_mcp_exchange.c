#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_library.h"
#include "mcp/sz_mcp_seal.h"

#include <stdlib.h>


#define SZ_BATCH_MAX    32
#define SZ_ERROR_REPLY  4096
#define SZ_METHOD_SHOWN 100             /* of one that is none, in the log */
#define SZ_RPC_ID_MAX   256             /* bytes, quotes included */

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


bool
sz_exchange_copy(sz_exchange_t *x, sz_str_t *s)
{
    if (s->data != NULL) {
        s->data = sz_strdup(x->arena, *s);
        return s->data != NULL;
    }

    return true;
}


bool
sz_exchange_unseal(const sz_exchange_t *x, sz_str_t bound, sz_str_t text,
    sz_str_t *plain)
{
    const sz_server_t  *server = x->server;

    return sz_unseal(x->arena, server->secret, bound, text, plain)
           || (server->has_previous
               && sz_unseal(x->arena, server->previous, bound, text, plain));
}


/* A value of a header, without the blanks around it. */

static bool
sz_exchange_copy_header(sz_exchange_t *x, sz_str_t *s)
{
    *s = sz_str_trim(*s);

    return sz_exchange_copy(x, s);
}


/*
 * A header that came twice and was joined on its way says one thing if both say
 * the same, and nothing if it is empty.
 */

static void
sz_exchange_single(sz_str_t *value)
{
    sz_str_t  rest, first;

    rest = *value;
    first = sz_str_next_item(&rest);

    while (rest.data != NULL) {
        if (!sz_str_eq(sz_str_next_item(&rest), first)) {
            return;
        }
    }

    *value = (first.len > 0) ? first : sz_str_null;
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
    x->log_level = SZ_LOG_INFO;

    sz_buf_init(&x->reply.body, max);

    sz_str_t  *copies[] = {
        &x->head.method, &x->head.host, &x->head.authority, &x->head.origin,
        &x->head.accept, &x->head.content_type, &x->head.content_encoding,
        &x->head.mcp_version, &x->head.mcp_session,
        &x->head.mcp_method, &x->head.mcp_name, &x->head.last_event_id,
        &x->head.asked_headers
    };

    for (i = 0; i < sz_array_len(copies); i++) {
        if (!sz_exchange_copy_header(x, copies[i])) {
            sz_exchange_close(x);
            return NULL;
        }
    }

    x->head.caller = sz_str_null;
    sz_exchange_single(&x->head.content_type);
    sz_exchange_single(&x->head.mcp_version);

    if (!sz_caller_id(sz_str_trim(head->caller), x->caller_id)
        || !sz_param_keep(x))
    {
        sz_exchange_close(x);
        return NULL;
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

    if (id.len > SZ_RPC_ID_MAX) {
        return false;
    }

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
        m->progressed = -1;             /* the first one may come at 0 s */
    }
}


void
sz_message_done(sz_message_t *m, int status)
{
    m->done = true;
    m->status = status;
}


static unsigned
sz_message_client(const sz_message_t *m)
{
    unsigned              client;
    const sz_exchange_t  *x = m->exchange;

    if (x->revision >= SZ_REV_MODERN) {
        client = sz_modern_client(m);

    } else {
        client = (x->has_session && x->accepts_sse) ? x->session.client : 0;

        if (x->revision < SZ_REV_2025_06_18) {
            client &= ~(SZ_CLIENT_ELICIT_FORM | SZ_CLIENT_ELICIT_URL);
        }
    }

    if (!x->server->tasks) {
        client &= ~SZ_CLIENT_TASKS;
    }

    if (m->progress.data != NULL && x->accepts_sse) {
        client |= SZ_CLIENT_PROGRESS;
    }

    return client;
}


static sz_log_e
sz_message_log_level(const sz_message_t *m)
{
    const char           *level;
    const sz_exchange_t  *x = m->exchange;

    if (!x->accepts_sse) {
        return SZ_LOG_NONE;
    }

    if (x->revision < SZ_REV_MODERN) {
        return x->log_level;
    }

    level = sz_json_string(sz_json_object(m->params, "_meta"), SZ_META_LEVEL);

    return (level != NULL) ? sz_log_find(level) : SZ_LOG_NONE;
}


bool
sz_message_call(sz_message_t *m, const sz_tool_t *tool, cJSON *args)
{
    sz_error_t      err;
    const cJSON    *answers;
    sz_exchange_t  *x = m->exchange;

    if (!sz_round_open(m, &answers)) {
        return false;
    }

    m->call = sz_call_create(x->arena, tool, x->setup, args, &err);

    if (m->call == NULL) {

        if (m->plain) {
            sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS, "%s", err.text);

        } else {
            sz_answer_failed(m, &err);
        }

        return false;
    }

    m->call->client = sz_message_client(m);
    m->call->log_level = sz_message_log_level(m);
    m->call->answers = answers;
    memcpy(m->call->caller_id, x->caller_id, SZ_CALLER_ID);

    return true;
}


static void
sz_message_request(sz_message_t *m)
{
    int                     status;
    const cJSON            *claim;
    const sz_rpc_method_t  *method;

    claim = sz_modern_claim(m);

    if (!((claim != NULL) ? sz_modern_admit(m, claim) : sz_legacy_admit(m))) {
        return;
    }

    method = sz_rpc_method(m);
    status = (m->exchange->revision >= SZ_REV_MODERN) ? 404 : 200;

    if (method == NULL) {
        sz_answer_error(m, status, SZ_RPC_METHOD_NOT_FOUND,
                        "There is no method \"%.100s\" in revision %s.",
                        m->method, sz_revision_name(m->exchange->revision));
        return;
    }

    if (method->offered != NULL && !method->offered(m->exchange->server)) {
        sz_answer_error(m, status, SZ_RPC_METHOD_NOT_FOUND,
                        "There is no method \"%.100s\" here: nothing is "
                        "configured that it would be about.", m->method);
        return;
    }

    sz_message_token(m);

    m->method = method->name;           /* which lives longer */
    method->handle(m);
}


/*
 * A modern client cancels by closing and has nothing else to notify.  A legacy
 * one may cancel a request of its session, whichever worker has it.
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
        sz_legacy_notified(m);
        sz_message_done(m, 202);
    }
}


void
sz_exchange_give_up(sz_message_t *m)
{
    sz_message_done(m, 202);
    m->exchange->outcome = SZ_E_CANCELLED;
}


static void
sz_message_response(sz_message_t *m)
{
    sz_str_t  id;

    id = m->id;
    m->id = sz_str_null;

    if (m->exchange->head.mcp_session.data == NULL) {
        sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                        "A response needs the session of its request.");

    } else if (sz_legacy_admit(m)) {
        sz_legacy_responded(m, id);
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
        sz_message_response(m);
        break;

    case SZ_RPC_INVALID:
        m->id = sz_str_null;
        sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                        "Not a JSON-RPC 2.0 message: \"jsonrpc\":\"2.0\", a "
                        "string \"method\" and, for a request, a string or "
                        "integer \"id\" of at most %d bytes are needed.",
                        SZ_RPC_ID_MAX);
        break;
    }
}


static void
sz_exchange_free_root(void *data)
{
    cJSON_Delete(((sz_exchange_t *) data)->root);
}


static bool
sz_exchange_no_memory(sz_exchange_t *x)
{
    sz_exchange_refuse(x, 500, SZ_RPC_INTERNAL_ERROR,
                       "The gateway is out of memory for this call.");
    return false;
}


/*
 * The text of an array's elements and their trees, side by side: what must come
 * back byte for byte is taken from the text.
 */

static bool
sz_exchange_split(sz_exchange_t *x, sz_str_t text, cJSON *root)
{
    size_t         n;
    cJSON         *element;
    sz_str_t       rest;
    sz_message_t  *m;

    n = (size_t) cJSON_GetArraySize(root);

    if (n == 0 || n > SZ_BATCH_MAX) {
        sz_exchange_refuse(x, 400, SZ_RPC_INVALID_REQUEST,
                           "A batch has 1 to %d messages.", SZ_BATCH_MAX);
        return false;
    }

    x->messages = sz_alloc(x->arena, n * sizeof(sz_message_t));

    if (x->messages == NULL) {
        return sz_exchange_no_memory(x);
    }

    x->batch = true;
    rest = text;

    for (element = root->child; element != NULL; element = element->next) {
        m = &x->messages[x->n_messages++];
        m->exchange = x;
        m->root = element;
        m->text = sz_json_item(&rest);
        sz_buf_init(&m->answer, x->reply.body.max / n);
    }

    return true;
}


/*
 * A request whose text is refused over a detail, such as half an emoji in a
 * prompt, has an id all the same: without it a client waits on.
 */

static void
sz_exchange_unread(sz_exchange_t *x, sz_str_t body, const sz_error_t *err)
{
    sz_str_t  id;
    sz_buf_t  mended;

    id = (sz_json_mend(body, &mended, NULL) == SZ_OK)
         ? sz_json_member(sz_buf_view(&mended), "id") : sz_str_null;

    if (id.data != NULL && !sz_rpc_is_id(id)) {
        id = sz_str_null;
    }

    sz_exchange_refuse_as(x, id, 400, SZ_RPC_PARSE_ERROR, "Parse error: %s.",
                          err->text);
    sz_buf_free(&mended);
}


static bool
sz_exchange_parse(sz_exchange_t *x, sz_str_t body)
{
    cJSON       *root;
    sz_error_t   err;

    root = sz_json_parse(body, &err);

    if (root == NULL && err.code != SZ_E_INPUT) {
        return sz_exchange_no_memory(x);
    }

    if (root == NULL) {
        sz_exchange_unread(x, body, &err);
        return false;
    }

    x->root = root;

    if (!sz_arena_defer(x->arena, sz_exchange_free_root, x)) {
        return sz_exchange_no_memory(x);
    }

    if (cJSON_IsArray(root)) {
        return sz_exchange_split(x, body, root);
    }

    x->messages = sz_alloc(x->arena, sizeof(sz_message_t));

    if (x->messages == NULL) {
        return sz_exchange_no_memory(x);
    }

    x->messages[0].exchange = x;
    x->messages[0].root = root;
    x->messages[0].text = body;
    sz_buf_init(&x->messages[0].answer, x->reply.body.max);
    x->n_messages = 1;

    return true;
}


/*
 * Batches are of revision 2025-03-26 alone, which has no way to say so but its
 * session or the absence of a header.
 */

static bool
sz_exchange_admit_batch(sz_exchange_t *x)
{
    size_t         i;
    sz_message_t  *m;

    if (!x->batch) {
        return true;
    }

    for (i = 0; i < x->n_messages; i++) {
        m = &x->messages[i];

        if (sz_rpc_classify(m) == SZ_RPC_INVALID
            || sz_modern_claim(m) != NULL
            || (m->method != NULL && strcmp(m->method, "initialize") == 0))
        {
            sz_exchange_refuse(x, 400, SZ_RPC_INVALID_REQUEST,
                               "Element %u of the batch cannot stand in one.",
                               (unsigned) i);
            return false;
        }
    }

    if (!sz_legacy_admit(&x->messages[0])) {
        x->batch = false;           /* its error stands for all */
        sz_exchange_reply(x);
        return false;
    }

    if (x->revision != SZ_REV_2025_03_26) {
        sz_exchange_refuse(x, 400, SZ_RPC_INVALID_REQUEST,
                           "Revision %s has no batches; send one message per "
                           "request.", sz_revision_name(x->revision));
        return false;
    }

    return true;
}


/* What calls read of the parameters, by whatever method. */

static const char *const  sz_kept_params[] = {
    "arguments", "argument", "inputResponses", "taskId", "uri", NULL
};


static bool
sz_message_keep(sz_message_t *m)
{
    static const char *const  params[] = { "params", NULL };
    static const char *const  nothing[] = { NULL };

    m->text = sz_str_null;

    if (m->done || m->call == NULL) {
        sz_json_prune(m->root, nothing);
        m->params = NULL;
        return true;
    }

    sz_json_prune(m->root, params);

    if (cJSON_IsObject(m->params)) {
        sz_json_prune((cJSON *) m->params, sz_kept_params);

    } else {
        sz_json_prune(m->root, nothing);
        m->params = NULL;
    }

    return sz_exchange_copy(m->exchange, &m->id)
           && sz_exchange_copy(m->exchange, &m->progress);
}


/*
 * Calls run for minutes and streams wait for days, by the thousand: the rest of
 * the request goes now, here, where a large tree may be freed.
 */

static bool
sz_exchange_keep(sz_exchange_t *x)
{
    bool           kept;
    size_t         i;
    sz_str_t       method;
    sz_message_t  *m;

    if (x->listen != NULL) {
        kept = sz_exchange_copy(x, &x->listen->id);
        cJSON_Delete(x->root);
        x->root = NULL;

        return kept;
    }

    method = sz_str_of(x->messages[0].method);
    method.len = (method.len < SZ_METHOD_SHOWN) ? method.len : SZ_METHOD_SHOWN;
    kept = sz_exchange_copy(x, &method);
    x->method = method.data;

    for (i = 0; i < x->n_messages; i++) {
        m = &x->messages[i];
        kept = sz_message_keep(m) && kept;
    }

    return kept;
}


sz_verdict_e
sz_exchange_receive(sz_exchange_t *x, sz_str_t body)
{
    size_t  i;
    bool    calls;

    if (!sz_exchange_parse(x, body) || !sz_exchange_admit_batch(x)) {
        return SZ_X_REPLY;
    }

    for (calls = false, i = 0; i < x->n_messages; i++) {
        sz_message_receive(&x->messages[i]);
        calls = calls || !x->messages[i].done;
    }

    if (x->listen == NULL && !calls) {
        x->method = x->messages[0].method;
        sz_exchange_reply(x);
        return SZ_X_REPLY;
    }

    if (!sz_exchange_keep(x)) {
        (void) sz_exchange_no_memory(x);
        return SZ_X_REPLY;
    }

    return (x->listen != NULL) ? SZ_X_LISTEN : SZ_X_CALLS;
}


/* All answers of a batch, as an array; none at all when none is due. */

static void
sz_exchange_join(sz_exchange_t *x)
{
    size_t     i;
    sz_jw_t    w;
    sz_buf_t  *body;

    body = &x->reply.body;
    body->len = 0;
    x->reply.status = 202;

    sz_jw_init(&w, body);
    sz_jw_open(&w, '[');

    for (i = 0; i < x->n_messages; i++) {
        if (x->messages[i].answer.len > 0) {
            sz_jw_raw(&w, sz_buf_view(&x->messages[i].answer));
            x->reply.status = 200;
        }

        body->failed |= x->messages[i].answer.failed;
    }

    sz_jw_close(&w, ']');

    if (x->reply.status == 202) {
        body->len = 0;
        return;
    }

    x->reply.type = "application/json";
}


static void
sz_exchange_take(sz_exchange_t *x, sz_message_t *m)
{
    x->reply.status = m->status;
    x->reply.body.failed = m->answer.failed;

    if (m->answer.len == 0) {
        return;
    }

    x->reply.type = "application/json";
    sz_buf_free(&x->reply.body);
    x->reply.body = m->answer;
    sz_buf_init(&m->answer, x->reply.body.max);
}


void
sz_exchange_reply(sz_exchange_t *x)
{
    if (x->batch) {
        sz_exchange_join(x);

    } else {
        sz_exchange_take(x, &x->messages[0]);
    }

    if (x->reply.body.failed) {
        sz_buf_free(&x->reply.body);
        sz_buf_init(&x->reply.body, SZ_ERROR_REPLY);
        sz_exchange_refuse(x, 500, SZ_RPC_INTERNAL_ERROR,
                           "The answer is larger than the gateway may send "
                           "(sanzaru_max_memory).");
    }
}
