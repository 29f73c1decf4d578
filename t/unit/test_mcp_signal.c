/*
 * What a signal of the hub means: to streams that wait, to calls, and which
 * ones tell of a file that a call has changed.
 */

#include "session.h"
#include "tap.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_task.h"


#define CLAIM                                                                \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"extensions\":"        \
    "{\"io.modelcontextprotocol/tasks\":{}}}}"

#define URI  "sanzaru://images/a.png"


/* A signal about a folder of the endpoint, or about one of another. */

static sz_signal_t
signal_of(sz_signal_e type, const char *key, bool mine)
{
    sz_folder_t  folder;
    sz_signal_t  signal;

    memset(&signal, 0, sizeof(signal));
    signal.type = type;
    signal.key = sz_str_of(key);

    folder = script_setup.folder[SZ_MEDIA_IMAGE];
    folder.root = mine ? folder.root : "/elsewhere";
    (void) sz_scope(&folder, signal.id);

    return signal;
}


/* What the exchange hears; the text of an event, "" for anything else. */

static const char *
hear(sz_exchange_t *x, const sz_signal_t *signal, sz_heard_e *heard)
{
    sz_buf_t       json;
    sz_message_t  *m;

    static char  text[4096];

    sz_buf_init(&json, sizeof(text) - 1);
    *heard = sz_exchange_hear(x, signal, &json, &m);

    text[0] = '\0';

    if (*heard == SZ_HEARD_EVENT) {
        memcpy(text, json.data, json.len);
        text[json.len] = '\0';
    }

    sz_buf_free(&json);

    if (*heard != SZ_HEARD_NOTHING
        && (!sz_exchange_concerns(x, signal)
            || (x->listen != NULL
                && !(x->listen->bits & sz_signal_bit(signal->id)))))
    {
        return "but it seemed not to concern it";
    }

    return text;
}


static void
is_heard(sz_exchange_t *x, sz_signal_t signal, const char *want,
    const char *name)
{
    sz_heard_e   heard;
    const char  *got;

    got = hear(x, &signal, &heard);

    if (!ok((want == NULL) ? heard == SZ_HEARD_NOTHING
                           : strstr(got, want) != NULL, "%s", name))
    {
        printf("#   %d %s\n", heard, got);
    }
}


static sz_exchange_t *
stream(const char *wishes)
{
    char            body[1024];
    sz_head_t       head = script_post();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head.caller = sz_str("bob");
    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str("subscriptions/listen");

    x = script_open(&head, 1 << 20, &verdict);

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":\"s\","
             "\"method\":\"subscriptions/listen\",\"params\":{"
             "\"notifications\":%s," CLAIM "}}", wishes);

    verdict = sz_exchange_receive(x, sz_str_of(body));

    if (verdict == SZ_X_LISTEN) {
        sz_exchange_settle(x);
    }

    return x;
}


static void
test_streams(void)
{
    sz_signal_t     signal;
    sz_exchange_t  *x;

    x = stream("{\"resourceSubscriptions\":[\"" URI "\"],"
               "\"resourcesListChanged\":true,\"toolsListChanged\":true}");

    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, URI, true),
             "\"method\":\"notifications/resources/updated\"", "a file");
    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, URI, true),
             "subscriptionId\":\"s\"", "with the request's id");
    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, "sanzaru://images/b.png", true),
             NULL, "not another one");
    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, URI, false), NULL,
             "nor the same name in another folder");
    is_heard(x, signal_of(SZ_SIGNAL_LIST, "resources", true),
             "notifications/resources/list_changed", "the list");
    is_heard(x, signal_of(SZ_SIGNAL_LIST, "resources", false), NULL,
             "not another folder's");

    signal = (sz_signal_t) { SZ_SIGNAL_LIST, "", sz_str("tools"),
                             sz_str_null };
    is_heard(x, signal, "notifications/tools/list_changed", "tools");
    signal.key = sz_str("prompts");
    is_heard(x, signal, NULL, "not prompts, which it did not ask for");
    sz_exchange_close(x);

    x = stream("{\"promptsListChanged\":true}");
    is_heard(x, signal, "notifications/prompts/list_changed",
             "another stream did");
    is_heard(x, signal_of(SZ_SIGNAL_LIST, "resources", true), NULL,
             "and nothing else");
    sz_exchange_close(x);
}


/* A task of this caller, as it is told. */

static void
tell_task(const char *caller)
{
    char            text[256];
    sz_task_job_t  *job;

    script_setup.state = (sz_folder_t) { .root = "/", .folder = "tasks" };
    job = sz_task_job(&script_setup, SZ_TASK_READ,
                      "0123456789abcdef0123456789abcdef", 1);

    snprintf(text, sizeof(text), "{\"_\":{\"caller\":\"%s\"}}", caller);
    job->record = cJSON_Parse(text);
    sz_buf_lit(&job->shown, "{\"status\":\"working\"}");

    hub_n = 0;
    sz_task_publish(&hub, job);
    job->job.destroy(&job->job);
}


static void
test_tasks(void)
{
    sz_exchange_t  *x;

    script_server.tasks = true;
    x = stream("{\"taskIds\":[\"0123456789abcdef0123456789abcdef\"]}");

    tell_task("bob");
    is_int(hub_n, 1, "a task is told");
    is_heard(x, hub_signals[0], "\"params\":{\"_meta\":{\"io.modelcontext"
             "protocol/subscriptionId\":\"s\"},\"status\":\"working\"}",
             "to its caller's stream");
    hub_signals[0].key = sz_str("fedcba9876543210fedcba9876543210");
    is_heard(x, hub_signals[0], NULL, "which asked for this one");

    tell_task("eve");
    is_heard(x, hub_signals[0], NULL, "not another caller's");
    sz_exchange_close(x);
    script_server.tasks = false;

    x = stream("{\"taskIds\":[\"0123456789abcdef0123456789abcdef\"]}");
    tell_task("bob");
    is_heard(x, hub_signals[0], NULL, "nor where there are no tasks");
    sz_exchange_close(x);
}


