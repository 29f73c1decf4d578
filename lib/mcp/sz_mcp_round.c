/*
 * Multi round trips (2026-07-28): a request that needs an answer of its client
 * ends with the questions, and comes again as a new request with the answers.
 * What was answered before travels in requestState, sealed: it opens only for
 * the same caller, method and parameters, and for ten minutes.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_seal.h"

#include <openssl/evp.h>


#define SZ_ROUND_SECONDS  600


/* Of a request all that must be the same in the next round. */

static sz_str_t
sz_round_bound(const sz_message_t *m)
{
    bool                  ok;
    char                  caller[SZ_CALLER_HEX], sum[2 * EVP_MAX_MD_SIZE + 1];
    unsigned              n = 0;
    sz_jw_t               w;
    sz_buf_t              params;
    const cJSON          *p;
    unsigned char         digest[EVP_MAX_MD_SIZE];
    const sz_exchange_t  *x = m->exchange;

    sz_buf_init(&params, x->reply.body.max);
    sz_jw_init(&w, &params);
    sz_jw_open(&w, '[');

    for (p = (m->params != NULL) ? m->params->child : NULL; p; p = p->next) {
        if (strcmp(p->string, "_meta") != 0
            && strcmp(p->string, "inputResponses") != 0
            && strcmp(p->string, "requestState") != 0)
        {
            sz_jw_cstr(&w, p->string);
            sz_jw_node(&w, p);
        }
    }

    sz_jw_close(&w, ']');

    ok = !params.failed
         && EVP_Digest(params.data, params.len, digest, &n, EVP_sha256(),
                       NULL);

    sz_buf_free(&params);

    if (!ok) {
        return sz_str_null;
    }

    sz_hex_encode(caller, x->caller_id, SZ_CALLER_ID);
    sz_hex_encode(sum, digest, n);

    return sz_str_of(sz_printf(x->arena, "round\n%s\n%s\n%s", m->method,
                               caller, sum));
}


static void
sz_round_free(void *root)
{
    cJSON_Delete(root);
}


static cJSON *
sz_round_state(sz_message_t *m, sz_str_t state)
{
    cJSON          *root;
    int64_t         until;
    sz_str_t        plain;
    sz_exchange_t  *x = m->exchange;

    if (!sz_exchange_unseal(x, m->bound, state, &plain)) {
        return NULL;
    }

    root = sz_json_parse(plain, NULL);

    if (root == NULL || !sz_arena_defer(x->arena, sz_round_free, root)
        || !sz_json_integer(sz_json_get(root, "until"), &until)
        || until < x->head.clock)
    {
        return NULL;
    }

    return root;
}


bool
sz_round_open(sz_message_t *m, const cJSON **answers)
{
    cJSON        *root, *all, *item;
    const cJSON  *state, *given;

    *answers = NULL;

    if (m->exchange->revision < SZ_REV_MODERN) {
        return true;
    }

    /* now: reading arguments changes them */

    m->bound = sz_round_bound(m);

    state = sz_json_given(m->params, "requestState");
    given = sz_json_object(m->params, "inputResponses");

    if (state == NULL) {
        *answers = given;
        return true;
    }

    root = cJSON_IsString(state)
           ? sz_round_state(m, sz_str_of(state->valuestring)) : NULL;
    all = (root != NULL) ? cJSON_GetObjectItemCaseSensitive(root, "answers")
                         : NULL;

    if (all == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "requestState is not what this gateway gave for this "
                        "request, or it is older than ten minutes. Start "
                        "again without it.");
        return false;
    }

    for (item = (given != NULL) ? given->child : NULL; item; item = item->next)
    {
        if (!sz_json_put(all, item->string, cJSON_Duplicate(item, 1))) {
            sz_answer_error(m, 500, SZ_RPC_INTERNAL_ERROR,
                            "The gateway is out of memory for this call.");
            return false;
        }
    }

    *answers = all;

    return true;
}


static const char *
sz_round_seal(const sz_message_t *m)
{
    char                 *text;
    sz_jw_t               w;
    sz_buf_t              plain;
    const sz_exchange_t  *x = m->exchange;

    sz_buf_init(&plain, SZ_SEAL_MAX);
    sz_jw_init(&w, &plain);
    sz_jw_open(&w, '{');
    sz_jw_kint(&w, "until", x->head.clock + SZ_ROUND_SECONDS);
    sz_jw_key(&w, "answers");

    if (m->call->answers != NULL) {
        sz_jw_node(&w, m->call->answers);

    } else {
        sz_jw_open(&w, '{');
        sz_jw_close(&w, '}');
    }

    sz_jw_close(&w, '}');

    text = plain.failed ? NULL
           : sz_seal(x->arena, x->server->secret, m->bound,
                     sz_buf_view(&plain));
    sz_buf_free(&plain);

    return text;
}


void
sz_round_requests(sz_jw_t *w, const sz_call_t *call)
{
    const sz_ask_t  *ask;

    sz_jw_open(w, '{');

    for (ask = call->asks; ask != NULL; ask = ask->next) {
        if (ask->answer == NULL) {
            sz_jw_key(w, ask->key);
            sz_jw_open(w, '{');
            sz_jw_kstr(w, "method", ask->method);
            sz_jw_kraw(w, "params", ask->params);
            sz_jw_close(w, '}');
        }
    }

    sz_jw_close(w, '}');
}


/* All questions of a step at once, as the message's result. */

bool
sz_exchange_asked(sz_message_t *m)
{
    bool         asks;
    sz_jw_t      w;
    unsigned     i;
    const char  *state;
    sz_call_t   *call = m->call;

    for (asks = false, i = 0; i < call->n_effects; i++) {
        asks = asks || call->effects[i].kind == SZ_EFFECT_ASK;
    }

    if (!asks || call->detached || m->exchange->revision < SZ_REV_MODERN) {
        return false;
    }

    state = (m->bound.data != NULL) ? sz_round_seal(m) : NULL;

    if (state == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INTERNAL_ERROR,
                        "What was answered is too long to go on with.");
        return true;
    }

    w = sz_answer_open_as(m, "input_required");
    sz_jw_key(&w, "inputRequests");
    sz_round_requests(&w, call);
    sz_jw_kstr(&w, "requestState", state);
    sz_answer_close(m, &w);

    return true;
}
