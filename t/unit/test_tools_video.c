/*
 * The video tools on scripted answers.
 */

#include "script.h"
#include "folder.h"
#include "picture.h"
#include "tap.h"


static const char  *reply;              /* of the next HTTP effects */
static int          reply_status;
static char         sent[4096];         /* parts or body of the last one */


static void
answer(sz_http_t *http, unsigned n)
{
    size_t  i;

    (void) n;
    sent[0] = '\0';

    for (i = 0; i < http->n_parts; i++) {
        sprintf(sent + strlen(sent), "%s=%.*s;", http->parts[i].name,
                (int) ((http->parts[i].filename != NULL)
                       ? 0 : http->parts[i].data.len),
                http->parts[i].data.data);

        if (http->parts[i].filename != NULL) {
            sprintf(sent + strlen(sent), "(%s %s %zu)",
                    http->parts[i].filename, http->parts[i].type,
                    http->parts[i].data.len);
        }
    }

    if (http->json.len > 0) {
        sprintf(sent, "%.*s", (int) http->json.len, http->json.data);
    }

    if (reply == NULL) {
        sz_error_set(&http->error, SZ_E_UPSTREAM, "the video provider cannot "
                     "be reached.");
        return;
    }

    http->status = reply_status;
    strcpy(http->type, "application/json");
    sz_buf_str(&http->answer, sz_str_of(reply));
}


static void
call(const char *tool, const char *args, const char *want)
{
    char  *got = script_tool(tool, args, answer);

    is_str(got, want, args);
    free(got);
}


static void
replies(int status, const char *json)
{
    reply_status = status;
    reply = json;
}


#define VIDEO(id, status, progress)                                           \
    "{\"id\":\"" id "\",\"object\":\"video\",\"status\":\"" status "\","      \
    "\"progress\":" #progress "}"

#define SHAPED(id, status, progress)                                          \
    "{\"id\":\"" id "\",\"completed_at\":null,\"created_at\":null,"           \
    "\"error\":null,\"expires_at\":null,\"model\":null,"                      \
    "\"object\":\"video\",\"progress\":" #progress ",\"prompt\":null,"        \
    "\"remixed_from_video_id\":null,\"seconds\":null,\"size\":null,"          \
    "\"status\":\"" status "\"}"


static void
test_create(void)
{
    replies(200, VIDEO("v1", "queued", 0));

    call("create_video", "{\"prompt\":\"a kite\"}", SHAPED("v1", "queued", 0));
    is_str(sent, "prompt=a kite;model=sora-2;", "only what is known is sent");
    is_str(script_log, "POST /videos\n", "one request");

    script_setup.model[SZ_SERVICE_VIDEO] = "house-1";
    call("create_video", "{\"prompt\":\"a\",\"seconds\":8,\"size\":"
         "\"1280x720\"}", SHAPED("v1", "queued", 0));
    is_str(sent, "prompt=a;model=house-1;seconds=8;size=1280x720;",
           "the operator's model");
    call("create_video", "{\"prompt\":\"a\",\"model\":\"other\"}",
         SHAPED("v1", "queued", 0));
    is_str(sent, "prompt=a;model=other;", "the caller's model");
    script_setup.model[SZ_SERVICE_VIDEO] = NULL;

    replies(200, "{\"id\":\"v1\",\"seconds\":8,\"quality\":\"hd\"}");
    call("create_video", "{\"prompt\":\"a\"}", "{\"id\":\"v1\","
         "\"completed_at\":null,\"created_at\":null,\"error\":null,"
         "\"expires_at\":null,\"model\":null,\"object\":null,"
         "\"progress\":null,\"prompt\":null,\"remixed_from_video_id\":null,"
         "\"seconds\":\"8\",\"size\":null,\"status\":null,"
         "\"quality\":\"hd\"}");

    replies(200, "{\"status\":\"queued\"}");
    call("create_video", "{\"prompt\":\"a\"}", "error: Could not create the "
         "video: the provider's answer has no video id. It may have begun the "
         "job: look with list_videos before you start it again.");
    replies(200, "{\"id\":\"\",\"status\":\"queued\"}");
    call("create_video", "{\"prompt\":\"a\"}", "error: Could not create the "
         "video: the provider's answer has no video id. It may have begun the "
         "job: look with list_videos before you start it again.");
    replies(400, "{\"error\":{\"message\":\"No.\",\"code\":"
            "\"moderation_blocked\"}}");
    call("create_video", "{\"prompt\":\"a\"}", "error: Could not create the "
         "video: the video provider answered 400 moderation_blocked: No. "
         "Change the prompt: the same one will be refused again.");
    replies(0, NULL);
    call("create_video", "{\"prompt\":\"a\"}", "error: Could not create the "
         "video: the video provider cannot be reached.");
    call("create_video", "{\"prompt\":\"\"}", "error: Wrong arguments: "
         "`prompt` must not be empty.");
    is_str(script_log, "", "nothing is sent for wrong arguments");
}


