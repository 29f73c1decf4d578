/*
 * The pack that the conformance suite of MCP asks for: tools, prompts and
 * resources whose behaviour its scenarios know.  Only a build with
 * SZ_CONFORMANCE has it; it goes through the same registry as the product.
 */

#ifndef PACK_H
#define PACK_H


#include "tools/sz_tools_pack.h"


/* A row of a tool that writes a whole CallToolResult. */
#define SZ_PACK_TOOL(id, text, function)                                     \
    .name = id,                                                              \
    .title = id,                                                             \
    .description = text,                                                     \
    .hints = SZ_HINTS_READ_CLOSED,                                           \
    .flags = SZ_TOOL_RAW,                                                    \
    .input = sz_no_fields,                                                   \
    .step = function


/* Ends a call with one block of text. */
sz_step_e sz_pack_text(sz_call_t *call, const char *fmt, ...)
    SZ_PRINTF(2, 3);

/* Ends a call with text that is an error. */
sz_step_e sz_pack_failed(sz_call_t *call, const char *text);

/* A form with one field of a type, as the parameters of elicitation/create. */
#define SZ_PACK_FORM(message, field, type)                                   \
    "{\"mode\":\"form\",\"message\":\"" message "\",\"requestedSchema\":{"   \
    "\"type\":\"object\",\"properties\":{\"" field "\":{\"type\":\"" type    \
    "\"}},\"required\":[\"" field "\"]}}"

/* The string that was filled in, NULL when there is none. */
const char *sz_pack_filled(const cJSON *answer, const char *field);


/* pack_content.c, pack_ask.c, pack_task.c; each list ends with NULL. */
extern const sz_tool_t  sz_pack_simple_text, sz_pack_image, sz_pack_audio,
    sz_pack_embedded, sz_pack_mixed, sz_pack_error, sz_pack_logging,
    sz_pack_logging_modern, sz_pack_progress, sz_pack_json_schema,
    sz_pack_header, sz_pack_reconnection, sz_pack_trigger_tools,
    sz_pack_trigger_prompts, sz_pack_streaming;

extern const sz_tool_t  sz_pack_sampling, sz_pack_elicitation,
    sz_pack_defaults, sz_pack_enums, sz_pack_missing, sz_pack_round_form,
    sz_pack_round_sampling, sz_pack_round_roots, sz_pack_round_state,
    sz_pack_round_many, sz_pack_round_steps, sz_pack_round_tampered,
    sz_pack_round_capabilities;

extern const sz_tool_t  sz_pack_greet, sz_pack_slow, sz_pack_failing,
    sz_pack_protocol_error, sz_pack_confirm, sz_pack_multi,
    sz_pack_with_task;

/* pack_library.c */
extern const sz_prompt_t *const    sz_pack_prompts[];
extern const sz_resource_t *const  sz_pack_resources[];

/* The smallest PNG and WAV, in Base64. */
#define SZ_PACK_PNG                                                          \
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"\
    "WjR9awAAAABJRU5ErkJggg=="
#define SZ_PACK_WAV                                                          \
    "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="


#endif /* PACK_H */
