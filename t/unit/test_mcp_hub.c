/* What the core tells the hub, and for how long. */

#include "session.h"
#include "mcp/sz_mcp_exchange.h"
#include "tap.h"


static void
none(sz_http_t *http, unsigned n)
{
    (void) n;
    sz_error_set(&http->error, SZ_E_UPSTREAM, "nobody is there");
}


static void
say(const char *body)
{
    sz_head_t  head = session_head();

    hub_n = 0;
    sz_exchange_close(script_exchange(&head, body, none));
}


static void
check_cancel(size_t digits, unsigned want, const char *name)
{
    char  body[1024], id[512];

    memset(id, '7', sizeof(id));
    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"method\":"
             "\"notifications/cancelled\",\"params\":{\"requestId\":\"%.*s\"}}",
             (int) digits, id);
    say(body);
    is_int(hub_n, want, name);
}


static void
test_question(void)
{
    char            body[256], id[40];
    sz_ask_t        ask;
    sz_buf_t        json;
    sz_head_t       head = session_head();
    sz_call_t       call;
    sz_message_t    m;
    sz_exchange_t  *x;

    say("{\"jsonrpc\":\"2.0\",\"id\":\"00112233445566778899aabbccddeeff\","
        "\"result\":{}}");
    is_int(hub_n, 0, "an answer to no question is told to nobody");
    say("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}");
    is_int(hub_n, 0, "nor one with an id of another kind");

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                        "\"method\":\"ping\"}", none);
    memset(&ask, 0, sizeof(ask));
    memset(&call, 0, sizeof(call));
    memset(&m, 0, sizeof(m));
    ask.method = "elicitation/create";
    ask.params = sz_str("{}");
    call.asks = &ask;
    m.exchange = x;
    m.call = &call;

    sz_buf_init(&json, 4096);
    sz_exchange_ask(&m, &ask, &json);
    ok(!json.failed && hub_kept == script_server.call_timeout,
       "a question is known to the hub as long as the call may wait");

    snprintf(id, sizeof(id), "\"%s\"", ask.id);
    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%s,"
             "\"result\":{\"action\":\"accept\"}}", id);

    say(body);
    ok(hub_n == 1 && hub_signals[0].type == SZ_SIGNAL_ANSWER
       && hub_signals[0].text.len == 0,
       "its answer is told of, and is not itself a signal");
    ok(!sz_ask_answer(&m, sz_str_of(ask.id)), "an id has quotes");
    ok(sz_ask_answer(&m, sz_str_of(id)) && ask.answer != NULL
       && strcmp(sz_json_string(ask.answer, "action"), "accept") == 0,
       "the call takes it");

    say(body);
    is_int(hub_n, 0, "a second answer is told to nobody");

    sz_buf_free(&json);
    sz_exchange_close(x);
}


static void
test_stream(void)
{
    sz_buf_t        out;
    sz_head_t       head = session_head();
    sz_exchange_t  *x;

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                        "\"method\":\"ping\"}", none);
    sz_buf_init(&out, 65536);

    sz_exchange_prime(x, &out);
    is_int(hub_kept, script_server.call_timeout + 300,
           "a stream is kept as long as its call may be silent");
    hub_kept = 0;
    sz_exchange_frame(x, &out, sz_str("{}"), false);
    is_int(hub_kept, script_server.call_timeout + 300,
           "behind each event, too");
    sz_exchange_frame(x, &out, sz_str("{}"), true);
    is_int(hub_kept, 300, "and five minutes behind its end");

    sz_buf_free(&out);
    sz_exchange_close(x);
}


/* A client comes back for a stream: all events, and what its call came to. */

static void
test_resume(void)
{
    bool            last;
    char            id[2 * SZ_HUB_ID + 3];
    sz_buf_t        json, out;
    sz_head_t       head = session_head();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                        "\"method\":\"ping\"}", none);
    sz_buf_init(&json, 65536);
    sz_buf_init(&out, 65536);

    sz_exchange_prime(x, &out);
    sz_hex_encode(id, x->stream, SZ_HUB_ID);
    strcat(id, "-0");
    sz_exchange_frame(x, &out, sz_str("{\"a\":1}"), false);

    head.method = sz_str("GET");
    head.last_event_id = sz_str_of(id);
    x->outcome = SZ_E_UPSTREAM;
    sz_exchange_frame(x, &out, sz_str("{\"a\":2}"), true);
    sz_exchange_close(x);

    x = script_open(&head, 1 << 20, &verdict);
    is_int(verdict, SZ_X_LISTEN, "a client that comes back");
    sz_exchange_settle(x);

    ok(sz_exchange_next(x, &json, &last) && !last && !x->listen->answered
       && sz_str_is(sz_buf_view(&json), "{\"a\":1}"), "gets the first event");
    ok(sz_exchange_next(x, &json, &last) && last
       && sz_str_is(sz_buf_view(&json), "{\"a\":2}"), "and the last");
    ok(x->listen->answered && x->outcome == SZ_E_UPSTREAM,
       "with what the call came to, for the log");
    ok(!sz_exchange_next(x, &json, &last) && last, "and nothing behind it");
    sz_exchange_close(x);

    id[0] = (id[0] == '0') ? '1' : '0';
    x = script_open(&head, 1 << 20, &verdict);
    ok(verdict == SZ_X_REPLY && x->reply.status == 400, "no such stream");
    sz_exchange_close(x);

    sz_buf_free(&json);
    sz_buf_free(&out);
}


int
main(void)
{
    script_begin();
    (void) session_make();
    script_server.call_timeout = 1800;

    check_cancel(10, 1, "a request is cancelled");
    check_cancel(SZ_HUB_KEY - 2, 1, "by an id of 256 bytes with its quotes");
    check_cancel(SZ_HUB_KEY - 1, 0, "more is no id, and told to nobody");
    test_question();
    test_stream();
    test_resume();

    script_end();

    return done();
}
