#include "store/sz_store_beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>


/* Bounds of one walk: comparisons made, matches kept, folders deep. */
#define SZ_LIST_LOOKS  200000
#define SZ_LIST_MATCHES  50000
#define SZ_LIST_DEPTH    8


typedef struct {
    sz_arena_t             *arena;
    const sz_job_t         *job;
    const sz_list_query_t  *query;
    sz_list_t              *list;
    size_t                  size;           /* of list->rows */
    size_t                  looks;
    sz_error_t             *err;
} sz_walk_t;


static sz_code_e sz_walk_folder(sz_walk_t *walk, int fd, const char *prefix,
    const char *pattern, unsigned depth);


static bool
sz_walk_extension(const sz_list_query_t *query, const char *name)
{
    const char         *ext;
    const char *const  *known;

    ext = sz_name_extension(name);

    for (known = query->extensions; *known != NULL; known++) {
        if (strcasecmp(*known, ext) == 0) {
            return true;
        }
    }

    return false;
}


static sz_code_e
sz_walk_keep(sz_walk_t *walk, const char *prefix, const char *name,
    const struct stat *st)
{
    char           *full;
    sz_list_t      *list;
    sz_list_row_t  *rows;

    list = walk->list;
    full = sz_printf(walk->arena, "%s%s", prefix, name);

    if (full == NULL) {
        return sz_error_memory(walk->err);
    }

    if (sz_name_check(full, "", NULL) != SZ_OK) {
        return SZ_OK;               /* no open would accept it */
    }

    if (list->n == SZ_LIST_MATCHES) {
        list->cut = true;
        return SZ_OK;
    }

    if (list->n == walk->size) {
        walk->size = (walk->size == 0) ? 64 : 2 * walk->size;

        rows = sz_alloc(walk->arena, walk->size * sizeof(sz_list_row_t));
        if (rows == NULL) {
            return sz_error_memory(walk->err);
        }

        if (list->n > 0) {
            memcpy(rows, list->rows, list->n * sizeof(sz_list_row_t));
        }

        list->rows = rows;
    }

    rows = &list->rows[list->n];

    rows->name = full;
    rows->size = st->st_size;
    rows->modified = st->st_mtime;

    list->n++;

    return SZ_OK;
}


/* A folder that matches a part of the pattern, or stands under a "**". */

static sz_code_e
sz_walk_descend(sz_walk_t *walk, int dir, const char *prefix, const char *name,
    const char *pattern, unsigned depth)
{
    int        fd;
    char      *inner;
    sz_code_e  rc;

    if (depth == SZ_LIST_DEPTH) {
        return SZ_OK;
    }

    fd = sz_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0);

    if (fd == -1) {
        return SZ_OK;               /* not ours to read, or just removed */
    }

    inner = sz_printf(walk->arena, "%s%s/", prefix, name);

    rc = (inner != NULL)
         ? sz_walk_folder(walk, fd, inner, pattern, depth + 1)
         : sz_error_memory(walk->err);

    close(fd);

    return rc;
}


/*
 * One entry against the first part of the pattern: a file must match the last
 * part, a folder any other.  "**" matches any number of folders.
 */

static sz_code_e
sz_walk_entry(sz_walk_t *walk, int dir, const char *prefix, const char *name,
    const char *pattern, unsigned depth)
{
    char         part[SZ_NAME_MAX + 1];
    bool         any;
    size_t       len;
    sz_code_e    rc;
    struct stat  st;

    /* counted here, because a "**" looks at an entry more than once */

    if (walk->looks == SZ_LIST_LOOKS) {
        walk->list->cut = true;
        return SZ_OK;
    }

    walk->looks++;

    len = strcspn(pattern, "/");

    if (len > SZ_NAME_MAX) {
        return SZ_OK;
    }

    memcpy(part, pattern, len);
    part[len] = '\0';

    any = (strcmp(part, "**") == 0);

    if (any && pattern[len] == '/') {
        rc = sz_walk_entry(walk, dir, prefix, name, pattern + len + 1, depth);

        if (rc != SZ_OK) {
            return rc;
        }
    }

    if (!any && fnmatch(part, name, FNM_PERIOD) != 0) {
        return SZ_OK;
    }

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return SZ_OK;
    }

    if (S_ISDIR(st.st_mode) && (any || pattern[len] == '/')) {
        return sz_walk_descend(walk, dir, prefix, name,
                               any ? pattern : pattern + len + 1, depth);
    }

    if (S_ISREG(st.st_mode) && pattern[len] == '\0'
        && sz_walk_extension(walk->query, name))
    {
        return sz_walk_keep(walk, prefix, name, &st);
    }

    return SZ_OK;
}


