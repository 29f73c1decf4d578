/*
 * A request's body: JSON, JSON-RPC, both eras, arguments of every tool.  The
 * first byte chooses the headers that come with it.
 */

#include "script.h"


static void
nobody(sz_http_t *http, unsigned n)
{
    (void) n;
    sz_error_set(&http->error, SZ_E_UPSTREAM, "nobody is there");
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *body;
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    static bool  begun;

    if (!begun) {
        begun = true;
        script_begin();
        script_setup.folder[SZ_MEDIA_VIDEO] = (sz_folder_t) {
            .root = "/nonexistent/x", .directive = "sanzaru_media_path",
            .access = 0640
        };
        script_setup.folder[SZ_MEDIA_IMAGE] =
            script_setup.folder[SZ_MEDIA_VIDEO];
    }

    if (size == 0 || size > 65536) {
        return 0;
    }

    if (data[0] & 1) {
        head.mcp_version = sz_str("2026-07-28");
        head.mcp_method = (data[0] & 2) ? sz_str("tools/call")
                                        : sz_str("tools/list");
        head.mcp_name = sz_str("list_videos");
    }

    if (data[0] & 4) {
        head.mcp_session = sz_str("x");
    }

    if (data[0] & 8) {
        head.mcp_version = sz_str_null;
    }

    body = malloc(size);
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';

    x = script_exchange(&head, body, nobody);

    /* what goes out is JSON, whatever came in */

    if (x->reply.type != NULL
        && sz_json_check((sz_str_t) { x->reply.body.len - 1,
                                      x->reply.body.data }, NULL) != SZ_OK)
    {
        abort();
    }

    sz_exchange_close(x);
    free(body);

    return 0;
}
