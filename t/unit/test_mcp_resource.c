/*
 * resources/list, resources/templates/list, resources/read, and the links to
 * files in the results of tools.
 */

#include "script.h"
#include "folder.h"
#include "tap.h"


static char        *answer;
static sz_str_t     caller;


/* The whole answer to a method, in a buffer that the next call reuses. */

static const char *
ask(const char *revision, const char *method, const char *params)
{
    char            body[8192];
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.caller = caller;
    head.mcp_version = sz_str_of(revision);

    if (strcmp(revision, "2026-07-28") == 0) {
        head.mcp_method = sz_str_of(method);

        snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,"
                 "\"method\":\"%s\",\"params\":{%s%s\"_meta\":{"
                 "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                 "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
                 method, params, (*params != '\0') ? "," : "");

        if (strncmp(params, "\"uri\":\"", 7) == 0) {
            head.mcp_name.data = params + 7;
            head.mcp_name.len = strcspn(params + 7, "\"");
        }

    } else {
        snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,"
                 "\"method\":\"%s\",\"params\":{%s}}", method, params);
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
        printf("#   %.2000s\n#   %s\n", got, want);
    }
}


static void
hasnt(const char *got, const char *want, const char *name)
{
    if (!ok(strstr(got, want) == NULL, "%s", name)) {
        printf("#   %.2000s\n#   %s\n", got, want);
    }
}


static void
read_uri(const char *uri, const char *want, const char *name)
{
    char  params[4096];

    snprintf(params, sizeof(params), "\"uri\":\"%s\"", uri);
    has(ask("2025-11-25", "resources/read", params), want, name);
}


static void
test_list(void)
{
    const char  *got;

    got = ask("2025-11-25", "resources/list", "");
    has(got, "{\"resources\":[{\"uri\":\"sanzaru://gateway/about\",\"name\":"
        "\"about\",\"title\":\"About this gateway\",", "about is the first");
    has(got, "{\"uri\":\"sanzaru://images/beach%20%26%20sea.png\",\"name\":"
        "\"beach & sea.png\",\"mimeType\":\"image/png\",\"size\":8,"
        "\"annotations\":{\"lastModified\":\"20", "a picture");
    has(got, "\"uri\":\"sanzaru://images/trip/a.jpg\"", "in a folder");
    has(got, "\"uri\":\"sanzaru://videos/clip.mp4\"", "a video");
    hasnt(got, "notes.xyz", "no file of an unknown type");
    hasnt(got, ".hidden", "no hidden file");
    hasnt(got, "nextCursor", "one page");
    hasnt(got, "cacheScope", "a legacy revision has no cacheScope");
    hasnt(got, "/tmp/", "no absolute path");

    got = ask("2025-03-26", "resources/list", "");
    hasnt(got, "\"title\"", "2025-03-26 has no titles");
    hasnt(got, "lastModified", "and no time of files");

    got = ask("2026-07-28", "resources/list", "");
    has(got, "\"ttlMs\":60000,\"cacheScope\":\"private\"",
        "files depend on who asks");
    has(got, "\"resultType\":\"complete\"", "a modern result");

    got = ask("2025-11-25", "resources/templates/list", "");
    has(got, "{\"resourceTemplates\":[{\"uriTemplate\":"
        "\"sanzaru://videos/{+name}\",\"name\":\"video\",", "templates");
    hasnt(got, "gateway/about", "without what is none");

    got = ask("2025-11-25", "resources/templates/list", "\"cursor\":\"x\"");
    has(got, "\"code\":-32602", "templates have one page");
}


/* Folders of so many CJK characters below each other, a file at the end. */

static void
put_deep(unsigned folders, unsigned length, const char *file)
{
    int   dir, next;
    char  part[SZ_NAME_MAX + 1] = "";

    while (length-- > 0) {
        strcat(part, "\u732b");
    }

    dir = open(folder_path("audio"), O_RDONLY | O_DIRECTORY);

    while (folders-- > 0) {
        (void) mkdirat(dir, part, 0755);
        next = openat(dir, part, O_RDONLY | O_DIRECTORY);
        close(dir);
        dir = next;
    }

    close(openat(dir, file, O_CREAT | O_WRONLY, 0644));
    close(dir);
}


/*
 * One file whose name is too long to be asked for spoils nothing, and the
 * longest name there is can be listed, read and end a page.
 */

