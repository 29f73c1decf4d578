/*
 * What is kept of a folder, and when it is believed.  The clocks are those of
 * this program, and so is readdir(), which tells whether a folder was read.
 */

#include "store/sz_store_index.h"

#include "folder.h"
#include "tap.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fnmatch.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>


static sz_folder_t  where;
static time_t       ahead;              /* of the real time, seconds */
static int          reads;              /* calls of readdir() */

static const char *const  pictures[] = { "png", NULL };


time_t
time(time_t *t)
{
    struct timespec  now;

    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);

    if (t != NULL) {
        *t = now.tv_sec + ahead;
    }

    return now.tv_sec + ahead;
}


int
clock_gettime(clockid_t clock, struct timespec *now)
{
    long  rc = syscall(SYS_clock_gettime, clock, now);

    now->tv_sec += ahead;

    return (int) rc;
}


struct dirent *
readdir(DIR *dir)
{
    static struct dirent *(*next)(DIR *dir);

    (void) __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);

    if (next == NULL) {
        next = (struct dirent *(*)(DIR *)) dlsym(RTLD_NEXT, "readdir64");
    }

    return next(dir);
}


/*
 * Time goes on for the index, so that it believes a folder's times; but the
 * file system has a clock of its own, whose ticks must differ, too.
 */

static void
later(time_t seconds)
{
    ahead += seconds;
    usleep(30000);
}


/* The names on one page, and how often readdir() was called for it. */

static int
page(const char *after, int64_t limit, char *names, size_t size,
    sz_list_t *list)
{
    int              before = reads;
    size_t           i;
    sz_job_t         job;
    sz_error_t       err;
    sz_arena_t      *arena;
    sz_list_query_t  query = {
        .pattern = "**/*", .extensions = pictures, .limit = limit,
        .after = after, .uncounted = true
    };

    memset(&job, 0, sizeof(job));
    arena = sz_arena_create(1 << 22);
    names[0] = '\0';

    if (sz_store_list(arena, &job, &where, &query, list, &err) != SZ_OK) {
        printf("# %s\n", err.text);
    }

    for (i = 0; i < list->n; i++) {
        snprintf(names + strlen(names), size - strlen(names), "%s:%lld ",
                 list->rows[i].name, (long long) list->rows[i].size);
    }

    sz_arena_destroy(arena);

    return reads - before;
}


static void
is_page(const char *after, int64_t limit, const char *want, bool is_read,
    const char *title)
{
    int        n;
    char       names[4096];
    sz_list_t  list;

    n = page(after, limit, names, sizeof(names), &list);
    is_str(names, want, title);
    ok((n > 0) == is_read, is_read ? "the folder was read"
                                   : "without reading the folder");
}


static void
test_kept(void)
{
    char             trip[256];
    struct timespec  old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

    folder_put("media/a.png", "x", 1);
    folder_put("media/b.png", "xx", 2);
    folder_put("media/trip/c.png", "xxx", 3);

    is_page(NULL, 9, "a.png:1 b.png:2 trip/c.png:3 ", true, "the first time");
    is_page(NULL, 9, "a.png:1 b.png:2 trip/c.png:3 ", true,
            "a folder that had just changed is not believed");

    later(20);
    is_page(NULL, 2, "a.png:1 b.png:2 ", true, "later");
    is_page("b.png", 2, "trip/c.png:3 ", false, "the next page");
    is_page("a.pn", 1, "a.png:1 ", false, "behind what is not there");
    is_page("trip/c.png", 2, "", false, "behind the last");

    folder_put("media/a.png", "xxxxx", 5);
    is_page(NULL, 1, "a.png:5 ", false, "sizes are those of now");

    folder_put("media/a2.png", "", 0);
    is_page(NULL, 9, "a.png:5 a2.png:0 b.png:2 trip/c.png:3 ", true,
            "a new file");

    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "read");
    later(1);
    unlink(folder_path("media/trip/c.png"));
    is_page("a2.png", 9, "b.png:2 ", true, "a file that went, further down");

    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "read");
    folder_put("media/trip/d.png", "", 0);
    utimensat(AT_FDCWD, folder_path("media/trip"), old, 0);
    is_page("b.png", 9, "trip/d.png:0 ", true,
            "a time that was set back hides nothing");

    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "read");
    strcpy(trip, folder_path("media/trip"));
    later(1);
    is_int(rename(trip, folder_path("media/away")), 0, "renamed");
    mkdir(folder_path("media/trip"), 0755);
    is_page("b.png", 9, "", true, "another folder under the name");
    unlink(folder_path("media/away/d.png"));

    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "read");
    later(9);
    is_page(NULL, 1, "a.png:5 ", false, "nine seconds later");
    later(2);
    is_page(NULL, 1, "a.png:5 ", true, "but not eleven");
}


static void
test_own(void)
{
    sz_draft_t  draft;
    sz_error_t  err;

    later(29);
    is_page(NULL, 1, "a.png:5 ", true, "read");
    is_page(NULL, 1, "a.png:5 ", false, "kept");
    sz_draft_open(&draft, &where, "0.png", &err);
    is_int(sz_draft_publish(&draft, SZ_UNIQUE, &err), SZ_OK, "our own file");
    is_page(NULL, 1, "0.png:0 ", true, "lets go what was kept");
    later(20);
    is_page(NULL, 1, "0.png:0 ", true, "read");
    is_int(sz_store_remove(&where, "0.png", &err), SZ_OK, "removed");
    is_page(NULL, 1, "a.png:5 ", true, "does, too");
}


