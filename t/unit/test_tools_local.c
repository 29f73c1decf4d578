#include "script.h"
#include "folder.h"
#include "tap.h"


static void
call(const char *tool, const char *args, const char *want)
{
    char  *got = script_tool(tool, args, NULL);

    if (!ok(strstr(got, want) != NULL, "%s %s", tool, args)) {
        printf("#   %s\n#   %s\n", got, want);
    }

    free(got);
}


int
main(void)
{
    int   i;
    char  args[2048];

    script_begin();
    script_setup.folder[SZ_MEDIA_VIDEO] = folder_make();
    script_setup.folder[SZ_MEDIA_IMAGE] = script_setup.folder[SZ_MEDIA_VIDEO];
    mkdir(folder_path("media"), 0755);

    call("list_local_videos", "{}", "{\"data\":[],\"total\":0}");

    folder_put("media/a.mp4", "x", 1);
    folder_put("media/b.WEBM", "xx", 2);
    folder_put("media/c.mov", "xxx", 3);
    folder_put("media/d.JPEG", "xxxx", 4);
    folder_put("media/e.jpg", "xxxxx", 5);
    folder_put("media/f.webp", "xxxxxx", 6);

    call("list_local_videos", "{\"sort_by\":\"name\",\"order\":\"asc\"}",
         "{\"data\":[{\"filename\":\"a.mp4\",\"size_bytes\":1,"
         "\"modified_timestamp\":");
    call("list_local_videos", "{\"sort_by\":\"size\",\"limit\":1}",
         "\"file_type\":\"mov\"}],\"total\":3}");
    call("list_local_videos", "{\"file_type\":\"webm\"}",
         "\"file_type\":\"webm\"}],\"total\":1}");
    call("list_local_videos", "{\"pattern\":\"a*\",\"limit\":\"10\"}",
         "[{\"filename\":\"a.mp4\"");
    call("list_reference_images", "{\"file_type\":\"jpeg\",\"sort_by\":"
         "\"name\",\"order\":\"asc\"}", "[{\"filename\":\"d.JPEG\"");
    call("list_reference_images", "{\"file_type\":\"jpeg\"}", "\"total\":2}");
    call("list_reference_images", "{\"file_type\":\"mp4\"}",
         "error: Wrong arguments: `file_type` must be one of \"jpeg\", "
         "\"png\", \"webp\", \"all\", not \"mp4\".");
    call("list_reference_images", "{\"pattern\":\"../*\"}",
         "error: `pattern` must stay inside");

    for (i = 0; i < 50000; i++) {
        snprintf(args, sizeof(args), "media/m%d.webm", i);
        close(open(folder_path(args), O_WRONLY | O_CREAT, 0600));
    }

    call("list_local_videos", "{\"limit\":1,\"file_type\":\"webm\"}",
         "\"total\":50001}");

    strcpy(args, "media");

    for (i = 0; i < 9; i++) {
        strcat(args, "/d");
        mkdir(folder_path(args), 0700);
    }

    call("list_local_videos", "{\"limit\":1,\"file_type\":\"webm\"}",
         "\"total\":50001,\"truncated\":true}");
    call("list_local_videos", "{\"limit\":1,\"file_type\":\"mov\"}",
         "\"total\":1,\"truncated\":true}");

    memset(args, 0, sizeof(args));
    strcpy(args, "{\"pattern\":\"");
    memset(args + strlen(args), '*', 1001);
    strcat(args, "\"}");
    call("list_local_videos", args, "`pattern` has 1001 characters");

    script_setup.folder[SZ_MEDIA_VIDEO].root = "/nonexistent/x";
    call("list_local_videos", "{}", "error: The gateway cannot open a folder "
         "of its own; the operator has to look at sanzaru_media_path: No such "
         "file or directory.");

    folder_remove();
    script_end();

    return done();
}
