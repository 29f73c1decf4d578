/*
 * create_image, get_image_status and download_image on scripted answers.
 */

#include "answers.h"
#include "tap.h"


static char        *png, *jpeg;         /* Base64 */
static const char  *reply;              /* to every request */
static int          reply_status;


static void
answer(sz_http_t *http, unsigned n)
{
    (void) n;

    answers_note(http);

    if (strcmp(http->path, "/files") == 0) {
        answers_json(http, 200, "{\"id\":\"file-1\"}");

    } else {
        answers_json(http, reply_status, reply);
    }
}


static void
replies(int status, const char *json)
{
    reply_status = status;
    reply = json;
}


static void
call(const char *tool, const char *args, const char *want)
{
    char  *got;

    got = script_tool(tool, args, answer);

    if (!ok(strstr(got, want) != NULL, "%s", args)) {
        printf("#   got %s\n#  want %s\n", got, want);
    }

    free(got);
}


#define RESPONSE(status, more)                                                \
    "{\"id\":\"resp/1\",\"object\":\"response\",\"created_at\":1760000000,"   \
    "\"status\":\"" status "\",\"error\":null,\"incomplete_details\":null"    \
    more "}"

#define SHAPED(status)                                                        \
    "{\"id\":\"resp/1\",\"status\":\"" status "\",\"created_at\":1760000000," \
    "\"error\":null,\"incomplete_reason\":null}"


static void
test_create(void)
{
    replies(200, RESPONSE("queued", ",\"output\":[]"));

    call("create_image", "{\"prompt\":\"a \\\"kite\\\"\"}", SHAPED("queued"));
    is_str(answers_sent, "{\"background\":true,\"input\":\"a \\\"kite\\\"\","
           "\"model\":\"gpt-5.2\",\"store\":true,\"tools\":[{\"type\":"
           "\"image_generation\",\"model\":\"gpt-image-2\"}]}", "the body");
    is_str(script_log, "POST /responses\n", "one request");

    script_setup.model[SZ_SERVICE_IMAGE] = "house";
    call("create_image", "{\"prompt\":\"a\",\"model\":\"gpt-6-luna\","
         "\"previous_response_id\":\"resp_0\",\"tool_config\":"
         "\"{\\\"size\\\":\\\"1000x10\\\",\\\"type\\\":"
         "\\\"image_generation\\\",\\\"input_fidelity\\\":null,"
         "\\\"frame_count\\\":[2]}\"}", SHAPED("queued"));
    is_str(answers_sent, "{\"background\":true,\"input\":\"a\",\"model\":"
           "\"gpt-6-luna\",\"previous_response_id\":\"resp_0\",\"store\":true,"
           "\"tools\":[{\"type\":\"image_generation\",\"size\":\"1000x10\","
           "\"frame_count\":[2],\"model\":\"house\"}]}",
           "what it does not know passes, as text, too");
    script_setup.model[SZ_SERVICE_IMAGE] = NULL;

    call("create_image", "{\"prompt\":\"a\",\"tool_config\":{\"model\":"
         "\"gpt-image-2\",\"input_fidelity\":\"low\"}}", "\"note\":"
         "\"`input_fidelity` was left out");
    ok(strstr(answers_sent, "fidelity") == NULL, "and is not sent");

    replies(200, "{\"id\":\"r\"}");
    call("create_image", "{\"prompt\":\"a\"}", "{\"id\":\"r\",\"status\":"
         "\"unknown\",\"created_at\":null,\"error\":null,"
         "\"incomplete_reason\":null}");
    replies(200, "{\"status\":\"queued\"}");
    call("create_image", "{\"prompt\":\"a\"}", "error: Could not create the "
         "image: the provider's answer has no response id. The picture may "
         "have been made and charged for all the same, but it is not here: "
         "ask before you start it again.");
    replies(200, "{\"id\":\"\",\"status\":\"queued\"}");
    call("create_image", "{\"prompt\":\"a\"}", "has no response id. The "
         "picture may have been made");
    replies(200, "nothing");
    call("create_image", "{\"prompt\":\"a\"}", "is no JSON that can be read");
    replies(404, "{\"error\":{\"message\":\"No.\",\"code\":"
            "\"model_not_found\"}}");
    call("create_image", "{\"prompt\":\"a\"}", "error: Could not create the "
         "image: the image provider answered 404 model_not_found: No.");
}


/* A provider that quotes what it was sent is not passed on. */

static void
answer_quoting(sz_http_t *http, unsigned n)
{
    static const sz_str_t  key = sz_str("z9-Kd83hd.Qm27xa");

    http->secrets = &key;
    http->n_secrets = 1;
    answer(http, n);
}


