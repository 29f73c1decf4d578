/*
 * Mcp-Param-*: headers that repeat arguments, and how schemas say so; schemas
 * as their author wrote them, and views.
 */

#include "script.h"
#include "tap.h"


typedef struct {
    const char   *region;
    int64_t       count;
    bool          fast;
    const cJSON  *where;
} state_t;

static const sz_field_t  inner[] = {
    { .name = "city", .type = SZ_STRING, .header = "City" },
    { .name = NULL }
};

static const sz_field_t  input[] = {
    { .name = "region", .type = SZ_STRING, .header = "Region",
      .offset = offsetof(state_t, region) },
    { .name = "count", .type = SZ_INTEGER, .header = "Count",
      .offset = offsetof(state_t, count) },
    { .name = "fast", .type = SZ_BOOLEAN, .header = "Fast",
      .offset = offsetof(state_t, fast) },
    { .name = "where", .type = SZ_OBJECT, .fields = inner,
      .offset = offsetof(state_t, where) },
    { .name = NULL }
};


static sz_step_e
step(sz_call_t *call)
{
    sz_buf_lit(&call->result, "{\"content\":[]}");

    return SZ_STEP_DONE;
}

static const sz_tool_t  tool = {
    .name = "tool", .title = "Tool", .description = "A tool.",
    .flags = SZ_TOOL_RAW, .input = input, .state_size = sizeof(state_t),
    .step = step, .ui = "ui://tool/view"
};

static const sz_tool_t  raw = {
    .name = "raw", .title = "Raw", .description = "Raw.", .input = input,
    .schema = "{ \"type\":\"object\", \"$defs\": {} }", .step = step
};

static const sz_tool_t  unlisted = {
    .name = "unlisted", .title = "Unlisted", .description = "Unlisted.",
    .flags = SZ_TOOL_UNLISTED | SZ_TOOL_RAW, .input = sz_no_fields,
    .step = step
};


static void
check(const char *args, const sz_param_header_t *params, size_t n, int status,
    const char *want, const char *name)
{
    char            body[2048];
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str("tools/call");
    head.mcp_name = sz_str("tool");
    head.params = params;
    head.n_params = n;

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
             "\"tools/call\",\"params\":{\"name\":\"tool\",\"arguments\":%s,"
             "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
             "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":"
             "{}}}}", args);

    x = script_exchange(&head, body, NULL);

    if (!ok(x->reply.status == status
            && strstr(x->reply.body.data, want) != NULL, "%s", name))
    {
        printf("#   %d %s\n", x->reply.status, x->reply.body.data);
    }

    sz_exchange_close(x);
}


static void
one(const char *args, const char *header, const char *value, bool good,
    const char *name)
{
    sz_param_header_t  param = { sz_str_of(header), sz_str_of(value) };

    check(args, &param, 1, good ? 200 : 400,
          good ? "\"content\":[]" : "\"code\":-32020", name);
}


