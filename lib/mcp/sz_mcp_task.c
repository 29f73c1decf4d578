#include "mcp/sz_mcp_task.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_exchange.h"

#include <openssl/rand.h>
#include <stdlib.h>


#define SZ_TASK_RECORD_MAX  (256 * 1024)


bool
sz_task_declared(sz_message_t *m)
{
    if (!m->exchange->server->tasks) {
        sz_answer_error(m, 404, SZ_RPC_METHOD_NOT_FOUND,
                        "There are no tasks here (sanzaru_state_path).");
        return false;
    }

    if (!(sz_modern_client(m) & SZ_CLIENT_TASKS)) {
        sz_answer_error_data(m, 400, SZ_RPC_CAPABILITY,
                             sz_str("{\"requiredCapabilities\":{"
                                    "\"extensions\":{\"" SZ_EXTENSION_TASKS
                                    "\":{}}}}"),
                             "The request has to declare the extension "
                             SZ_EXTENSION_TASKS ".");
        return false;
    }

    return true;
}


/*
 * The methods: one job, and what came of it.
 */

typedef struct {
    sz_task_op_e    op;
    const char     *id;
    sz_str_t        text;
    sz_task_job_t  *job;
} sz_task_call_t;


static sz_step_e
sz_task_call_start(sz_call_t *call, sz_task_call_t *s)
{
    s->job = sz_task_job(call->setup, s->op, s->id, call->clock);

    if (s->job != NULL && !sz_task_text(s->job, s->text)) {
        s->job->job.destroy(&s->job->job);
        s->job = NULL;
    }

    if (s->job != NULL) {
        sz_task_caller(s->job, call->caller_id);
    }

    call->phase = 1;

    return sz_call_job(call, (sz_job_t *) s->job);
}


static sz_step_e
sz_task_call_step(sz_call_t *call)
{
    sz_task_call_t  *s = call->state;

    if (call->phase == 0) {
        return sz_task_call_start(call, s);
    }

    if (s->job->job.error.code == SZ_E_NOT_FOUND) {
        call->rpc_code = SZ_RPC_INVALID_PARAMS;
    }

    if (s->job->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->job->job.error);
    }

    if (s->op == SZ_TASK_READ) {
        sz_buf_str(&call->result, sz_buf_view(&s->job->shown));

    } else {
        call->changed_task = s->job->changed ? s->job : NULL;
        sz_buf_lit(&call->result, "{}");
    }

    return SZ_STEP_DONE;
}


static const sz_field_t  sz_task_no_fields[] = {
    { .name = NULL }
};

static const sz_tool_t  sz_task_tool = {
    .name = "tasks",
    .input = sz_task_no_fields,
    .output = sz_task_no_fields,
    .flags = SZ_TOOL_UNLISTED,
    .state_size = sizeof(sz_task_call_t),
    .step = sz_task_call_step
};


static void
sz_task_method(sz_message_t *m, sz_task_op_e op, sz_str_t text)
{
    const char      *id;
    sz_task_call_t  *s;

    id = sz_json_string(m->params, "taskId");

    if (id == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "taskId must be a string.");
        return;
    }

    m->plain = true;

    if (!sz_message_call(m, &sz_task_tool, NULL)) {
        return;
    }

    s = m->call->state;
    s->op = op;
    s->id = id;
    s->text = text;

    if (!sz_exchange_copy(m->exchange, &s->text)) {
        sz_answer_error(m, 500, SZ_RPC_INTERNAL_ERROR,
                        "The gateway is out of memory for this call.");
    }
}


void
sz_task_get(sz_message_t *m)
{
    if (sz_task_declared(m)) {
        sz_task_method(m, SZ_TASK_READ, sz_str_null);
    }
}


void
sz_task_cancel(sz_message_t *m)
{
    if (sz_task_declared(m)) {
        sz_task_method(m, SZ_TASK_CANCEL, sz_str_null);
    }
}


void
sz_task_update(sz_message_t *m)
{
    sz_str_t  responses;

    if (!sz_task_declared(m)) {
        return;
    }

    responses = sz_json_member(sz_json_member(m->text, "params"),
                               "inputResponses");

    if (responses.data == NULL || responses.data[0] != '{') {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "inputResponses must be an object.");
        return;
    }

    sz_task_method(m, SZ_TASK_ANSWER, responses);
}


/*
 * A call becomes a task.
 */

static bool
sz_task_random(char id[SZ_TASK_ID])
{
    unsigned char  bytes[(SZ_TASK_ID - 1) / 2];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }

    sz_hex_encode(id, bytes, sizeof(bytes));

    return true;
}


