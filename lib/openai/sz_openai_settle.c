#include "openai/sz_openai.h"


/* An id that is a number is a word for everything here; "" is none. */

static bool
sz_settle_id(cJSON *object)
{
    char          id[32];
    const cJSON  *value;

    value = sz_json_get(object, "id");

    if (cJSON_IsString(value) && value->valuestring[0] == '\0') {
        sz_json_remove(object, "id");
        return true;
    }

    if (!cJSON_IsNumber(value)) {
        return true;
    }

    (void) sz_json_text(object, "id", id, sizeof(id));

    return sz_json_put(object, "id", cJSON_CreateString(id));
}


/* "GPU out of memory", ["a","b"], {"msg":"a"}: an object with a message. */

static bool
sz_settle_error(cJSON *object)
{
    cJSON        *settled;
    sz_said_t     said;
    const cJSON  *error;

    error = sz_json_get(object, "error");

    if (sz_json_string(error, "message") != NULL
        || !sz_said_error(&said, error) || said.message[0] == '\0')
    {
        return true;
    }

    settled = cJSON_IsObject(error) ? cJSON_Duplicate(error, true)
                                    : cJSON_CreateObject();

    if (!sz_json_put(settled, "message", cJSON_CreateString(said.message))) {
        cJSON_Delete(settled);
        return false;
    }

    return sz_json_put(object, "error", settled);
}


bool
sz_answer_settle(cJSON *object)
{
    return !cJSON_IsObject(object)
           || (sz_settle_id(object) && sz_settle_error(object));
}


/* {"code":0,"data":{"id":…}}: what was asked for, in a wrapper. */

static cJSON *
sz_settle_unwrap(cJSON *answer)
{
    cJSON        *inner;
    const cJSON  *id;

    id = sz_json_get(sz_json_object(answer, "data"), "id");

    if (sz_json_get(answer, "id") != NULL
        || (!cJSON_IsString(id) && !cJSON_IsNumber(id)))
    {
        return answer;
    }

    inner = sz_json_take(answer, "data");
    cJSON_Delete(answer);

    return inner;
}


cJSON *
sz_answer_parse(sz_str_t text)
{
    bool    settled;
    cJSON  *answer, *row;

    answer = sz_settle_unwrap(sz_json_parse_lenient(text, NULL));
    settled = sz_answer_settle(answer);

    cJSON_ArrayForEach(row, sz_json_array(answer, "data")) {
        settled = settled && sz_answer_settle(row);
    }

    if (!settled) {                 /* no memory */
        cJSON_Delete(answer);
        return NULL;
    }

    return answer;
}
