/*
 * What a stream and a call keep of their request: not the request.  Measured
 * with the allocator's own figures, which sanitizers do not have.
 */

#include "script.h"
#include "tap.h"

#include <malloc.h>


#define PADDING  (1024 * 1024)

/* What may be kept: arena, headers, arguments, the call itself. */
#define KEPT     (64 * 1024)

#define CLAIM                                                                \
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","            \
    "\"io.modelcontextprotocol/clientCapabilities\":{}"


static void
publish(const sz_signal_t *signal)
{
    (void) signal;
}


static const sz_hub_t  hub = { .publish = publish };


static size_t
allocated(void)
{
    struct mallinfo2  m = mallinfo2();

    return m.uordblks + m.hblkhd;
}


/* The text with a megabyte for each '#'; the caller frees it. */

static char *
padded(const char *text)
{
    char  *body, *p;

    body = malloc(strlen(text) + 4 * PADDING);

    for (p = body; *text != '\0'; text++) {

        if (*text == '#') {
            memset(p, 'x', PADDING);
            p += PADDING;

        } else {
            *p++ = *text;
        }
    }

    *p = '\0';

    return body;
}


/*
 * Receives the text, which is gone afterwards.  *kept: bytes more than before.
 */

static sz_exchange_t *
receive(const sz_head_t *head, const char *text, sz_verdict_e want,
    size_t *kept)
{
    char           *body;
    size_t          before;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    before = allocated();
    x = sz_exchange_open(&script_server, head, 16 * PADDING, &verdict);
    x->setup = &script_setup;

    body = padded(text);
    verdict = sz_exchange_receive(x, sz_str_of(body));
    memset(body, '?', strlen(body));
    free(body);

    if (!is_int(verdict, want, "received")) {
        exit(done());                           /* the rest is about it */
    }

    *kept = allocated() - before;

    return x;
}


static void
test_stream(void)
{
    bool            last;
    size_t          kept;
    sz_buf_t        json;
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str("subscriptions/listen");

    x = receive(&head, "{\"jsonrpc\":\"2.0\",\"id\":\"an id\",\"method\":"
                "\"subscriptions/listen\",\"params\":{\"notifications\":{"
                "\"resourceSubscriptions\":[\"a://b\"],\"other\":\"#\"},"
                "\"_meta\":{" CLAIM ",\"pad\":\"#\"},\"more\":[\"#\"]}}",
                SZ_X_LISTEN, &kept);
    sz_exchange_settle(x);
    ok(kept < KEPT, "a stream keeps %zu bytes", kept);

    sz_buf_init(&json, 4096);
    ok(sz_exchange_next(x, &json, &last)
       && strstr(json.data, "\"resourceSubscriptions\":[\"a://b\"]")
       && strstr(json.data, "\"an id\""), "among them what it asked for");
    sz_buf_free(&json);

    sz_exchange_refuse(x, 503, SZ_RPC_INTERNAL_ERROR, "Too many.");
    sz_buf_c(&x->reply.body, '\0');
    ok(strstr(x->reply.body.data, "\"id\":\"an id\"") != NULL,
       "a refusal has its id");
    is_int(x->outcome, SZ_E_BUSY, "and is told to the log");
    sz_exchange_close(x);
}


static void
test_call(void)
{
    size_t          kept;
    sz_head_t       head = script_post();
    sz_message_t   *m;
    sz_exchange_t  *x;

    x = receive(&head, "{\"jsonrpc\":\"2.0\",\"id\":\"an id\",\"pad\":\"#\","
                "\"method\":\"tools/call\",\"params\":{\"name\":"
                "\"create_video\",\"arguments\":{\"prompt\":\"a kite\"},"
                "\"_meta\":{\"progressToken\":\"a token\",\"pad\":\"#\"},"
                "\"more\":\"#\"}}", SZ_X_CALLS, &kept);
    ok(kept < KEPT, "a call keeps %zu bytes", kept);

    m = &x->messages[0];
    ok(sz_str_is(m->id, "\"an id\"") && sz_str_is(m->progress, "\"a token\""),
       "its id and token");
    is_str(sz_json_string(sz_json_object(m->params, "arguments"), "prompt"),
           "a kite", "its arguments");
    is_str(x->method, "tools/call", "and what it is");

    sz_exchange_refuse(x, 503, SZ_RPC_INTERNAL_ERROR, "Too many.");
    sz_buf_c(&x->reply.body, '\0');
    ok(strstr(x->reply.body.data, "\"id\":\"an id\"") != NULL,
       "a refusal has its id");
    sz_exchange_close(x);

    head.mcp_version = sz_str_null;
    x = receive(&head, "[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"x\":\"#\"},"
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
                "\"params\":{\"name\":\"list_videos\",\"pad\":\"#\"}}]",
                SZ_X_CALLS, &kept);
    ok(kept < KEPT, "a batch keeps %zu bytes", kept);
    ok(sz_str_is(x->messages[1].id, "7"), "and its ids");
    sz_exchange_close(x);

    x = receive(&head, "{\"jsonrpc\":\"2.0\",\"id\":\"#\",\"method\":"
                "\"ping\"}", SZ_X_REPLY, &kept);
    is_int(x->reply.status, 400, "an id is short");
    sz_exchange_close(x);
}


int
main(void)
{
    size_t     kept;
    sz_head_t  head = script_post();

    script_begin();
    script_server.hub = &hub;
    script_setup.service[SZ_SERVICE_VIDEO] = true;

    /* libraries and stdio take what they keep */

    sz_exchange_close(receive(&head, "", SZ_X_REPLY, &kept));

    test_stream();
    test_call();

    script_end();

    return done();
}
