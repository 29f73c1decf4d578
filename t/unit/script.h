/*
 * The shell of a unit test: runs an exchange and its calls without nginx.
 * Jobs are run in place; HTTP effects are answered by the test.
 *
 * Where lib/ has no memory (t/torture), there is an exchange all the same, with
 * an empty reply, and a test goes on.
 */

#ifndef SCRIPT_H
#define SCRIPT_H


#include "mcp/sz_mcp.h"
#include "mcp/sz_mcp_sse.h"

#include <stdio.h>
#include <stdlib.h>


/* Answers one HTTP effect; http->sink is already open. */
typedef void (*script_pt)(sz_http_t *http, unsigned n);

/* Whether the client lets the call go on as a task; NULL: it does not. */
static bool  (*script_detach)(sz_message_t *m);

static sz_server_t    script_server;
static sz_arena_t    *script_arena;
static sz_setup_t     script_setup;
static int64_t        script_now;           /* ms; waits move it on */
static unsigned       script_n;             /* HTTP effects so far */
static int64_t        script_waited;        /* ms in all */
static sz_message_t  *script_running;       /* its call is under way */
static const cJSON   *script_said;          /* what the client answers */
static char           script_progress[4096];
static char           script_log[4096];     /* effects, a line each */


__attribute__((unused)) static void
script_begin(void)
{
    script_arena = sz_arena_create((size_t) -1);
    script_server.session_timeout = 3600;
    memset(script_server.secret, 7, sizeof(script_server.secret));

    script_setup.max_file_size = 100 * 1024 * 1024;
    script_setup.max_image_size = 20 * 1024 * 1024;
    script_setup.max_image_pixels = 50000000;
    script_setup.image_timeout = 30000;
    script_setup.confirm = true;
    script_setup.max_wait = 100;
    script_setup.poll_first = 5000;
    script_setup.poll_last = 20000;

    if (!sz_server_init(&script_server, script_arena, (unsigned) -1)) {
        exit(1);
    }
}


__attribute__((unused)) static void
script_end(void)
{
    sz_arena_destroy(script_arena);
}


/* What does not fit is left out. */

static void
script_note(char *notes, size_t size, const char *text, size_t len)
{
    size_t  used = strlen(notes);

    if (used + len + 2 <= size) {
        memcpy(notes + used, text, len);
        memcpy(notes + used + len, "\n", 2);
    }
}


static void
script_sink(sz_sink_t *sink, sz_sink_op_e op, sz_str_t data)
{
    if (sink->job.error.code != SZ_OK && op != SZ_SINK_ABORT) {
        return;
    }

    sink->op = op;
    sink->data = data.data;
    sink->len = data.len;
    sink->job.run(&sink->job);
}


static void
script_tell(sz_message_t *m)
{
    bool      progress;
    sz_buf_t  json;

    sz_buf_init(&json, 4096);

    while (sz_exchange_tell(m, &json, &progress)) {
        script_note(script_progress, sizeof(script_progress), json.data,
                    json.len);
    }

    sz_buf_free(&json);
}


/* What the shell does after something has moved. */

static void
script_tick(void)
{
    sz_call_t  *call = script_running->call;

    if (call->tool->tick != NULL) {
        call->tool->tick(call);
        script_tell(script_running);
    }
}


/* The answer to its reader, whole or event by event. */

static void
script_read(sz_http_t *http)
{
    bool           event;
    sz_buf_t       answer;
    sz_str_t       rest;
    sz_sse_t       sse;
    sz_reader_t   *reader = http->reader;

    answer = http->answer;
    sz_buf_init(&http->answer, http->max_answer);

    reader->event = (strcmp(http->type, SZ_SSE_TYPE) == 0);

    if (!reader->event) {
        reader->text = answer;
        reader->job.run(&reader->job);
        http->error = reader->job.error;
        script_tick();
        return;
    }

    sz_sse_init(&sse, http->max_answer);
    rest = sz_buf_view(&answer);

    while (rest.len > 0 && http->error.code == SZ_OK) {
        rest.data += sz_sse_feed(&sse, rest, &event);
        rest.len = answer.len - (size_t) (rest.data - answer.data);

        if (event) {
            reader->text = sse.data;
            sz_buf_init(&sse.data, http->max_answer);
            reader->job.run(&reader->job);
            http->error = reader->job.error;
            script_tick();
        }
    }

    sz_sse_free(&sse);
    sz_buf_free(&answer);
}


static const char *const  script_methods[] = { "GET", "POST", "DELETE" };

static void
script_http(sz_http_t *http, script_pt answer)
{
    int         len;
    char        line[1024];
    sz_sink_t  *sink = http->sink;

    len = snprintf(line, sizeof(line), "%s %s", script_methods[http->method],
                   http->path);
    script_note(script_log, sizeof(script_log), line,
                (len < (int) sizeof(line)) ? (size_t) len : sizeof(line) - 1);

    if (sink != NULL) {
        script_sink(sink, SZ_SINK_OPEN, sz_str_null);
    }

    answer(http, script_n++);

    if (http->reader != NULL && http->error.code == SZ_OK
        && http->status / 100 == 2)
    {
        script_read(http);
        return;
    }

    if (sink == NULL) {
        sz_http_parse(http);
        return;
    }

    if (http->error.code == SZ_OK && http->status / 100 == 2) {
        strcpy(sink->announced, http->type);
        script_sink(sink, SZ_SINK_WRITE, sz_buf_view(&http->answer));
        script_sink(sink, SZ_SINK_COMMIT, sz_str_null);
        http->error = sink->job.error;

    } else {
        sz_http_parse(http);
    }

    script_sink(sink, SZ_SINK_ABORT, sz_str_null);
}


