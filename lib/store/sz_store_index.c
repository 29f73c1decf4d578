#include "store/sz_store_beneath.h"
#include "store/sz_store_cache.h"
#include "store/sz_store_index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


/* Bounds of one index: entries looked at, bytes, folders deep. */
#define SZ_INDEX_LOOKS   4000000
#define SZ_INDEX_MEMORY  (128 * 1024 * 1024)
#define SZ_INDEX_DEPTH   8

/* What a name costs besides its bytes. */
#define SZ_INDEX_ROW     (sizeof(sz_list_row_t) + 16)

/*
 * A folder's times tell that something in it was made, renamed or removed, but
 * not twice within a tick of its file system's clock, which is 2 s on some.
 * And some file systems do not keep these times at all: nothing is believed
 * for longer than this.
 */
#define SZ_INDEX_TICK    2              /* seconds */
#define SZ_INDEX_AGE     10


/* As it was before it was read. */

typedef struct sz_index_folder_s {
    const char       *name;             /* "trip/deep"; ".": the first */
    dev_t             dev;
    ino_t             ino;
    struct timespec   modified;
    struct timespec   changed;
} sz_index_folder_t;


typedef struct {
    sz_index_t      *index;
    const sz_job_t  *job;
    sz_error_t      *err;
    size_t           rows_size;         /* of index->rows, in rows */
    size_t           folders_size;
    size_t           looks;
    time_t           begun;             /* of the wall clock */
} sz_scan_t;


static sz_code_e sz_scan_folder(sz_scan_t *scan, int fd, const char *path,
    unsigned depth);


static int64_t
sz_index_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return now.tv_sec;
}


void
sz_index_release(sz_index_t *index)
{
    if (index == NULL
        || __atomic_sub_fetch(&index->refs, 1, __ATOMIC_ACQ_REL) > 0)
    {
        return;
    }

    free(index->rows);
    free(index->folders);
    sz_arena_destroy(index->arena);
    free(index);
}


/* Room for one more in an array that grows; NULL: out of memory. */

static void *
sz_scan_room(void *array, size_t n, size_t *size, size_t each)
{
    size_t  wanted;

    if (n < *size) {
        return array;
    }

    wanted = (*size == 0) ? 64 : 2 * *size;
    array = realloc(array, wanted * each);

    if (array != NULL) {
        *size = wanted;
    }

    return array;
}


/* False: what is in memory is enough. */

static bool
sz_scan_account(sz_scan_t *scan, size_t size)
{
    if (scan->index->size + size > SZ_INDEX_MEMORY) {
        scan->index->cut = true;
        return false;
    }

    scan->index->size += size;

    return true;
}


static sz_code_e
sz_scan_row(sz_scan_t *scan, const char *path, const struct stat *st)
{
    size_t          len;
    sz_index_t     *index = scan->index;
    sz_list_row_t  *rows;

    len = strlen(path);

    if (!sz_scan_account(scan, len + SZ_INDEX_ROW)) {
        return SZ_OK;
    }

    rows = sz_scan_room(index->rows, index->n, &scan->rows_size,
                        sizeof(sz_list_row_t));
    if (rows == NULL) {
        return sz_error_memory(scan->err);
    }

    index->rows = rows;
    rows += index->n;

    rows->name = sz_strdup(index->arena, (sz_str_t) { len, path });
    rows->size = st->st_size;
    rows->modified = st->st_mtime;

    if (rows->name == NULL) {
        return sz_error_memory(scan->err);
    }

    index->n++;

    return SZ_OK;
}


