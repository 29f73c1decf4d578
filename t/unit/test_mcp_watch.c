/* What a legacy session wants to be told, and what remembers it. */

#include "session.h"
#include "tap.h"

#define URI  "sanzaru://images/a.png"


/* A request of the session, or of none. */

static void
request(const sz_head_t *head, const char *method, const char *params,
    const char *want, const char *name)
{
    char            body[4096];
    sz_exchange_t  *x;

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,"
             "\"method\":\"%s\",\"params\":%s}", method, params);

    x = script_exchange(head, body, NULL);

    if (!ok(strstr(x->reply.body.data, want) != NULL, "%s", name)) {
        printf("#   got %s\n", x->reply.body.data);
    }

    sz_exchange_close(x);
}


static void
test_level(void)
{
    sz_head_t         head = session_head();
    sz_hub_session_t  state;

    request(&head, "logging/setLevel", "{\"level\":\"loud\"}",
            "level must be one of the eight", "no such level");
    request(&head, "logging/setLevel", "{\"level\":3}",
            "level must be one of the eight", "a level that is no word");
    request(&head, "logging/setLevel", "{}", "level must be one of the eight",
            "no level");
    ok(!hub_session_get(session.id, &state), "nothing is remembered of that");

    request(&head, "logging/setLevel", "{\"level\":\"error\"}",
            "\"result\":{}", "a level");
    ok(hub_session_get(session.id, &state)
       && state.log_level == (int) sz_log_find("error") && !state.deleted,
       "is the session's");
    is_int(hub_kept, script_server.session_timeout, "until that ends");

    hub_full = true;
    request(&head, "logging/setLevel", "{\"level\":\"error\"}",
            "remembers too much already (sanzaru_zone_size)", "no room");
    hub_full = false;

    head.mcp_session = sz_str_null;
    head.mcp_version = sz_str("2025-06-18");
    request(&head, "logging/setLevel", "{\"level\":\"error\"}", "\"result\":{}",
            "without a session it is accepted, and means nothing");
}


static void
test_uris(void)
{
    char       params[4096];
    sz_head_t  head = session_head();

    request(&head, "resources/subscribe", "{}", "uri must be a string",
            "no URI");
    request(&head, "resources/unsubscribe", "{\"uri\":1}",
            "uri must be a string", "one that is no text");
    snprintf(params, sizeof(params), "{\"uri\":\"%02050d\"}", 1);
    request(&head, "resources/subscribe", params, "at most 2048 bytes",
            "one that is too long");

    request(&head, "resources/subscribe", "{\"uri\":\"" URI "\"}",
            "\"result\":{}", "a subscription");
    ok(hub_subscribed(session.id, sz_str(URI)), "is the session's");
    request(&head, "resources/unsubscribe", "{\"uri\":\"" URI "\"}",
            "\"result\":{}", "it is taken back");
    ok(!hub_subscribed(session.id, sz_str(URI)), "so it is there no more");
    request(&head, "resources/unsubscribe", "{\"uri\":\"" URI "\"}",
            "\"result\":{}", "twice is no error");

    hub_full = true;
    request(&head, "resources/subscribe", "{\"uri\":\"" URI "\"}",
            "subscribes to too much already", "no room");
    hub_full = false;
}


int
main(void)
{
    script_begin();
    ok(session_make(), "a session");
    script_setup.service[SZ_SERVICE_IMAGE] = true;

    test_level();
    test_uris();

    script_end();

    return done();
}
