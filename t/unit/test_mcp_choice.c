/*
 * sanzaru_tools: which tools an endpoint offers, and which names it may give.
 */

#include "mcp/sz_mcp_exchange.h"
#include "tap.h"


#define ITEMS_MAX  4


/* Whether a choice, its items parted by blanks, has the tool. */

static bool
offers(const char *choice, const char *name)
{
    size_t       len;
    sz_str_t     items[ITEMS_MAX];
    sz_server_t  server;

    memset(&server, 0, sizeof(sz_server_t));
    server.choice = items;

    while (*choice != '\0' && server.n_choice < ITEMS_MAX) {
        len = strcspn(choice, " ");
        items[server.n_choice++] = (sz_str_t) { len, choice };
        choice += len + strspn(choice + len, " ");
    }

    return sz_choice_offers(&server, name);
}


static void
test_offers(void)
{
    ok(offers("", "list_videos"), "no choice: every tool");

    ok(offers("list_videos", "list_videos"), "a tool that is named");
    ok(!offers("list_videos", "create_video"), "no other one");
    ok(!offers("list_video", "list_videos")
       && !offers("list_videos_all", "list_videos")
       && !offers("List_videos", "list_videos"), "nor one that is like it");
    ok(offers("create_video list_videos", "list_videos")
       && offers("list_videos create_video", "list_videos"),
       "any of those that are named");

    ok(offers("list_*", "list_videos"), "a beginning");
    ok(!offers("list_*", "create_video") && !offers("list_*", "list"),
       "that another has not");
    ok(offers("list_videos*", "list_videos"), "the whole name as one");
    ok(!offers("*_videos", "list_videos"), "a star is one at the end only");
    ok(offers("*", "list_videos"), "a star alone");

    ok(!offers("-list_videos", "list_videos"), "all but one: not this");
    ok(offers("-list_videos", "create_video"), "but the others");
    ok(!offers("-list_* -create_video", "create_video")
       && offers("-list_* -create_video", "edit_image"), "all but several");

    ok(!offers("list_* -list_videos", "list_videos")
       && !offers("-list_videos list_*", "list_videos"),
       "what is taken away is, wherever it stands");
    ok(offers("list_* -list_videos", "list_images")
       && !offers("list_* -list_videos", "create_video"),
       "of what is named");
    ok(!offers("-*", "list_videos"), "none at all");
}


static bool
known(const char *item, const char **nearest)
{
    return sz_choice_known(sz_str_of(item), nearest);
}


static void
test_known(void)
{
    char         text[2 * SZ_NAME_SHOWN];
    const char  *nearest;

    ok(known("list_videos", &nearest) && known("-list_videos", &nearest),
       "a tool there is");
    ok(known("list_*", &nearest) && known("-list_*", &nearest)
       && known("*", &nearest), "a beginning of one");

    ok(!known("list_vidoes", &nearest), "a tool there is not");
    is_str(nearest, "list_videos", "which may be this one");
    ok(!known("-create_vdeo", &nearest), "taken away");
    is_str(nearest, "create_video", "which may be that one");
    ok(!known("vid*", &nearest), "no tool begins like this");
    ok(!known("--list_videos", &nearest), "one sign is enough");

    ok(!known("", &nearest) && nearest == NULL, "nothing");
    ok(!known("-", &nearest) && nearest == NULL, "nothing taken away");

    memset(text, 'x', sizeof(text));
    ok(!sz_choice_known((sz_str_t) { SZ_NAME_SHOWN, text }, &nearest)
       && nearest != NULL, "the longest name that is compared");
    ok(!sz_choice_known((sz_str_t) { SZ_NAME_SHOWN + 1, text }, &nearest)
       && nearest == NULL, "one that is too long");
    ok(sz_choice_known((sz_str_t) { 11, "list_videos, and more" }, &nearest),
       "a name without an end of its own");
}


int
main(void)
{
    test_offers();
    test_known();

    return done();
}