static void
test_secrets(void)
{
    char  *got;

    replies(200, "{\"id\":\"r\",\"status\":\"failed\",\"error\":\"key "
            "z9-Kd83hd.Qm27xa is wrong\\u001b[31m\"}");

    got = script_tool("download_image", "{\"response_id\":\"r\"}",
                      answer_quoting);
    is_str(got, "error: There is no image in the response r: its status is "
           "failed (key *** is wrong?[31m). Change the prompt as the reason "
           "demands and call create_image again.", "in an error");
    free(got);

    got = script_tool("get_image_status", "{\"response_id\":\"r\"}",
                      answer_quoting);
    ok(strstr(got, "\"message\":\"key *** is wrong") != NULL, "in a result");
    free(got);
}


static void
test_inputs(void)
{
    char  want[65536];

    replies(200, RESPONSE("queued", ""));

    call("create_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\","
         "\"in.jpg\"]}", SHAPED("queued"));
    snprintf(want, sizeof(want), "{\"background\":true,\"input\":[{\"role\":"
             "\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},"
             "{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,"
             "%s\",\"detail\":\"auto\"},{\"type\":\"input_image\","
             "\"image_url\":\"data:image/jpeg;base64,%s\",\"detail\":\"auto\"}"
             "]}],\"model\":\"gpt-5.2\",\"store\":true,\"tools\":[{\"type\":"
             "\"image_generation\",\"model\":\"gpt-image-2\"}]}", png, jpeg);
    is_str(answers_sent, want, "pictures in the body");

    call("create_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"mask_filename\":\"mask.png\"}", SHAPED("queued"));
    ok(strstr(answers_sent, "\"input_image_mask\":{\"file_id\":\"file-1\"}}]}")
       != NULL && sz_json_check(sz_str_of(answers_sent), NULL) == SZ_OK,
       "a mask by its id");
    is_str(script_log, "POST /files\nPOST /responses\n", "uploaded before");
}


static void
answer_upload(sz_http_t *http, unsigned n)
{
    answers_note(http);
    answers_json(http, (n == 0) ? 200 : 500, "{}");
}


static void
test_upload(void)
{
    char  *got;

    got = script_tool("create_image", "{\"prompt\":\"a\",\"input_images\":"
                      "[\"in.png\"],\"mask_filename\":\"mask.png\"}",
                      answer_upload);
    is_str(got, "error: Could not upload the mask: the provider's answer has "
           "no file id.", "an upload without an id");
    free(got);
    ok(strstr(answers_sent, "purpose=vision;expires_after[anchor]=created_at;"
              "expires_after[seconds]=86400;file=(mask.png image/png ")
       == answers_sent, "a mask does not stay for ever");
}


static void
test_refused(void)
{
    replies(200, RESPONSE("queued", ""));

    call("create_image", "{\"prompt\":\"a\",\"mask_filename\":\"mask.png\"}",
         "error: `mask_filename` needs `input_images`");
    call("create_image", "{\"prompt\":\"a\",\"input_images\":[\"in.jpg\"],"
         "\"mask_filename\":\"mask.png\"}", "must be of the same size");
    call("create_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"mask_filename\":\"mask.png\",\"tool_config\":{\"input_image_mask\""
         ":{\"file_id\":\"f\"}}}", "exclude each other");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":{\"type\":\"x\"}}",
         "can only be \"image_generation\"");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":{\"background\":"
         "\"transparent\",\"output_format\":\"jpeg\"}}", "cannot be "
         "transparent");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":"
         "{\"output_compression\":5}}", "A PNG is always lossless");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":"
         "{\"output_compression\":\"5\"}}", "`output_compression` of "
         "`tool_config` must be an integer from 0 to 100.");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":"
         "{\"partial_images\":9}}", "an integer from 0 to 3.");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":{\"size\":\"xl\"}}",
         "`size` must be auto");
    call("create_image", "{\"prompt\":\"a\",\"tool_config\":[]}",
         "`tool_config` must be an object");
    is_str(script_log, "", "nothing of this is sent");
}


static void
render(sz_http_t *http, unsigned n)
{
    static const char *const  states[] = {
        RESPONSE("queued", ""), RESPONSE("in_progress", ""), NULL,
        RESPONSE("completed", ",\"output\":[{\"type\":"
                 "\"image_generation_call\",\"result\":\"AAAA\"}]")
    };

    if (states[n] == NULL) {
        answers_json(http, 503, "{}");

    } else {
        answers_json(http, 200, states[n]);
    }
}


