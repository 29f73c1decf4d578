#include "script.h"
#include "folder.h"
#include "picture.h"
#include "tap.h"


static const char  *type;
static char         body[4096];
static size_t       body_len;
static int          status;
static char         told[2][256];       /* half of the way, at the end */


static void
answer(sz_http_t *http, unsigned n)
{
    (void) n;

    http->status = status;
    strcpy(http->type, type);

    http->expected = (int64_t) body_len;
    http->received = (int64_t) body_len / 2;
    script_tick();
    strcpy(told[0], script_running->call->progress.text);

    http->expected = -1;
    http->received = (int64_t) body_len;
    script_tick();
    strcpy(told[1], script_running->call->progress.text);

    sz_buf_add(&http->answer, body, body_len);
}


static void
sends(int code, const char *mime, const void *data, size_t len)
{
    status = code;
    type = mime;
    memcpy(body, data, len);
    body_len = len;
}


static void
call(const char *args, const char *want)
{
    char  *got = script_tool("download_video", args, answer);

    if (!ok(strstr(got, want) != NULL, "%s", want)) {
        printf("#   %s\n", got);
    }

    free(got);
}


#define MP4  "\0\0\0\x10" "ftypisom\0\0\2\0" "\0\0\0\x8" "moov"               \
             "\0\0\0\xc" "mdatabcd"

/* A JPEG from the folder, which it leaves. */

static void
sends_jpeg(void)
{
    FILE  *f;

    picture_jpeg("media/x.jpg", 8, 8);
    f = fopen(folder_path("media/x.jpg"), "rb");
    body_len = fread(body, 1, sizeof(body), f);
    fclose(f);
    unlink(folder_path("media/x.jpg"));

    status = 200;
    type = "";
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_VIDEO] = folder_make();
    mkdir(folder_path("media"), 0755);

    sends(200, "video/mp4", MP4, sizeof(MP4) - 1);
    call("{\"video_id\":\"v1\"}", "{\"filename\":\"v1.mp4\",\"variant\":"
         "\"video\",\"size_bytes\":36,\"sha256\":\"");
    is_str(script_log, "GET /videos/v1/content?variant=video\n", "asked for");
    is_int(folder_size("media/v1.mp4"), 36, "there");
    is_str(told[0], "18 of 36 bytes, 50 %", "progress where a length is known");
    is_str(told[1], "36 bytes", "and where none is");

    call("{\"video_id\":\"v1\"}", "\"filename\":\"v1-2.mp4\"");
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}",
         "\"mime_type\":\"video/mp4\"");
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "\"my.mp4\"");
    call("{\"video_id\":\"a/../b\"}", "\"filename\":\"a_.._b.mp4\"");
    is_int(folder_count("media"), 4, "four files");

    /* or the file that has the name stays */

    script_setup.existing = SZ_EXISTING_RENAME;
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "\"my-2.mp4\"");
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}",
         "\"note\":\"There is a file of the name that was asked for; it "
         "stays.\"");
    unlink(folder_path("media/my-3.mp4"));
    unlink(folder_path("media/my-2.mp4"));
    script_setup.existing = SZ_EXISTING_REFUSE;
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}",
         "There is a file \"my.mp4\" already, and here none is replaced "
         "(sanzaru_existing_file). Choose another name.");
    script_setup.existing = SZ_EXISTING_DEFAULT;

    /* what is no video leaves no file and harms none */

    sends(200, "video/mp4", MP4, sizeof(MP4) - 2);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}",
         "error: Could not download the video: ");
    sends(200, "video/mp4", MP4 "x", sizeof(MP4));
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "error: ");
    sends(200, "text/html", "<html>no</html>", 15);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}",
         "no video: its Content-Type is \"text/html\", it looks like text and "
         "begins with \"<html>no</html>\". Nothing was written.");
    sends(200, "video/mp4", "{\"error\":1}", 11);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "looks like text");
    sends(200, "video/mp4", "", 0);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "nothing at all");
    sends(200, "video/mp4", "\x89PNG\r\n\x1a\n", 8);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "like image/png");
    sends(404, "application/json", "{\"error\":{\"message\":\"not yet\"}}",
          31);
    call("{\"video_id\":\"v1\",\"filename\":\"my.mp4\"}", "404: not yet. Check "
         "the id; if the video is not completed yet, call get_video_status "
         "until it is.");

    is_int(folder_count("media"), 4, "still four files");
    is_int(folder_size("media/my.mp4"), 36, "the good one is good");

    sends(200, "application/octet-stream", "RIFF\x8\0\0\0WEBPVP8 ", 16);
    call("{\"video_id\":\"v1\",\"variant\":\"thumbnail\"}",
         "\"filename\":\"v1.webp\",\"variant\":\"thumbnail\"");
    is_str(script_log, "GET /videos/v1/content?variant=thumbnail\n", "variant");
    sends_jpeg();
    call("{\"video_id\":\"v1\",\"variant\":\"spritesheet\"}",
         "\"filename\":\"v1.jpg\",\"variant\":\"spritesheet\"");

    /* the ending is that of the bytes, whoever chose the name */

    call("{\"video_id\":\"v1\",\"variant\":\"spritesheet\",\"filename\":"
         "\"s.png\"}", "\"filename\":\"s.jpg\"");
    sends(200, "video/mp4", "\x1a\x45\xdf\xa3\x9f" "B\x82\x84webm" "xxxxxxxx",
          20);
    call("{\"video_id\":\"v2\"}", "\"filename\":\"v2.webm\",\"variant\":"
         "\"video\",\"size_bytes\":20,\"sha256\":\"");
    call("{\"video_id\":\"v2\",\"filename\":\"v1.5\"}", "\"filename\":"
         "\"v1.5.webm\"");
    call("{\"video_id\":\"v2\",\"filename\":\"my.mp4\"}", "\"filename\":"
         "\"my.webm\"");
    call("{\"video_id\":\"v2\",\"filename\":\"n.mp4\"}", "\"note\":\"What "
         "came is video/webm, so the file has the ending of that.\"");
    call("{\"video_id\":\"v2\",\"filename\":\"n.webm\"}", "\"note\":null");
    is_int(folder_size("media/my.mp4"), 36, "the other file stays");

    /* names are checked before anything is asked */

    call("{\"video_id\":\"v1\",\"filename\":\"../x.mp4\"}",
         "`filename` is not a usable file name");
    is_str(script_log, "", "nothing is asked");
    call("{\"video_id\":\"v1\",\"variant\":\"poster\"}",
         "`variant` must be one of \"video\", \"thumbnail\", \"spritesheet\"");

    script_setup.max_file_size = 35;
    sends(200, "video/mp4", MP4, sizeof(MP4) - 1);
    call("{\"video_id\":\"v1\"}", "larger than 35 bytes");

    folder_remove();
    script_end();

    return done();
}