static void
test_reference(void)
{
    char  file[128];

    picture_png("media/fits.png", 1280, 720);
    picture_png("media/odd.png", 1000, 1000);
    picture_png("media/wide.png", 1536, 1024);
    folder_put("media/text.png", "hello", 5);
    snprintf(file, sizeof(file), "prompt=a;model=sora-2;size=1280x720;"
             "input_reference=;(fits.png image/png %ld)",
             folder_size("media/fits.png"));

    replies(200, VIDEO("v1", "queued", 0));

    call("create_video", "{\"prompt\":\"a\",\"size\":\"1280x720\","
         "\"input_reference_filename\":\"fits.png\"}",
         SHAPED("v1", "queued", 0));
    is_str(sent, file, "with its file");

    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"fits.png\"}", SHAPED("v1", "queued", 0));
    is_str(sent, file, "the reference tells the size");

    call("create_video", "{\"prompt\":\"a\",\"size\":\"720x1280\","
         "\"input_reference_filename\":\"fits.png\"}",
         "error: The reference image \"fits.png\" has 1280x720 pixels, but a "
         "video of size 720x1280 needs exactly 720x1280. Call "
         "prepare_reference_image with input_filename=\"fits.png\" and "
         "target_size=\"720x1280\", then use its output_filename.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"odd.png\"}",
         "error: The reference image \"odd.png\" has 1000x1000 pixels, but a "
         "video of size 720x1280 needs exactly 720x1280. Call "
         "prepare_reference_image with input_filename=\"odd.png\" and "
         "target_size=\"720x1280\", then use its output_filename.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"wide.png\"}",
         "error: The reference image \"wide.png\" has 1536x1024 pixels, but a "
         "video of size 1280x720 needs exactly 1280x720. Call "
         "prepare_reference_image with input_filename=\"wide.png\" and "
         "target_size=\"1280x720\", then use its output_filename.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"text.png\"}", "error: `input_reference_filename` names "
         "\"text.png\", which is not a picture that can be used: The "
         "file is no picture that can be read: it is text. PNG, JPEG and WebP "
         "can be read.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"none.png\"}", "error: There is no file \"none.png\" in the media "
         "folder. list_reference_images shows what the image folder holds.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"media/none.png\"}", "error: There is no file \"media/none.png\" in "
         "the media folder: names begin below \"media\", use \"none.png\". "
         "list_reference_images shows what the image folder holds.");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"sanzaru://images/s.png\"}", "error: `input_reference_filename` is "
         "a URI, not a file name: use \"s.png\".");
    call("create_video", "{\"prompt\":\"a\",\"input_reference_filename\":"
         "\"../x\"}", "error: `input_reference_filename` is not a usable file "
         "name: \"../x\" leaves the media folder. Use a plain name such as "
         "\"beach.png\", or a path inside the media folder such as "
         "\"trip/beach.png\".");
    is_str(script_log, "", "all this before anything is sent");
}


static void
render(sz_http_t *http, unsigned n)
{
    static const char *const  states[] = {
        VIDEO("v/1", "queued", 0), VIDEO("v/1", "in_progress", 40),
        NULL, VIDEO("v/1", "in_progress", 40), VIDEO("v/1", "completed", 100)
    };

    reply = states[n];
    reply_status = 200;
    answer(http, n);
}


static void
render_lost(sz_http_t *http, unsigned n)
{
    reply = (n == 0) ? VIDEO("v1", "queued", 0) : "{\"error\":\"gone\"}";
    reply_status = (n == 0) ? 200 : 404;
    answer(http, n);
}


static void
render_never(sz_http_t *http, unsigned n)
{
    reply = VIDEO("v1", "in_progress", 1);
    reply_status = 200;
    answer(http, n);
}