static sz_code_e
sz_scan_note(sz_scan_t *scan, int fd, const char *path)
{
    time_t              latest;
    struct stat         st;
    sz_index_t         *index = scan->index;
    sz_index_folder_t  *folders;

    if (fstat(fd, &st) == -1) {
        return sz_error_errno(scan->err, errno, "Cannot list the folder");
    }

    folders = sz_scan_room(index->folders, index->n_folders,
                           &scan->folders_size, sizeof(sz_index_folder_t));
    if (folders == NULL) {
        return sz_error_memory(scan->err);
    }

    index->folders = folders;
    folders += index->n_folders;

    folders->name = sz_strdup(index->arena,
                              sz_str_of((*path != '\0') ? path : "."));
    folders->dev = st.st_dev;
    folders->ino = st.st_ino;
    folders->modified = st.st_mtim;
    folders->changed = st.st_ctim;

    if (folders->name == NULL) {
        return sz_error_memory(scan->err);
    }

    latest = (st.st_mtime > st.st_ctime) ? st.st_mtime : st.st_ctime;

    if (scan->begun - latest <= SZ_INDEX_TICK) {
        index->settled = false;
    }

    index->n_folders++;

    return SZ_OK;
}


static sz_code_e
sz_scan_descend(sz_scan_t *scan, int dir, const char *name, const char *path,
    unsigned depth)
{
    int        fd;
    sz_code_e  rc;

    if (depth == SZ_INDEX_DEPTH) {
        scan->index->cut = true;
        return SZ_OK;
    }

    if (!sz_scan_account(scan, strlen(path) + sizeof(sz_index_folder_t))) {
        return SZ_OK;
    }

    fd = sz_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0);

    if (fd == -1) {
        return SZ_OK;               /* not ours to read, or just removed */
    }

    rc = sz_scan_folder(scan, fd, path, depth + 1);
    close(fd);

    return rc;
}


/*
 * Most file systems say of each entry what it is; then a file is asked for its
 * size and time only if somebody wants them.
 */

static sz_code_e
sz_scan_entry(sz_scan_t *scan, int dir, const struct dirent *entry,
    const char *path, unsigned depth)
{
    mode_t       type;
    struct stat  st;

    memset(&st, 0, sizeof(st));

    type = DTTOIF(entry->d_type);

    if (entry->d_type == DT_UNKNOWN || (S_ISREG(type) && scan->index->timed)) {

        if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
            return SZ_OK;
        }

        type = st.st_mode;
    }

    return S_ISDIR(type) ? sz_scan_descend(scan, dir, entry->d_name, path,
                                           depth)
           : S_ISREG(type) ? sz_scan_row(scan, path, &st) : SZ_OK;
}


static sz_code_e
sz_scan_entries(sz_scan_t *scan, DIR *stream, int fd, const char *path,
    unsigned depth)
{
    int             len;
    char            full[SZ_PATH_MAX + SZ_NAME_MAX + 2];
    sz_code_e       rc;
    struct dirent  *entry;

    while ((entry = readdir(stream)) != NULL) {

        if (sz_job_cancelled(scan->job)) {
            return sz_error_set(scan->err, SZ_E_CANCELLED, "Cancelled.");
        }

        if (scan->looks++ == SZ_INDEX_LOOKS) {
            scan->index->cut = true;
            return SZ_OK;
        }

        len = snprintf(full, sizeof(full), "%s%s%s", path,
                       (*path != '\0') ? "/" : "", entry->d_name);

        /* what no open would accept is not there, and nothing below it */

        if (len < 0 || (size_t) len >= sizeof(full)
            || sz_name_check(full, "", NULL) != SZ_OK)
        {
            continue;
        }

        rc = sz_scan_entry(scan, fd, entry, full, depth);

        if (rc != SZ_OK) {
            return rc;
        }
    }

    return SZ_OK;
}


static sz_code_e
sz_scan_folder(sz_scan_t *scan, int fd, const char *path, unsigned depth)
{
    int        copy;
    DIR       *stream;
    sz_code_e  rc;

    rc = sz_scan_note(scan, fd, path);

    if (rc != SZ_OK) {
        return rc;
    }

    /* the stream owns the descriptor it is given */

    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    stream = (copy != -1) ? fdopendir(copy) : NULL;

    if (stream == NULL) {
        if (copy != -1) {
            close(copy);
        }

        return sz_error_errno(scan->err, errno, "Cannot list the folder");
    }

    rewinddir(stream);              /* its place is that of fd, too */
    rc = sz_scan_entries(scan, stream, fd, path, depth);

    closedir(stream);

    return rc;
}


