/*
 * Tools that ask their client: on the open stream in legacy revisions, in
 * several rounds in the modern one.
 */

#include "pack.h"


#define SZ_PACK_NAME                                                         \
    SZ_PACK_FORM("What is your name?", "name", "string")

#define SZ_PACK_SAMPLE(question, tokens)                                     \
    "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\","      \
    "\"text\":\"" question "\"}}],\"maxTokens\":" tokens "}"


static const cJSON *
sz_pack_ask_form(sz_call_t *call, const char *key, sz_str_t form)
{
    return sz_call_ask(call, key, "elicitation/create", form);
}


/* The text a model has answered with. */

static const char *
sz_pack_sampled(const cJSON *answer)
{
    return sz_json_string(sz_json_object(answer, "content"), "text");
}


/* A key under which nothing usable came is asked for again. */

static sz_step_e
sz_pack_again(sz_call_t *call, const char *key, const char *method,
    sz_str_t params)
{
    sz_error_t  err;

    if (call->phase++ > 0) {
        sz_error_set(&err, SZ_E_INPUT, "The answer to \"%s\" is unusable.",
                     key);
        return sz_call_fail(call, &err);
    }

    call->answers = NULL;
    (void) sz_call_ask(call, key, method, params);

    return sz_call_asked(call);
}


typedef struct {
    const char  *text;
} sz_pack_ask_t;

static const sz_field_t  sz_pack_prompt_input[] = {
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_pack_ask_t, text),
      .description = "What to ask the model." },
    { .name = NULL }
};

static const sz_field_t  sz_pack_message_input[] = {
    { .name = "message", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_pack_ask_t, text),
      .description = "What to ask the user." },
    { .name = NULL }
};


static const cJSON *
sz_pack_sampling_ask(sz_call_t *call, const char *text)
{
    sz_jw_t       w;
    sz_buf_t      params;
    const cJSON  *answer;

    sz_buf_init(&params, 65536);
    sz_jw_init(&w, &params);
    sz_jw_open(&w, '{');
    sz_jw_key(&w, "messages");
    sz_jw_open(&w, '[');
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "role", "user");
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "type", "text");
    sz_jw_kstr(&w, "text", text);
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
    sz_jw_close(&w, ']');
    sz_jw_kint(&w, "maxTokens", 100);
    sz_jw_close(&w, '}');

    answer = sz_call_ask(call, "sample", "sampling/createMessage",
                         sz_buf_view(&params));
    sz_buf_free(&params);

    return answer;
}


static sz_step_e
sz_pack_sampling_step(sz_call_t *call)
{
    const char     *text;
    const cJSON    *answer;
    sz_pack_ask_t  *s = call->state;

    if (!sz_call_can_ask(call, "sampling/createMessage")) {
        return sz_pack_failed(call, "The client has no sampling.");
    }

    answer = sz_pack_sampling_ask(call, s->text);

    if (answer == NULL) {
        return sz_call_asked(call);
    }

    text = sz_pack_sampled(answer);

    return sz_pack_text(call, "LLM response: %s",
                        (text != NULL) ? text : "none");
}

const sz_tool_t  sz_pack_sampling = {
    .name = "test_sampling",
    .title = "test_sampling",
    .description = "Asks the client's model.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_prompt_input,
    .state_size = sizeof(sz_pack_ask_t),
    .step = sz_pack_sampling_step
};


/* "action=accept, content={…}" behind a text. */

static sz_step_e
sz_pack_form_result(sz_call_t *call, const char *text, const cJSON *answer)
{
    sz_jw_t      w;
    sz_buf_t     content;
    sz_step_e    step;
    const char  *action;

    action = sz_json_string(answer, "action");

    sz_buf_init(&content, 4096);
    sz_jw_init(&w, &content);
    sz_jw_node(&w, sz_json_get(answer, "content"));
    sz_buf_c(&content, '\0');

    step = sz_pack_text(call, "%s: action=%s, content=%s", text,
                        (action != NULL) ? action : "none",
                        content.failed ? "?" : content.data);
    sz_buf_free(&content);

    return step;
}


static sz_step_e
sz_pack_form_step(sz_call_t *call, const char *text, sz_str_t form)
{
    const cJSON  *answer;

    if (!sz_call_can_ask(call, "elicitation/create")) {
        return sz_pack_failed(call, "The client has no elicitation.");
    }

    answer = sz_pack_ask_form(call, "form", form);

    return (answer != NULL) ? sz_pack_form_result(call, text, answer)
                            : sz_call_asked(call);
}


static sz_step_e
sz_pack_elicitation_step(sz_call_t *call)
{
    sz_jw_t         w;
    sz_buf_t        form;
    sz_step_e       step;
    sz_pack_ask_t  *s = call->state;

    sz_buf_init(&form, 65536);
    sz_jw_init(&w, &form);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "message", s->text);
    sz_jw_kraw(&w, "requestedSchema",
               sz_str("{\"type\":\"object\",\"properties\":{\"username\":{"
                      "\"type\":\"string\",\"description\":"
                      "\"User's response\"},\"email\":{\"type\":\"string\","
                      "\"description\":\"User's email address\"}},"
                      "\"required\":[\"username\",\"email\"]}"));
    sz_jw_close(&w, '}');

    step = sz_pack_form_step(call, "User response", sz_buf_view(&form));
    sz_buf_free(&form);

    return step;
}