static void
test_long_names(void)
{
    put_deep(7, 80, "deep.txt");
    put_deep(4, 84, "longest.txt");

    hasnt(ask("2025-11-25", "resources/list", ""), "deep.txt",
          "a name that no open would take is not listed");
    has(answer, "longest.txt\",\"mimeType\"", "the longest ones are");
    has(answer, "sanzaru://audio/speech.txt", "and so are all others");
}


/* Follows the pages; how many there were, and whether each name came once. */

static unsigned
pages(unsigned *names, bool *ordered)
{
    char          params[4096];
    char          last[64];
    cJSON        *root;
    unsigned      n;
    const char   *cursor;
    const cJSON  *result, *row;

    last[0] = '\0';
    params[0] = '\0';
    *names = 0;
    *ordered = true;

    for (n = 1; n < 10; n++) {
        root = cJSON_Parse(ask("2025-11-25", "resources/list", params));
        result = sz_json_object(root, "result");

        cJSON_ArrayForEach(row, sz_json_array(result, "resources")) {
            if (strncmp(sz_json_string(row, "uri"), "sanzaru://images/p",
                        18) == 0)
            {
                *ordered = *ordered
                           && strcmp(sz_json_string(row, "name"), last) > 0;
                strcpy(last, sz_json_string(row, "name"));
                ++*names;
            }
        }

        cursor = sz_json_string(result, "nextCursor");

        if (cursor == NULL) {
            cJSON_Delete(root);
            break;
        }

        snprintf(params, sizeof(params), "\"cursor\":\"%s\"", cursor);
        cJSON_Delete(root);
    }

    return n;
}


static void
test_pages(void)
{
    int       i;
    bool      ordered;
    char      name[64], params[4096];
    cJSON    *root;
    unsigned  names;

    for (i = 0; i < 1200; i++) {
        snprintf(name, sizeof(name), "images/p%04d.png", i);
        folder_put(name, "x", 1);
    }

    ok(pages(&names, &ordered) == 3, "1200 files stand on three pages");
    ok(names == 1200 && ordered, "each of them once and in order");

    root = cJSON_Parse(ask("2025-11-25", "resources/list", ""));
    snprintf(params, sizeof(params), "\"cursor\":\"%s\"",
             sz_json_string(sz_json_object(root, "result"), "nextCursor"));
    cJSON_Delete(root);

    has(ask("2025-11-25", "resources/list", params), "\"uri\":",
        "a cursor is good for more than once");
    hasnt(answer, "gateway/about", "what is no file is not repeated");

    unlink(folder_path("images/p0496.png"));
    has(ask("2025-11-25", "resources/list", params), "p0600.png",
        "and when files have gone meanwhile");

    caller = sz_str("somebody else");
    has(ask("2025-11-25", "resources/list", params), "\"code\":-32602",
        "but not for another caller");
    caller = sz_str_null;

    params[20] = (params[20] == 'A') ? 'B' : 'A';
    has(ask("2025-11-25", "resources/list", params),
        "This cursor is not one that resources/list gave you.",
        "nor when it is changed");
    has(ask("2025-11-25", "resources/list", "\"cursor\":null"),
        "\"resources\":[", "null is no cursor");
    has(ask("2026-07-28", "resources/list", "\"cursor\":\"\""),
        "\"resources\":[", "nor is an empty text");
    has(ask("2025-11-25", "resources/templates/list", "\"cursor\":null"),
        "\"resourceTemplates\":[", "for templates, too");
    has(ask("2025-11-25", "resources/list", "\"cursor\":7"),
        "\"code\":-32602", "a number");

    for (i = 0; i < 1200; i++) {
        snprintf(name, sizeof(name), "images/p%04d.png", i);
        unlink(folder_path(name));
    }
}