static void
test_wait(void)
{
    char  *got;

    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":90}",
                      render);
    is_str(got, SHAPED("v/1", "completed", 100), "waits for the end");
    free(got);
    is_str(script_log, "POST /videos\nGET /videos/v%2F1\nGET /videos/v%2F1\n"
           "GET /videos/v%2F1\nGET /videos/v%2F1\n",
           "looks until then, and over a failure");
    is_int(script_waited, 5000 + 7500 + 11250 + 16875, "ever more slowly");
    ok(strstr(script_progress, "\"progressToken\":\"t\",\"progress\":0,"
              "\"message\":\"v/1: queued, 0 %\"") != NULL
       && strstr(script_progress, "\"progress\":5,\"message\":\"v/1: "
                 "in_progress, 40 %\"") != NULL
       && strstr(script_progress, "\"total\"") == NULL,
       "progress is the time since the call began, the rest is text");
    ok(strstr(script_progress, "\"progress\":23.75,\"message\":\"v/1: "
              "in_progress, 40 %\"") != NULL,
       "what stands still is told again after ten seconds");

    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":12}",
                      render_never);
    is_str(got, SHAPED("v1", "in_progress", 1), "the time is up");
    free(got);
    is_int(script_waited, 12000, "at that second");

    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":3600}",
                      render_never);
    free(got);
    is_int(script_waited, 100000, "never above the operator's limit");

    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":30}",
                      render_lost);
    is_str(got, "error: The video v1 was created, but: Could not read its "
           "status: the video provider answered 404: gone. Check the id or the "
           "model name. Do not create it again; call get_video_status.",
           "the id is never lost");
    free(got);
}


static sz_error_t  cut;

/* The call ends while its status is read: its time is over, or its client. */

static void
render_cut(sz_http_t *http, unsigned n)
{
    const sz_tool_t  *tool = script_running->call->tool;

    render_never(http, n);
    sz_error_set(&cut, SZ_E_TIMEOUT, "Cut.");
    tool->lost(script_running->call, &cut);

    if (n == 0) {
        is_str(cut.text, "Cut.", "before there is an id nothing is said of it");
    }
}


static void
test_cut(void)
{
    free(script_tool("create_video", "{\"prompt\":\"a\",\"wait\":5}",
                     render_cut));
    is_str(cut.text, "Cut. The video v1 was created: do not create it again; "
           "call get_video_status.", "a call that is cut tells its id");
}


static const char *const  *said;


static void
say(sz_http_t *http, unsigned n)
{
    reply = said[n];
    reply_status = 200;
    answer(http, n);
}


/* Only what is final ends a wait, in whatever words and case. */

static void
test_words(void)
{
    char  *got;

    static const char *const  late[] = {
        VIDEO("v1", "QUEUED", 0), VIDEO("v1", "processing", 1),
        VIDEO("v1", "unknown", 2), VIDEO("v1", "PENDING", 2),
        VIDEO("v1", "SUCCEEDED", 100)
    };
    static const char *const  failed[] = {
        VIDEO("v1", "queued", 0),
        "{\"id\":\"v1\",\"status\":\"canceled\",\"error\":[\"no\",\"GPU\"]}"
    };

    said = late;
    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":90}", say);
    is_str(got, SHAPED("v1", "SUCCEEDED", 100), "words nobody lists are no "
           "end");
    free(got);
    is_str(script_log, "POST /videos\nGET /videos/v1\nGET /videos/v1\n"
           "GET /videos/v1\nGET /videos/v1\n", "until one that is");

    said = failed;
    got = script_tool("create_video", "{\"prompt\":\"a\",\"wait\":90}", say);
    ok(strncmp(got, "error: {\"id\":\"v1\"", 17) == 0
       && strstr(got, "\"error\":{\"code\":null,\"message\":\"no; GPU\"}")
          != NULL, "a video that failed is an error, with its reason: %s",
       got);
    free(got);
}


/* What a provider writes otherwise than it should loses nothing. */

static void
test_lenient(void)
{
    char  long_id[400], text[2048];

    replies(200, "{\"id\":123456,\"status\":\"queued\",\"progress\":\"42%\","
            "\"created_at\":\"1732600000\",\"seconds\":8.0,\"prompt\":\"cut "
            "\\ud83d\",\"error\":\"GPU out of memory\",\"x\":NaN}");
    call("create_video", "{\"prompt\":\"a\"}", "{\"id\":\"123456\","
         "\"completed_at\":null,\"created_at\":1732600000,\"error\":"
         "{\"code\":null,\"message\":\"GPU out of memory\"},\"expires_at\":"
         "null,\"model\":null,\"object\":null,\"progress\":42,\"prompt\":"
         "\"cut \xef\xbf\xbd\",\"remixed_from_video_id\":null,\"seconds\":"
         "\"8\",\"size\":null,\"status\":\"queued\",\"x\":null}");

    replies(200, "{\"code\":0,\"data\":" VIDEO("v9", "queued", 0) "}");
    call("create_video", "{\"prompt\":\"a\"}", SHAPED("v9", "queued", 0));

    replies(200, "{\"error\":{\"message\":\"Insufficient credits\",\"code\":"
            "\"no_credit\"}}");
    call("create_video", "{\"prompt\":\"a\"}", "error: Could not create the "
         "video: the video provider answered 200 no_credit: Insufficient "
         "credits");

    memset(long_id, 'A', sizeof(long_id));
    memcpy(long_id, "video_", 6);
    long_id[300] = '\0';
    snprintf(text, sizeof(text), "{\"video_id\":\"%s\"}", long_id);
    replies(200, VIDEO("v1", "completed", 100));
    call("get_video_status", text, SHAPED("v1", "completed", 100));

    replies(204, "");
    call("delete_video", "{\"video_id\":\"v1\"}",
         "{\"id\":\"v1\",\"deleted\":true,\"object\":\"video.deleted\"}");

    replies(200, "{\"data\":[{\"id\":7}],\"has_more\":\"true\"}");
    call("list_videos", "{}", "{\"data\":[{\"id\":\"7\",\"status\":null,"
         "\"created_at\":null,\"seconds\":null,\"size\":null,\"model\":null,"
         "\"progress\":null,\"expires_at\":null,\"prompt\":null}],"
         "\"has_more\":true,\"last\":\"7\"}");
}