static void
test_headers(void)
{
    sz_param_header_t  two[] = {
        { sz_str("Region"), sz_str("eu") }, { sz_str("region"), sz_str("eu") }
    };

    check("{}", NULL, 0, 200, "\"content\":[]", "no argument, no header");
    check("{\"region\":null}", NULL, 0, 200, "\"content\":[]", "null");
    check("{\"region\":\"eu\"}", NULL, 0, 400,
          "\"code\":-32020,\"message\":\"The header Mcp-Param-Region is "
          "missing; it must repeat the argument `region`.\",\"data\":{"
          "\"header\":\"Region\",\"argument\":\"region\"}", "missing");
    check("{\"region\":\"eu\"}", two, 2, 400, "came more than once",
          "twice, whatever its case");

    one("{\"region\":\"eu\"}", "Region", "eu", true, "the same");
    one("{\"region\":\"eu\"}", "rEGION", " eu\t", true,
        "names have no case, blanks around values do not count");
    one("{\"region\":\"eu\"}", "Region", "EU", false, "values have");
    one("{\"region\":\"\"}", "Region", "", true, "an empty one");
    one("{\"region\":\"Hello\"}", "Region", "=?base64?SGVsbG8=?=", true,
        "Base64");
    one("{\"region\":\"Hello\"}", "Region", "=?base64?SGVsbG8?=", false,
        "without its padding");
    one("{\"region\":\"Hello\"}", "Region", "=?base64?SGVs!!!bG8=?=", false,
        "with strange characters");
    one("{\"region\":\"=?base64?SGVsbG8=\"}", "Region",
        "=?base64?SGVsbG8=", true, "without its end it is a literal");
    one("{\"region\":\"\\u00fc\"}", "Region", "=?base64?w7w=?=", true,
        "UTF-8");
    one("{\"region\":\"\\u00fc\"}", "Region", "\xc3\xbc", false,
        "which needs Base64");
    one("{}", "Region", "eu", true, "a header without its argument");
    one("{}", "Other", "x", true, "a header nobody knows");

    one("{\"count\":42}", "Count", "42", true, "an integer");
    one("{\"count\":42}", "Count", "42.0", true, "as a number");
    one("{\"count\":42}", "Count", "43", false, "another");
    one("{\"count\":42}", "Count", "0x2a", false, "hexadecimal");
    one("{\"count\":42}", "Count", "", false, "nothing");
    one("{\"count\":42}", "Count", "42 ", true, "a blank behind");
    one("{\"count\":42}", "Count", "42x", false, "a letter behind");
    one("{\"count\":42}", "Count", "nan", false, "no number");
    one("{\"count\":\"42\"}", "Count", "42", true,
        "an integer that came as a string");
    one("{\"fast\":true}", "Fast", "true", true, "a boolean");
    one("{\"fast\":true}", "Fast", "TRUE", false, "has case");
    one("{\"fast\":false}", "Fast", "true", false, "the other one");
    one("{\"where\":{\"city\":\"Ulm\"}}", "City", "Ulm", true, "inside");
    one("{\"where\":{\"city\":\"Ulm\"}}", "City", "Bonn", false,
        "and not the same");
    one("{\"where\":{\"city\":\"Ulm\"}}", "Town", "Ulm", false,
        "and missing");
    check("{\"where\":7}", NULL, 0, 200, "`where` must be an object",
          "a wrong argument is the schema's business");
}


/* The whole list in a revision. */

static sz_str_t
list(sz_revision_e revision)
{
    return script_server.list[revision];
}


static bool
in_list(sz_revision_e revision, const char *text)
{
    return strstr(list(revision).data, text) != NULL;
}


static void
test_listing(void)
{
    sz_jw_t   w;
    sz_buf_t  buf;

    sz_buf_init(&buf, 65536);
    sz_jw_init(&w, &buf);
    sz_schema_write(&w, input, true);
    sz_buf_c(&buf, '\0');
    ok(strstr(buf.data, "\"region\":{\"type\":\"string\",\"x-mcp-header\":"
              "\"Region\"}") != NULL, "the schema names the header");
    sz_buf_free(&buf);

    ok(in_list(SZ_REV_2025_11_25, "\"_meta\":{\"ui\":{\"resourceUri\":"
               "\"ui://tool/view\"},\"ui/resourceUri\":\"ui://tool/view\"}"),
       "a tool's view");
    ok(in_list(SZ_REV_2025_11_25, "\"inputSchema\":{ \"type\":\"object\", "
               "\"$defs\": {} }"), "a schema as it was written");
    ok(!in_list(SZ_REV_2026_07_28, "unlisted"),
       "what is not to be listed is not");
    ok(script_server.ui, "the server has a view");
}


static const sz_tool_t *const      tools[] = { &tool, &raw, &unlisted, NULL };
static const sz_prompt_t *const    prompts[] = { NULL };
static const sz_resource_t *const  resources[] = { NULL };

static const sz_pack_t  pack = { tools, prompts, resources };

const sz_pack_t *const  sz_packs[] = { &pack, NULL };


int
main(void)
{
    script_begin();

    ok(script_server.n_tools == 3 && script_server.n_prompts == 0
       && script_server.n_resources == 0, "a server of another pack");

    test_headers();
    test_listing();
    script_end();

    return done();
}
