/*
 * Tasks without nginx: a call lets its client go, goes on, perhaps in another
 * process, and what clients ask about it meanwhile.
 */

#include "script.h"
#include "answers.h"
#include "folder.h"
#include "hub.h"
#include "tap.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_task.h"


#define META(extensions)                                                     \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{},"    \
    "\"extensions\":{" extensions "}}}"

#define TASKS  "\"io.modelcontextprotocol/tasks\":{}"

#define VIDEO(status, progress)                                              \
    "{\"id\":\"v/1\",\"object\":\"video\",\"status\":\"" status "\","        \
    "\"progress\":" #progress "}"

#define MP4  "\0\0\0\x18" "ftypmp42\0\0\0\0mp42isom\0\0\0\x8moov"


static char         task[SZ_TASK_ID];   /* the last one that was made */
static bool         detaching;          /* a record can be made */
static char         released[4096];     /* what its client got */
static const char  *caller;
static unsigned     fails_at;           /* the provider, from here on */


/* A video that is rendered at the third look, or is not, and its file. */

static void
render(sz_http_t *http, unsigned n)
{
    static const char *const  states[] = {
        VIDEO("queued", 0), VIDEO("in_progress", 40), VIDEO("completed", 100)
    };

    http->status = 200;

    if (fails_at > 0 && n >= fails_at) {
        http->status = 404;
        strcpy(http->type, "application/json");
        sz_buf_lit(&http->answer, "{\"error\":{\"message\":\"gone\"}}");

    } else if (http->sink != NULL) {
        strcpy(http->type, "video/mp4");
        sz_buf_add(&http->answer, MP4, sizeof(MP4) - 1);

    } else {
        strcpy(http->type, "application/json");
        sz_buf_str(&http->answer, sz_str_of(states[(n < 2) ? n : 2]));
    }
}


/* What the shell does, but that jobs run in place. */

static bool
detach(sz_message_t *m)
{
    sz_task_job_t  *made;
    sz_exchange_t  *x = m->exchange;

    if (!detaching) {
        return false;
    }

    made = sz_task_new(m, "mcp");

    if (made == NULL) {
        return false;
    }

    made->job.run(&made->job);

    if (made->job.error.code == SZ_OK) {
        strcpy(task, made->id);
        sz_task_detach(m, made);
        sz_exchange_reply(x);
        snprintf(released, sizeof(released), "%.*s", (int) x->reply.body.len,
                 x->reply.body.data);
        sz_buf_free(&x->reply.body);
        m->done = false;
    }

    made->job.destroy(&made->job);

    return m->call->detached;
}


/* A request of a modern client; its reply, in a buffer that is reused. */

static const char *
ask(const char *method, const char *name, const char *params, script_pt answer)
{
    char            body[4096];
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    static char  reply[8192];

    head.caller = sz_str_of(caller);
    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str_of(method);
    head.mcp_name = (name != NULL) ? sz_str_of(name) : sz_str_null;

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,"
             "\"method\":\"%s\",\"params\":{%s}}", method, params);

    x = script_exchange(&head, body, answer);
    snprintf(reply, sizeof(reply), "%d %s", x->reply.status,
             x->reply.body.data);
    sz_exchange_close(x);

    return reply;
}


static void
has(const char *text, const char *want, const char *name)
{
    if (!ok(strstr(text, want) != NULL, "%s", name)) {
        printf("#   got %s\n#  want %s\n", text, want);
    }
}


static const char *
create(void)
{
    return ask("tools/call", "create_video", "\"name\":\"create_video\","
               "\"arguments\":{\"prompt\":\"a kite\"}," META(TASKS), render);
}


/* tasks/METHOD of the last task, or of another one. */

static const char *
about(const char *method, const char *id, const char *more)
{
    char  params[1024];

    snprintf(params, sizeof(params), "\"taskId\":\"%s\"%s," META(TASKS), id,
             more);

    return ask(method, id, params, NULL);
}


static sz_task_job_t *
record(sz_task_op_e op, sz_str_t text)
{
    sz_task_job_t  *job;

    job = sz_task_job(&script_setup, op, task, 1700000000);

    if (job == NULL || (text.data != NULL && !sz_task_text(job, text))) {
        exit(0);
    }

    job->job.run(&job->job);

    return job;
}


static void
end(sz_task_op_e op, sz_str_t text)
{
    sz_task_job_t  *job = record(op, text);

    job->job.destroy(&job->job);
}


