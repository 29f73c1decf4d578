#include "script.h"
#include "tap.h"


static const char *
header(const sz_exchange_t *x, const char *name)
{
    size_t  i;

    for (i = 0; i < x->reply.n_headers; i++) {
        if (strcmp(x->reply.headers[i].name, name) == 0) {
            return x->reply.headers[i].value;
        }
    }

    return NULL;
}


/* The status of the gate; 0: it wants the body. */

static void
gate(const sz_head_t *head, int want, const char *name)
{
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    x = script_open(head, 1 << 20, &verdict);
    is_int((verdict == SZ_X_BODY) ? 0 : x->reply.status, want, name);
    sz_exchange_close(x);
}


static void
host(const char *name, bool loopback, int want)
{
    sz_head_t  head = script_post();

    head.host = sz_str_of(name);
    head.loopback = loopback;
    gate(&head, want, name);
}


static sz_str_t  authority;     /* data NULL: the name, without port */
static bool      tls;


static void
origin(const char *value, const char *name, bool loopback, int want)
{
    sz_head_t  head = script_post();

    head.host = sz_str_of(name);
    head.authority = (authority.data != NULL) ? authority : head.host;
    head.tls = tls;
    head.loopback = loopback;
    head.origin = sz_str_of(value);
    gate(&head, want, value);
}


static void
test_host(void)
{
    static const sz_str_t  names[] = {
        sz_str("gate.example.com"), sz_str("*.wild.example"),
        sz_str(".both.example"), sz_str("www.*"), sz_str("_")
    };

    host("localhost", true, 0);
    host("127.0.0.1", true, 0);
    host("[::1]", true, 0);
    host("evil.example.com", true, 403);
    host("", true, 403);
    host("gate.example.com", true, 403);
    host("10.0.0.5", false, 0);                 /* an open network server */
    host("anything.example", false, 0);

    script_server.hosts = names;
    script_server.n_hosts = sz_array_len(names);

    host("gate.example.com", true, 0);
    host("Gate.Example.COM", true, 0);
    host("a.wild.example", true, 0);
    host("wild.example", true, 403);
    host("both.example", true, 0);
    host("a.both.example", true, 0);
    host("xboth.example", true, 403);
    host("www.anything", true, 0);
    host("www.", true, 403);
    host("evil.example.com", true, 403);
    host("10.0.0.5", false, 0);

    script_server.strict = true;
    host("10.0.0.5", false, 403);
    host("gate.example.com", false, 0);
    host("localhost", true, 0);
    host("localhost", false, 403);
    script_server.strict = false;
}


static void
test_origin(void)
{
    static const sz_str_t  one[] = { sz_str("https://app.example.com") };
    static const sz_str_t  any[] = { sz_str("*") };

    origin("http://localhost:6274", "localhost", true, 0);
    origin("http://127.0.0.1:1", "localhost", true, 0);
    origin("http://[::1]:1", "localhost", true, 0);
    origin("https://gate.example.com", "gate.example.com", true, 0);
    origin("https://gate.example.com:443", "gate.example.com", false, 0);
    origin("http://gate.example.com", "gate.example.com", false, 0);
    origin("https://gate.example.com:8443", "gate.example.com", false, 403);

    authority = sz_str("gate.example.com:8443");
    origin("https://gate.example.com:8443", "gate.example.com", false, 0);
    origin("https://gate.example.com", "gate.example.com", false, 403);
    origin("https://gate.example.com:84430", "gate.example.com", false, 403);

    authority = sz_str("gate.example.com:443");
    tls = true;
    origin("https://gate.example.com", "gate.example.com", false, 0);
    origin("http://gate.example.com:443", "gate.example.com", false, 403);
    origin("http://gate.example.com", "gate.example.com", false, 403);
    authority = sz_str_null;
    tls = false;

    origin("http://localhost:6274", "gate.example.com", false, 403);
    origin("https://evil.example.com", "localhost", true, 403);
    origin("https://evil.example.com", "evil.example.com", false, 403);
    origin("null", "localhost", true, 403);
    origin("", "localhost", true, 403);
    origin("http://", "localhost", true, 403);
    origin("file://localhost", "localhost", true, 403);
    origin("http://localhost/x", "localhost", true, 403);
    origin("http://localhost.evil.example", "localhost", true, 403);
    origin("https://app.example.com", "localhost", true, 403);

    script_server.origins = one;
    script_server.n_origins = 1;
    origin("https://app.example.com", "localhost", true, 0);
    origin("https://app.example.com:444", "localhost", true, 403);

    script_server.origins = any;
    origin("https://evil.example.com", "localhost", true, 0);
    script_server.n_origins = 0;
}


