/*
 * Mcp-Param-*: headers that repeat arguments of a tool, for proxies that route
 * by them (SEP-2243).  A proxy may have believed the header, so the body has to
 * say the same.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_library.h"

#include <math.h>
#include <stdlib.h>


#define SZ_PARAM_NUMBER  40             /* characters of a number */
#define SZ_PARAM_SAFE    9007199254740991.0


bool
sz_param_keep(sz_exchange_t *x)
{
    size_t              i;
    const char         *name, *value;
    sz_param_header_t  *copy;

    if (x->head.n_params == 0) {
        return true;
    }

    copy = sz_alloc(x->arena, x->head.n_params * sizeof(sz_param_header_t));

    if (copy == NULL) {
        return false;
    }

    for (i = 0; i < x->head.n_params; i++) {
        name = sz_strdup(x->arena, x->head.params[i].name);
        value = sz_strdup(x->arena, x->head.params[i].value);

        if (name == NULL || value == NULL) {
            return false;
        }

        copy[i].name = sz_str_of(name);
        copy[i].value = (sz_str_t) { x->head.params[i].value.len, value };
    }

    x->head.params = copy;

    return true;
}


/* How often it came; *value is the last one's. */

static unsigned
sz_param_find(const sz_exchange_t *x, const char *name, sz_str_t *value)
{
    size_t    i;
    unsigned  n;

    *value = sz_str_null;

    for (n = 0, i = 0; i < x->head.n_params; i++) {
        if (sz_str_caseeq(x->head.params[i].name, sz_str_of(name))) {
            *value = x->head.params[i].value;
            n++;
        }
    }

    return n;
}


/* A decimal number, whatever it looks like: 42, 42.0, 4.2e1. */

static bool
sz_param_number(sz_str_t text, double number)
{
    char    copy[SZ_PARAM_NUMBER + 1], *end;
    double  d;

    if (text.len == 0 || text.len > SZ_PARAM_NUMBER) {
        return false;
    }

    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    if (strspn(copy, "0123456789+-.eE") != text.len) {
        return false;
    }

    d = strtod(copy, &end);

    return *end == '\0' && fabs(d) <= SZ_PARAM_SAFE && d == number;
}


static bool
sz_param_same(sz_str_t text, const cJSON *value)
{
    if (cJSON_IsString(value)) {
        return sz_str_is(text, value->valuestring);
    }

    if (cJSON_IsBool(value)) {
        return sz_str_is(text, cJSON_IsTrue(value) ? "true" : "false");
    }

    return cJSON_IsNumber(value) && sz_param_number(text, value->valuedouble);
}


static bool
sz_param_refuse(sz_message_t *m, const sz_field_t *f, const char *what)
{
    sz_jw_t   w;
    sz_buf_t  data;

    sz_buf_init(&data, 4096);
    sz_jw_init(&w, &data);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "header", f->header);
    sz_jw_kstr(&w, "argument", f->name);
    sz_jw_close(&w, '}');

    sz_answer_error_data(m, 400, SZ_RPC_HEADER_MISMATCH,
                         data.failed ? sz_str_null : sz_buf_view(&data),
                         "The header Mcp-Param-%s %s; it must repeat the "
                         "argument `%s`.", f->header, what, f->name);
    sz_buf_free(&data);

    return false;
}


/* Where the body has no value no header is expected, and none is looked at. */

static bool
sz_param_field(sz_message_t *m, const sz_field_t *f, const cJSON *value)
{
    sz_str_t        came, text;
    unsigned        n;
    sz_exchange_t  *x = m->exchange;

    if (value == NULL || cJSON_IsNull(value) || cJSON_IsObject(value)
        || cJSON_IsArray(value))
    {
        return true;
    }

    n = sz_param_find(x, f->header, &came);

    if (n == 0) {
        return sz_param_refuse(m, f, "is missing");
    }

    if (n > 1) {
        return sz_param_refuse(m, f, "came more than once");
    }

    if (!sz_header_text(x->arena, came, &text)) {
        return sz_param_refuse(m, f, "is malformed");
    }

    return sz_param_same(text, value)
           || sz_param_refuse(m, f, "does not agree with the body");
}


static bool
sz_param_fields(sz_message_t *m, const sz_field_t *fields, const cJSON *args)
{
    const cJSON       *value;
    const sz_field_t  *f;

    for (f = fields; f->name != NULL; f++) {

        value = sz_json_get(args, f->name);

        if (f->header != NULL && !sz_param_field(m, f, value)) {
            return false;
        }

        if (f->type == SZ_OBJECT && f->fields != NULL
            && !sz_param_fields(m, f->fields, value))
        {
            return false;
        }
    }

    return true;
}


bool
sz_param_check(sz_message_t *m, const sz_tool_t *tool, const cJSON *args)
{
    return m->exchange->revision < SZ_REV_MODERN
           || sz_param_fields(m, tool->input, args);
}
