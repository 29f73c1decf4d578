#include "mcp/sz_mcp_session.h"

#include "tap.h"


int
main(void)
{
    char          text[SZ_SESSION_TEXT], other[SZ_SESSION_TEXT];
    size_t        i, accepted;
    sz_server_t   server, replica;
    sz_session_t  session;

    memset(&server, 0, sizeof(server));
    server.session_timeout = 100;
    memset(server.secret, 1, 32);
    replica = server;

    ok(sz_session_create(&server, SZ_REV_2025_06_18, 1000, text), "made");
    is_int((long long) strlen(text), SZ_SESSION_TEXT - 1, "its length");
    ok(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
              "0123456789-_") == strlen(text), "visible ASCII");

    ok(sz_session_open(&replica, sz_str_of(text), 1000, &session)
       && session.revision == SZ_REV_2025_06_18 && session.issued == 1000,
       "known to a replica");

    sz_session_create(&server, SZ_REV_2025_06_18, 1000, other);
    ok(strcmp(text, other) != 0, "no two are alike");

    ok(sz_session_open(&server, sz_str_of(text), 1099, &session),
       "lives to its end");
    ok(!sz_session_open(&server, sz_str_of(text), 1100, &session),
       "and no longer");
    ok(sz_session_open(&server, sz_str_of(text), 800, &session),
       "from a clock that is ahead a little");
    ok(!sz_session_open(&server, sz_str_of(text), 600, &session),
       "but not far");

    for (accepted = 0, i = 0; i < strlen(text); i++) {
        strcpy(other, text);
        other[i] = (other[i] == 'A') ? 'B' : 'A';
        accepted += sz_session_open(&server, sz_str_of(other), 1000, &session);
    }

    is_int((long long) accepted, 0, "no changed letter passes");

    ok(!sz_session_open(&server, sz_str(""), 1000, &session), "empty");
    ok(!sz_session_open(&server, (sz_str_t) { 77, text }, 1000, &session),
       "cut");
    other[77] = '\0';
    memset(other, 0, sizeof(other));
    ok(!sz_session_open(&server, (sz_str_t) { 78, other }, 1000, &session),
       "zeros");

    memset(replica.secret, 2, 32);
    ok(!sz_session_open(&replica, sz_str_of(text), 1000, &session),
       "another secret");

    return done();
}
