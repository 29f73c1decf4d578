/* Which tools an endpoint offers of those that it could (sanzaru_tools). */

#include "script.h"
#include "tap.h"
#include "mcp/sz_mcp_exchange.h"


static void
offers(const sz_str_t *items, size_t n, const char *tool, bool want)
{
    sz_server_t  server = { .choice = items, .n_choice = n };

    ok(sz_choice_offers(&server, tool) == want, "%s%s", want ? "" : "not ",
       tool);
}


static void
known(const char *item, bool want, const char *near)
{
    const char  *nearest;

    ok(sz_choice_known(sz_str_of(item), &nearest) == want, "%s", item);

    if (near != NULL) {
        is_str(nearest, near, "what is called most alike");
    }
}


int
main(void)
{
    const sz_str_t  some[] = { sz_str("list_*"), sz_str("create_video"),
                               sz_str("-list_local_videos") };
    const sz_str_t  others[] = { sz_str("-delete_video"), sz_str("-*_image") };
    const sz_str_t  none[] = { sz_str("-*") };

    offers(NULL, 0, "create_video", true);

    offers(some, 3, "list_videos", true);
    offers(some, 3, "list_", true);
    offers(some, 3, "list", false);
    offers(some, 3, "create_video", true);
    offers(some, 3, "create_videos", false);
    offers(some, 3, "list_local_videos", false);
    offers(some, 3, "delete_video", false);

    offers(others, 2, "delete_video", false);
    offers(others, 2, "create_video", true);
    offers(others, 2, "create_image", true);
    offers(none, 1, "create_video", false);

    known("create_video", true, NULL);
    known("-create_video", true, NULL);
    known("list_*", true, NULL);
    known("*", true, NULL);
    known("creat_video", false, "create_video");
    known("-delet_video", false, "delete_video");
    known("nothing_*", false, NULL);
    known("", false, NULL);
    known("-", false, NULL);

    return done();
}
