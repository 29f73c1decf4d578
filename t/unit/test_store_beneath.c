#include "store/sz_store_beneath.h"

#include "folder.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>


static sz_folder_t  where;


static void
refuse(const char *name, sz_code_e code, const char *why)
{
    int         fd;
    int64_t     size;
    sz_error_t  err;

    err.text[0] = '\0';
    fd = sz_store_open(&where, name, &size, &err);

    if (!ok(fd == -1 && err.code == code && strstr(err.text, why) != NULL
            && strstr(err.text, folder_root) == NULL, "%s: %s", name, why))
    {
        printf("#   %d %s\n", err.code, err.text);
    }

    if (fd != -1) {
        close(fd);
    }
}


/* Both ways of opening must refuse the same. */

static void
both(int dir, const char *path, int errnum)
{
    int  a, b;

    a = sz_open_beneath(dir, path, O_RDONLY | O_NONBLOCK, 0);
    ok((a == -1) ? errno == errnum : errnum == 0, "openat2: %s", path);

    b = sz_open_stepwise(dir, path, O_RDONLY | O_NONBLOCK, 0);
    ok((b == -1) ? errno == errnum : errnum == 0, "step by step: %s", path);

    if (a != -1) {
        close(a);
    }

    if (b != -1) {
        close(b);
    }
}


static void
test_confined(void)
{
    int   dir;
    char  outside[128];

    folder_put("outside.txt", "secret", 6);
    folder_put("media/a.txt", "abc", 3);
    mkdir(folder_path("media/sub"), 0755);
    folder_put("media/sub/b.txt", "abcd", 4);

    if (symlink("a.txt", folder_path("media/link")) != 0
        || symlink("/etc/passwd", folder_path("media/abs")) != 0
        || symlink("..", folder_path("media/up")) != 0
        || symlink("sub", folder_path("media/dirlink")) != 0
        || mkfifo(folder_path("media/fifo"), 0644) != 0)
    {
        perror("setup");
    }

    dir = sz_folder_open(&where, NULL);

    both(dir, "a.txt", 0);
    both(dir, "sub/b.txt", 0);
    both(dir, "link", ELOOP);
    both(dir, "abs", ELOOP);
    both(dir, "missing", ENOENT);
    both(dir, "a.txt/x", ENOTDIR);

    ok(sz_open_beneath(dir, "../outside.txt", O_RDONLY, 0) == -1
       && sz_open_stepwise(dir, "../outside.txt", O_RDONLY, 0) == -1,
       "no way up");

    /* through a link neither, nor through one that stays inside */

    both(dir, "up/outside.txt", ELOOP);
    both(dir, "dirlink/b.txt", ELOOP);

    snprintf(outside, sizeof(outside), "%s/outside.txt", folder_root);
    ok(sz_open_beneath(dir, outside, O_RDONLY, 0) == -1
       && sz_open_stepwise(dir, outside, O_RDONLY, 0) == -1,
       "no absolute path");

    close(dir);
}


static void
test_open(void)
{
    int         fd;
    char       *data;
    size_t      len;
    int64_t     size;
    sz_error_t  err;

    refuse("missing", SZ_E_NOT_FOUND, "There is no file");
    refuse("a.txt/x", SZ_E_NOT_FOUND, "There is no file");
    refuse("link", SZ_E_INPUT, "symbolic link");
    refuse("up/outside.txt", SZ_E_INPUT, "symbolic link");
    refuse("../outside.txt", SZ_E_INPUT, "leaves the media folder");
    refuse("fifo", SZ_E_INPUT, "not a regular file");
    refuse("sub", SZ_E_INPUT, "not a regular file");

    fd = sz_store_open(&where, "sub/b.txt", &size, &err);
    ok(fd != -1 && size == 4, "a file in a folder");
    close(fd);

    data = sz_store_read(&where, "a.txt", 3, &len, &err);
    ok(data != NULL && len == 3 && strcmp(data, "abc") == 0, "read");
    free(data);

    data = sz_store_read(&where, "a.txt", 2, &len, &err);
    ok(data == NULL && err.code == SZ_E_LIMIT, "not above the limit");
}


