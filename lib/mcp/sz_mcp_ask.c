/*
 * Questions on an open stream (legacy revisions): a request of ours goes out,
 * and its answer comes in as a request of its own, perhaps at another worker.
 */

#include "mcp/sz_mcp_exchange.h"

#include <openssl/rand.h>
#include <stdio.h>


/*
 * A new id for each question: nobody else can answer it by guessing.  Whoever
 * takes the answer in finds in the hub that it was asked.
 */

static bool
sz_ask_name(const sz_exchange_t *x, sz_ask_t *ask)
{
    unsigned char    id[SZ_HUB_ID];
    const sz_hub_t  *hub = x->server->hub;

    if (RAND_bytes(id, sizeof(id)) != 1
        || hub == NULL || !hub->question_open(id, x->session.id, x->caller_id,
                                              x->server->call_timeout))
    {
        return false;
    }

    sz_hex_encode(ask->id, id, sizeof(id));

    return true;
}


void
sz_exchange_ask(sz_message_t *m, sz_ask_t *ask, sz_buf_t *json)
{
    sz_jw_t  w;

    json->len = 0;

    if (!sz_ask_name(m->exchange, ask)) {
        json->failed = true;
        return;
    }

    sz_jw_init(&w, json);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "jsonrpc", "2.0");
    sz_jw_kstr(&w, "id", ask->id);
    sz_jw_kstr(&w, "method", ask->method);
    sz_jw_kraw(&w, "params", ask->params);
    sz_jw_close(&w, '}');
}


static void
sz_ask_free(void *root)
{
    cJSON_Delete(root);
}


/* An error says that there was nobody to ask. */

static const cJSON *
sz_ask_result(sz_message_t *m, sz_str_t text)
{
    cJSON        *root;
    const cJSON  *result;

    root = sz_json_parse(text, NULL);

    if (root == NULL) {
        return NULL;
    }

    result = sz_json_object(root, "result");

    if (result == NULL) {
        cJSON_Delete(root);
        root = cJSON_Parse("{\"action\":\"" SZ_ACTION_UNASKED "\"}");
        result = root;
    }

    if (root == NULL
        || !sz_arena_defer(m->exchange->arena, sz_ask_free, root))
    {
        return NULL;
    }

    return result;
}


bool
sz_ask_id(sz_str_t text, unsigned char id[SZ_HUB_ID])
{
    return text.len == 2 * SZ_HUB_ID + 2 && text.data[0] == '"'
           && sz_hex_decode(id, SZ_HUB_ID,
                            (sz_str_t) { 2 * SZ_HUB_ID, text.data + 1 });
}


static void
sz_ask_take(sz_message_t *m, sz_ask_t *ask, const unsigned char *id)
{
    sz_buf_t  text;

    sz_buf_init(&text, SZ_HUB_TEXT);

    if (m->exchange->server->hub->question_take(id, &text) && !text.failed) {
        ask->answer = sz_ask_result(m, sz_buf_view(&text));
    }

    sz_buf_free(&text);
}


bool
sz_ask_answer(sz_message_t *m, sz_str_t text)
{
    sz_ask_t       *ask;
    unsigned char   id[SZ_HUB_ID], asked[SZ_HUB_ID];

    if (!sz_ask_id(text, id)) {
        return false;
    }

    for (ask = m->call->asks; ask != NULL; ask = ask->next) {

        if (ask->answer == NULL
            && sz_hex_decode(asked, SZ_HUB_ID, sz_str_of(ask->id))
            && memcmp(id, asked, SZ_HUB_ID) == 0)
        {
            sz_ask_take(m, ask, id);
            return ask->answer != NULL;
        }
    }

    return false;
}
