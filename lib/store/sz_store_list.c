#include "store/sz_store_beneath.h"
#include "store/sz_store_index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>


typedef struct {
    const sz_list_query_t  *query;
    const char             *pattern;        /* NULL: all that there is */
    const sz_index_t       *index;
    sz_list_t              *list;
    size_t                  limit;
} sz_pick_t;


static bool
sz_pick_extension(const sz_list_query_t *query, const char *name)
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


static bool
sz_pick_takes(const sz_pick_t *p, const sz_list_row_t *row)
{
    return sz_pick_extension(p->query, row->name)
           && (p->pattern == NULL || sz_glob_match(p->pattern, row->name));
}


/* The first row whose name is `name` or behind it. */

static size_t
sz_index_find(const sz_index_t *index, const char *name)
{
    size_t  low, high, middle;

    for (low = 0, high = index->n; low < high; /* void */) {
        middle = low + (high - low) / 2;

        if (strcmp(index->rows[middle].name, name) < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


/* The rows that begin with the prefix and stand behind `after`. */

static void
sz_pick_range(const sz_pick_t *p, size_t *first, size_t *end)
{
    size_t       n = p->index->n, len;
    const char  *prefix = p->query->prefix, *after = p->query->after;

    *first = 0;
    *end = n;

    if (after != NULL) {
        *first = sz_index_find(p->index, after);

        if (*first < n && strcmp(p->index->rows[*first].name, after) == 0) {
            ++*first;
        }
    }

    if (prefix == NULL) {
        return;
    }

    if (*first < n && strcmp(p->index->rows[*first].name, prefix) < 0) {
        *first = sz_index_find(p->index, prefix);
    }

    len = strlen(prefix);

    for (*end = *first; *end < n; ++*end) {
        if (strncmp(p->index->rows[*end].name, prefix, len) != 0) {
            break;
        }
    }
}


/* In the order of names, from either end. */

static void
sz_pick_by_name(sz_pick_t *p)
{
    size_t                i, first, end, n;
    sz_list_t            *list = p->list;
    const sz_list_row_t  *row;

    sz_pick_range(p, &first, &end);

    n = end - first;

    for (i = 0; i < n; i++) {
        row = &p->index->rows[p->query->descending ? end - 1 - i : first + i];

        if (!sz_pick_takes(p, row)) {
            continue;
        }

        list->total++;

        if (list->n < p->limit) {
            list->rows[list->n++] = *row;

        } else if (p->query->uncounted) {
            return;
        }
    }
}


/* Equal rows stand in the order of their names, so that pages are stable. */

static int
sz_row_by_name(const void *a, const void *b)
{
    return strcmp(((const sz_list_row_t *) a)->name,
                  ((const sz_list_row_t *) b)->name);
}


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


static int
sz_row_by_size_descending(const void *a, const void *b)
{
    return sz_row_by_size(b, a);
}


static int
sz_row_by_time_descending(const void *a, const void *b)
{
    return sz_row_by_time(b, a);
}


/*
 * The first `limit` rows by size or time: a heap of the best so far, its worst
 * on top, so that most rows cost one comparison.
 */

static void
sz_heap_sink(sz_list_row_t *rows, size_t n, size_t i,
    int (*order)(const void *a, const void *b))
{
    size_t         worst, child;
    sz_list_row_t  row;

    for ( ;; ) {
        worst = i;

        for (child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++) {
            if (order(&rows[child], &rows[worst]) > 0) {
                worst = child;
            }
        }

        if (worst == i) {
            return;
        }

        row = rows[i];
        rows[i] = rows[worst];
        rows[worst] = row;
        i = worst;
    }
}


static void
sz_pick_best(sz_pick_t *p)
{
    size_t                i, k;
    sz_list_t            *list = p->list;
    const sz_list_row_t  *row;
    int                 (*order)(const void *a, const void *b);

    order = (p->query->sort_by == SZ_BY_SIZE)
            ? (p->query->descending ? sz_row_by_size_descending
                                    : sz_row_by_size)
            : (p->query->descending ? sz_row_by_time_descending
                                    : sz_row_by_time);

    for (i = 0; i < p->index->n; i++) {

        row = &p->index->rows[i];

        if (!sz_pick_takes(p, row)) {
            continue;
        }

        list->total++;

        if (list->n < p->limit) {
            list->rows[list->n++] = *row;

            if (list->n == p->limit) {
                for (k = list->n; k-- > 0; /* void */) {
                    sz_heap_sink(list->rows, list->n, k, order);
                }
            }

        } else if (p->limit > 0 && order(row, &list->rows[0]) < 0) {
            list->rows[0] = *row;
            sz_heap_sink(list->rows, list->n, 0, order);
        }
    }

    if (list->n > 1) {
        qsort(list->rows, list->n, sizeof(sz_list_row_t), order);
    }
}


/* Names into the arena; sizes and times as they are now. */

static sz_code_e
sz_pick_copy(sz_pick_t *p, sz_arena_t *arena, int dir, sz_error_t *err)
{
    size_t          i;
    struct stat     st;
    sz_list_row_t  *row;

    for (i = 0; i < p->list->n; i++) {

        row = &p->list->rows[i];
        row->name = sz_strdup(arena, sz_str_of(row->name));

        if (row->name == NULL) {
            return sz_error_memory(err);
        }

        if (fstatat(dir, row->name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(st.st_mode))
        {
            row->size = st.st_size;
            row->modified = st.st_mtime;

        } else {
            row->size = -1;
        }
    }

    return SZ_OK;
}


static sz_code_e
sz_pick_make(sz_pick_t *p, sz_arena_t *arena, int dir, sz_error_t *err)
{
    p->limit = p->index->n;

    if ((uint64_t) p->query->limit < p->limit) {
        p->limit = (size_t) p->query->limit;
    }

    p->list->cut = p->index->cut;
    p->list->rows = sz_alloc(arena, (p->limit + 1) * sizeof(sz_list_row_t));

    if (p->list->rows == NULL) {
        return sz_error_memory(err);
    }

    if (p->query->sort_by == SZ_BY_NAME) {
        sz_pick_by_name(p);

    } else {
        sz_pick_best(p);
    }

    p->list->more = (p->list->total > p->list->n);

    return sz_pick_copy(p, arena, dir, err);
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
    int           fd;
    sz_code_e     rc;
    sz_index_t   *index;
    sz_pick_t     pick = { .query = query, .list = list };

    memset(list, 0, sizeof(sz_list_t));

    pick.pattern = (query->pattern != NULL && query->pattern[0] != '\0')
                     ? query->pattern : "*";

    rc = sz_list_pattern(pick.pattern, err);
    if (rc != SZ_OK) {
        return rc;
    }

    if (strcmp(pick.pattern, "**/*") == 0) {
        pick.pattern = NULL;
    }

    fd = sz_folder_open(where, err);
    if (fd == -1) {
        return err->code;
    }

    index = sz_index_get(where, fd, query->sort_by != SZ_BY_NAME, job, err);

    if (index == NULL) {
        rc = err->code;

    } else {
        pick.index = index;
        rc = sz_pick_make(&pick, arena, fd, err);
        sz_index_release(index);
    }

    close(fd);

    return rc;
}