static void
accept_types(const char *types, int want, bool json, bool sse)
{
    sz_head_t       head = script_post();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head.accept = (types != NULL) ? sz_str_of(types) : sz_str_null;

    x = script_open(&head, 1 << 20, &verdict);
    ok(((verdict == SZ_X_BODY) ? 0 : x->reply.status) == want
       && (want != 0 || (x->accepts_json == json && x->accepts_sse == sse)),
       "Accept: %s", (types != NULL) ? types : "(none)");
    sz_exchange_close(x);
}


static void
test_types(void)
{
    sz_head_t  head = script_post();

    accept_types("application/json, text/event-stream", 0, true, true);
    accept_types("application/json;q=1,text/event-stream;q=0.5", 0, true, true);
    accept_types("*/*", 0, true, true);
    accept_types("application/*", 0, true, false);
    accept_types("text/event-stream", 0, false, true);
    accept_types(NULL, 0, true, false);
    accept_types("text/html", 406, false, false);
    accept_types("", 406, false, false);

    head.content_type = sz_str("application/json; charset=utf-8");
    gate(&head, 0, "a parameter");
    head.content_type = sz_str("Application/JSON");
    gate(&head, 0, "case");
    head.content_type = sz_str("text/plain");
    gate(&head, 415, "another type");
    head.content_type = sz_str("application/jsonx");
    gate(&head, 415, "a longer type");
    head.content_type = sz_str_null;
    gate(&head, 415, "no type");
}


static void
asked(sz_head_t *head, const char *headers, const char *want)
{
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head->asked_headers = sz_str_of(headers);

    x = script_open(head, 1 << 20, &verdict);
    is_str(header(x, "Access-Control-Allow-Headers"), want, headers);
    sz_exchange_close(x);

    head->asked_headers = sz_str_null;
}


/* A preflight is answered with what it asks for, within the list. */

static void
test_asked(sz_head_t *head)
{
    static const sz_str_t  more[] = {
        sz_str("X-OpenAI-Key"), sz_str("X-Team")
    };

    asked(head, "content-type,mcp-session-id", "content-type, mcp-session-id");
    asked(head, "Mcp-Param-Region, mcp-param-", "Mcp-Param-Region");
    asked(head, "authorization, x-openai-key", "authorization");

    script_server.allow_headers = more;
    script_server.n_allow_headers = sz_array_len(more);

    asked(head, "authorization,x-openai-key, x-other",
          "authorization, x-openai-key");
    asked(head, "x-other",
          "Authorization, Content-Type, Accept, MCP-Protocol-Version, "
          "Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID, "
          "X-OpenAI-Key, X-Team");

    script_server.n_allow_headers = 0;
}


static void
test_methods(void)
{
    sz_head_t       head = script_post();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    head.method = sz_str("GET");
    gate(&head, 405, "GET without a session");
    head.mcp_version = sz_str("2026-07-28");
    gate(&head, 405, "GET of a revision that has none");
    head.mcp_version = sz_str_null;
    head.mcp_session = sz_str("x");
    gate(&head, 404, "GET of a session that is not known");
    head.method = sz_str("DELETE");
    gate(&head, 404, "DELETE of one");
    head.mcp_session = sz_str_null;
    head.method = sz_str("PUT");
    gate(&head, 405, "PUT");

    x = script_open(&head, 1 << 20, &verdict);
    is_str(header(x, "Allow"), "POST, GET, DELETE, OPTIONS", "Allow");
    ok(strstr(script_body(x), "\"code\":-32600") != NULL
       && strstr(x->reply.body.data, "\"id\"") == NULL,
       "a JSON-RPC error without id");
    sz_exchange_close(x);

    head.method = sz_str("OPTIONS");
    head.origin = sz_str("http://localhost:6274");
    x = script_open(&head, 1 << 20, &verdict);
    is_int(x->reply.status, 204, "preflight");
    is_str(header(x, "Access-Control-Allow-Origin"), "http://localhost:6274",
           "allows the origin");
    ok(strstr(header(x, "Access-Control-Allow-Headers"), "Mcp-Method") != NULL,
       "and the headers");
    is_str(header(x, "Vary"), "Origin", "for this origin only");
    sz_exchange_close(x);

    test_asked(&head);

    head.origin = sz_str("https://evil.example.com");
    gate(&head, 403, "a preflight from elsewhere");
    ok(!sz_gate_page(&script_server, &head), "which sees no refusal, either");
}


int
main(void)
{
    script_begin();
    test_host();
    test_origin();
    test_types();
    test_methods();
    script_end();

    return done();
}
