/*
 * What one endpoint offers, and its listings: text that is made once, while
 * the configuration is read, for each revision.
 */

#include "mcp/sz_mcp_exchange.h"

#include <stdlib.h>


#define SZ_LISTING_MAX  (4 * 1024 * 1024)


typedef void (*sz_server_rows_pt)(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision);


static void
sz_server_names(sz_jw_t *w, const sz_tool_t *row, sz_revision_e revision)
{
    sz_jw_kstr(w, "name", row->name);

    if (revision >= SZ_REV_2025_06_18 && row->title != NULL) {
        sz_jw_kstr(w, "title", row->title);
    }

    sz_jw_kstr(w, "description", row->description);
}


static void
sz_server_schemas(sz_jw_t *w, const sz_tool_t *tool, sz_revision_e revision)
{
    sz_jw_key(w, "inputSchema");

    if (tool->schema != NULL) {
        sz_jw_raw(w, sz_str_of(tool->schema));

    } else {
        sz_schema_write(w, tool->input, true);
    }

    if (revision >= SZ_REV_2025_06_18 && tool->output != NULL) {
        sz_jw_key(w, "outputSchema");
        sz_schema_write(w, tool->output, false);
    }
}


/* Where a host finds the view of a tool's results: new and old place. */

static void
sz_server_ui(sz_jw_t *w, const sz_tool_t *tool)
{
    sz_jw_key(w, "_meta");
    sz_jw_open(w, '{');
    sz_jw_key(w, "ui");
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "resourceUri", tool->ui);
    sz_jw_close(w, '}');
    sz_jw_kstr(w, "ui/resourceUri", tool->ui);
    sz_jw_close(w, '}');
}


/* One entry of tools/list, with what the revision knows. */

static void
sz_server_tool(sz_jw_t *w, const sz_server_t *server, const sz_tool_t *tool,
    sz_revision_e revision)
{
    sz_jw_open(w, '{');
    sz_server_names(w, tool, revision);
    sz_server_schemas(w, tool, revision);

    if (tool->hints != NULL) {
        sz_jw_key(w, "annotations");
        sz_jw_open(w, '{');

        if (revision < SZ_REV_2025_06_18) {     /* later ones have it above */
            sz_jw_kstr(w, "title", tool->title);
            sz_buf_c(w->buf, ',');
        }

        sz_buf_str(w->buf, sz_str_of(tool->hints));
        w->comma = true;

        if (tool->flags & SZ_TOOL_SAVES) {
            sz_jw_kbool(w, "destructiveHint",
                        sz_existing_publish(server->existing,
                                            tool->flags & SZ_TOOL_PAYS)
                        == SZ_REPLACE);
        }

        sz_jw_close(w, '}');
    }

    if (tool->ui != NULL) {
        sz_server_ui(w, tool);
    }

    sz_jw_close(w, '}');
}


static void
sz_server_tools(sz_jw_t *w, const sz_server_t *server, sz_revision_e revision)
{
    size_t  i;

    for (i = 0; i < server->n_tools; i++) {
        if (!(server->tools[i]->flags & SZ_TOOL_UNLISTED)) {
            sz_server_tool(w, server, server->tools[i], revision);
        }
    }
}


static void
sz_server_argument(sz_jw_t *w, const sz_field_t *f, sz_revision_e revision)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "name", f->name);

    if (revision >= SZ_REV_2025_06_18 && f->title != NULL) {
        sz_jw_kstr(w, "title", f->title);
    }

    if (f->description != NULL) {
        sz_jw_kstr(w, "description", f->description);
    }

    sz_jw_kbool(w, "required", (f->flags & SZ_REQUIRED) != 0);
    sz_jw_close(w, '}');
}


static void
sz_server_prompts(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision)
{
    size_t             i;
    const sz_tool_t   *get;
    const sz_field_t  *f;

    for (i = 0; i < server->n_prompts; i++) {
        get = &server->prompts[i]->get;

        sz_jw_open(w, '{');
        sz_server_names(w, get, revision);
        sz_jw_key(w, "arguments");
        sz_jw_open(w, '[');

        for (f = get->input; f->name != NULL; f++) {
            sz_server_argument(w, f, revision);
        }

        sz_jw_close(w, ']');
        sz_jw_close(w, '}');
    }
}


static void
sz_server_resource(sz_jw_t *w, const sz_resource_t *resource, const char *key,
    sz_revision_e revision)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, key, resource->uri);
    sz_server_names(w, &resource->read, revision);

    if (resource->mime != NULL) {
        sz_jw_kstr(w, "mimeType", resource->mime);
    }

    if (resource->meta != NULL && revision >= SZ_REV_2025_06_18) {
        sz_jw_kraw(w, "_meta", sz_str_of(resource->meta));
    }

    sz_jw_close(w, '}');
}