static void
test_read(void)
{
    const char  *got;

    read_uri("sanzaru://images/beach%20%26%20sea.png",
             "{\"contents\":[{\"uri\":\"sanzaru://images/"
             "beach%20%26%20sea.png\",\"mimeType\":\"image/png\",\"blob\":"
             "\"iVBORw0KGgo=\"}]}", "a picture is a blob");
    read_uri("sanzaru://images/trip/a.jpg", "\"blob\":\"/9j/\"",
             "in a folder");
    read_uri("sanzaru://audio/speech.txt", "\"mimeType\":\"text/plain\","
             "\"text\":\"One\\nTwo\"", "text is text");
    read_uri("sanzaru://audio/binary.txt", "\"blob\":\"AAEC\"",
             "unless it is none");
    read_uri("sanzaru://images/notes.xyz",
             "\"mimeType\":\"application/octet-stream\"",
             "what is not listed can be read by its name");
    read_uri("sanzaru://images/empty.png", "\"blob\":\"\"", "an empty file");

    got = ask("2026-07-28", "resources/read",
              "\"uri\":\"sanzaru://gateway/about\"");
    has(got, "\"mimeType\":\"text/markdown\",\"text\":\"# Sanzaru media "
        "gateway", "about");
    has(got, "| a file read as a resource | 10 MB |", "says the limits");
    has(got, "| video | sora-9 |", "and the default models");
    hasnt(got, "/tmp/", "but no path");
    has(got, "\"cacheScope\":\"private\"", "and is private");
}


static void
test_refusals(void)
{
    size_t       i;
    const char  *got;

    static const char *const  bad[] = {
        "sanzaru://images/none.png", "sanzaru://images/",
        "sanzaru://images/../images/trip/a.jpg",
        "sanzaru://images/%2e%2e/videos/clip.mp4",
        "sanzaru://images/..%2fvideos/clip.mp4",
        "sanzaru://images/trip%2Fa.jpg", "sanzaru://images//etc/passwd",
        "sanzaru://images/.hidden.png", "sanzaru://images/trip",
        "sanzaru://images/link.png", "sanzaru://images/a%00.png",
        "sanzaru://images/%zz", "sanzaru://images/%e9.png",
        "sanzaru://images/a?b", "sanzaru://images/a#b",
        "sanzaru://other/a.png", "file:///etc/passwd", "", "images/a.png",
        "sanzaru://gateway/about/", "SANZARU://images/trip/a.jpg"
    };

    for (i = 0; i < sz_array_len(bad); i++) {
        read_uri(bad[i], "\"code\":-32002,\"message\":\"Resource not found: ",
                 bad[i]);
        ok(strstr(answer, "\"data\":{\"uri\":") != NULL
           && strstr(answer, "\"contents\"") == NULL
           && strstr(answer, "/tmp/") == NULL, "and says which");
    }

    got = ask("2026-07-28", "resources/read",
              "\"uri\":\"sanzaru://images/none.png\"");
    has(got, "\"code\":-32602", "2026-07-28 has another code");
    has(got, "\"data\":{\"uri\":\"sanzaru://images/none.png\"}",
        "and the URI in data");

    has(ask("2025-11-25", "resources/read", ""), "\"code\":-32602",
        "without a URI");
    has(ask("2025-11-25", "resources/read", "\"uri\":7"), "\"code\":-32602",
        "a number");

    script_setup.max_resource_size = 3;
    read_uri("sanzaru://images/beach%20%26%20sea.png",
             "has 8 bytes; at most 3 are accepted. The limit is "
             "sanzaru_max_resource_size.", "too large");
    has(answer, "\"code\":-32603", "is no wrong parameter");
    script_setup.max_resource_size = 0;
    script_setup.max_file_size = 4;
    read_uri("sanzaru://images/beach%20%26%20sea.png",
             "has 8 bytes; at most 4 are accepted. The limit is "
             "sanzaru_max_file_size.", "the smaller limit");
    script_setup.max_file_size = 100 * 1024 * 1024;

    script_setup.folder[SZ_MEDIA_AUDIO].root = NULL;
    read_uri("sanzaru://audio/speech.txt", "\"code\":-32002",
             "a folder that is not configured");
    hasnt(ask("2025-11-25", "resources/list", ""), "sanzaru://audio/",
          "is not listed");
    script_setup.folder[SZ_MEDIA_AUDIO].root = folder_root;
}


static void
test_large(void)
{
    char    *bytes, *found;
    size_t   len = 3 * 1024 * 1024;

    bytes = calloc(1, len);
    folder_put("videos/large.mp4", bytes, len);
    free(bytes);

    ask("2025-11-25", "resources/read",
        "\"uri\":\"sanzaru://videos/large.mp4\"");
    found = strstr(answer, "\"blob\":\"AAAA");
    ok(found != NULL && strspn(found + 8, "A") == 4 * 1024 * 1024,
       "3 MB come whole");
    unlink(folder_path("videos/large.mp4"));
}


