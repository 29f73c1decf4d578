/*
 * File systems that refuse the calls a file gets its name with.  The calls
 * are those of this program, so that each can be made to fail.
 */

#include "store/sz_store.h"

#include "folder.h"
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>


static sz_folder_t  where;

static int  no_tmpfile;             /* errno of O_TMPFILE; 0: it works */
static int  no_proc_link;           /* of linkat() from /proc */
static int  no_link;                /* of any linkat() */
static int  no_noreplace;           /* of renameat2() with flags */
static int  no_rename;              /* of renameat() */
static int  no_write;               /* write() takes nothing at all */
static int  names;                  /* how often a file got a name */


static int
fails(int errnum)
{
    errno = errnum;

    return errnum != 0;
}


int
openat(int dir, const char *path, int flags, ...)
{
    mode_t   mode;
    va_list  args;

    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);

    if ((flags & O_TMPFILE) == O_TMPFILE && fails(no_tmpfile)) {
        return -1;
    }

    return (int) syscall(SYS_openat, dir, path, flags, mode);
}


int
linkat(int from, const char *old, int to, const char *new, int flags)
{
    bool  proc = (strncmp(old, "/proc/", 6) == 0);

    if (faccessat(to, new, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;             /* as the kernel: this one comes first */
        return -1;
    }

    if ((proc && fails(no_proc_link)) || fails(no_link)) {
        return -1;
    }

    names++;

    return (int) syscall(SYS_linkat, from, old, to, new, flags);
}


int
renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    if (flags != 0 && fails(no_noreplace)) {
        return -1;
    }

    names++;

    return (int) syscall(SYS_renameat2, from, old, to, new, flags);
}


int
renameat(int from, const char *old, int to, const char *new)
{
    return fails(no_rename)
           ? -1 : (int) syscall(SYS_renameat2, from, old, to, new, 0);
}


ssize_t
write(int fd, const void *data, size_t n)
{
    return no_write ? 0 : syscall(SYS_write, fd, data, n);
}


static sz_code_e
put(const char *name, sz_publish_e how, const char *text, sz_draft_t *draft,
    sz_error_t *err)
{
    if (sz_draft_open(draft, &where, name, err) != SZ_OK
        || sz_draft_write(draft, text, strlen(text), err) != SZ_OK)
    {
        return err->code;
    }

    return sz_draft_publish(draft, how, err);
}


static void
is_file(const char *name, const char *text)
{
    char     got[100];
    FILE    *f;
    size_t   n;

    f = fopen(folder_path(name), "rb");
    n = (f != NULL) ? fread(got, 1, sizeof(got) - 1, f) : 0;
    got[n] = '\0';
    is_str(got, text, name);

    if (f != NULL) {
        fclose(f);
    }
}


/* New, a second name, and in the place of another: whole, and nothing else. */

static void
works(const char *title)
{
    sz_error_t  err;
    sz_draft_t  draft;

    where = folder_make();
    printf("# %s\n", title);

    is_int(put("a.png", SZ_UNIQUE, "one", &draft, &err), SZ_OK, "a new file");
    ok(!draft.replaced, "in nothing's place");
    is_int(put("a.png", SZ_UNIQUE, "two", &draft, &err), SZ_OK, "another");
    is_str(draft.name, "a-2.png", "has a name of its own");
    is_int(put("a.png", SZ_REPLACE, "three", &draft, &err), SZ_OK, "replaced");
    ok(draft.replaced, "which it says");
    is_int(sz_store_probe(&where, &err), SZ_OK, "a probe says so before");
    is_int(put("b.png", SZ_REPLACE, "four", &draft, &err), SZ_OK, "not there");
    ok(!draft.replaced, "so nothing was replaced");

    is_file("media/a.png", "three");
    is_file("media/a-2.png", "two");
    is_file("media/b.png", "four");
    is_int(folder_count("media"), 3, "nothing hidden is left");

    mkdir(folder_path("media/dir.png"), 0755);
    is_int(put("dir.png", SZ_REPLACE, "five", &draft, &err), SZ_E_EXISTS,
           "a folder is not replaced");
    is_int(folder_count("media"), 4, "and nothing is left of that");

    folder_remove();
}


/* What is tried before money is spent, and how long that is believed. */

