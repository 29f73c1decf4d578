/* Streams that wait: how they begin, what is refused, how they end. */

#include "session.h"
#include "tap.h"
#include "mcp/sz_mcp_exchange.h"


#define CLAIM(extensions)                                                    \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"extensions\":{"       \
    extensions "}}}"

#define TASKS  "\"io.modelcontextprotocol/tasks\":{}"

#define TOO_LONG  (140 * 1024)


/* subscriptions/listen with these wishes; close it. */

static sz_exchange_t *
stream(const char *wishes, const char *claim, sz_verdict_e *verdict)
{
    char           *body;
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str("subscriptions/listen");

    x = script_open(&head, 1 << 22, verdict);

    if (*verdict == SZ_X_BODY) {
        body = malloc(strlen(wishes) + 1024);
        sprintf(body, "{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":"
                "\"subscriptions/listen\",\"params\":{%s%s%s}}", wishes,
                (wishes[0] != '\0') ? "," : "", claim);
        *verdict = sz_exchange_receive(x, sz_str_of(body));
        free(body);
    }

    return x;
}


static void
refused(const char *wishes, const char *claim, const char *want,
    const char *name)
{
    const char     *text;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = stream(wishes, claim, &verdict);
    text = script_body(x);

    if (!ok(verdict == SZ_X_REPLY && strstr(text, want) != NULL, "%s", name)) {
        printf("#   %d %s\n", verdict, text);
    }

    sz_exchange_close(x);
}


static void
test_wishes(void)
{
    char      *text;
    size_t     n;
    unsigned   i;

    refused("", CLAIM(""), "needs the object notifications", "no wishes");
    refused("\"notifications\":[]", CLAIM(""), "needs the object", "a list");
    refused("\"notifications\":{\"toolsListChanged\":1}", CLAIM(""),
            "are booleans", "a wish that is no boolean");
    refused("\"notifications\":{\"resourceSubscriptions\":\"a\"}", CLAIM(""),
            "arrays of at most 1000 strings", "URIs that are no array");
    refused("\"notifications\":{\"taskIds\":[\"a\",1]}", CLAIM(""),
            "arrays of at most 1000 strings", "an id that is no string");

    text = malloc(TOO_LONG + 100);
    n = (size_t) sprintf(text, "\"notifications\":{"
                         "\"resourceSubscriptions\":[");

    for (i = 0; i < 1001; i++) {
        n += (size_t) sprintf(text + n, "%s\"\"", (i > 0) ? "," : "");
    }

    strcpy(text + n, "]}");
    refused(text, CLAIM(""), "arrays of at most 1000", "more than a thousand");

    n = (size_t) sprintf(text, "\"notifications\":{\"taskIds\":[\"");
    memset(text + n, 'a', TOO_LONG);
    strcpy(text + TOO_LONG, "\"]}");
    refused(text, CLAIM(""), "at most 131072 bytes together", "or too long");
    free(text);

    script_server.tasks = true;
    refused("\"notifications\":{\"taskIds\":[\"a\"]}", CLAIM(""),
            "\"code\":-32021", "tasks without their extension");
    script_server.tasks = false;
}


static void
begins(const char *wishes, const char *want, const char *name)
{
    bool            last;
    sz_buf_t        json;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = stream(wishes, CLAIM(TASKS), &verdict);
    sz_buf_init(&json, 65536);

    if (ok(verdict == SZ_X_LISTEN, "%s", name)) {
        sz_exchange_settle(x);
        ok(sz_exchange_next(x, &json, &last) && !last
           && memmem(json.data, json.len, want, strlen(want)) != NULL,
           "is told what it gets: %.*s", (int) json.len, json.data);
        ok(!sz_exchange_next(x, &json, &last) && !last, "once");
        ok(sz_exchange_end(x, &json)
           && sz_str_is(sz_buf_view(&json), "{\"jsonrpc\":\"2.0\",\"id\":\"s\","
                        "\"result\":{\"resultType\":\"complete\",\"_meta\":{"
                        "\"io.modelcontextprotocol/subscriptionId\":\"s\"}}}"),
           "and ends with an answer");
    }

    sz_buf_free(&json);
    sz_exchange_close(x);
}


