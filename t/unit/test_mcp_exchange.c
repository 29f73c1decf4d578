#include "script.h"
#include "tap.h"


static void
none(sz_http_t *http, unsigned n)
{
    (void) n;
    sz_error_set(&http->error, SZ_E_UPSTREAM, "nobody is there");
}


static void
check(const sz_head_t *head, const char *body, int status, const char *want,
    const char *name)
{
    sz_exchange_t  *x;

    x = script_exchange(head, body, none);

    if (!ok(x->reply.status == status
            && (want == NULL
                ? x->reply.type == NULL
                : strstr(x->reply.body.data, want) != NULL), "%s", name))
    {
        printf("#   %d %s\n", x->reply.status, x->reply.body.data);
    }

    sz_exchange_close(x);
}


static void
test_shape(void)
{
    sz_head_t  head = script_post();

    check(&head, "", 400, "\"code\":-32700", "nothing");
    check(&head, "{\"jsonrpc\":", 400, "-32700", "cut");
    check(&head, "\xff", 400, "not valid UTF-8", "not UTF-8");
    check(&head, "7", 400, "-32600", "a number");
    check(&head, "[]", 400, "-32600", "an empty batch");
    check(&head, "{}", 400, "-32600", "no version");
    check(&head, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400,
          "-32600", "another version");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400,
          "-32600", "id null");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", 400,
          "-32600", "a fraction as id");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}", 400,
          "-32600", "an array as id");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", 400,
          "-32600", "a number as method");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1}", 400, "-32600",
          "nothing asked");
    check(&head, "{\"JSONRPC\":\"2.0\",\"ID\":1,\"METHOD\":\"ping\"}", 400,
          "-32600", "names have case");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}",
          400, "stands twice", "two ids");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\","
          "\"params\":{\"name\":\"x\",\"arguments\":{\"p\":\"\\ud83d\"}}}",
          400, "\"id\":\"a\",\"error\":{\"code\":-32700",
          "what is refused inside a value has an id all the same");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"\\ud83d\"}",
          400, "\"jsonrpc\":\"2.0\",\"error\"", "unless that is none");

    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"method\":"
          "\"ping\"}", 200,
          "{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"result\":{}}",
          "a large id comes back byte for byte");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\\/\",\"method\":"
          "\"ping\"}", 200,
          "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\\/\",\"result\":{}}",
          "a string, too");
    check(&head, "{\"jsonrpc\":\"2.0\",\"\\u0069d\":-0,\"method\":\"ping\"}",
          200, "\"id\":-0,", "under an escaped name");
    check(&head, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", 202,
          NULL, "a notification");
}