/* A GET stream of the session. */

static sz_exchange_t *
get_stream(void)
{
    sz_head_t       head = session_head();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head.method = sz_str("GET");

    x = script_open(&head, 1 << 20, &verdict);
    is_int(verdict, SZ_X_LISTEN, "a GET stream");
    sz_exchange_settle(x);

    return x;
}


static void
test_get(void)
{
    sz_heard_e      heard;
    sz_signal_t     signal;
    sz_exchange_t  *x, *newer;

    x = get_stream();

    hub_subscribe(session.id, x->caller_id, sz_str(URI), HUB_CLOCK + 60);
    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, URI, true),
             "{\"uri\":\"" URI "\"}", "what the session has subscribed to");
    hub_unsubscribe(session.id, sz_str(URI));
    is_heard(x, signal_of(SZ_SIGNAL_RESOURCE, URI, true), NULL,
             "and not what it has not");
    is_heard(x, signal_of(SZ_SIGNAL_LIST, "resources", true),
             "list_changed", "lists without being asked");

    hub_n = 0;
    newer = get_stream();
    signal = hub_signals[0];

    (void) hear(newer, &signal, &heard);
    is_int(heard, SZ_HEARD_NOTHING, "a stream does not end itself");
    (void) hear(x, &signal, &heard);
    is_int(heard, SZ_HEARD_END, "but the older one");
    sz_exchange_close(newer);

    memset(&signal, 0, sizeof(signal));
    signal.type = SZ_SIGNAL_SESSION;
    (void) hear(x, &signal, &heard);
    is_int(heard, SZ_HEARD_NOTHING, "another session was deleted");
    memcpy(signal.id, session.id, SZ_HUB_ID);
    (void) hear(x, &signal, &heard);
    is_int(heard, SZ_HEARD_END, "its own was");
    sz_exchange_close(x);
}


static void
test_calls(void)
{
    sz_buf_t        json;
    sz_head_t       head = session_head();
    sz_signal_t     signal;
    sz_message_t   *m;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = script_open(&head, 1 << 20, &verdict);
    verdict = sz_exchange_receive(x, sz_str("{\"jsonrpc\":\"2.0\",\"id\":7,"
        "\"method\":\"tools/call\",\"params\":{\"name\":\"list_videos\"}}"));
    is_int(verdict, SZ_X_CALLS, "a call");

    sz_buf_init(&json, 4096);
    memset(&signal, 0, sizeof(signal));
    signal.type = SZ_SIGNAL_CANCEL;
    signal.key = sz_str("7");

    is_int(sz_exchange_hear(x, &signal, &json, &m), SZ_HEARD_NOTHING,
           "of another session nothing is cancelled");
    memcpy(signal.id, session.id, SZ_HUB_ID);
    is_int(sz_exchange_hear(x, &signal, &json, &m), SZ_HEARD_CANCEL,
           "of its own");
    ok(m == &x->messages[0], "this one");

    signal.key = sz_str("8");
    is_int(sz_exchange_hear(x, &signal, &json, &m), SZ_HEARD_NOTHING,
           "not another");
    signal.key = sz_str("\"7\"");
    is_int(sz_exchange_hear(x, &signal, &json, &m), SZ_HEARD_NOTHING,
           "a text is no number");

    signal.key = sz_str("7");
    x->messages[0].done = true;
    is_int(sz_exchange_hear(x, &signal, &json, &m), SZ_HEARD_NOTHING,
           "nor what has ended");

    sz_buf_free(&json);
    sz_exchange_close(x);
}


/* What tells of the files that a call has changed. */

static void
test_publish(void)
{
    sz_changed_t   changed = { .kind = SZ_MEDIA_IMAGE, .name = "a b.png" };
    sz_call_t      call = { .changed = &changed,
                            .lists_changed = SZ_LIST_PROMPTS };
    sz_exchange_t  x = { .server = &script_server, .setup = &script_setup };
    sz_message_t   m = { .exchange = &x, .call = &call };

    hub_n = 0;
    sz_exchange_publish(&m);
    is_int(hub_n, 3, "a file that was made");
    ok(hub_signals[0].type == SZ_SIGNAL_LIST
       && sz_str_is(hub_signals[0].key, "prompts"), "after lists of others");
    ok(hub_signals[1].type == SZ_SIGNAL_RESOURCE
       && hub_signals[2].type == SZ_SIGNAL_LIST
       && sz_str_is(hub_signals[2].key, "resources"), "by name and as a list");
    ok(memcmp(hub_signals[1].id, hub_signals[2].id, SZ_HUB_ID) == 0,
       "of its folder");

    hub_n = 0;
    call.lists_changed = 0;
    changed.change = SZ_CHANGE_REPLACED;
    sz_exchange_publish(&m);
    is_int(hub_n, 1, "one that was replaced changes no list");

    hub_n = 0;
    script_setup.folder[SZ_MEDIA_IMAGE].root = NULL;
    sz_exchange_publish(&m);
    is_int(hub_n, 0, "without a folder nobody is told");
}


int
main(void)
{
    script_begin();
    script_setup.service[SZ_SERVICE_VIDEO] = true;
    script_setup.folder[SZ_MEDIA_IMAGE] =
        (sz_folder_t) { .root = "/srv/media", .folder = "images" };

    ok(session_make(), "a session");

    test_streams();
    test_tasks();
    test_get();
    test_calls();
    test_publish();

    script_end();

    return done();
}
