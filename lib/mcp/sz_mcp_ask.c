/*
 * Questions on an open stream (legacy revisions): a request of ours goes out,
 * and its answer comes in as a request of its own, perhaps at another worker.
 */

#include "mcp/sz_mcp_exchange.h"

#include <openssl/rand.h>
#include <stdio.h>


/* A new id for each question: nobody else can answer it by guessing. */

static bool
sz_ask_name(sz_ask_t *ask)
{
    unsigned char  bytes[SZ_HUB_ID];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }

    sz_hex_encode(ask->id, bytes, sizeof(bytes));

    return true;
}


void
sz_exchange_ask(sz_message_t *m, sz_ask_t *ask, sz_buf_t *json)
{
    sz_jw_t  w;

    json->len = 0;

    if (!sz_ask_name(ask)) {
        json->failed = true;
        return;
    }

    (void) m;

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
sz_ask_answer(sz_message_t *m, sz_str_t id, sz_str_t text)
{
    sz_ask_t  *ask;

    if (id.len < 2 || id.data[0] != '"') {
        return false;
    }

    id.data++;
    id.len -= 2;

    for (ask = m->call->asks; ask != NULL; ask = ask->next) {

        if (ask->answer == NULL && ask->id[0] != '\0'
            && sz_str_is(id, ask->id))
        {
            ask->answer = sz_ask_result(m, text);
            return ask->answer != NULL;
        }
    }

    return false;
}