static sz_code_e
sz_walk_entries(sz_walk_t *walk, DIR *stream, int fd, const char *prefix,
    const char *pattern, unsigned depth)
{
    sz_code_e       rc;
    struct dirent  *entry;

    while (!walk->list->cut && (entry = readdir(stream)) != NULL) {

        /* a name that no client could send back is not shown */

        if (entry->d_name[0] == '.'
            || !sz_utf8_valid(sz_str_of(entry->d_name)))
        {
            continue;
        }

        if (sz_job_cancelled(walk->job)) {
            return sz_error_set(walk->err, SZ_E_CANCELLED, "Cancelled.");
        }

        rc = sz_walk_entry(walk, fd, prefix, entry->d_name, pattern, depth);

        if (rc != SZ_OK) {
            return rc;
        }
    }

    return SZ_OK;
}


static sz_code_e
sz_walk_folder(sz_walk_t *walk, int fd, const char *prefix,
    const char *pattern, unsigned depth)
{
    int         copy;
    DIR        *stream;
    sz_code_e   rc;

    /* the stream owns the descriptor it is given */

    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    stream = (copy != -1) ? fdopendir(copy) : NULL;

    if (stream == NULL) {
        if (copy != -1) {
            close(copy);
        }

        return sz_error_errno(walk->err, errno, "Cannot list the folder");
    }

    rc = sz_walk_entries(walk, stream, fd, prefix, pattern, depth);

    closedir(stream);

    return rc;
}


static int
sz_row_by_name(const void *a, const void *b)
{
    return strcmp(((const sz_list_row_t *) a)->name,
                  ((const sz_list_row_t *) b)->name);
}


/* Equal rows stand in the order of their names, so that pages are stable. */

static int
sz_row_by_size(const void *a, const void *b)
{
    int64_t  x = ((const sz_list_row_t *) a)->size;
    int64_t  y = ((const sz_list_row_t *) b)->size;

    return (x != y) ? ((x < y) ? -1 : 1) : sz_row_by_name(a, b);
}


static int
sz_row_by_time(const void *a, const void *b)
{
    int64_t  x = ((const sz_list_row_t *) a)->modified;
    int64_t  y = ((const sz_list_row_t *) b)->modified;

    return (x != y) ? ((x < y) ? -1 : 1) : sz_row_by_name(a, b);
}


static void
sz_list_sort(sz_list_t *list, const sz_list_query_t *query)
{
    size_t         i;
    sz_list_row_t  row;

    static int (*const  orders[])(const void *, const void *) = {
        [SZ_BY_NAME] = sz_row_by_name,
        [SZ_BY_SIZE] = sz_row_by_size,
        [SZ_BY_TIME] = sz_row_by_time
    };

    if (list->n < 2) {
        return;
    }

    qsort(list->rows, list->n, sizeof(sz_list_row_t), orders[query->sort_by]);

    if (!query->descending) {
        return;
    }

    for (i = 0; i < list->n / 2; i++) {
        row = list->rows[i];
        list->rows[i] = list->rows[list->n - 1 - i];
        list->rows[list->n - 1 - i] = row;
    }
}


static sz_code_e
sz_list_pattern(const char *pattern, sz_error_t *err)
{
    if (strlen(pattern) > SZ_PATH_MAX) {
        return sz_error_set(err, SZ_E_INPUT,
                            "`pattern` has more than 1023 bytes.");
    }

    if (pattern[0] == '/' || strncmp(pattern, "../", 3) == 0
        || strstr(pattern, "/../") != NULL)
    {
        return sz_error_set(err, SZ_E_INPUT, "`pattern` must stay inside the "
                            "media folder: use \"*.png\" or \"trip/*.png\".");
    }

    return SZ_OK;
}


sz_code_e
sz_store_list(sz_arena_t *arena, const sz_job_t *job, const sz_folder_t *where,
    const sz_list_query_t *query, sz_list_t *list, sz_error_t *err)
{
    int          fd;
    sz_code_e    rc;
    sz_walk_t    walk = { arena, job, query, list, 0, 0, err };
    const char  *pattern;

    memset(list, 0, sizeof(sz_list_t));

    pattern = (query->pattern != NULL && query->pattern[0] != '\0')
              ? query->pattern : "*";

    rc = sz_list_pattern(pattern, err);
    if (rc != SZ_OK) {
        return rc;
    }

    fd = sz_folder_open(where, err);
    if (fd == -1) {
        return err->code;
    }

    rc = sz_walk_folder(&walk, fd, "", pattern, 0);

    close(fd);

    if (rc != SZ_OK) {
        return rc;
    }

    sz_list_sort(list, query);

    list->total = list->n;

    if ((uint64_t) list->n > (uint64_t) query->limit) {
        list->n = (size_t) query->limit;
    }

    return SZ_OK;
}
