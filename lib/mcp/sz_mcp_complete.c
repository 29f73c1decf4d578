/*
 * completion/complete: what an argument of a prompt, or the variable of a
 * resource template, can be, given how it begins.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"
#include "tools/sz_tools_resource.h"

#include <strings.h>


#define SZ_COMPLETE_MAX  100            /* values, as the protocol has it */


typedef struct {
    const char          *value;         /* what was typed */
    const char *const   *values;
    unsigned             source;
    sz_walk_job_t       *walk;
} sz_complete_t;


/* {"completion":{"values":[ and what belongs behind them. */

static sz_jw_t
sz_complete_open(sz_call_t *call)
{
    sz_jw_t  w;

    w = sz_call_result_open(call);
    sz_jw_key(&w, "completion");
    sz_jw_open(&w, '{');
    sz_jw_key(&w, "values");
    sz_jw_open(&w, '[');

    return w;
}


/* cut: there are more than were counted. */

static sz_step_e
sz_complete_close(sz_call_t *call, sz_jw_t *w, size_t total, bool cut)
{
    sz_jw_close(w, ']');

    if (!cut) {
        sz_jw_kint(w, "total", (int64_t) total);
    }

    sz_jw_kbool(w, "hasMore", cut || total > SZ_COMPLETE_MAX);
    sz_jw_close(w, '}');

    return sz_call_result_close(call, w);
}


static bool
sz_complete_begins(const char *value, const char *typed)
{
    return strncasecmp(value, typed, strlen(typed)) == 0;
}


/* The location's own model first, then those that are known by name. */

static sz_step_e
sz_complete_values(sz_call_t *call, const sz_complete_t *s)
{
    size_t               n;
    sz_jw_t              w;
    unsigned             service;
    const char          *model;
    const char *const   *value;

    w = sz_complete_open(call);
    n = 0;
    model = NULL;

    for (service = 0; service < SZ_SERVICES; service++) {
        if (s->source == sz_from_models(service)) {
            model = call->setup->model[service];
        }
    }

    if (model != NULL && sz_complete_begins(model, s->value)) {
        sz_jw_cstr(&w, model);
        n++;
    }

    for (value = s->values; value != NULL && *value != NULL; value++) {

        if (sz_complete_begins(*value, s->value)
            && (model == NULL || strcmp(model, *value) != 0))
        {
            if (n < SZ_COMPLETE_MAX) {
                sz_jw_cstr(&w, *value);
            }

            n++;
        }
    }

    return sz_complete_close(call, &w, n, false);
}


static sz_step_e
sz_complete_files(sz_call_t *call, sz_complete_t *s, unsigned kind)
{
    sz_jw_t  w;

    if (call->phase == 0) {
        s->walk = sz_walk_job_create(call->setup, 1u << kind, SZ_COMPLETE_MAX,
                                     NULL, s->value);
        if (s->walk != NULL) {
            s->walk->names = true;
        }

        call->phase = 1;

        return sz_call_job(call, (sz_job_t *) s->walk);
    }

    if (s->walk->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->walk->job.error);
    }

    w = sz_complete_open(call);

    if (s->walk->rows.len > 0) {
        sz_jw_raw(&w, sz_buf_view(&s->walk->rows));
    }

    return sz_complete_close(call, &w, s->walk->total, s->walk->cut);
}


static sz_step_e
sz_complete_step(sz_call_t *call)
{
    unsigned        kind;
    sz_complete_t  *s = call->state;

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        if (s->source == sz_from_files(kind)) {
            return sz_complete_files(call, s, kind);
        }
    }

    return sz_complete_values(call, s);
}


static const sz_tool_t  sz_complete_row = {
    .name = "completion/complete",
    .flags = SZ_TOOL_UNLISTED,
    .input = sz_no_fields,
    .state_size = sizeof(sz_complete_t),
    .step = sz_complete_step
};


static void
sz_complete_call(sz_message_t *m, const char *value,
    const char *const *values, unsigned source)
{
    sz_complete_t  *s;

    m->plain = true;

    if (sz_message_call(m, &sz_complete_row, NULL)) {
        s = m->call->state;
        s->value = value;
        s->values = values;
        s->source = source;
    }
}


static void
sz_complete_prompt(sz_message_t *m, const char *prompt_name, const char *name,
    const char *value)
{
    const sz_field_t   *f;
    const sz_prompt_t  *prompt;

    prompt = sz_prompt_find(m->exchange->server, prompt_name);

    if (prompt == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "There is no prompt \"%.100s\" here.", prompt_name);
        return;
    }

    for (f = prompt->get.input; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            sz_complete_call(m, value, f->values, f->source);
            return;
        }
    }

    sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                    "The prompt \"%.100s\" has no argument \"%.100s\".",
                    prompt_name, name);
}


/* "{+name}" and "{name}" are both the variable "name". */

static bool
sz_complete_is_variable(const char *pattern, const char *name)
{
    size_t       len;
    const char  *open;

    open = strchr(pattern, '{') + 1;
    open += (*open == '+');
    len = strcspn(open, "}");

    return strlen(name) == len && strncmp(open, name, len) == 0;
}


static void
sz_complete_resource(sz_message_t *m, const char *uri, const char *name,
    const char *value)
{
    size_t                i;
    const sz_server_t    *server = m->exchange->server;
    const sz_resource_t  *resource;

    for (i = 0; i < server->n_resources; i++) {

        resource = server->resources[i];

        if (sz_resource_is_template(resource)
            && strcmp(resource->uri, uri) == 0
            && sz_complete_is_variable(uri, name))
        {
            sz_complete_call(m, value, NULL, resource->source);
            return;
        }
    }

    sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                    "There is no resource template \"%.200s\" with a variable "
                    "\"%.100s\" here.", uri, name);
}


void
sz_complete(sz_message_t *m)
{
    const char   *type, *what, *name, *value;
    const cJSON  *ref, *argument;

    ref = sz_json_object(m->params, "ref");
    argument = sz_json_object(m->params, "argument");
    type = sz_json_string(ref, "type");
    name = sz_json_string(argument, "name");
    value = sz_json_string(argument, "value");

    if (type != NULL && name != NULL && value != NULL) {

        what = sz_json_string(ref, "name");

        if (strcmp(type, "ref/prompt") == 0 && what != NULL) {
            sz_complete_prompt(m, what, name, value);
            return;
        }

        what = sz_json_string(ref, "uri");

        if (strcmp(type, "ref/resource") == 0 && what != NULL) {
            sz_complete_resource(m, what, name, value);
            return;
        }
    }

    sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                    "completion/complete needs ref (ref/prompt with name, or "
                    "ref/resource with uri) and argument with the strings "
                    "name and value.");
}