static void
test_detach(void)
{
    const char  *reply;

    detaching = false;
    reply = create();
    has(reply, "\"structuredContent\":{\"id\":\"v/1\"",
        "where no record can be made the client gets the job itself");
    is_str(released, "", "and no task");

    detaching = true;
    reply = create();
    has(released, "\"result\":{\"resultType\":\"task\",\"taskId\":\"",
        "the client is let go with a task");
    has(released, task, "which has an id");
    has(released, "\"status\":\"working\",\"createdAt\":"
        "\"2023-11-14T22:13:20Z\",\"lastUpdatedAt\":\"2023-11-14T22:13:20Z\","
        "\"ttlMs\":1000000,\"pollIntervalMs\":5000,", "and all it needs");
    ok(strstr(released, "caller") == NULL && strstr(released, "kite") == NULL,
       "but nothing of the gateway's own");
    has(reply, "\"filename\":\"v_1.mp4\"", "the call goes on to the file");
    ok(folder_size("media/v_1.mp4") == sizeof(MP4) - 1, "which is there");
    is_str(script_log, "POST /videos\nGET /videos/v%2F1\nGET /videos/v%2F1\n"
           "GET /videos/v%2F1/content?variant=video\n", "in four requests");

    fails_at = 1;
    has(create(), "The video v/1 was created, but:", "a status that is lost");
    fails_at = 3;
    has(create(), "The video v/1 is completed, but:", "or a file");
    fails_at = 0;
}


/* The answer of an adopted task, with "result" or "error" in front. */

static const char *
go_on(void)
{
    bool            good;
    sz_buf_t        json;
    sz_error_t      err;
    sz_exchange_t  *x;
    sz_task_job_t  *job;

    static char  text[4096];

    job = record(SZ_TASK_CLAIM, sz_str_null);
    script_n = 1;
    script_log[0] = '\0';

    x = sz_task_adopt(&script_server, &script_setup, job->record, 1 << 20,
                      1700000000, &err);

    if (x == NULL) {
        snprintf(text, sizeof(text), "refused: %s", err.text);
        job->job.destroy(&job->job);
        return text;
    }

    script_call(&x->messages[0], render);

    sz_buf_init(&json, sizeof(text) - 16);
    good = sz_task_result(&x->messages[0], &json);
    snprintf(text, sizeof(text), "%s %.*s", good ? "result" : "error",
             (int) json.len, json.data);
    sz_buf_free(&json);

    sz_exchange_close(x);
    job->job.destroy(&job->job);

    return text;
}


/* Replaces a member of the gateway's own in the record. */

static void
spoil(const char *name, const char *value)
{
    char            path[64], *text;
    cJSON          *root;
    sz_task_job_t  *job = record(SZ_TASK_READ, sz_str_null);

    snprintf(path, sizeof(path), "media/%s.json", task);

    root = cJSON_Duplicate(job->record, 1);
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(root, "_"), name,
                              cJSON_Parse(value));
    text = cJSON_PrintUnformatted(root);
    folder_put(path, text, strlen(text));

    free(text);
    cJSON_Delete(root);
    job->job.destroy(&job->job);
}


static void
test_adopt(void)
{
    sz_task_job_t  *job;

    (void) create();
    job = record(SZ_TASK_READ, sz_str_null);
    is_str(sz_task_endpoint(job->record), "mcp", "a record knows its endpoint");
    is_str(sz_task_folder(job->record, SZ_MEDIA_VIDEO), folder_root,
           "and its folders");
    ok(sz_task_folder(job->record, (sz_media_e) SZ_MEDIA_KINDS) == NULL,
       "no others");
    job->job.destroy(&job->job);

    has(go_on(), "result {\"resultType\":\"complete\",", "another process goes "
        "on with it");
    has(go_on(), "\"filename\":\"v_1", "to the file");
    is_str(script_log, "GET /videos/v%2F1\nGET /videos/v%2F1\n"
           "GET /videos/v%2F1/content?variant=video\n",
           "and nothing is begun anew");

    fails_at = 1;
    has(go_on(), "\"isError\":true", "what fails is told as a result");
    fails_at = 0;

    spoil("saved", "{}");
    has(go_on(), "does not know any more which video", "a record without id");
    spoil("tool", "\"none\"");
    has(go_on(), "refused: The tool of this task is not configured any more.",
        "a tool that is not offered any more");
    spoil("caller_id", "7");
    has(go_on(), "refused: The record of this task does not say whose it is.",
        "nobody's task");
    spoil("saved", "null");
    has(go_on(), "refused: The gateway was stopped while this call",
        "a call that had nothing saved");
}


