#include "script.h"
#include "folder.h"
#include "picture.h"
#include "tap.h"

#include "media/sz_media.h"


static void
call(const char *args, const char *want)
{
    char  *got = script_tool("prepare_reference_image", args, NULL);

    if (!ok(strstr(got, want) != NULL, "%s", args)) {
        printf("#   %s\n#   %s\n", got, want);
    }

    free(got);
}


static void
is_picture(const char *name, sz_image_e type, unsigned width, unsigned height)
{
    int              fd;
    sz_image_info_t  info;

    fd = open(folder_path(name), O_RDONLY);
    ok(fd != -1 && sz_image_probe(fd, &info, NULL) == SZ_OK
       && info.type == type && info.width == width && info.height == height,
       "%s is a picture of %ux%u", name, width, height);
    close(fd);
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_IMAGE] = folder_make();
    mkdir(folder_path("media"), 0755);
    mkdir(folder_path("media/trip"), 0755);

    picture_jpeg("media/a.tar.jpg", 640, 480);
    picture_jpeg("media/trip/b.jpg", 1000, 500);

    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\"}",
         "{\"output_filename\":\"a.tar_1280x720.png\",\"original_size\":"
         "[640,480],\"target_size\":[1280,720],\"resize_mode\":\"crop\"}");
    is_picture("media/a.tar_1280x720.png", SZ_IMAGE_PNG, 1280, 720);

    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\"}",
         "\"a.tar_1280x720-2.png\"");

    call("{\"input_filename\":\"trip/b.jpg\",\"target_size\":\"720x1280\","
         "\"resize_mode\":\"pad\",\"pad_color\":\"#FF8000\"}",
         "\"output_filename\":\"trip/b_720x1280.png\"");
    is_picture("media/trip/b_720x1280.png", SZ_IMAGE_PNG, 720, 1280);

    call("{\"input_filename\":\"trip/b.jpg\",\"target_size\":\"720x1280\","
         "\"resize_mode\":\"rescale\",\"output_filename\":\"out.JPG\"}",
         "\"output_filename\":\"out.JPG\"");
    is_picture("media/out.JPG", SZ_IMAGE_JPEG, 720, 1280);

    call("{\"input_filename\":\"out.JPG\",\"target_size\":\"1280x720\","
         "\"output_filename\":\"out.JPG\"}", "\"original_size\":[720,1280]");
    is_picture("media/out.JPG", SZ_IMAGE_JPEG, 1280, 720);

    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\","
         "\"output_filename\":\"x.gif\"}",
         "error: `output_filename` must end in .png, .jpg or .webp, not "
         "\"x.gif\".");
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\","
         "\"output_filename\":\"../x.png\"}",
         "error: `output_filename` is not a usable file name");
    call("{\"input_filename\":\"/etc/passwd\",\"target_size\":\"1280x720\"}",
         "error: `input_filename` is not a usable file name");
    call("{\"input_filename\":\"none.jpg\",\"target_size\":\"1280x720\"}",
         "error: There is no file \"none.jpg\"");
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x721\"}",
         "error: Wrong arguments: `target_size` must be one of");
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\","
         "\"pad_color\":\"red\"}",
         "error: `pad_color` must look like \"#1a2b3c\" (red, green, blue), "
         "not \"red\".");
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\","
         "\"output_filename\":\"nodir/x.png\"}", "error: Cannot write");

    folder_put("media/bad.jpg", "\xff\xd8\xff\xe0 no picture at all", 22);
    call("{\"input_filename\":\"bad.jpg\",\"target_size\":\"1280x720\","
         "\"output_filename\":\"bad.png\"}", "error: ");
    is_int(folder_size("media/bad.png"), -1, "a bad input leaves no output");

    script_setup.max_image_pixels = 100000;
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\"}",
         "sanzaru_max_image_pixels");
    script_setup.max_image_size = 100;
    call("{\"input_filename\":\"a.tar.jpg\",\"target_size\":\"1280x720\"}",
         "sanzaru_max_image_size");

    is_int(folder_count("media"), 6, "no file too many");

    folder_remove();
    script_end();

    return done();
}