static void
sz_task_write_own(const sz_message_t *m, sz_jw_t *w, const char *endpoint)
{
    char              caller[SZ_CALLER_HEX];
    unsigned          kind;
    const sz_call_t  *call = m->call;

    sz_hex_encode(caller, call->caller_id, SZ_CALLER_ID);

    sz_jw_key(w, SZ_TASK_PRIVATE);
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "caller_id", caller);
    sz_jw_kint(w, "expires", call->clock + call->setup->task_ttl);
    sz_jw_kstr(w, "endpoint", endpoint);
    sz_jw_kstr(w, "tool", call->tool->name);
    sz_jw_knode(w, "arguments", sz_json_get(m->params, "arguments"));
    sz_jw_key(w, "saved");
    sz_jw_raw(w, (call->saved != NULL) ? sz_str_of(call->saved)
                                       : sz_str("null"));
    sz_jw_key(w, "answers");

    if (call->answers != NULL) {
        sz_jw_node(w, call->answers);

    } else {
        sz_jw_raw(w, sz_str("{}"));
    }

    sz_jw_key(w, "folders");
    sz_jw_open(w, '[');

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        sz_jw_cstr(w, call->setup->folder[kind].root);
    }

    sz_jw_close(w, ']');
    sz_jw_close(w, '}');
}


sz_task_job_t *
sz_task_new(const sz_message_t *m, const char *endpoint)
{
    bool              ok;
    char              id[SZ_TASK_ID], now[32];
    sz_jw_t           w;
    sz_buf_t          text;
    sz_task_job_t    *job;
    const sz_call_t  *call = m->call;

    if (!sz_task_random(id)) {
        return NULL;
    }

    sz_task_time(call->clock, now);

    sz_buf_init(&text, SZ_TASK_RECORD_MAX);
    sz_jw_init(&w, &text);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "taskId", id);
    sz_jw_kstr(&w, "status", "working");
    sz_jw_kstr(&w, "createdAt", now);
    sz_jw_kstr(&w, "lastUpdatedAt", now);
    sz_jw_kint(&w, "ttlMs", call->setup->task_ttl * 1000);
    sz_jw_kint(&w, "pollIntervalMs", call->setup->poll_first);
    sz_task_write_own(m, &w, endpoint);
    sz_jw_close(&w, '}');

    job = sz_task_job(call->setup, SZ_TASK_CREATE, id, call->clock);
    ok = job != NULL && !text.failed
         && sz_task_text(job, sz_buf_view(&text));

    sz_buf_free(&text);

    if (!ok && job != NULL) {
        job->job.destroy(&job->job);
        job = NULL;
    }

    return job;
}


void
sz_task_detach(sz_message_t *m, const sz_task_job_t *made)
{
    sz_jw_t  w;

    w = sz_answer_open_as(m, "task");
    sz_jw_raw(&w, (sz_str_t) { made->shown.len - 2, made->shown.data + 1 });
    sz_answer_close(m, &w);

    m->call->detached = true;
}


/*
 * What the call came to, out of the message's answer: {"jsonrpc":…,"id":…,
 * "result" or "error"}.  True: a result.
 */

bool
sz_task_result(const sz_message_t *m, sz_buf_t *json)
{
    sz_str_t  answer, text;

    answer = sz_buf_view(&m->answer);
    text = sz_json_member(answer, "result");

    if (text.data != NULL) {
        sz_buf_str(json, text);
        return true;
    }

    text = sz_json_member(answer, "error");

    sz_buf_str(json, (text.data != NULL) ? text
               : sz_str("{\"code\":-32603,\"message\":\"The result is larger "
                        "than the gateway keeps.\"}"));

    return false;
}


/*
 * A task goes on, perhaps in another process.
 */

const char *
sz_task_endpoint(const cJSON *record)
{
    return sz_json_string(sz_json_object(record, SZ_TASK_PRIVATE),
                          "endpoint");
}


const char *
sz_task_folder(const cJSON *record, sz_media_e kind)
{
    const cJSON  *root;

    root = cJSON_GetArrayItem(sz_json_array(sz_json_object(record,
                                                           SZ_TASK_PRIVATE),
                                            "folders"), (int) kind);

    return cJSON_IsString(root) ? root->valuestring : NULL;
}


static const sz_tool_t *
sz_task_tool_named(const sz_server_t *server, const char *name)
{
    size_t  i;

    for (i = 0; name != NULL && i < server->n_tools; i++) {
        if (strcmp(server->tools[i]->name, name) == 0) {
            return server->tools[i];
        }
    }

    return NULL;
}


static void
sz_task_free(void *root)
{
    cJSON_Delete(root);
}


/* The exchange is like one that has been received, but for its client. */