static void
test_methods(void)
{
    char  other[SZ_TASK_ID];

    (void) create();
    has(about("tasks/get", task, ""), "\"status\":\"working\"", "tasks/get");
    has(about("tasks/get", "0123456789abcdef0123456789abcdef", ""),
        "\"code\":-32602,\"message\":\"There is no such task, or no more.",
        "another id");
    has(about("tasks/get", "../../etc/passwd", ""), "\"code\":-32602",
        "which is no id at all");

    caller = "eve";
    has(about("tasks/get", task, ""), "There is no such task", "not another "
        "caller's");
    has(about("tasks/cancel", task, ""), "There is no such task",
        "who cannot cancel it either");
    caller = "bob";

    has(about("tasks/update", task, ""), "inputResponses must be an object",
        "an update without answers");
    has(about("tasks/update", task, ",\"inputResponses\":[]"),
        "inputResponses must be an object", "or with none by name");
    end(SZ_TASK_ASK, sz_str("{\"q\":{\"method\":\"elicitation/create\"}}"));
    has(about("tasks/get", task, ""), "\"status\":\"input_required\"",
        "it asks");
    has(about("tasks/update", task, ",\"inputResponses\":{\"q\":{\"action\":"
              "\"accept\"}}"), "\"result\":{\"resultType\":\"complete\"",
        "and gets its answer");
    has(about("tasks/get", task, ""), "\"status\":\"working\"",
        "so it works again");

    strcpy(other, task);
    (void) create();
    ok(strcmp(other, task) != 0, "each has an id of its own");
    end(SZ_TASK_COMPLETE, sz_str("{\"content\":[]}"));
    has(about("tasks/get", task, ""), "\"result\":{\"content\":[]}", "its "
        "result");
    has(about("tasks/cancel", other, ""), "200 ", "tasks/cancel");
    has(about("tasks/get", other, ""), "\"status\":\"cancelled\"",
        "a task that was cancelled");

    has(ask("tasks/get", NULL, "\"taskId\":7," META(TASKS), NULL),
        "\"code\":-32020", "an id that is no string is not repeated");

    has(ask("tasks/get", "x", "\"taskId\":\"x\"," META(""), NULL),
        "\"code\":-32021", "who has not declared the extension is told");
    has(ask("tasks/update", "x", "\"taskId\":\"x\"," META(""), NULL),
        "\"code\":-32021", "by each method");
    has(ask("tasks/cancel", "x", "\"taskId\":\"x\"," META(""), NULL),
        "\"code\":-32021", "of the three");

    script_server.tasks = false;
    has(about("tasks/get", task, ""), "\"code\":-32601", "without a place to "
        "keep them there are none");
    script_server.tasks = true;
}


/* What a call asks goes into the record, and answers come out of it. */

static void
test_questions(void)
{
    cJSON          *root;
    sz_ask_t        first, second;
    sz_buf_t        json;
    sz_call_t       call;
    sz_head_t       head = script_post();
    sz_message_t    m;
    sz_exchange_t  *x;

    memset(&first, 0, sizeof(first));
    memset(&call, 0, sizeof(call));
    memset(&m, 0, sizeof(m));

    first.method = "elicitation/create";
    first.params = sz_str("{\"message\":\"?\"}");
    second = first;
    first.key = "a";
    second.key = "b";
    first.next = &second;
    call.asks = &first;

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                        "\"method\":\"ping\"}", NULL);
    m.exchange = x;
    m.call = &call;

    sz_buf_init(&json, 1024);
    sz_task_questions(&call, &json);
    ok(sz_str_is(sz_buf_view(&json), "{\"a\":{\"method\":"
                 "\"elicitation/create\",\"params\":{\"message\":\"?\"}},"
                 "\"b\":{\"method\":\"elicitation/create\","
                 "\"params\":{\"message\":\"?\"}}}"),
       "all questions by their keys");

    root = cJSON_Parse("{\"_\":{\"answers\":{\"b\":{\"action\":\"accept\"},"
                       "\"c\":{}}}}");
    is_int(sz_task_answers(&m, root), 1, "one of them has its answer");
    is_int(sz_task_answers(&m, root), 0, "once");
    ok(first.answer == NULL && second.answer != NULL, "this one");
    cJSON_Delete(root);
    is_str(sz_json_string(second.answer, "action"), "accept",
       "and keeps it when the record is gone");

    json.len = 0;
    sz_task_questions(&call, &json);
    ok(memmem(json.data, json.len, "\"b\"", 3) == NULL,
       "what is answered is asked no more");

    sz_buf_free(&json);
    sz_exchange_close(x);
}


