/*
 * The head of a request: the input's lines are Host, Origin, Accept,
 * Content-Type, the four MCP headers and the method.
 */

#include "script.h"
#include "mcp/sz_mcp_exchange.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i;
    sz_str_t        rest, text;
    sz_head_t       head = script_post();
    const char     *newline;
    sz_arena_t     *arena;
    sz_verdict_e    verdict;
    sz_exchange_t  *x;

    static bool            begun;
    static const sz_str_t  hosts[] = {
        sz_str("gate.example.com"), sz_str("*.wild.example"), sz_str(".b.c"),
        sz_str("www.*")
    };

    sz_str_t  *fields[] = {
        &head.host, &head.origin, &head.accept, &head.content_type,
        &head.mcp_version, &head.mcp_session, &head.mcp_method,
        &head.mcp_name, &head.method
    };

    if (!begun) {
        begun = true;
        script_begin();
        script_server.hosts = hosts;
        script_server.n_hosts = sz_array_len(hosts);
    }

    if (memchr(data, '\0', size) != NULL) {
        return 0;                       /* nginx refuses these */
    }

    rest = (sz_str_t) { size, (const char *) data };

    for (i = 0; i < sz_array_len(fields) && rest.len > 0; i++) {
        newline = memchr(rest.data, '\n', rest.len);
        *fields[i] = rest;

        if (newline == NULL) {
            break;
        }

        fields[i]->len = (size_t) (newline - rest.data);
        rest.len -= fields[i]->len + 1;
        rest.data = newline + 1;
    }

    arena = sz_arena_create(1 << 20);

    if (sz_header_text(arena, head.mcp_name, &text) && !sz_utf8_valid(text)) {
        abort();
    }

    sz_arena_destroy(arena);

    x = sz_exchange_open(&script_server, &head, 1 << 20, &verdict);

    if (verdict == SZ_X_BODY) {
        (void) sz_exchange_receive(x, sz_str("{\"jsonrpc\":\"2.0\",\"id\":1,"
                                   "\"method\":\"tools/list\"}"));
    }

    sz_exchange_close(x);

    return 0;
}