static void
test_others(void)
{
    replies(200, VIDEO("v1", "completed", 100));
    call("get_video_status", "{\"video_id\":\"../v?1\"}",
         SHAPED("v1", "completed", 100));
    is_str(script_log, "GET /videos/..%2Fv%3F1\n", "an id is one segment");

    call("remix_video", "{\"previous_video_id\":\"v1\",\"prompt\":\"\\\"b\"}",
         SHAPED("v1", "completed", 100));
    is_str(script_log, "POST /videos/v1/remix\n", "remix");
    is_str(sent, "{\"prompt\":\"\\\"b\"}", "its body");

    replies(200, "{\"id\":\"v1\",\"deleted\":true}");
    call("delete_video", "{\"video_id\":\"v1\"}",
         "{\"id\":\"v1\",\"deleted\":true,\"object\":\"video.deleted\"}");
    is_str(script_log, "DELETE /videos/v1\n", "delete");
    call("delete_video", "{\"video_id\":\"\"}",
         "error: Wrong arguments: `video_id` must not be empty.");

    replies(200, "{\"data\":[{\"id\":\"a\",\"status\":\"queued\",\"prompt\":"
            "\"a kite\",\"seconds\":4},{\"id\":\"b\"}],\"has_more\":true,"
            "\"last_id\":\"b\"}");
    call("list_videos", "{\"after\":\"x y\",\"limit\":2,\"order\":\"asc\"}",
         "{\"data\":[{\"id\":\"a\",\"status\":\"queued\",\"created_at\":null,"
         "\"seconds\":\"4\",\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":\"a kite\"},"
         "{\"id\":\"b\",\"status\":null,\"created_at\":null,\"seconds\":null,"
         "\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":null}],"
         "\"has_more\":true,\"last\":\"b\"}");
    is_str(script_log, "GET /videos?after=x%20y&limit=2&order=asc\n", "query");

    replies(200, "{\"data\":[]}");
    call("list_videos", "{}", "{\"data\":[],\"has_more\":null,\"last\":null}");
    is_str(script_log, "GET /videos?limit=20&order=desc\n", "defaults");
    call("list_videos", "{\"limit\":101}", "error: Wrong arguments: `limit` "
         "must be from 1 to 100, not 101.");
    call("list_videos", "{\"limit\":0}", "error: Wrong arguments: `limit` "
         "must be from 1 to 100, not 0.");
}


/* Who waits for a video has a folder for it, or pays nothing. */

static void
test_folder(void)
{
    sz_folder_t  folder = script_setup.folder[SZ_MEDIA_VIDEO];

    folder_put("file", "x", 1);
    script_setup.folder[SZ_MEDIA_VIDEO].folder = "file";
    replies(200, VIDEO("v1", "queued", 0));

    call("create_video", "{\"prompt\":\"a\",\"wait\":10}", "error: The gateway "
         "cannot open a folder of its own; the operator has to look at "
         "sanzaru_media_path: Not a directory.");
    is_str(script_log, "", "and nothing was sent");

    script_setup.folder[SZ_MEDIA_VIDEO] = folder;
    script_setup.folder[SZ_MEDIA_VIDEO].min_free = INT64_MAX;
    free(script_tool("create_video", "{\"prompt\":\"a\",\"wait\":10}", answer));
    is_str(script_log, "", "nor when the disk is too full");

    script_setup.folder[SZ_MEDIA_VIDEO] = folder;
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_IMAGE] = folder_make();
    script_setup.folder[SZ_MEDIA_VIDEO] = script_setup.folder[SZ_MEDIA_IMAGE];
    mkdir(folder_path("media"), 0755);

    test_create();
    test_reference();
    test_wait();
    test_cut();
    test_folder();
    test_words();
    test_lenient();
    test_others();

    folder_remove();
    script_end();

    return done();
}
