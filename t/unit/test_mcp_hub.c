/* What the core tells the hub, and for how long. */

#include "script.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_session.h"
#include "tap.h"


static unsigned       published;
static sz_signal_t    told;
static int64_t        kept;
static unsigned       asked;
static unsigned char  question[SZ_HUB_ID];
static char           answered[256];


static void
hub_publish(const sz_signal_t *signal)
{
    published++;
    told = *signal;
}


static bool
hub_session(const unsigned char *id, sz_hub_session_t *state)
{
    (void) id;
    (void) state;

    return false;
}


static bool
hub_open(const unsigned char *id, const unsigned char *session,
    const unsigned char *caller, int64_t seconds)
{
    (void) id;
    (void) session;
    (void) caller;

    kept = seconds;

    return true;
}


static bool
hub_put(const unsigned char *id, unsigned n, sz_str_t json, bool last,
    int64_t seconds)
{
    (void) id;
    (void) n;
    (void) json;
    (void) last;

    kept = seconds;

    return true;
}


static bool
hub_ask(const unsigned char *id, const unsigned char *session,
    const unsigned char *caller, int64_t seconds)
{
    asked++;
    memcpy(question, id, SZ_HUB_ID);

    return hub_open(id, session, caller, seconds);
}


/* Only to what was asked, and only once. */

static bool
hub_answer(const unsigned char *id, const unsigned char *session,
    sz_str_t text)
{
    (void) session;

    if (asked == 0 || answered[0] != '\0'
        || memcmp(id, question, SZ_HUB_ID) != 0)
    {
        return false;
    }

    snprintf(answered, sizeof(answered), "%.*s", (int) text.len, text.data);

    return true;
}


static bool
hub_take(const unsigned char *id, sz_buf_t *text)
{
    (void) id;
    sz_buf_str(text, sz_str_of(answered));

    return answered[0] != '\0';
}


static const sz_hub_t  hub = {
    .publish = hub_publish,
    .session_get = hub_session,
    .stream_open = hub_open,
    .stream_put = hub_put,
    .question_open = hub_ask,
    .question_answer = hub_answer,
    .question_take = hub_take
};


static void
none(sz_http_t *http, unsigned n)
{
    (void) n;
    sz_error_set(&http->error, SZ_E_UPSTREAM, "nobody is there");
}


static sz_head_t
with_session(void)
{
    sz_head_t       head = script_post();
    sz_session_t    session;
    unsigned char   caller[SZ_CALLER_ID];

    static char     text[SZ_SESSION_TEXT];

    memset(&session, 0, sizeof(session));
    session.revision = SZ_REV_2025_11_25;
    session.issued = head.clock;

    sz_caller_id(head.caller, caller);
    sz_session_create(&script_server, caller, &session, text);

    head.mcp_version = sz_str("2025-11-25");
    head.mcp_session = sz_str_of(text);

    return head;
}


static void
say(const char *body)
{
    sz_head_t  head = with_session();

    published = 0;
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
    is_int(published, want, name);
}


static void
test_question(void)
{
    char            body[256], id[40];
    sz_ask_t        ask;
    sz_buf_t        json;
    sz_head_t       head = with_session();
    sz_call_t       call;
    sz_message_t    m;
    sz_exchange_t  *x;

    say("{\"jsonrpc\":\"2.0\",\"id\":\"00112233445566778899aabbccddeeff\","
        "\"result\":{}}");
    is_int(published, 0, "an answer to no question is told to nobody");
    say("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}");
    is_int(published, 0, "nor one with an id of another kind");

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
    ok(!json.failed && asked == 1 && kept == script_server.call_timeout,
       "a question is known to the hub as long as the call may wait");

    snprintf(id, sizeof(id), "\"%s\"", ask.id);
    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%s,"
             "\"result\":{\"action\":\"accept\"}}", id);

    say(body);
    ok(published == 1 && told.type == SZ_SIGNAL_ANSWER && told.text.len == 0,
       "its answer is told of, and is not itself a signal");
    ok(!sz_ask_answer(&m, sz_str_of(ask.id)), "an id has quotes");
    ok(sz_ask_answer(&m, sz_str_of(id)) && ask.answer != NULL
       && strcmp(sz_json_string(ask.answer, "action"), "accept") == 0,
       "the call takes it");

    say(body);
    is_int(published, 0, "a second answer is told to nobody");

    sz_buf_free(&json);
    sz_exchange_close(x);
}


static void
test_stream(void)
{
    sz_buf_t        out;
    sz_head_t       head = with_session();
    sz_exchange_t  *x;

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                        "\"method\":\"ping\"}", none);
    sz_buf_init(&out, 65536);

    sz_exchange_prime(x, &out);
    is_int(kept, script_server.call_timeout + 300,
           "a stream is kept as long as its call may be silent");
    kept = 0;
    sz_exchange_frame(x, &out, sz_str("{}"), false);
    is_int(kept, script_server.call_timeout + 300, "behind each event, too");
    sz_exchange_frame(x, &out, sz_str("{}"), true);
    is_int(kept, 300, "and five minutes behind its end");

    sz_buf_free(&out);
    sz_exchange_close(x);
}


int
main(void)
{
    script_begin();
    script_server.hub = &hub;
    script_server.call_timeout = 1800;

    check_cancel(10, 1, "a request is cancelled");
    check_cancel(SZ_HUB_KEY - 2, 1, "by an id of 256 bytes with its quotes");
    check_cancel(SZ_HUB_KEY - 1, 0, "more is no id, and told to nobody");
    test_question();
    test_stream();

    script_end();

    return done();
}