const sz_tool_t  sz_pack_elicitation = {
    .name = "test_elicitation",
    .title = "test_elicitation",
    .description = "Asks the user.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_message_input,
    .state_size = sizeof(sz_pack_ask_t),
    .step = sz_pack_elicitation_step
};


static sz_step_e
sz_pack_defaults_step(sz_call_t *call)
{
    return sz_pack_form_step(call, "Elicitation completed",
        sz_str("{\"message\":\"Please review and update the form\","
               "\"requestedSchema\":{\"type\":\"object\",\"properties\":{"
               "\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"
               "\"age\":{\"type\":\"integer\",\"default\":30},"
               "\"score\":{\"type\":\"number\",\"default\":95.5},"
               "\"status\":{\"type\":\"string\",\"enum\":[\"active\","
               "\"inactive\",\"pending\"],\"default\":\"active\"},"
               "\"verified\":{\"type\":\"boolean\",\"default\":true}},"
               "\"required\":[]}}"));
}

const sz_tool_t  sz_pack_defaults = {
    SZ_PACK_TOOL("test_elicitation_sep1034_defaults",
                 "Asks with a form that has defaults.", sz_pack_defaults_step)
};


#define SZ_PACK_CHOICES                                                      \
    "{\"const\":\"value1\",\"title\":\"First\"},"                            \
    "{\"const\":\"value2\",\"title\":\"Second\"},"                           \
    "{\"const\":\"value3\",\"title\":\"Third\"}"