static void
test_legacy(void)
{
    char            session[128];
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                        "\"initialize\",\"params\":{\"protocolVersion\":"
                        "\"2025-06-18\",\"capabilities\":{}}}", none);
    ok(x->reply.status == 200
       && strstr(x->reply.body.data, "\"protocolVersion\":\"2025-06-18\""),
       "initialize");
    is_str(x->reply.headers[0].name, "Mcp-Session-Id", "a session");
    strcpy(session, x->reply.headers[0].value);
    sz_exchange_close(x);

    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
          "\"params\":{\"protocolVersion\":\"2026-07-28\"}}", 200,
          "\"protocolVersion\":\"2025-11-25\"",
          "initialize never yields a modern revision");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
          "\"params\":{\"protocolVersion\":\"1999\"}}", 200,
          "\"protocolVersion\":\"2025-11-25\"", "nor an unknown one");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}",
          200, "-32602", "initialize without a version");

    head.mcp_version = sz_str("2026-07-28");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
          "\"params\":{\"protocolVersion\":\"2025-11-25\"}}", 200,
          "\"protocolVersion\":\"2025-11-25\"",
          "initialize under a modern header");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
          400, "-32602", "a modern header without the claim");
    check(&head, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", 202,
          NULL, "a modern notification");

    head.mcp_version = sz_str("2027-01-01");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
          400, "-32602", "a future header without the claim");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
          "\"params\":{\"protocolVersion\":\"2025-06-18\"}}", 200,
          "\"protocolVersion\":\"2025-06-18\"",
          "initialize of a client of tomorrow");
    head.mcp_version = sz_str("2024-11-05");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
          "\"params\":{\"protocolVersion\":\"2024-11-05\"}}", 200,
          "\"protocolVersion\":\"2025-11-25\"", "and of yesterday");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 400,
          "-32000", "an unknown revision");
    head.mcp_version = sz_str("2025-06-18, 2025-06-18");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200,
          "\"result\":{}", "one that came twice and was joined");
    head.mcp_version = sz_str("2025-06-18, 2025-11-25");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 400,
          "-32000", "unless they differ");
    head.mcp_version = sz_str(" ");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200,
          "\"result\":{}", "an empty one says nothing");

    head.mcp_version = sz_str_null;
    head.mcp_session = sz_str_of(session);
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200,
          "\"result\":{}", "with the session");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nope\"}", 200,
          "-32601", "an unknown method rides on 200");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 202, NULL,
          "a response nobody waits for");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"nope\"}}", 200, "-32602", "unknown tool");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"create_video\",\"arguments\":[]}}", 200,
          "-32602", "arguments that are no object");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"create_video\"}}", 200,
          "\"isError\":true", "arguments that are missing");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\","
          "\"params\":{\"cursor\":\"x\"}}", 200, "-32602", "a cursor");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\","
          "\"params\":{\"cursor\":null}}", 200, "\"tools\":[",
          "null is no cursor");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"list_videos\",\"arguments\":null,"
          "\"_meta\":null}}", 200, "nobody is there",
          "null is no arguments");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\","
          "\"params\":null}", 200, "\"result\":{}", "nor parameters");

    session[5] ^= 1;
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 404,
          "-32001", "a changed session");
    check(&head, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", 404,
          "-32001", "a notification in it");

    head.mcp_session = sz_str_null;
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400, "-32600",
          "a response without session");

    head.doubled = "Mcp-Session-Id";
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 400,
          "came more than once", "a header that came twice");
}


static void
test_revisions(void)
{
    sz_head_t       head = script_post();
    const char     *body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                           "\"tools/list\"}";
    sz_exchange_t  *x;

    x = script_exchange(&head, body, none);
    ok(strstr(x->reply.body.data, "\"outputSchema\"") != NULL
       && strstr(x->reply.body.data, "\"resultType\"") == NULL,
       "2025-11-25 has output schemas");
    sz_exchange_close(x);

    head.mcp_version = sz_str_null;
    x = script_exchange(&head, body, none);
    ok(strstr(x->reply.body.data, "\"outputSchema\"") == NULL
       && strstr(x->reply.body.data, "\"annotations\"") != NULL,
       "2025-03-26 has not");
    sz_exchange_close(x);

    x = script_exchange(&head, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                        "\"tools/call\",\"params\":{\"name\":\"list_videos\"}}",
                        none);
    ok(strstr(x->reply.body.data, "structuredContent") == NULL,
       "nor structured content");
    is_int(x->outcome, SZ_E_UPSTREAM, "the outcome is kept");
    is_str(x->tool, "list_videos", "and the tool's name");
    sz_exchange_close(x);
}


#define META  "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"       \
              "\"2026-07-28\",\"io.modelcontextprotocol/"                     \
              "clientCapabilities\":{}}"

#define MODERN(method, params)                                                \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" method "\",\"params\":{"    \
    params META "}}"


static sz_head_t
modern(const char *method, const char *name)
{
    sz_head_t  head = script_post();

    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str_of(method);
    head.mcp_name = (name != NULL) ? sz_str_of(name) : sz_str_null;

    return head;
}