static void
test_probe(void)
{
    sz_error_t  err;
    sz_draft_t  draft;

    where = folder_make();

    no_tmpfile = EOPNOTSUPP;
    no_link = no_noreplace = EINVAL;
    no_rename = EPERM;
    is_int(sz_store_probe(&where, &err), SZ_E_IO,
           "a probe finds what publishing would");
    is_str(err.text, "Nothing can be written to the media folder, which the "
           "operator has to look at: Operation not permitted.", "in words");
    is_int(err.errnum, EPERM, "and for the log");
    no_tmpfile = no_link = no_noreplace = 0;
    is_int(sz_store_probe(&where, &err), SZ_E_IO,
           "that files cannot be replaced, too");
    is_int(folder_count("media"), 0, "and leaves nothing");
    no_rename = 0;

    where.cache = sz_cache_create(0);
    is_int(sz_store_probe(&where, &err), SZ_OK, "a folder that is fine");
    names = 0;
    is_int(sz_store_probe(&where, &err), SZ_OK, "is fine a moment later");
    is_int(names, 0, "without another try");

    no_tmpfile = no_link = no_noreplace = no_rename = EPERM;
    is_int(sz_store_probe(&where, &err), SZ_OK, "it is believed");
    is_int(put("a.png", SZ_UNIQUE, "x", &draft, &err), SZ_E_IO,
           "until something cannot be written");
    is_int(err.errnum, EPERM, "with the reason");
    is_int(sz_store_probe(&where, &err), SZ_E_IO, "then it is tried again");
    no_tmpfile = no_link = no_noreplace = no_rename = 0;

    no_tmpfile = no_link = no_noreplace = no_rename = ENOSPC;
    is_int(put("a.png", SZ_UNIQUE, "x", &draft, &err), SZ_E_LIMIT,
           "a disk that is full");
    is_int(err.errnum, ENOSPC, "with the reason, too");
    no_tmpfile = no_link = no_noreplace = no_rename = 0;

    where.min_free = INT64_MAX;
    is_int(sz_store_probe(&where, &err), SZ_E_LIMIT, "a disk that is too full");
    ok(strstr(err.text, "sanzaru_min_free_space") != NULL,
       "by the name of the limit");
    where.min_free = 1;
    is_int(sz_store_probe(&where, &err), SZ_OK, "one that is not");

    sz_cache_destroy(where.cache);
    folder_remove();
}


static void
test_hidden(void)
{
    char        hidden[64];
    sz_error_t  err;
    sz_draft_t  draft;

    where = folder_make();
    no_tmpfile = EOPNOTSUPP;

    is_int(sz_draft_open(&draft, &where, "n.mp4", &err), SZ_OK,
           "without O_TMPFILE");
    snprintf(hidden, sizeof(hidden), "media/%s", draft.hidden);
    is_int(folder_size(hidden), 0, "a draft is hidden while it is written");
    ok(sz_name_check(draft.hidden, "name", NULL) != SZ_OK,
       "under a name that nobody can ask for");
    sz_draft_discard(&draft);
    is_int(folder_size(hidden), -1, "and gone when it is discarded");

    no_tmpfile = 0;
    folder_remove();
}


int
main(void)
{
    size_t      i;
    char        title[80];
    sz_draft_t  draft;
    sz_error_t  err;

    static const int  refusals[] = {
        EIO, ENOTSUP, EPERM, ENOSYS, EMLINK, EINVAL, EOPNOTSUPP, EACCES,
        EXDEV
    };

    works("a file system that can do all");
    test_hidden();
    test_probe();

    for (i = 0; i < sizeof(refusals) / sizeof(int); i++) {

        snprintf(title, sizeof(title), "no way to link: errno %d",
                 refusals[i]);
        no_tmpfile = EOPNOTSUPP;
        no_noreplace = (i % 2 == 0) ? refusals[i] : EINVAL;
        no_link = refusals[i];
        works(title);

        snprintf(title, sizeof(title), "files without a name cannot get one: "
                 "errno %d", refusals[i]);
        no_tmpfile = no_noreplace = no_link = 0;
        no_proc_link = refusals[i];
        works(title);

        snprintf(title, sizeof(title), "nor is there a link: errno %d",
                 refusals[i]);
        no_noreplace = EINVAL;
        no_link = refusals[i];
        works(title);

        no_noreplace = no_link = no_proc_link = 0;
    }

    /* what cannot be mended leaves nothing behind */

    where = folder_make();
    no_tmpfile = EOPNOTSUPP;
    no_link = no_noreplace = no_rename = EPERM;
    is_int(put("a.png", SZ_UNIQUE, "one", &draft, &err), SZ_E_IO,
           "a folder in which nothing can be renamed");
    ok(strstr(err.text, "not writable for the gateway") != NULL, "says so");
    is_int(folder_count("media"), 0, "no place holder is left");

    no_link = no_noreplace = EINVAL;
    no_rename = ENOSPC;
    is_int(put("a.png", SZ_UNIQUE, "one", &draft, &err), SZ_E_LIMIT,
           "a full disk in the last moment");
    is_int(folder_count("media"), 0, "leaves nothing, too");

    no_tmpfile = no_link = no_noreplace = no_rename = 0;
    no_write = 1;
    is_int(sz_draft_open(&draft, &where, "a.png", &err), SZ_OK, "open");
    is_int(sz_draft_write(&draft, "one", 3, &err), SZ_E_IO,
           "a write() that takes nothing ends");
    sz_draft_discard(&draft);
    no_write = 0;

    /* from the first byte again */

    is_int(sz_draft_open(&draft, &where, "a.png", &err), SZ_OK, "open");
    sz_draft_reserve(&draft, 1000, &err);
    sz_draft_write(&draft, "abcdef", 6, &err);
    is_int(sz_draft_rewind(&draft, &err), SZ_OK, "rewind");
    sz_draft_write(&draft, "xyz", 3, &err);
    is_int(sz_draft_publish(&draft, SZ_REPLACE, &err), SZ_OK, "publish");
    is_file("media/a.png", "xyz");
    folder_remove();

    return done();
}
