/*
 * The store: the only room that opens files.  Names are confined by the
 * kernel (openat2, RESOLVE_BENEATH, no symbolic links), and a file appears
 * whole or not at all.
 *
 * Thread rules: everything here but the checks of names, sz_sink_create() and
 * sz_sink_destroy() blocks and belongs into a job.
 */

#ifndef SZ_STORE_H
#define SZ_STORE_H


#include "base/sz_base.h"
#include "base/sz_json.h"

#include <sys/types.h>


/* compiled with -D_FILE_OFFSET_BITS=64, as nginx is: one layout for both */
_Static_assert(sizeof(off_t) == 8, "off_t must have 64 bits");


#define SZ_NAME_MAX  255            /* bytes of one path component */
#define SZ_PATH_MAX  1023           /* bytes of a whole name */


typedef enum {
    SZ_MEDIA_VIDEO = 0,
    SZ_MEDIA_IMAGE,
    SZ_MEDIA_AUDIO,
    SZ_MEDIA_KINDS
} sz_media_e;

/* "video", "image", "audio"; NULL behind the last. */
const char *sz_media_name(sz_media_e kind);


/*
 * What a process remembers about folders: that they could be written a moment
 * ago, and what lies in them, in at most `max` bytes.  Shared by its threads,
 * which a mutex inside keeps apart.  NULL when out of memory; before it is
 * destroyed all jobs must have ended.
 */

typedef struct sz_cache_s  sz_cache_t;

sz_cache_t *sz_cache_create(size_t max);
void sz_cache_destroy(sz_cache_t *cache);


/*
 * Where one kind of media lives: an operator's directory, and a folder below
 * it that is made when it is missing.
 */

typedef struct {
    const char  *root;              /* absolute; NULL: not configured */
    const char  *folder;            /* "videos"; NULL: the root itself */
    const char  *directive;         /* for error texts; static */
    mode_t       access;            /* of new files: 0640 */
    int64_t      min_free;          /* bytes, for sz_store_probe() */
    sz_cache_t  *cache;             /* of the process; NULL: none */
} sz_folder_t;

/* A copy for a job, which owns its input; false when out of memory. */
bool sz_folder_copy(sz_folder_t *copy, const sz_folder_t *where);
void sz_folder_free(sz_folder_t *copy);


/*
 * A name of a file: relative, of components that are neither empty nor "." nor
 * ".." nor hidden, UTF-8, without control characters (those that turn text
 * around included), backslashes and excess length.  What this refuses is not
 * opened, not written and not listed.  `what` names the parameter in the
 * error.  Pure.
 */
sz_code_e sz_name_check(const char *name, const char *what, sz_error_t *err);

/*
 * The same for a file that is to be made: characters that nobody sees are
 * refused as well.  There may be files with them; Persian cannot do without.
 */
sz_code_e sz_name_check_new(const char *name, const char *what,
    sz_error_t *err);

/*
 * A name made of text that comes from outside, such as an id: every byte that
 * is not a letter, a digit, '-', '_' or '.' becomes '_'.  In the arena, NULL
 * at its limit.
 */
char *sz_name_from(sz_arena_t *arena, const char *text, const char *extension);

/* The part behind the last dot of the last component, or "". */
const char *sz_name_extension(const char *name);

/* The part behind the last slash. */
const char *sz_name_base(const char *name);


/*
 * Opens a regular file for reading; -1 on error.  Nothing but a regular file
 * is ever opened, and no symbolic link is followed.  *size is its length.
 * SZ_E_BUSY when another program has a lease on it and keeps it for a second.
 */
int sz_store_open(const sz_folder_t *where, const char *name,
    int64_t *size, sz_error_t *err);

/*
 * Reads a whole file of at most max bytes into malloc memory; NULL on error.
 */
char *sz_store_read(const sz_folder_t *where, const char *name,
    size_t max, size_t *len, sz_error_t *err);


/*
 * A lock on a name, which is a file of its own and stays: a descriptor that
 * holds it until sz_store_unlock(), or until the process ends, however it
 * ends.  -1 on error; SZ_E_BUSY when another has it and keeps it for `wait`
 * milliseconds, which a thread sleeps.
 */
int sz_store_lock(const sz_folder_t *where, const char *name, unsigned wait,
    sz_error_t *err);
void sz_store_unlock(int fd);

/* A file in the folder or below; one that is not there is no error. */
sz_code_e sz_store_remove(const sz_folder_t *where, const char *name,
    sz_error_t *err);


/*
 * Removes files of the folder that were written more than `age` seconds before
 * clock (Unix time), at most `max` of them.  It looks once in `every` seconds,
 * whoever asks: the time of a file "swept" says when that was.
 */
void sz_store_sweep(const sz_folder_t *where, int64_t every, int64_t clock,
    int64_t age, unsigned max);


/*
 * Before money is spent: whether a file can be made, replaced and removed in
 * the folder, tried with the very calls that publish one, and whether at least
 * where->min_free bytes are free on its disk.  That it can be written is
 * remembered for a minute, or until something cannot be written.
 */
sz_code_e sz_store_probe(const sz_folder_t *where, sz_error_t *err);


/*
 * A file under way: written without a name (or under a hidden one, where the
 * file system cannot do without), given its name when it is whole.
 */

typedef enum {
    SZ_REPLACE = 0,                 /* in the place of a file that has it */
    SZ_UNIQUE,                      /* a.mp4, a-2.mp4, a-3.mp4 */
    SZ_REFUSE                       /* SZ_E_EXISTS when the name is taken */
} sz_publish_e;