static void
test_bounds(void)
{
    int          dir;
    sz_job_t     job;
    sz_error_t   err;
    sz_index_t  *index;
    sz_folder_t  other;

    memset(&job, 0, sizeof(job));

    sz_cache_destroy(where.cache);
    where.cache = sz_cache_create(100);
    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "no room to keep anything");
    is_page(NULL, 1, "a.png:5 ", true, "so it is read again");

    sz_cache_destroy(where.cache);
    where.cache = sz_cache_create(900);
    other = where;
    other.folder = "other";
    mkdir(folder_path("other"), 0755);
    later(20);
    is_page(NULL, 1, "a.png:5 ", true, "room for one");
    is_page(NULL, 1, "a.png:5 ", false, "is kept");

    dir = open(folder_path("other"), O_RDONLY | O_DIRECTORY);
    folder_put("other/x.png", "", 0);
    folder_put("other/y.png", "", 0);
    folder_put("other/z.png", "", 0);
    later(20);
    index = sz_index_get(&other, dir, false, &job, &err);
    ok(index != NULL && index->n == 3, "another folder");
    is_page(NULL, 1, "a.png:5 ", true, "takes its place");
    ok(strcmp(index->rows[2].name, "z.png") == 0,
       "what was let go lives as long as somebody reads it");
    sz_index_release(index);
    close(dir);

    mkdir(folder_path("media/1"), 0755);
    mkdir(folder_path("media/1/2"), 0755);
    mkdir(folder_path("media/1/2/3"), 0755);
    mkdir(folder_path("media/1/2/3/4"), 0755);
    mkdir(folder_path("media/1/2/3/4/5"), 0755);
    mkdir(folder_path("media/1/2/3/4/5/6"), 0755);
    mkdir(folder_path("media/1/2/3/4/5/6/7"), 0755);
    mkdir(folder_path("media/1/2/3/4/5/6/7/8"), 0755);
    dir = open(folder_path("media"), O_RDONLY | O_DIRECTORY);
    index = sz_index_get(&where, dir, false, &job, &err);
    ok(index != NULL && !index->cut, "eight folders deep");
    sz_index_release(index);
    later(20);
    mkdir(folder_path("media/1/2/3/4/5/6/7/8/9"), 0755);
    index = sz_index_get(&where, dir, false, &job, &err);
    ok(index != NULL && index->cut, "what lies deeper is not looked at");
    sz_index_release(index);

    job.cancelled = 1;
    later(20);
    ok(sz_index_get(&where, dir, false, &job, &err) == NULL
       && err.code == SZ_E_CANCELLED, "a cancelled job ends");
    close(dir);
}


static void *
list_many(void *unused)
{
    int        i;
    char       names[4096];
    sz_list_t  list;

    for (i = 0; i < 200; i++) {
        (void) page(NULL, 3, names, sizeof(names), &list);
    }

    return unused;
}


static void
test_threads(void)
{
    int         i;
    char        name[64];
    pthread_t   threads[4];
    sz_draft_t  draft;
    sz_error_t  err;

    for (i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, list_many, NULL);
    }

    for (i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "t%d.png", i);

        if (sz_draft_open(&draft, &where, name, &err) == SZ_OK) {
            (void) sz_draft_publish(&draft, SZ_REPLACE, &err);
        }
    }

    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }

    ok(true, "four threads list while files are made");
}


/* The plain way, which takes its time. */

static bool
naive(const char *pattern, const char *name)
{
    char    glob[64], part[64];
    size_t  g = strcspn(pattern, "/"), n = strcspn(name, "/");

    snprintf(glob, sizeof(glob), "%.*s", (int) g, pattern);
    snprintf(part, sizeof(part), "%.*s", (int) n, name);

    if (strcmp(glob, "**") == 0) {
        return pattern[g] == '\0' || naive(pattern + g + 1, name)
               || (name[n] == '/' && naive(pattern, name + n + 1));
    }

    return fnmatch(glob, part, FNM_PERIOD) == 0 && pattern[g] == name[n]
           && (name[n] == '\0' || naive(pattern + g + 1, name + n + 1));
}


static void
test_glob(void)
{
    size_t  i, j;
    int     wrong = 0;

    static const char *const  patterns[] = {
        "*", "**", "**/*", "**/**", "a/*", "a/**", "a/**/*", "**/b", "**/a/*",
        "**/a/**/b", "a/**/b/**/c", "*/b", "**/b/*", "a?", "[ab]", "**/", "/",
        "", "a/", "**a", "a**/b", "**/*/*", "*/**/a", "**/**/**/a/**/b", "."
    };

    static const char *const  names[] = {
        "a", "b", "a/b", "b/a", "a/b/c", "a/a/b", "a/b/a/b", "x/a/y/b", "ab",
        "a/x/b/y/c", "a/b/c/b/c", "x/y/z", "a/a/a/a/b", "ab/b", "b/b/a"
    };

    for (i = 0; i < sizeof(patterns) / sizeof(char *); i++) {
        for (j = 0; j < sizeof(names) / sizeof(char *); j++) {

            if (sz_glob_match(patterns[i], names[j])
                != naive(patterns[i], names[j]))
            {
                printf("# %s %s\n", patterns[i], names[j]);
                wrong++;
            }
        }
    }

    is_int(wrong, 0, "globs match what the plain way matches");
    ok(!sz_glob_match("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b",
                      "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"),
       "a pattern made to explode ends");
}


int
main(void)
{
    where = folder_make();
    where.cache = sz_cache_create(1 << 20);
    mkdir(folder_path("media"), 0755);
    mkdir(folder_path("media/trip"), 0755);

    test_kept();
    test_own();
    test_bounds();
    test_threads();
    test_glob();

    sz_cache_destroy(where.cache);
    folder_remove();

    return done();
}
