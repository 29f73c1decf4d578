#include "pack.h"


static const sz_tool_t *const  sz_pack_tools[] = {
    &sz_pack_simple_text,
    &sz_pack_image,
    &sz_pack_audio,
    &sz_pack_embedded,
    &sz_pack_mixed,
    &sz_pack_error,
    &sz_pack_logging,
    &sz_pack_logging_modern,
    &sz_pack_progress,
    &sz_pack_json_schema,
    &sz_pack_header,
    &sz_pack_reconnection,
    &sz_pack_trigger_tools,
    &sz_pack_trigger_prompts,
    &sz_pack_streaming,
    &sz_pack_sampling,
    &sz_pack_elicitation,
    &sz_pack_defaults,
    &sz_pack_enums,
    &sz_pack_missing,
    &sz_pack_round_form,
    &sz_pack_round_sampling,
    &sz_pack_round_roots,
    &sz_pack_round_state,
    &sz_pack_round_many,
    &sz_pack_round_steps,
    &sz_pack_round_tampered,
    &sz_pack_round_capabilities,
    &sz_pack_greet,
    &sz_pack_slow,
    &sz_pack_failing,
    &sz_pack_protocol_error,
    &sz_pack_confirm,
    &sz_pack_multi,
    &sz_pack_with_task,
    NULL
};


extern const sz_pack_t  sz_pack_conformance;

const sz_pack_t  sz_pack_conformance = {
    .tools = sz_pack_tools,
    .prompts = sz_pack_prompts,
    .resources = sz_pack_resources
};


static sz_jw_t
sz_pack_open(sz_call_t *call, sz_str_t text)
{
    sz_jw_t  w;

    w = sz_call_result_open(call);
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '[');
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "type", "text");
    sz_jw_key(&w, "text");
    sz_jw_str(&w, text);
    sz_jw_close(&w, '}');
    sz_jw_close(&w, ']');

    return w;
}


sz_step_e
sz_pack_text(sz_call_t *call, const char *fmt, ...)
{
    char     text[4096];
    sz_jw_t  w;
    va_list  args;

    va_start(args, fmt);
    sz_utf8_format(text, sizeof(text), fmt, args);
    va_end(args);

    w = sz_pack_open(call, sz_str_of(text));

    return sz_call_result_close(call, &w);
}


sz_step_e
sz_pack_failed(sz_call_t *call, const char *text)
{
    sz_jw_t  w;

    w = sz_pack_open(call, sz_str_of(text));
    sz_jw_kbool(&w, "isError", true);

    return sz_call_result_close(call, &w);
}


const char *
sz_pack_filled(const cJSON *answer, const char *field)
{
    return sz_json_string(sz_call_content(answer), field);
}
