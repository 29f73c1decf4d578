/*
 * prompts/list, prompts/get, completion/complete, and what a server says it
 * can do.
 */

#include "script.h"
#include "folder.h"
#include "tap.h"


static char  *answer;


static const char *
ask(const char *revision, const char *method, const char *params)
{
    char            body[65536];
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.mcp_version = sz_str_of(revision);
    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,"
             "\"method\":\"%s\",\"params\":{%s%s}}", method, params,
             (strcmp(revision, "2026-07-28") != 0) ? ""
             : "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
               "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\""
               ":{}}");

    if (strcmp(revision, "2026-07-28") == 0) {
        head.mcp_method = sz_str_of(method);
    }

    x = script_exchange(&head, body, NULL);
    free(answer);
    answer = strdup(x->reply.body.data);
    sz_exchange_close(x);

    return answer;
}


static void
has(const char *got, const char *want, const char *name)
{
    if (!ok(strstr(got, want) != NULL, "%s", name)) {
        printf("#   %.3000s\n#   %s\n", got, want);
    }
}


static void
hasnt(const char *got, const char *want, const char *name)
{
    if (!ok(strstr(got, want) == NULL, "%s", name)) {
        printf("#   %.3000s\n#   %s\n", got, want);
    }
}


static void
test_list(void)
{
    size_t              i;
    const char         *got;
    sz_server_t         server = script_server;
    const sz_field_t   *f;
    const sz_prompt_t  *prompt;

    got = ask("2025-11-25", "prompts/list", "");
    has(got, "{\"prompts\":[{\"name\":\"video_from_idea\",\"title\":"
        "\"A video from an idea\",\"description\":", "prompts");
    has(got, "\"arguments\":[{\"name\":\"idea\",\"title\":\"Idea\","
        "\"description\":\"What the video is about, in a sentence or two.\","
        "\"required\":true}", "with arguments");
    has(got, "{\"name\":\"mood\",\"title\":\"Mood\",\"description\":"
        "\"Mood, light, style.\",\"required\":false}",
        "some of them optional");
    hasnt(ask("2025-03-26", "prompts/list", ""), "\"title\"",
          "2025-03-26 has no titles");
    has(ask("2026-07-28", "prompts/list", ""), "\"cacheScope\":\"public\"",
        "the same for all");
    has(ask("2025-11-25", "prompts/list", "\"cursor\":\"x\""),
        "\"code\":-32602", "a cursor");
    has(ask("2025-11-25", "prompts/list", "\"cursor\":null"),
        "\"prompts\":[", "null is none");
    has(ask("2025-11-25", "prompts/get",
            "\"name\":\"storyboard\",\"arguments\":null"),
        "`story` is required", "arguments that are null are absent");

    /* what stands in a text is an argument, and its place is its own */

    for (i = 0; i < script_server.n_prompts; i++) {
        prompt = script_server.prompts[i];

        for (f = prompt->get.input; f->name != NULL; f++) {
            char  braced[64];

            snprintf(braced, sizeof(braced), "{%s}", f->name);
            ok(strstr(prompt->text, braced) != NULL
               && f->type == SZ_STRING
               && f->offset == sz_prompt_offset((size_t)
                                                (f - prompt->get.input))
               && f->offset < SZ_PROMPT_STATE, "%s: %s", prompt->get.name,
               f->name);
        }
    }

    sz_server_init(&script_server, script_arena,
                   sz_needs_folder(SZ_MEDIA_IMAGE));
    has(ask("2025-11-25", "prompts/list", ""), "\"code\":-32601",
        "no method without what they need");
    script_server = server;
}


