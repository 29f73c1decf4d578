#include "mcp/sz_mcp_session.h"

#include "tap.h"


static sz_session_t         session;
static const unsigned char  bob[SZ_CALLER_ID] = { 'b', 'o', 'b' };
static const unsigned char  eve[SZ_CALLER_ID] = { 'e', 'v', 'e' };


static bool
opens(const sz_server_t *server, sz_str_t text, int64_t clock)
{
    return sz_session_open(server, bob, text, clock, &session);
}


int
main(void)
{
    char          text[SZ_SESSION_TEXT], other[SZ_SESSION_TEXT];
    size_t        i, accepted;
    sz_server_t   server, replica;
    sz_session_t  made;

    memset(&server, 0, sizeof(server));
    server.session_timeout = 100;
    memset(server.secret, 1, 32);
    made.revision = SZ_REV_2025_06_18;
    made.issued = 1000;
    made.client = SZ_CLIENT_SAMPLING | SZ_CLIENT_TASKS;
    replica = server;

    ok(sz_session_create(&server, bob, &made, text), "made");
    is_int((long long) strlen(text), SZ_SESSION_TEXT - 1, "its length");
    ok(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
              "0123456789-_") == strlen(text), "visible ASCII");

    ok(opens(&replica, sz_str_of(text), 1000)
       && session.revision == SZ_REV_2025_06_18 && session.issued == 1000
       && memcmp(session.id, made.id, SZ_HUB_ID) == 0, "known to a replica");
    is_int(session.client, SZ_CLIENT_SAMPLING, "with what its client can do");
    ok(!sz_session_open(&replica, eve, sz_str_of(text), 1000,
                        &session), "not to another caller");

    sz_session_create(&server, bob, &made, other);
    ok(strcmp(text, other) != 0, "no two are alike");

    ok(opens(&server, sz_str_of(text), 1099),
       "lives to its end");
    ok(!opens(&server, sz_str_of(text), 1100),
       "and no longer");
    ok(opens(&server, sz_str_of(text), 800),
       "from a clock that is ahead a little");
    ok(!opens(&server, sz_str_of(text), 600),
       "but not far");

    for (accepted = 0, i = 0; i < strlen(text); i++) {
        strcpy(other, text);
        other[i] = (other[i] == 'A') ? 'B' : 'A';
        accepted += opens(&server, sz_str_of(other), 1000);
    }

    is_int((long long) accepted, 0, "no changed letter passes");

    ok(!opens(&server, sz_str(""), 1000), "empty");
    ok(!opens(&server, (sz_str_t) { 77, text }, 1000),
       "cut");
    other[77] = '\0';
    memset(other, 0, sizeof(other));
    ok(!opens(&server, (sz_str_t) { 78, other }, 1000),
       "zeros");

    memset(replica.secret, 2, 32);
    ok(!opens(&replica, sz_str_of(text), 1000),
       "another secret");

    memcpy(replica.previous, server.secret, 32);
    replica.has_previous = true;
    ok(opens(&replica, sz_str_of(text), 1000), "the previous secret");

    return done();
}