static sz_step_e
maker(sz_call_t *call)
{
    sz_jw_t  w;

    sz_call_made(call, SZ_CHANGE_MADE, SZ_MEDIA_IMAGE, "a b.png", NULL, 12);
    sz_call_made(call, SZ_CHANGE_REPLACED, SZ_MEDIA_VIDEO, "x.bin",
                 "video/mp4", -1);
    sz_call_changed(call, SZ_CHANGE_GONE, SZ_MEDIA_VIDEO, "gone.mp4");

    w = sz_call_result_open(call);

    return sz_call_result_close(call, &w);
}


static void
test_links(void)
{
    const char              *got;
    const sz_tool_t         *first;
    static const sz_tool_t   tool = {
        .name = "create_video", .input = sz_no_fields, .step = maker
    };

    first = script_server.tools[0];
    script_server.tools[0] = &tool;

    got = ask("2025-06-18", "tools/call", "\"name\":\"create_video\"");
    has(got, "\"content\":[{\"type\":\"text\",\"text\":\"{}\"},"
        "{\"type\":\"resource_link\",\"uri\":\"sanzaru://images/a%20b.png\","
        "\"name\":\"a b.png\",\"mimeType\":\"image/png\",\"size\":12},"
        "{\"type\":\"resource_link\",\"uri\":\"sanzaru://videos/x.bin\","
        "\"name\":\"x.bin\",\"mimeType\":\"video/mp4\"}]",
        "links to what was made, in its order");
    hasnt(got, "gone.mp4", "and not to what has gone");
    hasnt(ask("2025-03-26", "tools/call", "\"name\":\"create_video\""),
          "resource_link", "2025-03-26 has no links");

    script_server.tools[0] = first;
}


/* What is not looked at is told where it is missed. */

static void
test_cut(void)
{
    hasnt(ask("2025-11-25", "resources/list", ""), "truncated",
          "a whole listing says nothing");
    has(ask("2025-11-25", "completion/complete", "\"ref\":{\"type\":"
            "\"ref/resource\",\"uri\":\"sanzaru://audio/{+name}\"},"
            "\"argument\":{\"name\":\"name\",\"value\":\"speech\"}"),
        "\"total\":1,\"hasMore\":false", "nor do all completions");

    put_deep(9, 1, "deeper.txt");

    has(ask("2025-11-25", "resources/list", ""),
        "\"_meta\":{\"sanzaru/truncated\":true}", "one that was cut says so");
    has(ask("2025-11-25", "completion/complete", "\"ref\":{\"type\":"
            "\"ref/resource\",\"uri\":\"sanzaru://audio/{+name}\"},"
            "\"argument\":{\"name\":\"name\",\"value\":\"speech\"}"),
        "\"values\":[\"speech.txt\"],\"hasMore\":true",
        "and so do completions, which have no total then");
}


int
main(void)
{
    unsigned     kind;
    sz_folder_t  folder;

    static const char *const  names[] = { "videos", "images", "audio" };

    script_begin();
    folder = folder_make();

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        script_setup.folder[kind] = folder;
        script_setup.folder[kind].folder = names[kind];
        mkdir(folder_path(names[kind]), 0755);
    }

    script_setup.service[SZ_SERVICE_VIDEO] = true;
    script_setup.model[SZ_SERVICE_VIDEO] = "sora-9";

    mkdir(folder_path("images/trip"), 0755);
    folder_put("images/beach & sea.png", "\x89PNG\r\n\x1a\n", 8);
    folder_put("images/trip/a.jpg", "\xff\xd8\xff", 3);
    folder_put("images/notes.xyz", "?", 1);
    folder_put("images/empty.png", "", 0);
    folder_put("images/.hidden.png", "x", 1);
    folder_put("videos/clip.mp4", "x", 1);
    folder_put("audio/speech.txt", "One\nTwo", 7);
    folder_put("audio/binary.txt", "\0\1\2", 3);

    if (symlink("/etc/passwd", folder_path("images/link.png")) != 0) {
        perror("symlink");
        exit(1);
    }

    test_list();
    test_long_names();
    test_pages();
    test_read();
    test_refusals();
    test_large();
    test_links();
    test_cut();

    free(answer);
    folder_remove();
    script_end();

    return done();
}