static void
test_get(void)
{
    const char  *got;

    got = ask("2025-11-25", "prompts/get", "\"name\":\"video_from_idea\","
              "\"arguments\":{\"idea\":\"A {mood} cat \\\"sings\\\"\","
              "\"seconds\":\"8\"}");
    has(got, "{\"description\":\"Turns an idea into a shot description and "
        "makes the video.\",\"messages\":[{\"role\":\"user\",\"content\":{"
        "\"type\":\"text\",\"text\":\"Make a video of this idea:\\n\\nA "
        "{mood} cat \\\"sings\\\"\\n\\n", "arguments stand as they are");
    has(got, "Use seconds=\\\"8\\\".\\n", "an optional one");
    hasnt(got, "Use size", "a line of one that is not given is left out");
    hasnt(got, "Mood and style", "and another");
    hasnt(got, "isError", "no result of a tool");

    has(ask("2025-11-25", "prompts/get", "\"name\":\"storyboard\","
            "\"arguments\":{\"story\":\"x\"}"), "into 5 shots", "a default");
    has(ask("2025-11-25", "prompts/get", "\"name\":\"video_from_idea\""),
        "\"error\":{\"code\":-32602,\"message\":\"Wrong arguments: `idea` is "
        "required.\"}", "a required argument");
    has(ask("2025-11-25", "prompts/get", "\"name\":\"video_from_idea\","
            "\"arguments\":{\"idea\":7}"), "\"code\":-32602", "a number");
    has(ask("2025-11-25", "prompts/get", "\"name\":\"video_from_idea\","
            "\"arguments\":[]"), "\"code\":-32602", "an array");
    has(ask("2025-11-25", "prompts/get", "\"name\":\"nope\""),
        "\"code\":-32602", "an unknown prompt");
    has(ask("2025-11-25", "prompts/get", ""), "\"code\":-32602", "no name");
}


#define PROMPT(name, argument, value)                                        \
    "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"" name "\"},"               \
    "\"argument\":{\"name\":\"" argument "\",\"value\":\"" value "\"}"

#define RESOURCE(uri, argument, value)                                       \
    "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"" uri "\"},"               \
    "\"argument\":{\"name\":\"" argument "\",\"value\":\"" value "\"}"


static void
complete(const char *params, const char *want, const char *name)
{
    has(ask("2025-11-25", "completion/complete", params), want, name);
}


static void
test_complete(void)
{
    int         i;
    char        name[64];
    cJSON      *root;
    const char *got;

    complete(PROMPT("video_from_idea", "size", "1"),
             "{\"completion\":{\"values\":[\"1280x720\",\"1024x1792\","
             "\"1792x1024\",\"1080x1920\",\"1920x1080\"],\"total\":5,"
             "\"hasMore\":false}}", "sizes that begin so");
    complete(PROMPT("video_from_idea", "seconds", "9"),
             "{\"completion\":{\"values\":[],\"total\":0,\"hasMore\":false}}",
             "none that does");
    complete(PROMPT("video_from_idea", "idea", "x"), "\"values\":[]",
             "free text");
    complete(PROMPT("video_from_idea", "model", ""),
             "[\"sora-2\",\"sora-2-pro\"]", "models");
    script_setup.model[SZ_SERVICE_VIDEO] = "Vision-9";
    complete(PROMPT("video_from_idea", "model", ""),
             "[\"Vision-9\",\"sora-2\",\"sora-2-pro\"]",
             "the location's first");
    complete(PROMPT("video_from_idea", "model", "v"), "[\"Vision-9\"]",
             "whatever its case");
    script_setup.model[SZ_SERVICE_VIDEO] = "sora-2-pro";
    complete(PROMPT("video_from_idea", "model", "sora"),
             "[\"sora-2-pro\",\"sora-2\"],\"total\":2", "once each");

    complete(PROMPT("motion_with_reference", "image", "be"),
             "{\"completion\":{\"values\":[\"beach.png\",\"bee \\\"1\\\".jpg"
             "\"],\"total\":2,\"hasMore\":false}}", "pictures of the folder");
    complete(PROMPT("motion_with_reference", "image", "trip/"),
             "[\"trip/a.png\"]", "in folders, too");
    complete(RESOURCE("sanzaru://images/{+name}", "name", "trip"),
             "[\"trip/a.png\"]", "names of a template");
    complete(RESOURCE("sanzaru://videos/{+name}", "name", ""),
             "\"values\":[]", "of another folder");

    for (i = 0; i < 130; i++) {
        snprintf(name, sizeof(name), "images/z%03d.png", i);
        folder_put(name, "x", 1);
    }

    got = ask("2025-11-25", "completion/complete",
              PROMPT("motion_with_reference", "image", "z"));
    root = cJSON_Parse(got);
    ok(cJSON_GetArraySize(sz_json_array(sz_json_object(
           sz_json_object(root, "result"), "completion"), "values")) == 100,
       "at most 100");
    cJSON_Delete(root);
    has(got, "\"total\":130,\"hasMore\":true", "and how many there are");

    complete(PROMPT("nope", "size", ""), "\"code\":-32602",
             "an unknown prompt");
    complete(PROMPT("video_from_idea", "nope", ""), "\"code\":-32602",
             "an unknown argument");
    complete(RESOURCE("sanzaru://nope/{name}", "name", ""),
             "\"code\":-32602", "an unknown template");
    complete(RESOURCE("sanzaru://images/{+name}", "nope", ""),
             "\"code\":-32602", "an unknown variable");
    complete(RESOURCE("sanzaru://gateway/about", "name", ""),
             "\"code\":-32602", "a resource that is no template");
    complete("\"ref\":{\"type\":\"ref/tool\",\"name\":\"x\"},\"argument\":{"
             "\"name\":\"a\",\"value\":\"\"}", "\"code\":-32602",
             "another kind of thing");
    complete("\"ref\":{\"type\":\"ref/prompt\",\"name\":\"storyboard\"},"
             "\"argument\":{\"name\":\"size\",\"value\":1}",
             "\"code\":-32602", "a number as value");
    complete("", "\"code\":-32602", "nothing");

    script_setup.folder[SZ_MEDIA_IMAGE].root = "/nonexistent/x";
    complete(PROMPT("motion_with_reference", "image", "z"),
             "\"code\":-32603", "a folder that cannot be opened");
}


