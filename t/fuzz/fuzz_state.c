/*
 * What a client carries for us and brings back: session ids, sealed states,
 * event ids.  Changed in any way, none of them opens; unchanged, all do.
 */

#include "script.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_seal.h"
#include "mcp/sz_mcp_session.h"


static void
fake_publish(const sz_signal_t *signal)
{
    (void) signal;
}


static bool
fake_session(const unsigned char *id, sz_hub_session_t *state)
{
    (void) id;
    (void) state;

    return false;
}


static bool
fake_stream(const unsigned char *id, const unsigned char *session, unsigned n,
    sz_buf_t *json, sz_hub_event_t *event)
{
    (void) id;
    (void) session;
    (void) json;

    *event = (sz_hub_event_t) { .gone = (n != 0) };

    return false;
}


static const sz_hub_t  fake_hub = {
    .publish = fake_publish,
    .session_get = fake_session,
    .stream_get = fake_stream
};


/* The first byte says which one, the second where to change a good one. */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char            text[SZ_SESSION_TEXT];
    char           *sealed;
    sz_str_t        input, plain;
    sz_head_t       head;
    sz_arena_t     *arena;
    sz_session_t    session;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    static bool                 begun;
    static const unsigned char  nobody[SZ_CALLER_ID];

    if (!begun) {
        begun = true;
        script_begin();
        script_server.hub = &fake_hub;
    }

    if (size < 2 || size > 4096) {
        return 0;
    }

    input = (sz_str_t) { size - 2, (const char *) data + 2 };
    arena = sz_arena_create(1 << 20);

    if (sz_unseal(arena, script_server.secret, sz_str("a"), input, &plain)
        || sz_session_open(&script_server, nobody, input, 1000, &session))
    {
        abort();
    }

    sealed = sz_seal(arena, script_server.secret, sz_str("a"), input);

    if (sealed == NULL
        || !sz_unseal(arena, script_server.secret, sz_str("a"),
                      sz_str_of(sealed), &plain)
        || !sz_str_eq(plain, input))
    {
        abort();
    }

    sealed[data[1] % strlen(sealed)] ^= (char) (data[0] | 1);

    if (sz_unseal(arena, script_server.secret, sz_str("a"),
                  sz_str_of(sealed), &plain))
    {
        abort();
    }

    memset(&session, 0, sizeof(session));
    session.revision = SZ_REV_2025_11_25;
    session.issued = 1000;
    (void) sz_session_create(&script_server, nobody, &session, text);

    head = script_post();
    head.method = sz_str("GET");
    head.accept = sz_str("text/event-stream");
    head.clock = 1000;
    head.mcp_session = sz_str_of(text);
    head.last_event_id = input;

    x = sz_exchange_open(&script_server, &head, 1 << 20, &verdict);

    if (x == NULL
        || (verdict == SZ_X_LISTEN) != (x->reply.status == 200))
    {
        abort();
    }

    sz_exchange_close(x);
    sz_arena_destroy(arena);

    return 0;
}
