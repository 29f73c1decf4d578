#include "mcp/sz_mcp_exchange.h"

#include <stdlib.h>


#define SZ_LISTING_MAX  (4 * 1024 * 1024)


/* One entry of tools/list, with what the revision knows. */

static void
sz_server_tool(sz_jw_t *w, const sz_tool_t *tool, sz_revision_e revision)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "name", tool->name);

    if (revision >= SZ_REV_2025_06_18) {
        sz_jw_kstr(w, "title", tool->title);
    }

    sz_jw_kstr(w, "description", tool->description);
    sz_jw_key(w, "inputSchema");
    sz_schema_write(w, tool->input);

    if (revision >= SZ_REV_2025_06_18) {
        sz_jw_key(w, "outputSchema");
        sz_schema_write(w, tool->output);
    }

    sz_jw_key(w, "annotations");
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "title", tool->title);
    sz_buf_c(w->buf, ',');
    sz_buf_str(w->buf, sz_str_of(tool->hints));
    sz_jw_close(w, '}');

    sz_jw_close(w, '}');
}


static bool
sz_server_list(sz_server_t *server, sz_arena_t *arena, sz_revision_e revision)
{
    size_t     i;
    sz_jw_t    w;
    sz_str_t   view;
    sz_buf_t   buf;

    sz_buf_init(&buf, SZ_LISTING_MAX);
    sz_jw_init(&w, &buf);
    sz_jw_open(&w, '[');

    for (i = 0; i < server->n_tools; i++) {
        sz_server_tool(&w, server->tools[i], revision);
    }

    sz_jw_close(&w, ']');

    view = sz_buf_view(&buf);

    server->list[revision] = (sz_str_t) {
        view.len, buf.failed ? NULL : sz_strdup(arena, view)
    };

    sz_buf_free(&buf);

    return server->list[revision].data != NULL;
}


bool
sz_server_init(sz_server_t *server, sz_arena_t *arena, unsigned has)
{
    size_t     n;
    unsigned   revision;

    for (n = 0; sz_tools[n] != NULL; n++) { /* void */ }

    server->n_tools = 0;
    server->tools = sz_alloc(arena, (n + 1) * sizeof(sz_tool_t *));

    if (server->tools == NULL) {
        return false;
    }

    for (n = 0; sz_tools[n] != NULL; n++) {
        if ((sz_tools[n]->needs & ~has) == 0) {
            server->tools[server->n_tools++] = sz_tools[n];
        }
    }

    for (revision = 0; revision < SZ_REVISIONS; revision++) {
        if (!sz_server_list(server, arena, revision)) {
            return false;
        }
    }

    return true;
}
