#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"


void
sz_prompt_list(sz_message_t *m)
{
    sz_jw_t  w;

    if (!sz_library_one_page(m)) {
        return;
    }

    w = sz_answer_open(m);
    sz_jw_kraw(&w, "prompts",
               m->exchange->server->prompt_list[m->exchange->revision]);
    sz_answer_cache(m, &w, "public");
    sz_answer_close(m, &w);
}


const sz_prompt_t *
sz_prompt_find(const sz_server_t *server, const char *name)
{
    size_t  i;

    for (i = 0; i < server->n_prompts; i++) {
        if (strcmp(server->prompts[i]->get.name, name) == 0) {
            return server->prompts[i];
        }
    }

    return NULL;
}


void
sz_prompt_get(sz_message_t *m)
{
    cJSON              *args;
    const char         *name;
    const sz_prompt_t  *prompt;

    name = sz_json_string(m->params, "name");
    args = (cJSON *) sz_json_given(m->params, "arguments");

    if (name == NULL || (args != NULL && !cJSON_IsObject(args))) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "prompts/get needs the string name and, if any, the "
                        "object arguments.");
        return;
    }

    prompt = sz_prompt_find(m->exchange->server, name);

    if (prompt == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "There is no prompt \"%.100s\" here; prompts/list "
                        "shows those there are.", name);
        return;
    }

    m->plain = true;

    (void) sz_message_call(m, &prompt->get, args);
}
