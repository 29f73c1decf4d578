#include "store/sz_store.h"

#include "folder.h"
#include "tap.h"

#include <pthread.h>


static sz_folder_t  where;


static sz_code_e
put(const char *name, sz_publish_e how, const char *text, char *as,
    sz_error_t *err)
{
    sz_code_e   rc;
    sz_draft_t  draft;

    rc = sz_draft_open(&draft, &where, name, err);

    if (rc != SZ_OK) {
        return rc;
    }

    if (write(draft.fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        perror("write");
    }

    rc = sz_draft_publish(&draft, how, err);
    strcpy(as, draft.name);

    return rc;
}


static void
test_publish(void)
{
    char        as[SZ_PATH_MAX + 1];
    sz_error_t  err;
    sz_draft_t  draft;

    is_int(put("a.mp4", SZ_REPLACE, "one", as, &err), SZ_OK, "a new file");
    is_int(folder_size("media/a.mp4"), 3, "has its bytes");

    is_int(put("a.mp4", SZ_REPLACE, "second", as, &err), SZ_OK, "replaced");
    is_int(folder_size("media/a.mp4"), 6, "by the new bytes");

    is_int(put("a.mp4", SZ_UNIQUE, "x", as, &err), SZ_OK, "a free name");
    is_str(as, "a-2.mp4", "is the next one");
    is_int(put("a.mp4", SZ_UNIQUE, "x", as, &err), SZ_OK, "and again");
    is_str(as, "a-3.mp4", "the next but one");
    is_int(folder_size("media/a.mp4"), 6, "the first one is untouched");
    is_int(put("plain", SZ_UNIQUE, "x", as, &err), SZ_OK, "no extension");
    is_int(put("plain", SZ_UNIQUE, "x", as, &err), SZ_OK, "twice");
    is_str(as, "plain-2", "numbered at the end");

    is_int(sz_draft_open(&draft, &where, "gone.mp4", &err), SZ_OK, "begun");
    sz_draft_discard(&draft);
    is_int(folder_size("media/gone.mp4"), -1, "discarded: nothing is left");
    is_int(folder_count("media"), 5, "nothing hidden either");
}


static void
test_refused(void)
{
    char        as[SZ_PATH_MAX + 1];
    sz_error_t  err;

    mkdir(folder_path("media/dir.mp4"), 0755);

    is_int(put("dir.mp4", SZ_REPLACE, "x", as, &err), SZ_E_EXISTS,
           "a folder is not replaced");
    ok(strstr(err.text, "not a regular file") != NULL, "and the text says so");
    is_int(put("nodir/x.mp4", SZ_REPLACE, "x", as, &err), SZ_E_INPUT,
           "a missing folder");
    ok(strstr(err.text, "does not exist") != NULL, "is named");
    is_int(put("../x.mp4", SZ_REPLACE, "x", as, &err), SZ_E_INPUT, "up");

    if (symlink("/etc/hostname", folder_path("media/link.mp4")) != 0
        || symlink("/tmp", folder_path("media/linked")) != 0)
    {
        perror("symlink");
    }

    is_int(put("link.mp4", SZ_REPLACE, "x", as, &err), SZ_E_EXISTS,
           "a link is not followed and not replaced");
    is_int(put("linked/x.mp4", SZ_REPLACE, "x", as, &err), SZ_E_INPUT,
           "nor passed");
    is_int(folder_count("media"), 8, "nothing half-written is left");
}


static void *
put_many(void *failed)
{
    int         i;
    char        as[SZ_PATH_MAX + 1];
    sz_error_t  err;

    for (i = 0; i < 50; i++) {
        if (put("race.png", SZ_UNIQUE, "x", as, &err) != SZ_OK) {
            __atomic_add_fetch((int *) failed, 1, __ATOMIC_RELAXED);
        }
    }

    return NULL;
}


static void
test_race(void)
{
    int        i, failed = 0, before;
    pthread_t  threads[4];

    before = folder_count("media");

    for (i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, put_many, &failed);
    }

    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }

    is_int(failed, 0, "two hundred automatic names at once");
    is_int(folder_count("media") - before, 200, "give two hundred files");
}


static void
test_reserve(void)
{
    sz_draft_t  draft;
    sz_error_t  err;

    sz_draft_open(&draft, &where, "r.png", &err);
    is_int(sz_draft_reserve(&draft, 1 << 20, &err), SZ_OK, "reserved");
    is_int(sz_draft_write(&draft, "abc", 3, &err), SZ_OK, "written");
    is_int(sz_draft_publish(&draft, SZ_REPLACE, &err), SZ_OK, "published");
    is_int(folder_size("media/r.png"), 3, "as long as what was written");

    sz_draft_open(&draft, &where, "r.png", &err);
    is_int(sz_draft_reserve(&draft, 0, &err), SZ_OK, "nothing to reserve");
    is_int(sz_draft_reserve(&draft, (int64_t) 1 << 60, &err), SZ_E_LIMIT,
           "more than there is");
    ok(strstr(err.text, "disk of the gateway is full") != NULL
       || strstr(err.text, "Cannot write") != NULL, "and why");
    ok(err.errnum != 0, "for the operator, too");
    sz_draft_discard(&draft);
}


int
main(void)
{
    where = folder_make();

    test_publish();
    test_refused();
    test_race();
    test_reserve();

    folder_remove();

    return done();
}
