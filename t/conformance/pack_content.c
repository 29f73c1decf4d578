/*
 * Tools that need nobody: content of every kind, log messages, progress.
 */

#include "pack.h"


#define SZ_PACK_PAUSE  50               /* ms between two messages */


/* A tool whose result is always the same. */

#define SZ_PACK_FIXED(symbol, id, text, json)                                \
    static sz_step_e                                                         \
    symbol##_step(sz_call_t *call)                                           \
    {                                                                        \
        sz_buf_lit(&call->result, json);                                     \
        return SZ_STEP_DONE;                                                 \
    }                                                                        \
                                                                             \
    const sz_tool_t  symbol = { SZ_PACK_TOOL(id, text, symbol##_step) }


SZ_PACK_FIXED(sz_pack_simple_text, "test_simple_text", "Returns a text.",
    "{\"content\":[{\"type\":\"text\",\"text\":"
    "\"This is a simple text response for testing.\"}]}");

SZ_PACK_FIXED(sz_pack_image, "test_image_content", "Returns a picture.",
    "{\"content\":[{\"type\":\"image\",\"data\":\"" SZ_PACK_PNG "\","
    "\"mimeType\":\"image/png\"}]}");

SZ_PACK_FIXED(sz_pack_audio, "test_audio_content", "Returns a sound.",
    "{\"content\":[{\"type\":\"audio\",\"data\":\"" SZ_PACK_WAV "\","
    "\"mimeType\":\"audio/wav\"}]}");

SZ_PACK_FIXED(sz_pack_embedded, "test_embedded_resource",
    "Returns a resource.",
    "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":"
    "\"test://embedded-resource\",\"mimeType\":\"text/plain\",\"text\":"
    "\"This is an embedded resource content.\"}}]}");

SZ_PACK_FIXED(sz_pack_mixed, "test_multiple_content_types",
    "Returns text, a picture and a resource.",
    "{\"content\":[{\"type\":\"text\",\"text\":"
    "\"Multiple content types test:\"},"
    "{\"type\":\"image\",\"data\":\"" SZ_PACK_PNG "\","
    "\"mimeType\":\"image/png\"},"
    "{\"type\":\"resource\",\"resource\":{\"uri\":"
    "\"test://mixed-content-resource\",\"mimeType\":\"application/json\","
    "\"text\":\"{\\\"test\\\":\\\"data\\\",\\\"value\\\":123}\"}}]}");

SZ_PACK_FIXED(sz_pack_error, "test_error_handling", "Returns an error.",
    "{\"content\":[{\"type\":\"text\",\"text\":"
    "\"This tool intentionally returns an error for testing\"}],"
    "\"isError\":true}");


/* Three messages with pauses between them. */

static sz_step_e
sz_pack_logging_step(sz_call_t *call)
{
    static const char *const  texts[] = {
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed"
    };

    if (call->phase == sz_array_len(texts)) {
        return sz_pack_text(call, "Tool with logging executed successfully");
    }

    sz_call_log(call, SZ_LOG_INFO, "%s", texts[call->phase++]);

    return sz_call_wait(call, SZ_PACK_PAUSE);
}

const sz_tool_t  sz_pack_logging = {
    SZ_PACK_TOOL("test_tool_with_logging", "Logs while it runs.",
                 sz_pack_logging_step)
};

const sz_tool_t  sz_pack_logging_modern = {
    SZ_PACK_TOOL("test_logging_tool", "Logs while it runs.",
                 sz_pack_logging_step)
};


static sz_step_e
sz_pack_progress_step(sz_call_t *call)
{
    if (call->phase == 3) {
        return sz_pack_text(call, "Tool with progress executed successfully");
    }

    sz_call_progress(call, "Completed step %u of 100", 50 * call->phase);
    call->phase++;

    return sz_call_wait(call, SZ_PACK_PAUSE);
}

const sz_tool_t  sz_pack_progress = {
    SZ_PACK_TOOL("test_tool_with_progress", "Tells how far it is.",
                 sz_pack_progress_step)
};

const sz_tool_t  sz_pack_streaming = {
    SZ_PACK_TOOL("test_streaming_elicitation",
                 "Streams, and asks nothing on the stream.",
                 sz_pack_progress_step)
};


/* What a schema's author writes comes out as it stands. */

static sz_step_e
sz_pack_schema_step(sz_call_t *call)
{
    return sz_pack_text(call, "JSON Schema 2020-12 tool called");
}

const sz_tool_t  sz_pack_json_schema = {
    SZ_PACK_TOOL("json_schema_2020_12_tool",
                 "Tool with JSON Schema 2020-12 features",
                 sz_pack_schema_step),
    .schema =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
        "\"type\":\"object\",\"$defs\":{\"address\":{\"$anchor\":"
        "\"addressDef\",\"type\":\"object\",\"properties\":{\"street\":{"
        "\"type\":\"string\"},\"city\":{\"type\":\"string\"}}}},"
        "\"properties\":{\"name\":{\"type\":\"string\"},\"address\":{"
        "\"$ref\":\"#/$defs/address\"},\"contactMethod\":{\"type\":"
        "\"string\",\"enum\":[\"phone\",\"email\"]},\"phone\":{\"type\":"
        "\"string\"},\"email\":{\"type\":\"string\"}},\"allOf\":[{\"anyOf\":"
        "[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}],\"if\":{"
        "\"properties\":{\"contactMethod\":{\"const\":\"phone\"}},"
        "\"required\":[\"contactMethod\"]},\"then\":{\"required\":["
        "\"phone\"]},\"else\":{\"required\":[\"email\"]},"
        "\"additionalProperties\":false}"
};


typedef struct {
    const char  *region;
} sz_pack_header_t;

static const sz_field_t  sz_pack_header_input[] = {
    { .name = "region", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_pack_header_t, region), .header = "Region",
      .description = "Where to run." },
    { .name = NULL }
};

static sz_step_e
sz_pack_header_step(sz_call_t *call)
{
    sz_pack_header_t  *s = call->state;

    return sz_pack_text(call, "Region: %s", s->region);
}

const sz_tool_t  sz_pack_header = {
    .name = "test_x_mcp_header",
    .title = "test_x_mcp_header",
    .description = "Has an argument that a header repeats.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_header_input,
    .state_size = sizeof(sz_pack_header_t),
    .step = sz_pack_header_step
};


/* Closes the stream; the client comes back for the result. */

static sz_step_e
sz_pack_reconnection_step(sz_call_t *call)
{
    if (call->phase == 0) {
        call->phase = 1;
        return sz_call_wait(call, 2 * SZ_PACK_PAUSE);
    }

    if (call->phase == 1) {
        call->phase = 2;
        sz_call_hang_up(call);
        return sz_call_wait(call, 2 * SZ_PACK_PAUSE);
    }

    return sz_pack_text(call, "Reconnection test completed successfully. If "
                        "you received this, the client properly reconnected "
                        "after stream closure.");
}

const sz_tool_t  sz_pack_reconnection = {
    SZ_PACK_TOOL("test_reconnection", "Closes its stream on the way.",
                 sz_pack_reconnection_step)
};


static sz_step_e
sz_pack_trigger_tools_step(sz_call_t *call)
{
    sz_call_list_changed(call, SZ_LIST_TOOLS);

    return sz_pack_text(call, "Told that the tools have changed");
}

const sz_tool_t  sz_pack_trigger_tools = {
    SZ_PACK_TOOL("test_trigger_tool_change",
                 "Tells subscribers that the tools have changed.",
                 sz_pack_trigger_tools_step)
};

static sz_step_e
sz_pack_trigger_prompts_step(sz_call_t *call)
{
    sz_call_list_changed(call, SZ_LIST_PROMPTS);

    return sz_pack_text(call, "Told that the prompts have changed");
}

const sz_tool_t  sz_pack_trigger_prompts = {
    SZ_PACK_TOOL("test_trigger_prompt_change",
                 "Tells subscribers that the prompts have changed.",
                 sz_pack_trigger_prompts_step)
};