static void
render_lost(sz_http_t *http, unsigned n)
{
    answers_json(http, (n == 0) ? 200 : 404,
                 (n == 0) ? RESPONSE("queued", "") : "{\"error\":\"gone\"}");
}


static void
test_wait(void)
{
    char  *got;

    got = script_tool("create_image", "{\"prompt\":\"a\",\"wait\":90}",
                      render);
    is_str(got, SHAPED("completed"), "waits for the end");
    free(got);
    is_str(script_log, "POST /responses\nGET /responses/resp%2F1\n"
           "GET /responses/resp%2F1\nGET /responses/resp%2F1\n",
           "over a failure");
    is_int(script_waited, 5000 + 7500 + 11250, "ever more slowly");
    ok(strstr(script_progress, "\"progress\":0,\"message\":\"resp/1: queued, "
              "0 s\"") != NULL
       && strstr(script_progress, "\"progress\":5,\"message\":\"resp/1: "
                 "in_progress, 5 s\"") != NULL, "with progress");

    got = script_tool("create_image", "{\"prompt\":\"a\",\"wait\":30}",
                      render_lost);
    is_str(got, "error: The image resp/1 was created, but: Could not read its "
           "status: the image provider answered 404: gone. Check the id or the "
           "model name. Do not create it again; call get_image_status.",
           "the id is never lost");
    free(got);
}


static sz_error_t   cut;
static sz_http_t   *cancels;
static char         cancel_path[64];

/* The call ends while the picture is rendered. */

static void
render_cut(sz_http_t *http, unsigned n)
{
    const sz_tool_t  *tool = script_running->call->tool;

    answers_json(http, 200, RESPONSE("queued", ""));

    sz_error_set(&cut, SZ_E_TIMEOUT, "Cut.");
    tool->lost(script_running->call, &cut);
    cancels = tool->cancel(script_running->call);

    if (n == 0) {
        ok(strcmp(cut.text, "Cut.") == 0 && cancels == NULL,
           "before there is an id there is nothing to tell or to cancel");

    } else if (cancels != NULL) {
        snprintf(cancel_path, sizeof(cancel_path), "%s", cancels->path);
    }
}


static void
test_cut(void)
{
    free(script_tool("create_image", "{\"prompt\":\"a\",\"wait\":5}",
                     render_cut));
    is_str(cut.text, "Cut. The response resp/1 was begun: do not create it "
           "again; call get_image_status.", "a call that is cut tells its id");
    is_str(cancel_path, "/responses/resp%2F1/cancel", "and can be cancelled");
}


static void
test_status(void)
{
    char  *big;

    replies(200, RESPONSE("in_progress", ""));
    call("get_image_status", "{\"response_id\":\"../r?1\"}",
         SHAPED("in_progress"));
    is_str(script_log, "GET /responses/..%2Fr%3F1\n", "an id is one segment");

    big = malloc(9000000);
    sprintf(big, "{\"output\":[{\"type\":\"image_generation_call\",\"result\":"
            "\"%08000000d\"}],\"id\":\"r\",\"status\":\"failed\",\"error\":"
            "{\"code\":\"server_error\",\"message\":\"No.\"},"
            "\"incomplete_details\":{\"reason\":\"content_filter\"}}", 0);
    replies(200, big);
    call("get_image_status", "{\"response_id\":\"r\"}", "{\"id\":\"r\","
         "\"status\":\"failed\",\"created_at\":null,\"error\":{\"code\":"
         "\"server_error\",\"message\":\"No.\"},\"incomplete_reason\":"
         "\"content_filter\"}");
    free(big);

    replies(404, "{\"error\":{\"message\":\"Response not found.\"}}");
    call("get_image_status", "{\"response_id\":\"r\"}", "error: Could not read "
         "the status of the image: the image provider answered 404: Response "
         "not found.");
    call("get_image_status", "{\"response_id\":\"\"}", "must not be empty");
}


#define CALL(result)                                                          \
    "{\"type\":\"image_generation_call\",\"id\":\"ig\",\"status\":"           \
    "\"completed\",\"result\":\"%s\"}"