static void
test_ladder(void)
{
    sz_head_t  head = modern("tools/list", NULL);

    check(&head, MODERN("tools/list", ""), 200, "\"resultType\":\"complete\"",
          "a modern request");
    check(&head, MODERN("tools/list", ""), 200, "\"cacheScope\":\"public\"",
          "may be cached");
    check(&head, MODERN("tools/list", ""), 200,
          "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"sanzaru\"",
          "says who we are");

    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "\"2026-07-28\"}}}", 400, "\"id\":7,\"error\":{\"code\":-32602",
          "no capabilities");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "5,\"io.modelcontextprotocol/clientCapabilities\":{}}}}", 400,
          "-32602", "a claim that is no string");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{},"
          "\"io.modelcontextprotocol/logLevel\":\"loud\"}}}", 400, "-32602",
          "an unknown level");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "\"v999.0.0\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
          400, "-32020", "a claim other than the header");

    head.mcp_version = sz_str("v999.0.0");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "\"v999.0.0\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
          400, "\"code\":-32022,\"message\":\"This protocol version is not "
          "supported.\",\"data\":{\"supported\":[\"2026-07-28\"],"
          "\"requested\":\"v999.0.0\"}", "both unknown");

    head.mcp_version = sz_str("2025-11-25");
    check(&head, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\","
          "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
          "\"2025-11-25\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
          400, "-32022", "a claim of a legacy revision");

    head.mcp_version = sz_str_null;
    check(&head, MODERN("tools/list", ""), 400, "-32020", "no header");

    head = modern("tools/call", NULL);
    check(&head, MODERN("tools/list", ""), 400, "-32020", "another method");
    head.mcp_method = sz_str("Tools/list");
    check(&head, MODERN("tools/list", ""), 400, "-32020", "methods have case");
    head.mcp_method = sz_str_null;
    check(&head, MODERN("tools/list", ""), 400, "-32020", "no method header");

    head = modern("initialize", NULL);
    check(&head, MODERN("initialize", ""), 404, "-32601", "no initialize");
    head = modern("ping", NULL);
    check(&head, MODERN("ping", ""), 404, "-32601", "no ping");
    head = modern("tasks/result", NULL);
    check(&head, MODERN("tasks/result", "\"taskId\":\"x\","), 404, "-32601",
          "an unknown method needs no name");

    head = modern("tools/call", "nope");
    check(&head, MODERN("tools/call", "\"name\":\"nope\","), 200, "-32602",
          "an unknown tool");
    head.mcp_name = sz_str("=?base64?bm9wZQ==?=");
    check(&head, MODERN("tools/call", "\"name\":\"nope\","), 200, "-32602",
          "its name in base64");
    head.mcp_name = sz_str("=?base64?bm9wZQ?=");
    check(&head, MODERN("tools/call", "\"name\":\"nope\","), 400, "-32020",
          "in bad base64");
    head.mcp_name = sz_str("other");
    check(&head, MODERN("tools/call", "\"name\":\"nope\","), 400,
          "\"mismatch\":{\"header\":\"other\",\"body\":\"nope\"}",
          "another name");
    head.mcp_name = sz_str_null;
    check(&head, MODERN("tools/call", "\"name\":\"nope\","), 400, "-32020",
          "no name");

    head = modern("server/discover", NULL);
    check(&head, MODERN("server/discover", ""), 200,
          "\"supportedVersions\":[\"2026-07-28\"]", "discover");

    head = modern("tools/list", NULL);
    head.mcp_session = sz_str("anything");
    check(&head, MODERN("tools/list", ""), 200, "\"tools\":[",
          "a session means nothing");
    head.doubled = "Mcp-Method";
    check(&head, MODERN("tools/list", ""), 400, "-32020", "a header twice");
}


static void
test_memory(void)
{
    size_t          max, refused;
    sz_head_t       head = script_post();
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    /* whatever the limit is, there is an answer or none, but no crash */

    for (refused = 0, max = 0; max < 40000; max += 97) {
        x = sz_exchange_open(&script_server, &head, max, &verdict);

        if (x == NULL) {
            refused++;
            continue;
        }

        (void) sz_exchange_receive(x, sz_str("{\"jsonrpc\":\"2.0\",\"id\":1,"
                                   "\"method\":\"tools/list\"}"));
        refused += (x->reply.status != 200);
        sz_exchange_close(x);
    }

    ok(refused > 10 && refused < 412, "a small limit refuses cleanly");
}


int
main(void)
{
    script_begin();
    test_shape();
    test_legacy();
    test_revisions();
    test_ladder();
    test_memory();
    script_end();

    return done();
}