static void
test_texts(void)
{
    char            big[SZ_HUB_TEXT + 1];
    sz_buf_t        json;
    sz_error_t      err;
    sz_message_t    m;
    sz_task_job_t  *job;

    memset(&m, 0, sizeof(m));
    sz_buf_init(&json, 1024);

    sz_error_set(&err, SZ_E_IO, "no \"disk\"");
    sz_task_error(&json, &err);
    ok(sz_str_is(sz_buf_view(&json), "{\"code\":-32603,\"message\":"
                 "\"no \\\"disk\\\"\"}"), "an error as JSON-RPC has it");

    json.len = 0;
    m.answer = (sz_buf_t) { .data = "{\"error\":{\"code\":1}}", .len = 20 };
    ok(!sz_task_result(&m, &json)
       && sz_str_is(sz_buf_view(&json), "{\"code\":1}"), "an answer's error");
    json.len = 0;
    m.answer.len = 0;
    ok(!sz_task_result(&m, &json)
       && memmem(json.data, json.len, "larger than", 11) != NULL,
       "an answer that did not fit is an error, too");
    sz_buf_free(&json);

    ok(sz_task_is_cancelled(sz_str("{\"status\":\"cancelled\"}"))
       && !sz_task_is_cancelled(sz_str("{\"status\":\"working\"}")),
       "whether it is cancelled");

    (void) create();
    job = record(SZ_TASK_READ, sz_str_null);
    hub_n = 0;
    sz_task_publish(&hub, job);
    ok(hub_n == 1 && sz_str_is(hub_signals[0].key, task)
       && hub_signals[0].text.len > 0, "a task is told with all it shows");

    memset(big, ' ', sizeof(big));
    sz_buf_free(&job->shown);
    sz_buf_init(&job->shown, sizeof(big));
    sz_buf_add(&job->shown, big, sizeof(big));
    sz_task_publish(&hub, job);
    ok(hub_n == 2 && hub_signals[1].text.len == 0,
       "or only by name, when that is more than a signal holds");
    job->job.destroy(&job->job);
}


/* create_image: a response at the provider instead of a video. */

static char  *picture;


static void
respond(sz_http_t *http, unsigned n)
{
    char  text[4096];

    snprintf(text, sizeof(text), "{\"id\":\"r/1\",\"object\":\"response\","
             "\"created_at\":1760000000,\"status\":\"%s\",\"output\":[%s%s%s]}",
             (n == 0) ? "queued" : "completed",
             (n == 0) ? "" : "{\"id\":\"ig_1\",\"type\":"
             "\"image_generation_call\",\"status\":\"completed\",\"result\":\"",
             (n == 0) ? "" : picture, (n == 0) ? "" : "\"}");
    answers_json(http, 200, text);
}


static void
test_image(void)
{
    bool            good;
    sz_buf_t        json;
    sz_error_t      err;
    const char     *reply;
    sz_exchange_t  *x;
    sz_task_job_t  *job;

    picture_png("media/p.png", 8, 4);
    picture = answers_picture("media/p.png");

    reply = ask("tools/call", "create_image", "\"name\":\"create_image\","
                "\"arguments\":{\"prompt\":\"a\"}," META(TASKS), respond);
    has(released, "\"resultType\":\"task\"", "a picture as a task");
    has(reply, "\"filename\":\"img_1700000000.png\"", "is saved");
    is_str(script_log, "POST /responses\nGET /responses/r%2F1\n",
           "when it is there");

    job = record(SZ_TASK_CLAIM, sz_str_null);
    x = sz_task_adopt(&script_server, &script_setup, job->record, 1 << 20,
                      1700000000, &err);
    script_n = 1;
    ok(x != NULL, "another process goes on with it");

    if (x != NULL) {
        script_call(&x->messages[0], respond);
        sz_buf_init(&json, 4096);
        good = sz_task_result(&x->messages[0], &json);
        ok(good && memmem(json.data, json.len, "img_1700000000-2.png", 20)
           != NULL, "to another file");
        sz_buf_free(&json);
        sz_exchange_close(x);
    }

    job->job.destroy(&job->job);
    free(picture);
}


int
main(void)
{
    unsigned  i;

    script_begin();
    script_detach = detach;
    script_server.hub = &hub;
    script_server.tasks = true;
    script_setup.task_ttl = 1000;
    script_setup.state = folder_make();
    mkdir(folder_path("media"), 0755);
    caller = "bob";

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        script_setup.folder[i] = script_setup.state;
    }

    for (i = 0; i < SZ_SERVICES; i++) {
        script_setup.service[i] = true;
    }

    test_detach();
    test_adopt();
    test_methods();
    test_questions();
    test_texts();
    test_image();

    folder_remove();
    script_end();

    return done();
}