typedef struct {
    const sz_folder_t  *where;
    int       dir;                  /* where it will appear */
    int       fd;
    char      name[SZ_PATH_MAX + 1];    /* as the caller knows it */
    char      hidden[40];           /* what it is called until then, */
    bool      named;                /* if it is called anything */
    unsigned  way;                  /* how it gets its name; the store's own */
    off_t     reserved;             /* bytes, by sz_draft_reserve() */
    off_t     written;              /* by sz_draft_write() */
    bool      replaced;             /* published: another file had the name */
} sz_draft_t;

/* `where` outlives the draft.  On success close it with publish or discard. */
sz_code_e sz_draft_open(sz_draft_t *draft, const sz_folder_t *where,
    const char *name, sz_error_t *err);

/*
 * Room for a file of at most this size that sz_draft_write() fills: a full disk
 * is known before the work is done, and the file lies in one piece.  Until it
 * is published it ends in zeros.  Where the file system has no such thing,
 * nothing happens.
 */
sz_code_e sz_draft_reserve(sz_draft_t *draft, int64_t size, sz_error_t *err);

/* Appends; on error discard the draft. */
sz_code_e sz_draft_write(sz_draft_t *draft, const void *data, size_t len,
    sz_error_t *err);

/* From the first byte again; what was reserved is given back. */
sz_code_e sz_draft_rewind(sz_draft_t *draft, sz_error_t *err);

/* Before the work is done: SZ_E_EXISTS when publishing would end so now. */
sz_code_e sz_draft_check(const sz_draft_t *draft, sz_publish_e how,
    sz_error_t *err);

/*
 * Syncs the bytes and gives the file its name, which draft->name then holds.
 * The draft is closed in any case; on error no file is left.
 */
sz_code_e sz_draft_publish(sz_draft_t *draft, sz_publish_e how,
    sz_error_t *err);

void sz_draft_discard(sz_draft_t *draft);


/*
 * A directory's media, for the list tools.
 */

typedef enum {
    SZ_BY_NAME = 0,
    SZ_BY_SIZE,
    SZ_BY_TIME
} sz_sort_e;

typedef struct {
    const char         *pattern;    /* glob; with '/' over folders, "**" any */
    const char *const  *extensions; /* lower case, without dot */
    sz_sort_e           sort_by;
    bool                descending;
    int64_t             limit;
    const char         *after;      /* by name: only behind this; or NULL */
    const char         *prefix;     /* by name: of the whole name; or NULL */
    bool                uncounted;  /* by name: nobody needs the total */
} sz_list_query_t;

typedef struct {
    char     *name;
    int64_t   size;                 /* bytes; -1: it has gone meanwhile */
    int64_t   modified;             /* Unix time, seconds */
} sz_list_row_t;

typedef struct {
    sz_list_row_t  *rows;
    size_t          n;
    size_t          total;          /* matches before the limit */
    bool            more;           /* than the limit */
    bool            cut;            /* there is more than is looked at */
} sz_list_t;

/* In the arena; `job` lets a walk be cancelled. */
sz_code_e sz_store_list(sz_arena_t *arena, const sz_job_t *job,
    const sz_folder_t *where, const sz_list_query_t *query,
    sz_list_t *list, sz_error_t *err);


/*
 * A sink: a draft fed in pieces by a transfer.  It is one job that is posted
 * again and again; `op` says what for.  Between two posts it belongs to the
 * shell's transfer, which
 *     posts OPEN, then any number of WRITE and REWIND, then COMMIT or ABORT,
 * always one at a time, and ABORT after anything failed.
 */

typedef enum {
    SZ_SINK_OPEN = 0,
    SZ_SINK_WRITE,                  /* data, len */
    SZ_SINK_REWIND,                 /* a new attempt: from the first byte */
    SZ_SINK_COMMIT,
    SZ_SINK_ABORT
} sz_sink_op_e;

#define SZ_SINK_HEAD  512

typedef struct sz_sink_s  sz_sink_t;

struct sz_sink_s {
    sz_job_t       job;             /* first */

    sz_sink_op_e   op;
    const void    *data;            /* belongs to the transfer */
    size_t         len;

    sz_folder_t    where;           /* copies: a job owns its input */
    char          *name;
    sz_publish_e   how;
    int64_t        max;             /* bytes */

    /*
     * Looks at the first bytes (at most SZ_SINK_HEAD) and at the announced
     * type; whether this is the file that was asked for, and its MIME type.
     */
    sz_code_e    (*accept)(const void *wanted, sz_str_t head,
                           const char *announced, const char **mime,
                           sz_error_t *err);
    const void    *wanted;          /* static */
    char           announced[128];

    /* Whether the container is whole, from the descriptor. */
    sz_code_e    (*whole)(int fd, int64_t size, const char *mime,
                          sz_error_t *err);

    /* NULL, or gives draft.name (and how) the ending of what came. */
    void         (*rename)(sz_sink_t *sink);

    bool           open;
    sz_draft_t     draft;
    void          *digest;
    char           head[SZ_SINK_HEAD];
    size_t         head_len;

    int64_t        size;            /* the result */
    const char    *mime;
    char           sha256[65];
};

/* NULL when out of memory.  Free with sink->job.destroy(). */
sz_sink_t *sz_sink_create(const sz_folder_t *where, const char *name,
    sz_publish_e how, int64_t max);


#endif /* SZ_STORE_H */