static void
test_begin(void)
{
    begins("\"notifications\":{\"toolsListChanged\":true,"
           "\"promptsListChanged\":true,\"resourcesListChanged\":false,"
           "\"resourceSubscriptions\":null,\"unknown\":7}",
           "\"method\":\"notifications/subscriptions/acknowledged\",\"params\":"
           "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"s\"},"
           "\"notifications\":{\"toolsListChanged\":true,"
           "\"promptsListChanged\":true}}", "lists");
    begins("\"notifications\":{\"resourcesListChanged\":true,"
           "\"resourceSubscriptions\":[\"a\",\"b\"],\"taskIds\":[\"t\"]}",
           "{\"resourcesListChanged\":true,\"resourceSubscriptions\":"
           "[\"a\",\"b\"]}", "no tasks where there are none");

    script_server.tasks = true;
    begins("\"notifications\":{\"taskIds\":[\"t\"]}", "{\"taskIds\":[\"t\"]}",
           "tasks where there are some");
    script_server.tasks = false;
}


/* GET or DELETE; *verdict is the gate's. */

static void
gate(sz_head_t head, int status, const char *want, const char *name)
{
    const char     *text;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = script_open(&head, 1 << 20, &verdict);
    text = script_body(x);

    if (!ok(verdict == SZ_X_REPLY && x->reply.status == status
            && strstr(text, want) != NULL, "%s", name))
    {
        printf("#   %d %d %s\n", verdict, x->reply.status, text);
    }

    sz_exchange_close(x);
}


static void
test_get(void)
{
    sz_buf_t        json, out;
    sz_head_t       head = session_head();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head.method = sz_str("GET");
    sz_buf_init(&json, 4096);
    sz_buf_init(&out, 4096);

    x = script_open(&head, 1 << 20, &verdict);

    if (ok(verdict == SZ_X_LISTEN, "a GET stream")) {
        sz_exchange_settle(x);
        sz_exchange_prime(x, &out);
        ok(out.len > 40 && memcmp(out.data, "id: g", 5) == 0
           && memmem(out.data, out.len, "retry: 2000\ndata: \n\n", 20) != NULL,
           "has an id to come back with, which keeps nothing");
        ok(!sz_exchange_end(x, &json), "and no answer");
    }

    sz_exchange_close(x);

    head.last_event_id = sz_str("g00000000000000000000000000000000-7");
    x = script_open(&head, 1 << 20, &verdict);
    ok(verdict == SZ_X_LISTEN && !x->listen->resumes,
       "with that id it is a new one");
    sz_exchange_close(x);

    head.last_event_id = sz_str("00000000000000000000000000000000-7");
    gate(head, 400, "no stream with this Last-Event-ID", "another id");
    head.last_event_id = sz_str("00000000000000000000000000000000-x");
    gate(head, 400, "no stream with this Last-Event-ID", "or none at all");
    head.last_event_id = sz_str_null;

    head.accept = sz_str("application/json");
    gate(head, 406, "text/event-stream", "GET without an event stream");
    head.accept = sz_str("text/event-stream");

    script_server.hub = NULL;
    gate(head, 500, "cannot open a stream now", "without shared memory");
    script_server.hub = &hub;

    head.mcp_session = sz_str("unknown");
    gate(head, 404, "initialize again", "another session");
    head.mcp_session = sz_str_null;
    gate(head, 405, "needs the header Mcp-Session-Id", "no session");
    head.mcp_version = sz_str("2026-07-28");
    gate(head, 405, "has POST only", "a revision without sessions");

    sz_buf_free(&json);
    sz_buf_free(&out);
}


static void
test_delete(void)
{
    sz_head_t  head = session_head();

    head.method = sz_str("DELETE");

    script_server.hub = NULL;
    gate(head, 500, "cannot delete a session now", "without shared memory");
    script_server.hub = &hub;

    hub_n = 0;
    gate(head, 204, "", "a session is deleted");
    ok(hub_n == 1 && hub_signals[0].type == SZ_SIGNAL_SESSION
       && memcmp(hub_signals[0].id, session.id, SZ_HUB_ID) == 0,
       "and all hear of it");
    gate(head, 404, "initialize again", "it is there no more");

    head.mcp_session = sz_str_null;
    gate(head, 400, "needs the header Mcp-Session-Id", "no session");
}


int
main(void)
{
    script_begin();
    ok(session_make(), "a session");

    test_wishes();
    test_begin();
    test_get();
    test_delete();

    script_end();

    return done();
}