static sz_step_e
sz_pack_enums_step(sz_call_t *call)
{
    return sz_pack_form_step(call, "Elicitation completed",
        sz_str("{\"message\":\"Please choose\",\"requestedSchema\":{"
               "\"type\":\"object\",\"properties\":{"
               "\"untitledSingle\":{\"type\":\"string\",\"enum\":["
               "\"option1\",\"option2\",\"option3\"]},"
               "\"titledSingle\":{\"type\":\"string\",\"oneOf\":["
               SZ_PACK_CHOICES "]},"
               "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\","
               "\"opt2\",\"opt3\"],\"enumNames\":[\"Option One\","
               "\"Option Two\",\"Option Three\"]},"
               "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":"
               "\"string\",\"enum\":[\"option1\",\"option2\",\"option3\"]}},"
               "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":["
               SZ_PACK_CHOICES "]}}},\"required\":[]}}"));
}

const sz_tool_t  sz_pack_enums = {
    SZ_PACK_TOOL("test_elicitation_sep1330_enums",
                 "Asks with a form that has choices.", sz_pack_enums_step)
};


/* Cannot do without a capability of its client. */

static sz_step_e
sz_pack_missing_step(sz_call_t *call)
{
    sz_error_t  err;

    if (sz_call_can_ask(call, "sampling/createMessage")) {
        return sz_pack_text(call, "The client has sampling.");
    }

    call->rpc_code = -32021;
    call->rpc_data = sz_str("{\"requiredCapabilities\":{\"sampling\":{}}}");
    sz_error_set(&err, SZ_E_INPUT, "This tool needs sampling, which the "
                 "request has not declared.");

    return sz_call_fail(call, &err);
}

const sz_tool_t  sz_pack_missing = {
    SZ_PACK_TOOL("test_missing_capability", "Needs sampling.",
                 sz_pack_missing_step)
};


/*
 * Rounds.
 */

static sz_step_e
sz_pack_round_form_step(sz_call_t *call)
{
    const char   *name;
    const cJSON  *answer;

    answer = sz_pack_ask_form(call, "user_name", sz_str(SZ_PACK_NAME));

    if (answer == NULL) {
        return sz_call_asked(call);
    }

    name = sz_pack_filled(answer, "name");

    return (name != NULL)
           ? sz_pack_text(call, "Hello, %s!", name)
           : sz_pack_again(call, "user_name", "elicitation/create",
                           sz_str(SZ_PACK_NAME));
}

const sz_tool_t  sz_pack_round_form = {
    SZ_PACK_TOOL("test_input_required_result_elicitation",
                 "Asks for a name.", sz_pack_round_form_step)
};


static sz_step_e
sz_pack_round_sampling_step(sz_call_t *call)
{
    const char   *text;
    const cJSON  *answer;

    answer = sz_call_ask(call, "capital_question", "sampling/createMessage",
        sz_str(SZ_PACK_SAMPLE("What is the capital of France?", "100")));

    if (answer == NULL) {
        return sz_call_asked(call);
    }

    text = sz_pack_sampled(answer);

    return sz_pack_text(call, "%s", (text != NULL) ? text : "no text");
}

const sz_tool_t  sz_pack_round_sampling = {
    SZ_PACK_TOOL("test_input_required_result_sampling",
                 "Asks the client's model.", sz_pack_round_sampling_step)
};


static const char *
sz_pack_first_root(const cJSON *answer)
{
    const char  *uri;

    uri = sz_json_string(cJSON_GetArrayItem(sz_json_array(answer, "roots"),
                                            0), "uri");
    return (uri != NULL) ? uri : "none";
}


static sz_step_e
sz_pack_round_roots_step(sz_call_t *call)
{
    const cJSON  *answer;

    answer = sz_call_ask(call, "client_roots", "roots/list", sz_str("{}"));

    return (answer != NULL)
           ? sz_pack_text(call, "First root: %s", sz_pack_first_root(answer))
           : sz_call_asked(call);
}

const sz_tool_t  sz_pack_round_roots = {
    SZ_PACK_TOOL("test_input_required_result_list_roots",
                 "Asks for the client's roots.", sz_pack_round_roots_step)
};


static sz_step_e
sz_pack_round_state_step(sz_call_t *call)
{
    const cJSON  *answer;

    answer = sz_pack_ask_form(call, "confirm",
                    sz_str(SZ_PACK_FORM("Please confirm", "ok", "boolean")));

    return (answer != NULL) ? sz_pack_text(call, "state-ok")
                            : sz_call_asked(call);
}

const sz_tool_t  sz_pack_round_state = {
    SZ_PACK_TOOL("test_input_required_result_request_state",
                 "Asks, and keeps a state.", sz_pack_round_state_step)
};

const sz_tool_t  sz_pack_round_tampered = {
    SZ_PACK_TOOL("test_input_required_result_tampered_state",
                 "Asks, and checks its state.", sz_pack_round_state_step)
};


static sz_step_e
sz_pack_round_many_step(sz_call_t *call)
{
    const char   *name, *text;
    const cJSON  *form, *sample, *roots;

    form = sz_pack_ask_form(call, "user_name", sz_str(SZ_PACK_NAME));
    sample = sz_call_ask(call, "greeting", "sampling/createMessage",
                sz_str(SZ_PACK_SAMPLE("Generate a greeting", "50")));
    roots = sz_call_ask(call, "client_roots", "roots/list", sz_str("{}"));

    if (form == NULL || sample == NULL || roots == NULL) {
        return sz_call_asked(call);
    }

    name = sz_pack_filled(form, "name");
    text = sz_pack_sampled(sample);

    return sz_pack_text(call, "%s %s %s", (text != NULL) ? text : "-",
                        (name != NULL) ? name : "-",
                        sz_pack_first_root(roots));
}

const sz_tool_t  sz_pack_round_many = {
    SZ_PACK_TOOL("test_input_required_result_multiple_inputs",
                 "Asks three things at once.", sz_pack_round_many_step)
};


static sz_step_e
sz_pack_round_steps_step(sz_call_t *call)
{
    const char   *name, *color;
    const cJSON  *first, *second;

    first = sz_pack_ask_form(call, "step1",
                    sz_str(SZ_PACK_FORM("Step 1: What is your name?", "name",
                                        "string")));
    if (first == NULL) {
        return sz_call_asked(call);
    }

    second = sz_pack_ask_form(call, "step2",
                    sz_str(SZ_PACK_FORM("Step 2: What is your favorite color?",
                                        "color", "string")));
    if (second == NULL) {
        return sz_call_asked(call);
    }

    name = sz_pack_filled(first, "name");
    color = sz_pack_filled(second, "color");

    return sz_pack_text(call, "%s likes %s", (name != NULL) ? name : "-",
                        (color != NULL) ? color : "-");
}

const sz_tool_t  sz_pack_round_steps = {
    SZ_PACK_TOOL("test_input_required_result_multi_round",
                 "Asks twice, one after the other.", sz_pack_round_steps_step)
};


/* Asks for whatever the client can answer. */

static sz_step_e
sz_pack_round_capabilities_step(sz_call_t *call)
{
    bool  asks;

    asks = false;

    if (sz_call_can_ask(call, "elicitation/create")) {
        asks = sz_pack_ask_form(call, "user_name", sz_str(SZ_PACK_NAME))
               == NULL || asks;
    }

    if (sz_call_can_ask(call, "sampling/createMessage")) {
        asks = sz_call_ask(call, "greeting", "sampling/createMessage",
                   sz_str(SZ_PACK_SAMPLE("Generate a greeting", "50")))
               == NULL || asks;
    }

    if (sz_call_can_ask(call, "roots/list")) {
        asks = sz_call_ask(call, "client_roots", "roots/list", sz_str("{}"))
               == NULL || asks;
    }

    return asks ? sz_call_asked(call)
                : sz_pack_text(call, "There is nothing left to ask.");
}

const sz_tool_t  sz_pack_round_capabilities = {
    SZ_PACK_TOOL("test_input_required_result_capabilities",
                 "Asks what the client can answer.",
                 sz_pack_round_capabilities_step)
};
