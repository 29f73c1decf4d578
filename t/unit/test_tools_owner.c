/*
 * Every tool that makes or names a provider's job, for two callers with one
 * key.
 */

#include "script.h"
#include "folder.h"
#include "tap.h"


static const char  *replies[16];        /* of the HTTP effects, in order */


static void
answer(sz_http_t *http, unsigned n)
{
    http->status = 200;
    strcpy(http->type, "application/json");
    sz_buf_str(&http->answer, sz_str_of(replies[n]));
}


static void
become(const char *caller)
{
    (void) sz_owner_digest(script_setup.owners.self,
                           (const unsigned char *) caller, strlen(caller),
                           NULL, 0);
}


static void
call(const char *tool, const char *args, const char *want, const char *name)
{
    char  *got = script_tool(tool, args, answer);

    is_str(got, want, name);
    free(got);
}


static void
refused(const char *tool, const char *args)
{
    char  *got = script_tool(tool, args, answer);

    ok(strncmp(got, "error: There is no job \"", 24) == 0
       && script_log[0] == '\0', "%s of another's job sends nothing", tool);
    free(got);
}


static void
made(const char *tool, const char *args, const char *id)
{
    char  *got = script_tool(tool, args, answer);

    ok(strstr(got, id) != NULL && strncmp(got, "error", 5) != 0,
       "%s makes a job", tool);
    free(got);
}


static void
videos(void)
{
    replies[0] = "{\"id\":\"v1\",\"status\":\"completed\"}";

    become("alice");
    made("create_video", "{\"prompt\":\"x\"}", "v1");
    made("get_video_status", "{\"video_id\":\"v1\"}", "v1");

    become("bob");
    refused("get_video_status", "{\"video_id\":\"v1\"}");
    refused("download_video", "{\"video_id\":\"v1\"}");
    refused("remix_video", "{\"previous_video_id\":\"v1\",\"prompt\":\"y\"}");
    refused("delete_video", "{\"video_id\":\"v1\"}");
    refused("get_video_status", "{\"video_id\":\"v0\"}");

    become("alice");
    replies[0] = "{\"id\":\"v2\",\"status\":\"queued\"}";
    made("remix_video", "{\"previous_video_id\":\"v1\",\"prompt\":\"y\"}",
         "v2");
    made("get_video_status", "{\"video_id\":\"v2\"}", "v2");

    replies[0] = "{\"id\":\"v2\",\"deleted\":true}";
    made("delete_video", "{\"video_id\":\"v2\"}", "v2");
    refused("get_video_status", "{\"video_id\":\"v2\"}");
}


static void
waits(void)
{
    replies[0] = "{\"id\":\"v3\",\"status\":\"queued\"}";
    replies[1] = "{\"id\":\"v3\",\"status\":\"completed\"}";

    become("alice");
    made("create_video", "{\"prompt\":\"x\",\"wait\":60}", "\"completed\"");
    is_str(script_log, "POST /videos\nGET /videos/v3\n",
           "the record comes between the job and the wait for it");

    become("bob");
    refused("get_video_status", "{\"video_id\":\"v3\"}");
}


static void
images(void)
{
    replies[0] = "{\"id\":\"r1\",\"status\":\"queued\"}";

    become("alice");
    made("create_image", "{\"prompt\":\"x\"}", "r1");
    made("create_image", "{\"prompt\":\"x\",\"previous_response_id\":\"r1\"}",
         "r1");

    become("bob");
    refused("get_image_status", "{\"response_id\":\"r1\"}");
    refused("download_image", "{\"response_id\":\"r1\"}");
    refused("create_image",
            "{\"prompt\":\"x\",\"previous_response_id\":\"r1\"}");
}


static void
listing(void)
{
    become("alice");
    replies[0] = "{\"data\":[{\"id\":\"b1\"},{\"id\":\"b2\"}],"
                 "\"has_more\":true}";
    replies[1] = "{\"data\":[{\"id\":\"b3\"},{\"id\":\"v1\"},"
                 "{\"id\":\"b4\"}],\"has_more\":true}";
    replies[2] = "{\"data\":[{\"id\":\"v3\"}],\"has_more\":false}";

    call("list_videos", "{\"limit\":2}",
         "{\"data\":[{\"id\":\"v1\",\"status\":null,\"created_at\":null,"
         "\"seconds\":null,\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":null},"
         "{\"id\":\"v3\",\"status\":null,\"created_at\":null,"
         "\"seconds\":null,\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":null}],"
         "\"has_more\":false,\"last\":\"v3\"}",
         "list_videos shows the caller's jobs, from as many pages as it takes");
    is_str(script_log, "GET /videos?limit=2&order=desc\n"
           "GET /videos?after=b2&limit=2&order=desc\n"
           "GET /videos?after=b4&limit=2&order=desc\n",
           "each page begins behind the last row of the one before");

    replies[0] = replies[1];
    call("list_videos", "{\"limit\":1}",
         "{\"data\":[{\"id\":\"v1\",\"status\":null,\"created_at\":null,"
         "\"seconds\":null,\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":null}],"
         "\"has_more\":true,\"last\":\"v1\"}",
         "a page that is full ends with its last row");

    become("carol");
    replies[0] = "{\"data\":[{\"id\":\"b1\"}],\"has_more\":false}";
    call("list_videos", "{}",
         "{\"data\":[],\"has_more\":false,\"last\":\"b1\"}",
         "whoever has made none sees none");

    script_setup.owners.others = true;
    call("list_videos", "{\"limit\":1}",
         "{\"data\":[{\"id\":\"b1\",\"status\":null,\"created_at\":null,"
         "\"seconds\":null,\"size\":null,\"model\":null,\"progress\":null,"
         "\"expires_at\":null,\"prompt\":null}],"
         "\"has_more\":false,\"last\":\"b1\"}",
         "or those that were made elsewhere, if that is allowed");
    script_setup.owners.others = false;
}


static void
files(void)
{
    become("alice");
    call("create_image", "{\"prompt\":\"x\",\"tool_config\":"
         "{\"input_image_mask\":{\"file_id\":\"file-7\"}}}",
         "error: `tool_config` names a file of the provider (file_id), and "
         "whose that is the gateway does not know. Use mask_filename and "
         "input_images.", "a file of the provider is nobody's");
    is_str(script_log, "", "and is not sent");
}


int
main(void)
{
    script_begin();

    script_setup.folder[SZ_MEDIA_VIDEO] = folder_make();
    script_setup.folder[SZ_MEDIA_IMAGE] = script_setup.folder[SZ_MEDIA_VIDEO];
    script_setup.scope[SZ_SERVICE_VIDEO] = "https://a/v1";
    script_setup.scope[SZ_SERVICE_IMAGE] = "https://a/v1";
    script_setup.owners.ttl = 3600;
    script_setup.owners.where = (sz_folder_t) {
        .root = folder_root, .folder = "owners",
        .directive = "sanzaru_state_path", .access = 0600
    };

    videos();
    waits();
    images();
    listing();
    files();

    folder_remove();
    script_end();

    return done();
}
