/*
 * What every room of lib/ stands on: strings with a length, an arena, a
 * bounded buffer, an error that can be shown to a caller.
 *
 * Thread rules: nothing here is shared.  An object belongs to one thread at a
 * time; whoever hands it over stops touching it.
 */

#ifndef SZ_BASE_H
#define SZ_BASE_H


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define SZ_VERSION  "0.1.0"

#define SZ_MUST_CHECK  __attribute__((warn_unused_result))
#define SZ_PRINTF(fmt, args)  __attribute__((format(printf, fmt, args)))

#define sz_array_len(a)  (sizeof(a) / sizeof((a)[0]))


/* A run of bytes, not terminated; it never owns what it points to. */

typedef struct {
    size_t       len;
    const char  *data;
} sz_str_t;

#define sz_str(literal)  ((sz_str_t) { sizeof(literal) - 1, (literal) })
#define sz_str_null      ((sz_str_t) { 0, NULL })

static inline sz_str_t
sz_str_of(const char *s)
{
    return (sz_str_t) { (s != NULL) ? strlen(s) : 0, s };
}

static inline bool
sz_str_eq(sz_str_t a, sz_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
sz_str_is(sz_str_t a, const char *s)
{
    return sz_str_eq(a, sz_str_of(s));
}

bool sz_str_caseeq(sz_str_t a, sz_str_t b);
bool sz_str_starts(sz_str_t a, const char *prefix);
bool sz_str_casestarts(sz_str_t a, const char *prefix);
bool sz_str_ends(sz_str_t a, const char *suffix);

/* Without the blanks and tabs around it (RFC 9110, "OWS"). */
sz_str_t sz_str_trim(sz_str_t a);

/*
 * The next element of a comma-separated header value, trimmed; *rest moves on
 * and ends with data == NULL.
 */
sz_str_t sz_str_next_item(sz_str_t *rest);

/* Digits and nothing else. */
bool sz_str_digits(sz_str_t a);

/* The value of a hex digit; -1: it is none. */
int sz_hex(char c);

/* Digits only, no sign; false when not a number or above max. */
bool sz_str_uint(sz_str_t a, uint64_t max, uint64_t *value);

/* n bytes as lower-case hexadecimal digits; dst has 2 * n + 1 bytes. */
void sz_hex_encode(char *dst, const unsigned char *src, size_t n);

/* Such digits as n bytes; false when the text is anything else. */
bool sz_hex_decode(unsigned char *dst, size_t n, sz_str_t text);


/*
 * Who asks: a digest of what the shell knows of the caller.  It is made once
 * for each request (mcp/sz_mcp_caller.h), and is the only form in which
 * anything is bound to a caller, stored for one, or compared.
 */
#define SZ_CALLER_ID  32            /* bytes */


/*
 * What went wrong, in words for the one who can change it.  The code says who
 * that is; the text is a whole sentence and holds no secret and no absolute
 * path.
 */

typedef enum {
    SZ_OK = 0,
    SZ_E_INPUT,             /* the caller's arguments */
    SZ_E_NOT_FOUND,         /* what the caller named does not exist */
    SZ_E_EXISTS,            /* the name is taken */
    SZ_E_LIMIT,             /* a limit of the gateway; the text names it */
    SZ_E_IO,                /* the file system */
    SZ_E_UPSTREAM,          /* the provider refused, failed or was cut */
    SZ_E_BUSY,              /* no room now; the same call may work later */
    SZ_E_TIMEOUT,
    SZ_E_CANCELLED,
    SZ_E_INTERNAL,          /* memory, a library, a fault of ours */
    SZ_CODES
} sz_code_e;

#define SZ_ERROR_TEXT  1024

typedef struct {
    sz_code_e  code;
    char       text[SZ_ERROR_TEXT];
    int        errnum;              /* of the file system; 0: it is none */
} sz_error_t;

/* Sets *err (may be NULL) and returns the code; a long text is cut. */
sz_code_e sz_error_set(sz_error_t *err, sz_code_e code, const char *fmt, ...)
    SZ_PRINTF(3, 4);

/* More of the same text; what does not fit is cut. */
void sz_error_add(sz_error_t *err, const char *fmt, ...) SZ_PRINTF(2, 3);

/* The same, with the code and errno of the reason, which the text tells. */
sz_code_e sz_error_from(sz_error_t *err, const sz_error_t *why,
    const char *fmt, ...) SZ_PRINTF(3, 4);

/* The same with an errno that is told in words of our own. */
sz_code_e sz_error_file(sz_error_t *err, sz_code_e code, int errnum,
    const char *fmt, ...) SZ_PRINTF(4, 5);

/* Out of memory: one text everywhere. */
sz_code_e sz_error_memory(sz_error_t *err);

/* SZ_E_IO with the text of errno; SZ_E_LIMIT for a full disk or quota. */
sz_code_e sz_error_errno(sz_error_t *err, int errnum, const char *fmt, ...)
    SZ_PRINTF(3, 4);

/* The code as one word for logs and metrics: "ok", "input", "upstream", ... */
const char *sz_code_name(sz_code_e code);


/*
 * Arena: memory that lives and dies together.  Blocks of malloc memory, so it
 * may outlive a request and move between threads.  The limit counts all bytes
 * handed out, rounded up to 16; an allocation beyond it returns NULL, like one
 * that malloc refuses.
 */

typedef struct sz_arena_s  sz_arena_t;

/* NULL when out of memory. */
sz_arena_t *sz_arena_create(size_t limit);

/* Runs the deferred functions, last first, and frees everything; NULL is
 * fine. */
void sz_arena_destroy(sz_arena_t *arena);

/* Zeroed, aligned for any type; NULL at the limit. */
void *sz_alloc(sz_arena_t *arena, size_t size);

/* A terminated copy; NULL at the limit. */
char *sz_strdup(sz_arena_t *arena, sz_str_t s);
char *sz_printf(sz_arena_t *arena, const char *fmt, ...) SZ_PRINTF(2, 3);

/*
 * Calls fn(data) when the arena dies.  On failure fn(data) is called at once
 * and false returned: the caller never has to free.
 */
bool sz_arena_defer(sz_arena_t *arena, void (*fn)(void *data), void *data)
    SZ_MUST_CHECK;


/*
 * A buffer that grows to a hard maximum.  The first append that does not fit,
 * or for which there is no memory, sets `failed`; later appends do nothing.
 * So writers append without checking and look once at the end.
 */

typedef struct {
    char    *data;
    size_t   len;
    size_t   size;          /* allocated */
    size_t   max;
    bool     failed;
} sz_buf_t;

void sz_buf_init(sz_buf_t *b, size_t max);
void sz_buf_free(sz_buf_t *b);

/* Room for `more` bytes behind len; NULL and `failed` when there is none. */
char *sz_buf_reserve(sz_buf_t *b, size_t more);

void sz_buf_add(sz_buf_t *b, const void *data, size_t len);
void sz_buf_str(sz_buf_t *b, sz_str_t s);
void sz_buf_c(sz_buf_t *b, char c);
void sz_buf_fmt(sz_buf_t *b, const char *fmt, ...) SZ_PRINTF(2, 3);

#define sz_buf_lit(b, literal)  sz_buf_add(b, literal, sizeof(literal) - 1)

static inline sz_str_t
sz_buf_view(const sz_buf_t *b)
{
    return (sz_str_t) { b->len, b->data };
}


/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */

bool sz_utf8_valid(sz_str_t s);

/*
 * Length of the longest prefix of s that is at most max bytes and does not
 * end inside a character.
 */
size_t sz_utf8_cut(sz_str_t s, size_t max);

/*
 * What the first character of s is to somebody who reads it; *len is the
 * number of its bytes, 1 for a byte that belongs to none.
 */

typedef enum {
    SZ_CHAR_PLAIN = 0,
    SZ_CHAR_INVISIBLE,      /* of no width, such as U+200B; U+200E, U+200F */
    SZ_CHAR_CONTROL,        /* C0, C1, U+2028, U+2029; what turns text around */
    SZ_CHAR_INVALID         /* no UTF-8 */
} sz_char_e;

sz_char_e sz_utf8_char(sz_str_t s, size_t *len);

/*
 * vsnprintf() whose result can be shown, whoever has written what is in it: '?'
 * stands for each control character and each byte that is no UTF-8, also where
 * a character was cut.
 */
void sz_utf8_format(char *dst, size_t size, const char *fmt, va_list args);

/*
 * A copy for an error text or a log line: at most max bytes of s, what is no
 * plain character as '?', "..." behind it when it was cut.  dst holds max + 4
 * bytes.
 */
void sz_str_show(char *dst, size_t max, sz_str_t s);


/*
 * A piece of work that must not run on the event loop: files, pictures, large
 * JSON.  Concrete jobs begin with this struct.
 *
 * Owner: whoever made it.  While `running` is set the shell has it: run() is
 * called on another thread and touches nothing but the job.  An owner that
 * goes away meanwhile cancels the job and forgets it; the shell then destroys
 * it when run() has returned.  destroy() may be called on the event thread and
 * so does no work; what a job has left behind that should not stay is removed
 * by undo(), on a thread, if the owner goes away.
 */

typedef struct sz_job_s  sz_job_t;

#define SZ_JOB_ENTRY  256

struct sz_job_s {
    void         (*run)(sz_job_t *job);
    void         (*destroy)(sz_job_t *job);
    void         (*undo)(sz_job_t *job);    /* NULL: nothing to undo */
    const char    *name;            /* for logs: "resize image" */
    sz_error_t     error;           /* set by run() */
    bool           heavy;           /* keeps a processor busy */
    bool           mandatory;       /* a full queue does not refuse it */
    bool           running;         /* the shell has it */
    int            cancelled;       /* atomic: the owner is gone */
    sz_job_t      *next;            /* for the owner's list */

    /* the shell's entry of its queue, so that posting needs no memory */
    _Alignas(max_align_t) unsigned char  entry[SZ_JOB_ENTRY];
};

static inline bool
sz_job_cancelled(const sz_job_t *job)
{
    return __atomic_load_n(&job->cancelled, __ATOMIC_RELAXED) != 0;
}

/* The owner's way out: destroys the job, now or when it has run. */
static inline void
sz_job_leave(sz_job_t *job)
{
    if (job->running) {
        __atomic_store_n(&job->cancelled, 1, __ATOMIC_RELAXED);

    } else {
        job->destroy(job);
    }
}


#endif /* SZ_BASE_H */