static void
sz_server_templates(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision)
{
    size_t  i;

    for (i = 0; i < server->n_resources; i++) {
        if (sz_resource_is_template(server->resources[i])) {
            sz_server_resource(w, server->resources[i], "uriTemplate",
                               revision);
        }
    }
}


static void
sz_server_resources(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision)
{
    size_t  i;

    for (i = 0; i < server->n_resources; i++) {
        if (!sz_resource_is_template(server->resources[i])
            && !(server->resources[i]->read.flags & SZ_TOOL_UNLISTED))
        {
            sz_server_resource(w, server->resources[i], "uri", revision);
        }
    }
}


static bool
sz_server_list(const sz_server_t *server, sz_arena_t *arena,
    sz_revision_e revision, sz_server_rows_pt rows, bool array, sz_str_t *list)
{
    sz_jw_t   w;
    sz_buf_t  buf;

    sz_buf_init(&buf, SZ_LISTING_MAX);
    sz_jw_init(&w, &buf);

    if (array) {
        sz_jw_open(&w, '[');
        rows(&w, server, revision);
        sz_jw_close(&w, ']');

    } else {
        rows(&w, server, revision);
    }

    list->len = buf.len;
    list->data = buf.failed ? NULL : sz_strdup(arena, sz_buf_view(&buf));

    sz_buf_free(&buf);

    return list->data != NULL;
}


static bool
sz_server_lists(sz_server_t *server, sz_arena_t *arena,
    sz_revision_e revision)
{
    return sz_server_list(server, arena, revision, sz_server_tools, true,
                          &server->list[revision])
           && sz_server_list(server, arena, revision, sz_server_prompts, true,
                             &server->prompt_list[revision])
           && sz_server_list(server, arena, revision, sz_server_templates,
                             true, &server->template_list[revision])
           && sz_server_list(server, arena, revision, sz_server_resources,
                             false, &server->resource_list[revision]);
}


/* How many rows there are in all packs together. */

static void
sz_server_count(size_t *tools, size_t *prompts, size_t *resources)
{
    size_t                    i;
    const sz_pack_t *const   *pack;

    *tools = *prompts = *resources = 0;

    for (pack = sz_packs; *pack != NULL; pack++) {
        for (i = 0; (*pack)->tools[i] != NULL; i++, ++*tools) { }
        for (i = 0; (*pack)->prompts[i] != NULL; i++, ++*prompts) { }
        for (i = 0; (*pack)->resources[i] != NULL; i++, ++*resources) { }
    }
}


bool
sz_service_is_used(sz_service_e service)
{
    size_t                   i;
    unsigned                 needs;
    const sz_pack_t *const  *pack;

    needs = 0;

    for (pack = sz_packs; *pack != NULL; pack++) {
        for (i = 0; (*pack)->tools[i] != NULL; i++) {
            needs |= (*pack)->tools[i]->needs;
        }
    }

    return (needs & sz_needs_service(service)) != 0;
}


static void
sz_server_take(sz_server_t *server, const sz_pack_t *pack, unsigned has)
{
    size_t  i;

    for (i = 0; pack->tools[i] != NULL; i++) {
        if ((pack->tools[i]->needs & ~has) == 0
            && sz_choice_offers(server, pack->tools[i]->name))
        {
            server->tools[server->n_tools++] = pack->tools[i];
            server->ui = server->ui || pack->tools[i]->ui != NULL;
        }
    }

    for (i = 0; pack->prompts[i] != NULL; i++) {
        if ((pack->prompts[i]->get.needs & ~has) == 0) {
            server->prompts[server->n_prompts++] = pack->prompts[i];
        }
    }

    for (i = 0; pack->resources[i] != NULL; i++) {
        if ((pack->resources[i]->read.needs & ~has) == 0) {
            server->resources[server->n_resources++] = pack->resources[i];
        }
    }
}


bool
sz_server_init(sz_server_t *server, sz_arena_t *arena, unsigned has)
{
    size_t                   tools, prompts, resources;
    unsigned                 revision;
    const sz_pack_t *const  *pack;

    sz_server_count(&tools, &prompts, &resources);

    server->ui = false;
    server->n_tools = server->n_prompts = server->n_resources = 0;
    server->tools = sz_alloc(arena, (tools + 1) * sizeof(void *));
    server->prompts = sz_alloc(arena, (prompts + 1) * sizeof(void *));
    server->resources = sz_alloc(arena, (resources + 1) * sizeof(void *));

    if (server->tools == NULL || server->prompts == NULL
        || server->resources == NULL)
    {
        return false;
    }

    for (pack = sz_packs; *pack != NULL; pack++) {
        sz_server_take(server, *pack, has);
    }

    for (revision = 0; revision < SZ_REVISIONS; revision++) {
        if (!sz_server_lists(server, arena, revision)) {
            return false;
        }
    }

    return true;
}