static int
sz_index_order(const void *a, const void *b)
{
    return strcmp(((const sz_list_row_t *) a)->name,
                  ((const sz_list_row_t *) b)->name);
}


static sz_index_t *
sz_index_read(int dir, bool timed, const sz_job_t *job, sz_error_t *err)
{
    sz_code_e    rc;
    sz_scan_t    scan = { .job = job, .err = err };
    sz_index_t  *index;

    index = calloc(1, sizeof(sz_index_t));

    if (index != NULL) {
        index->arena = sz_arena_create(2 * SZ_INDEX_MEMORY);
    }

    if (index == NULL || index->arena == NULL) {
        free(index);
        sz_error_memory(err);
        return NULL;
    }

    index->refs = 1;
    index->timed = timed;
    index->settled = true;
    index->size = sizeof(sz_index_t);
    index->read = sz_index_now();

    scan.index = index;
    scan.begun = time(NULL);

    rc = sz_scan_folder(&scan, dir, "", 0);

    if (rc != SZ_OK) {
        sz_index_release(index);
        return NULL;
    }

    if (index->n > 0) {
        qsort(index->rows, index->n, sizeof(sz_list_row_t), sz_index_order);
    }

    return index;
}


static bool
sz_time_is(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}


static bool
sz_index_is_true(const sz_index_t *index, int dir)
{
    size_t                    i;
    struct stat               st;
    const sz_index_folder_t  *folder;

    if (!index->settled || sz_index_now() - index->read >= SZ_INDEX_AGE) {
        return false;
    }

    for (i = 0; i < index->n_folders; i++) {

        folder = &index->folders[i];

        if (fstatat(dir, folder->name, &st, AT_SYMLINK_NOFOLLOW) == -1
            || st.st_dev != folder->dev || st.st_ino != folder->ino
            || !sz_time_is(&st.st_mtim, &folder->modified)
            || !sz_time_is(&st.st_ctim, &folder->changed))
        {
            return false;
        }
    }

    return true;
}


sz_index_t *
sz_index_get(const sz_folder_t *where, int dir, bool timed,
    const sz_job_t *job, sz_error_t *err)
{
    sz_index_t  *index;

    index = sz_cache_listing(where);

    if (index != NULL && (index->timed || !timed)
        && sz_index_is_true(index, dir))
    {
        return index;
    }

    sz_index_release(index);

    index = sz_index_read(dir, timed, job, err);

    if (index != NULL) {
        sz_cache_keep(where, index);
    }

    return index;
}


/*
 * One part of a pattern against one of a name; *pattern and *name move on to
 * the slash or the end behind them.
 */

static bool
sz_glob_part(const char **pattern, const char **name)
{
    char    glob[SZ_NAME_MAX + 1], part[SZ_NAME_MAX + 1];
    size_t  glob_len, len;

    glob_len = strcspn(*pattern, "/");
    len = strcspn(*name, "/");

    if (glob_len > SZ_NAME_MAX || len > SZ_NAME_MAX) {
        return false;
    }

    memcpy(glob, *pattern, glob_len);
    memcpy(part, *name, len);
    glob[glob_len] = part[len] = '\0';

    *pattern += glob_len;
    *name += len;

    return (strcmp(glob, "*") == 0 && part[0] != '.')
           || fnmatch(glob, part, FNM_PERIOD) == 0;
}


/*
 * When a part does not match, the last "**" takes one folder more; what an
 * earlier one took need not change.
 */

bool
sz_glob_match(const char *pattern, const char *name)
{
    const char  *again = NULL, *taken = NULL;

    for ( ;; ) {

        if (strcmp(pattern, "**") == 0) {
            return true;
        }

        if (strncmp(pattern, "**/", 3) == 0) {
            pattern += 3;
            again = pattern;
            taken = name;
            continue;
        }

        if (sz_glob_part(&pattern, &name) && *pattern == *name) {

            if (*name == '\0') {
                return true;
            }

            pattern++;
            name++;
            continue;
        }

        taken = (taken != NULL) ? strchr(taken, '/') : NULL;

        if (taken == NULL) {
            return false;
        }

        taken++;
        pattern = again;
        name = taken;
    }
}