static void
script_call(sz_message_t *m, script_pt answer)
{
    unsigned    i;
    sz_call_t  *call = m->call;

    script_running = m;

    for ( ;; ) {
        call->now = script_now;
        call->clock = 1700000000;
        call->random = 100;                     /* no jitter */

        if (sz_call_step(call) == SZ_STEP_DONE) {
            break;
        }

        script_tell(m);

        if (sz_exchange_asked(m)) {
            return;
        }

        for (i = 0; i < call->n_effects; i++) {

            switch (call->effects[i].kind) {

            case SZ_EFFECT_HTTP:
                script_http(call->effects[i].http, answer);
                break;

            case SZ_EFFECT_JOB:
                call->effects[i].job->run(call->effects[i].job);
                break;

            case SZ_EFFECT_WAIT:
                script_now += call->effects[i].wait;
                script_waited += call->effects[i].wait;
                break;

            case SZ_EFFECT_ASK:
                call->effects[i].ask->answer = script_said;
                break;

            case SZ_EFFECT_DETACH:
                call->detached = script_detach != NULL && script_detach(m);
                break;
            }
        }
    }

    sz_exchange_finish(m);
}


/* What the gate says; close it.  Never NULL. */

__attribute__((unused)) static sz_exchange_t *
script_open(const sz_head_t *head, size_t max, sz_verdict_e *verdict)
{
    sz_arena_t     *arena;
    sz_exchange_t  *x;

    *verdict = SZ_X_REPLY;
    x = sz_exchange_open(&script_server, head, max, verdict);

    if (x == NULL) {
        arena = sz_arena_create((size_t) -1);
        x = sz_alloc(arena, sizeof(sz_exchange_t));
        x->arena = arena;
        x->server = &script_server;
        sz_buf_init(&x->reply.body, 1);
    }

    x->setup = &script_setup;

    return x;
}


/* The reply's body as a text, which its length counts the end of. */

__attribute__((unused)) static const char *
script_body(sz_exchange_t *x)
{
    sz_buf_t  *body = &x->reply.body;

    sz_buf_c(body, '\0');

    if (body->failed) {
        sz_buf_free(body);
        sz_buf_c(body, '\0');
    }

    return body->data;
}


/* The exchange, with its reply; close it.  Never NULL. */

__attribute__((unused)) static sz_exchange_t *
script_exchange(const sz_head_t *head, const char *body, script_pt answer)
{
    char           *copy;
    size_t          i;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    script_n = 0;
    script_waited = 0;
    script_log[0] = '\0';
    script_progress[0] = '\0';

    x = script_open(head, 1 << 24, &verdict);

    if (verdict == SZ_X_REPLY) {
        (void) script_body(x);
        return x;
    }

    /* the body is gone when it has been received */

    copy = strdup(body);
    verdict = sz_exchange_receive(x, sz_str_of(copy));
    memset(copy, '?', strlen(copy));
    free(copy);

    if (verdict == SZ_X_CALLS) {

        for (i = 0; i < x->n_messages; i++) {
            if (!x->messages[i].done) {
                script_call(&x->messages[i], answer);
            }
        }

        sz_exchange_reply(x);
    }

    (void) script_body(x);

    return x;
}


static inline sz_head_t
script_post(void)
{
    return (sz_head_t) {
        .method = sz_str("POST"), .host = sz_str("localhost"),
        .loopback = true, .content_type = sz_str("application/json"),
        .accept = sz_str("application/json, text/event-stream"),
        .mcp_version = sz_str("2025-11-25"), .clock = 1700000000
    };
}


/*
 * Calls a tool and returns structuredContent, or the error's text behind
 * "error: "; "" when there is neither.  The caller frees it.
 */

__attribute__((unused)) static char *
script_tool(const char *name, const char *args, script_pt answer)
{
    char           *result;
    char            body[8192];
    cJSON          *root;
    sz_head_t       head = script_post();
    const char     *text;
    const cJSON    *r;
    sz_exchange_t  *x;

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
             "\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s,"
             "\"_meta\":{\"progressToken\":\"t\"}}}", name, args);

    x = script_exchange(&head, body, answer);
    root = cJSON_Parse(x->reply.body.data);
    r = sz_json_get(root, "result");
    text = sz_json_string(cJSON_GetArrayItem(sz_json_array(r, "content"), 0),
                          "text");

    if (cJSON_IsTrue(sz_json_get(r, "isError")) && text != NULL) {
        result = malloc(strlen(text) + 10);
        sprintf(result, "error: %s", text);

    } else {
        result = cJSON_PrintUnformatted(sz_json_get(r, "structuredContent"));
    }

    result = (result != NULL) ? result : strdup("");

    cJSON_Delete(root);
    sz_exchange_close(x);

    return result;
}


#endif /* SCRIPT_H */