static void
test_download(void)
{
    char  json[65536];

    snprintf(json, sizeof(json), RESPONSE("completed", ",\"output\":[{\"type\""
             ":\"reasoning\"}," CALL() ",{\"type\":\"message\",\"content\":[{"
             "\"type\":\"output_text\",\"text\":\"Done.\"}]}]"), jpeg);
    replies(200, json);

    call("download_image", "{\"response_id\":\"r/1\"}",
         "{\"filename\":\"img_1700000000.jpg\",\"size\":[20,10],\"format\":"
         "\"jpeg\",\"size_bytes\":");
    is_str(script_log, "GET /responses/r%2F1\n", "one request");
    ok(answers_is("media/img_1700000000.jpg", SZ_IMAGE_JPEG, 20, 10),
       "the ending is what it is");
    call("download_image", "{\"response_id\":\"r\"}",
         "\"filename\":\"img_1700000000-2.jpg\"");
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"my.jpeg\"}",
         "\"filename\":\"my.jpeg\"");
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"my.jpeg\"}",
         "\"note\":null}");
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"my.png\"}",
         "\"filename\":\"my.jpg\"");
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"my.png\"}",
         "\"note\":\"What came is image/jpeg");

    snprintf(json, sizeof(json), RESPONSE("completed", ",\"output\":["
             CALL() "," CALL() "]"), png, jpeg);
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"two.png\"}",
         "\"images\":[{\"filename\":\"two.png\"");
    is_int(folder_size("media/two-2.jpg"), folder_size("media/in.jpg"),
           "every picture is saved");

    replies(200, RESPONSE("completed", ""));
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"x.mp4\"}",
         "`filename` must end in");
    call("download_image", "{\"response_id\":\"r\",\"filename\":\"no/x\"}",
         "its folder does not exist");
    is_str(script_log, "", "asked for nothing");
}


static void
test_none(void)
{
    int  before = folder_count("media");

    replies(200, RESPONSE("in_progress", ""));
    call("download_image", "{\"response_id\":\"r\"}", "error: The image of the "
         "response r is not there yet: its status is in_progress.");
    replies(200, "{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":"
            "\"server_error\",\"message\":\"No.\"}}");
    call("download_image", "{\"response_id\":\"r\"}", "error: There is no "
         "image in the response r: its status is failed (server_error: No.). "
         "Change the prompt");
    replies(200, "{\"id\":\"r\",\"status\":\"incomplete\",\"incomplete_details"
            "\":{\"reason\":\"content_filter\"}}");
    call("download_image", "{\"response_id\":\"r\"}", "its status is "
         "incomplete (content_filter). Change");
    replies(200, RESPONSE("completed", ",\"output\":[{\"type\":\"message\","
            "\"content\":[{\"type\":\"refusal\",\"refusal\":\"I cannot.\"},"
            "{\"type\":\"output_text\",\"text\":\"Sorry\"}]}]"));
    call("download_image", "{\"response_id\":\"r\"}",
         "the model refused (\"I cannot.\").");
    replies(200, RESPONSE("completed", ",\"output\":[{\"type\":\"message\","
            "\"content\":[{\"type\":\"output_text\",\"text\":\"Hello\"}]}]"));
    call("download_image", "{\"response_id\":\"r\"}",
         "the model only said (\"Hello\").");
    replies(200, RESPONSE("completed", ",\"output\":[{\"type\":"
            "\"image_generation_call\",\"status\":\"failed\",\"result\":null,"
            "\"error\":{\"code\":\"moderation_blocked\",\"message\":\"No.\"}}"
            "]"));
    call("download_image", "{\"response_id\":\"r\"}",
         "drawing it failed (moderation_blocked: No.).");
    replies(200, RESPONSE("completed", ""));
    call("download_image", "{\"response_id\":\"r\"}",
         "although it is completed");
    replies(200, RESPONSE("completed", ",\"output\":[{\"type\":"
            "\"image_generation_call\",\"result\":\"?\"}]"));
    call("download_image", "{\"response_id\":\"r\"}", "error: Could not save "
         "the image of the response r: what came as a picture is no Base64");
    replies(404, "{\"error\":{\"message\":\"No.\"}}");
    call("download_image", "{\"response_id\":\"r\"}", "error: Could not "
         "download the image: the image provider answered 404: No.");

    is_int(folder_count("media"), before, "no file is left");
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_IMAGE] = folder_make();
    mkdir(folder_path("media"), 0755);

    picture_png("media/in.png", 8, 4);
    picture_jpeg("media/in.jpg", 20, 10);
    answers_mask("media/mask.png", 8, 4);
    png = answers_picture("media/in.png");
    jpeg = answers_picture("media/in.jpg");

    test_create();
    test_secrets();
    test_inputs();
    test_upload();
    test_refused();
    test_wait();
    test_cut();
    test_status();
    test_download();
    test_none();

    free(png);
    free(jpeg);
    folder_remove();
    script_end();

    return done();
}
