#include "store/sz_store.h"

#include "tap.h"

#include <stdlib.h>


static void
refuse(const char *name, const char *why)
{
    sz_error_t  err;

    err.text[0] = '\0';

    if (!ok(sz_name_check(name, "filename", &err) == SZ_E_INPUT
            && strstr(err.text, why) != NULL, "refused: it %s", why))
    {
        printf("#   %s: %s\n", name, err.text);
    }
}


static void
accept(const char *name)
{
    ok(sz_name_check(name, "filename", NULL) == SZ_OK, "accepted: %.60s",
       name);
}


int
main(void)
{
    char         longest[SZ_PATH_MAX + 2];
    sz_arena_t  *arena;

    accept("beach.png");
    accept("trip/day 1/b\xc3\xa9" "ach.png");
    accept("a..b.mp4");
    accept("no_extension");
    accept("c:name");
    accept("%2e%2e");
    accept("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae.png");
    ok(sz_name_check_new("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae.png", "f",
                         NULL) != SZ_OK,
       "but no new file gets a character that nobody sees");
    ok(sz_name_check_new("a\xef\xbb\xbf.png", "f", NULL) != SZ_OK,
       "nor a byte order mark");
    ok(sz_name_check_new("b\xc3\xa9" "ach \xe2\x9d\xa4\xef\xb8\x8f.png", "f",
                         NULL) == SZ_OK, "accents and hearts are fine");

    refuse("", "is empty");
    refuse("/etc/passwd", "is an absolute path");
    refuse("..", "leaves the media folder");
    refuse("../x", "leaves the media folder");
    refuse("a/../b", "leaves the media folder");
    refuse("a/..", "leaves the media folder");
    refuse(".", "begins with a dot");
    refuse("./x", "begins with a dot");
    refuse(".hidden", "begins with a dot");
    refuse("a/.b/c", "begins with a dot");
    refuse("a//b", "has an empty part");
    refuse("a/", "has an empty part");
    refuse("a\\b", "has a backslash");
    refuse("..\\x", "has a backslash");
    refuse("a\nb", "has a control character");
    refuse("a\x7f", "has a control character");
    refuse("a\xc2\x85.png", "has a control character");
    refuse("\xe2\x80\xaegnp.exe.png", "has a control character");
    refuse("a\xe2\x80\xa8" "b.png", "has a control character");
    refuse("a\xe2\x81\xa6" "b.png", "has a control character");
    refuse("a\xff.png", "is not valid UTF-8");
    refuse("a\xed\xa0\x80.png", "is not valid UTF-8");
    refuse("sanzaru://images/trip/a.png",
           "is a URI, not a file name: use \"trip/a.png\"");
    refuse("sanzaru://images", "is a URI, not a file name");

    memset(longest, 'x', sizeof(longest));
    longest[256] = '\0';
    refuse(longest, "has a part of more than 255 bytes");
    longest[255] = '\0';
    accept(longest);

    memset(longest, 'x', sizeof(longest));
    longest[200] = longest[400] = longest[600] = longest[800] = '/';
    longest[SZ_PATH_MAX + 1] = '\0';
    refuse(longest, "has more than 1023 bytes");
    longest[SZ_PATH_MAX] = '\0';
    accept(longest);

    is_str(sz_name_extension("a.tar.png"), "png", "extension");
    is_str(sz_name_extension("dir.d/a"), "", "of the last part only");
    is_str(sz_name_extension("a."), "", "empty extension");

    arena = sz_arena_create(4096);
    is_str(sz_name_from(arena, "video_1-a", "mp4"), "video_1-a.mp4",
           "name of an id");
    is_str(sz_name_from(arena, "../a/b c\xc3\xa9", "mp4"),
           "_._a_b_c__.mp4", "name of anything");
    ok(sz_name_check(sz_name_from(arena, "../..", "x"), "f", NULL) == SZ_OK,
       "always usable");
    sz_arena_destroy(arena);

    is_str(sz_media_name(SZ_MEDIA_IMAGE), "image", "kinds have names");
    ok(sz_media_name(SZ_MEDIA_KINDS) == NULL, "which end");

    return done();
}