static void
nothing(const sz_signal_t *signal)
{
    (void) signal;
}


static void
test_capabilities(void)
{
    sz_hub_t     hub = { .publish = nothing };
    const char  *got;
    const char  *initialize = "\"protocolVersion\":\"2025-11-25\","
                              "\"capabilities\":{}";
    sz_server_t  server = script_server;

    got = ask("2025-11-25", "initialize", initialize);
    has(got, "\"capabilities\":{\"tools\":{},\"prompts\":{},\"resources\":{},"
        "\"completions\":{},\"logging\":{}}", "without a hub nothing is told");

    script_server.hub = &hub;
    has(ask("2026-07-28", "server/discover", ""),
        "\"capabilities\":{\"tools\":{\"listChanged\":true},\"prompts\":{"
        "\"listChanged\":true},\"resources\":{\"subscribe\":true,"
        "\"listChanged\":true},\"completions\":{},\"logging\":{}}",
        "with one everything is");
    script_server.hub = NULL;

    script_server.tasks = true;
    has(ask("2026-07-28", "server/discover", ""),
        "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}", "tasks");
    hasnt(ask("2025-11-25", "initialize", initialize), "extensions",
          "which legacy revisions do not have");

    script_server.ui = true;
    has(ask("2025-11-25", "initialize", initialize),
        "\"extensions\":{\"io.modelcontextprotocol/ui\":{}}", "views");

    script_server = server;
    sz_server_init(&script_server, script_arena, 0);
    got = ask("2026-07-28", "server/discover", "");
    hasnt(got, "\"tools\"", "no tools, no capability");
    hasnt(got, "\"prompts\"", "no prompts");
    has(got, "\"resources\":{}", "the gateway's text is always there");

    script_server = server;
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_IMAGE] = folder_make();
    script_setup.folder[SZ_MEDIA_IMAGE].folder = "images";
    script_setup.folder[SZ_MEDIA_VIDEO]
        = script_setup.folder[SZ_MEDIA_IMAGE];
    script_setup.folder[SZ_MEDIA_VIDEO].folder = "videos";
    mkdir(folder_path("images"), 0755);
    mkdir(folder_path("images/trip"), 0755);
    folder_put("images/beach.png", "x", 1);
    folder_put("images/bee \"1\".jpg", "x", 1);
    folder_put("images/Beer.png", "x", 1);
    folder_put("images/trip/a.png", "x", 1);

    test_list();
    test_get();
    test_complete();
    test_capabilities();

    free(answer);
    folder_remove();
    script_end();

    return done();
}
