#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"
#include "mcp/sz_mcp_task.h"

#include <stdlib.h>


static void sz_method_discover(sz_message_t *m);
static void sz_method_ping(sz_message_t *m);
static void sz_method_tools_list(sz_message_t *m);
static void sz_method_tools_call(sz_message_t *m);


/*
 * What is not offered is not advertised, and what is not advertised is no
 * method.
 */

static bool
sz_offers_tools(const sz_server_t *server)
{
    return server->n_tools > 0;
}


static bool
sz_offers_prompts(const sz_server_t *server)
{
    return server->n_prompts > 0;
}


static bool
sz_offers_resources(const sz_server_t *server)
{
    return server->n_resources > 0;
}


static const sz_rpc_method_t  sz_rpc_methods[] = {
    { "initialize", true, false, NULL, sz_legacy_initialize, NULL },
    { "logging/setLevel", true, false, NULL, sz_watch_level, NULL },
    { "resources/subscribe", true, false, NULL, sz_watch_subscribe,
      sz_offers_resources },
    { "resources/unsubscribe", true, false, NULL, sz_watch_unsubscribe,
      sz_offers_resources },
    { "tasks/get", false, true, "taskId", sz_task_get, NULL },
    { "tasks/update", false, true, "taskId", sz_task_update, NULL },
    { "tasks/cancel", false, true, "taskId", sz_task_cancel, NULL },
    { "subscriptions/listen", false, true, NULL, sz_listen_subscribe, NULL },
    { "ping", true, false, NULL, sz_method_ping, NULL },
    { "server/discover", false, true, NULL, sz_method_discover, NULL },
    { "tools/list", true, true, NULL, sz_method_tools_list, sz_offers_tools },
    { "tools/call", true, true, "name", sz_method_tools_call,
      sz_offers_tools },
    { "resources/list", true, true, NULL, sz_resource_list,
      sz_offers_resources },
    { "resources/templates/list", true, true, NULL, sz_resource_templates,
      sz_offers_resources },
    { "resources/read", true, true, "uri", sz_resource_read,
      sz_offers_resources },
    { "prompts/list", true, true, NULL, sz_prompt_list, sz_offers_prompts },
    { "prompts/get", true, true, "name", sz_prompt_get, sz_offers_prompts },
    { "completion/complete", true, true, NULL, sz_complete, NULL },
    { .name = NULL }
};


const char  sz_instructions[] =
    "Makes videos and pictures and keeps the files on the gateway. A video: "
    "optionally prepare_reference_image (list_reference_images shows what is "
    "there), then create_video, then get_video_status every 10 to 20 seconds "
    "until it is completed, then download_video. A picture: generate_image or "
    "edit_image, which answer with the file; or create_image, "
    "get_image_status and download_image for work in the background. Creating "
    "costs money: never repeat a create call that has returned an id. Files "
    "are named relative to the gateway's media folders; results name files "
    "and do not contain them.";


const sz_rpc_method_t *
sz_rpc_method(const sz_message_t *m)
{
    bool                    modern;
    const sz_rpc_method_t  *method;

    modern = (m->exchange->revision >= SZ_REV_MODERN);

    for (method = sz_rpc_methods; method->name != NULL; method++) {
        if (strcmp(method->name, m->method) == 0) {
            return (modern ? method->modern : method->legacy) ? method : NULL;
        }
    }

    return NULL;
}


static void
sz_method_discover(sz_message_t *m)
{
    sz_jw_t  w;

    w = sz_answer_open(m);
    sz_jw_key(&w, "supportedVersions");
    sz_jw_open(&w, '[');
    sz_jw_cstr(&w, sz_revision_name(SZ_REV_MODERN));
    sz_jw_close(&w, ']');
    sz_jw_key(&w, "capabilities");
    sz_answer_capabilities(&w, m->exchange->server, m->exchange->revision);
    sz_jw_kstr(&w, "instructions", sz_instructions);
    sz_answer_cache(m, &w, "public");
    sz_answer_close(m, &w);
}


static void
sz_method_ping(sz_message_t *m)
{
    sz_jw_t  w;

    w = sz_answer_open(m);
    sz_answer_close(m, &w);
}


static void
sz_method_tools_list(sz_message_t *m)
{
    sz_jw_t  w;

    if (!sz_library_one_page(m)) {
        return;
    }

    w = sz_answer_open(m);
    sz_jw_kraw(&w, "tools",
               m->exchange->server->list[m->exchange->revision]);
    sz_answer_cache(m, &w, "public");
    sz_answer_close(m, &w);
}


static const sz_tool_t *
sz_method_tool(const sz_server_t *server, const char *name)
{
    size_t  i;

    for (i = 0; i < server->n_tools; i++) {
        if (strcmp(server->tools[i]->name, name) == 0) {
            return server->tools[i];
        }
    }

    return NULL;
}


static void
sz_method_tools_call(sz_message_t *m)
{
    cJSON            *args;
    const char       *name;
    sz_exchange_t    *x = m->exchange;
    const sz_tool_t  *tool;

    name = sz_json_string(m->params, "name");
    args = (cJSON *) sz_json_given(m->params, "arguments");

    if (name == NULL || (args != NULL && !cJSON_IsObject(args))) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "tools/call needs the string name and, if any, the "
                        "object arguments.");
        return;
    }

    tool = sz_method_tool(x->server, name);

    if (tool == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "There is no tool \"%.100s\" here; tools/list shows "
                        "those there are.", name);
        return;
    }

    x->tool = tool->name;

    if ((tool->flags & SZ_TOOL_TASK_ONLY) && !sz_task_declared(m)) {
        return;
    }

    if (!sz_param_check(m, tool, args)) {
        return;
    }

    (void) sz_message_call(m, tool, args);
}