static void
test_folder(void)
{
    int          fd;
    sz_error_t   err;
    sz_folder_t  other = where;

    other.folder = "made";
    fd = sz_folder_open(&other, &err);
    ok(fd != -1 && folder_count("made") == 0, "a missing folder is made");
    close(fd);

    other.folder = "outlink";

    if (symlink("/tmp", folder_path("outlink")) != 0) {
        perror("symlink");
    }

    ok(sz_folder_open(&other, &err) == -1 && err.code == SZ_E_IO
       && strstr(err.text, "sanzaru_media_path") != NULL,
       "a link in place of a folder is refused, by the directive's name");

    other.root = "/nonexistent/deep";
    ok(sz_folder_open(&other, &err) == -1
       && strstr(err.text, "/nonexistent") == NULL,
       "a missing root, without its path in the text");
}


/* A FIFO or a device does things when it is opened; so it never is. */

static void
test_not_opened(void)
{
    int                   fd, watch;
    char                  events[256];
    int64_t               size;
    sz_error_t            err;

    fd = inotify_init1(IN_NONBLOCK);
    mkfifo(folder_path("media/pipe.png"), 0644);
    watch = inotify_add_watch(fd, folder_path("media/pipe.png"), IN_OPEN);

    ok(sz_store_open(&where, "pipe.png", &size, &err) == -1
       && strstr(err.text, "is not a regular file") != NULL,
       "a FIFO is refused");
    ok(watch != -1 && read(fd, events, sizeof(events)) == -1,
       "and was not even opened");
    close(fd);
}


/* Another process with a lease on a file, which it gives back if asked. */

static void
test_lease(bool gives, sz_code_e want, const char *title)
{
    int          fd, rc, ready[2], status;
    char         byte = 'x';
    pid_t        pid;
    int64_t      size;
    sigset_t     set;
    sz_error_t   err = { .code = SZ_OK };

    folder_put("media/leased.png", "x", 1);

    if (pipe(ready) != 0) {
        perror("pipe");
    }

    fflush(stdout);
    pid = fork();

    if (pid == 0) {
        sigemptyset(&set);
        sigaddset(&set, SIGIO);
        sigprocmask(SIG_BLOCK, &set, NULL);

        fd = open(folder_path("media/leased.png"), O_RDWR);
        rc = fcntl(fd, F_SETLEASE, F_WRLCK);
        byte = (rc == 0) ? 'y' : 'n';
        (void) !write(ready[1], &byte, 1);

        sigwait(&set, &rc);

        if (!gives) {
            pause();
        }

        _exit(0);
    }

    (void) !read(ready[0], &byte, 1);
    fd = sz_store_open(&where, "leased.png", &size, &err);

    if (byte == 'y') {
        is_int(err.code, want, title);

    } else {
        ok(true, "%s # SKIP no leases here", title);
    }

    if (fd != -1) {
        close(fd);
    }

    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(ready[0]);
    close(ready[1]);
}


static int   stop;

#include <pthread.h>

static void *
swap_links(void *unused)
{
    (void) unused;

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        char  a[4096], b[4096], c[4096];

        strcpy(a, folder_path("media/real"));
        strcpy(b, folder_path("media/evil"));
        strcpy(c, folder_path("media/swap"));

        (void) rename(a, c);
        (void) rename(b, a);
        (void) rename(a, b);
        (void) rename(c, a);
    }

    return NULL;
}


/* A folder that is exchanged for a link while names in it are opened. */

static void
test_race(void)
{
    int          i, fd, leaked;
    char         byte;
    int64_t      size;
    pthread_t    thread;
    sz_error_t   err;

    mkdir(folder_path("media/real"), 0755);
    mkdir(folder_path("outer"), 0755);
    folder_put("media/real/x", "i", 1);
    folder_put("outer/x", "o", 1);

    if (symlink("../outer", folder_path("media/evil")) != 0) {
        perror("symlink");
    }

    pthread_create(&thread, NULL, swap_links, NULL);

    for (leaked = 0, i = 0; i < 20000; i++) {
        fd = sz_store_open(&where, "real/x", &size, &err);

        if (fd != -1) {
            leaked += (read(fd, &byte, 1) == 1 && byte != 'i');
            close(fd);
        }
    }

    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);

    is_int(leaked, 0, "a folder swapped for a link never leads out");
}


int
main(void)
{
    where = folder_make();

    close(sz_folder_open(&where, NULL));

    test_confined();
    test_open();
    test_folder();
    test_not_opened();
    test_lease(true, SZ_OK, "a lease is waited for");
    test_lease(false, SZ_E_BUSY, "but not for ever");
    test_race();

    folder_remove();

    return done();
}