static bool
sz_task_message(sz_exchange_t *x, cJSON *own, sz_error_t *err)
{
    sz_message_t     *m;
    const sz_tool_t  *tool;

    tool = sz_task_tool_named(x->server, sz_json_string(own, "tool"));

    if (tool == NULL) {
        sz_error_set(err, SZ_E_INTERNAL,
                     "The tool of this task is not configured any more.");
        return false;
    }

    m = sz_alloc(x->arena, sizeof(sz_message_t));

    if (m == NULL) {
        sz_error_memory(err);
        return false;
    }

    x->messages = m;
    x->n_messages = 1;
    x->tool = tool->name;

    m->exchange = x;
    sz_buf_init(&m->answer, x->reply.body.max);

    m->call = sz_call_create(x->arena, tool, x->setup,
                             (cJSON *) sz_json_object(own, "arguments"), err);
    if (m->call == NULL) {
        return false;
    }

    memcpy(m->call->caller_id, x->caller_id, SZ_CALLER_ID);
    m->call->detached = true;
    m->call->client = SZ_CLIENT_TASKS | SZ_CLIENT_ELICIT_FORM;
    m->call->answers = sz_json_object(own, "answers");
    m->call->resume = sz_json_get(own, "saved");

    return true;
}


sz_exchange_t *
sz_task_adopt(const sz_server_t *server, const sz_setup_t *setup,
    const cJSON *record, size_t max, int64_t clock, sz_error_t *err)
{
    cJSON          *own;
    sz_arena_t     *arena;
    sz_exchange_t  *x;

    arena = sz_arena_create(max);
    x = (arena != NULL) ? sz_alloc(arena, sizeof(sz_exchange_t)) : NULL;
    own = (x != NULL) ? cJSON_Duplicate(sz_json_object(record,
                                                       SZ_TASK_PRIVATE), 1)
                      : NULL;

    if (own == NULL || !sz_arena_defer(arena, sz_task_free, own)) {
        sz_arena_destroy(arena);
        sz_error_memory(err);
        return NULL;
    }

    x->arena = arena;
    x->server = server;
    x->setup = setup;
    x->revision = SZ_REV_MODERN;
    x->head.clock = clock;
    x->log_level = SZ_LOG_NONE;
    sz_buf_init(&x->reply.body, max);

    if (cJSON_IsNull(sz_json_get(own, "saved"))) {
        sz_error_set(err, SZ_E_INTERNAL,
                     "The gateway was stopped while this call was under way. "
                     "What was begun at a provider may go on there: look "
                     "before you start it again.");

    } else if (!sz_task_owner(record, x->caller_id)) {
        sz_error_set(err, SZ_E_INTERNAL,
                     "The record of this task does not say whose it is.");

    } else if (sz_task_message(x, own, err)) {
        return x;
    }

    sz_exchange_close(x);

    return NULL;
}


void
sz_task_questions(const sz_call_t *call, sz_buf_t *json)
{
    sz_jw_t  w;

    sz_jw_init(&w, json);
    sz_round_requests(&w, call);
}


unsigned
sz_task_answers(sz_message_t *m, const cJSON *record)
{
    cJSON        *copy;
    unsigned      n;
    sz_ask_t     *ask;
    const cJSON  *answer, *answers;

    n = 0;
    answers = sz_json_object(sz_json_object(record, SZ_TASK_PRIVATE),
                             "answers");

    for (ask = m->call->asks; ask != NULL; ask = ask->next) {

        answer = sz_json_object(answers, ask->key);

        if (ask->answer != NULL || answer == NULL) {
            continue;
        }

        copy = cJSON_Duplicate(answer, 1);

        if (copy != NULL
            && sz_arena_defer(m->exchange->arena, sz_task_free, copy))
        {
            ask->answer = copy;
            n++;
        }
    }

    return n;
}


void
sz_task_error(sz_buf_t *json, const sz_error_t *err)
{
    sz_jw_t  w;

    sz_jw_init(&w, json);
    sz_jw_open(&w, '{');
    sz_jw_kint(&w, "code", SZ_RPC_INTERNAL_ERROR);
    sz_jw_kstr(&w, "message", err->text);
    sz_jw_close(&w, '}');
}


bool
sz_task_is_cancelled(sz_str_t shown)
{
    return sz_str_is(sz_json_member(shown, "status"), "\"cancelled\"");
}


void
sz_task_publish(const sz_hub_t *hub, const sz_task_job_t *done)
{
    sz_signal_t    signal;
    unsigned char  owner[SZ_CALLER_ID];

    if (!sz_task_owner(done->record, owner)) {
        return;
    }

    memset(&signal, 0, sizeof(signal));
    signal.type = SZ_SIGNAL_TASK;
    signal.key = sz_str_of(done->id);
    signal.text = sz_buf_view(&done->shown);
    memcpy(signal.id, owner, SZ_HUB_ID);

    if (signal.key.len + signal.text.len > SZ_HUB_TEXT) {
        signal.text = sz_str_null;      /* whoever wants it has to ask */
    }

    hub->publish(&signal);
}
