/*
 * The OpenAI wire format, whoever serves it: what a request is, what came
 * back, when to repeat it, and what its error says.
 */

#ifndef SZ_OPENAI_H
#define SZ_OPENAI_H


#include "base/sz_base.h"
#include "base/sz_json.h"
#include "store/sz_store.h"


/*
 * What a provider is asked for.  Each service has its own provider and its
 * own default model, because vendors serve different subsets.
 */

typedef enum {
    SZ_SERVICE_VIDEO = 0,
    SZ_SERVICE_IMAGE,
    SZ_SERVICE_SPEECH,
    SZ_SERVICE_TRANSCRIPTION,
    SZ_SERVICE_TEXT,
    SZ_SERVICES
} sz_service_e;

/* "video", ...; NULL behind the last. */
const char *sz_service_name(sz_service_e service);


typedef enum {
    SZ_GET = 0,
    SZ_POST,
    SZ_DELETE
} sz_method_e;


/* One part of multipart/form-data; filename and type only for files. */

typedef struct {
    const char  *name;
    sz_str_t     data;
    const char  *filename;
    const char  *type;
} sz_part_t;


/*
 * A reader takes what is too large to be kept as a tree, such as pictures in
 * JSON: its job runs on a thread with the whole text of a 2xx answer or, when
 * the answer is a stream of server-sent events, with the data of each event,
 * one after the other.  run() takes the text (sz_buf_free() as soon as it is
 * used); an error it sets ends the exchange.  The tool owns the job and reads
 * from it what it has found when the exchange is over, and in tick().
 */

typedef struct {
    sz_job_t      job;              /* first */
    sz_buf_t      text;
    bool          event;            /* of a stream: more may come */
} sz_reader_t;


/*
 * Bytes of an id that a provider gives.  A bound for harm only: proxies put
 * their routes into it.  In a text an id is shown up to the second.
 */
#define SZ_ID_MAX    1024
#define SZ_ID_SHOWN  300


/*
 * One exchange with a provider.  The tool fills the upper half; the shell
 * performs it, with retries, and fills the lower half.  The tool owns it and
 * all that it points to, and keeps it alive until the shell has reported.
 */

typedef struct {

    sz_service_e      service;
    sz_method_e       method;
    const char       *path;         /* behind the base URL: "/videos/v_1" */
    const char       *accept;       /* NULL: application/json */
    sz_str_t          json;         /* body; or */
    const sz_part_t  *parts;        /* multipart body */
    size_t            n_parts;
    bool              creates;      /* costs money: see sz_retry() */
    const char       *doubt;        /* of one that creates: sz_http_doubt() */
    const char       *hint;         /* what to do about 400, 404 and 409 */
    size_t            max_answer;   /* bytes kept of the answer; 0: default */
    sz_sink_t        *sink;         /* a 2xx answer goes into this file, */
    sz_reader_t      *reader;       /* or to this; both NULL: answer_json */

    /*
     * What was sent and no text may show: the key and the values of headers.
     * The shell's; they live as long as the call.
     */
    const sz_str_t   *secrets;
    size_t            n_secrets;

    sz_error_t        error;        /* SZ_OK: an answer came */
    int               status;
    char              type[128];    /* Content-Type, may be empty */
    char              location[256];
    char              request_id[128];
    int64_t           received;     /* bytes of the body so far */
    int64_t           expected;     /* Content-Length, -1: not known */
    unsigned          attempts;
    sz_buf_t          answer;       /* unless sink or reader has it */
    cJSON            *answer_json;  /* the answer, if it is JSON */

} sz_http_t;


void sz_http_init(sz_http_t *http, sz_service_e service);

/* Forgets the answer, so that the same request can be made again. */
void sz_http_reset(sz_http_t *http);

/* Frees the answer; the request belongs to the tool. */
void sz_http_free(sz_http_t *http);

/*
 * Puts the answer's text into answer_json if it is an object or an array,
 * whatever its Content-Type: Go's default and many proxies say text/plain.
 * Heavy for large answers: on a thread above SZ_JSON_INLINE bytes.
 */
void sz_http_parse(sz_http_t *http);

/*
 * The tree of an answer in the one shape that tools read: ids are strings, an
 * error is an object with a message, and what stands alone in "data" comes out
 * of it.  NULL: no JSON, or no memory.
 */
cJSON *sz_answer_parse(sz_str_t text);

/* The same for an object that was put together of parts; false: no memory. */
bool sz_answer_settle(cJSON *object);

/*
 * A path with one segment or query value in it, percent-encoded (RFC 3986,
 * everything but the unreserved characters): "/videos/%s" with an id.  Only
 * %s is known.  NULL at the arena's limit.
 */
char *sz_path(sz_arena_t *arena, const char *fmt, ...);


/*
 * Whether to repeat a request, and when.  The rule of the official clients
 * (two retries; 408, 409, 429, 5xx and connection errors; x-should-retry;
 * retry-after-ms, retry-after; else 0.5 s doubled up to 8 s less a quarter of
 * chance) with two exceptions: what will not get better (a spent quota) is
 * not repeated, and a request that costs money is repeated only when it
 * surely was not begun: no connection, 429, 503, or the server says so.
 */

typedef struct {
    bool         creates;
    unsigned     retries;           /* done so far */
    unsigned     max_retries;
    bool         connected;         /* the request may have been sent */
    int          status;            /* 0: no answer */
    const char  *error_code;        /* "insufficient_quota"; NULL: none */
    sz_str_t     should_retry;      /* header values, empty when absent */
    sz_str_t     retry_after;
    sz_str_t     retry_after_ms;
    int64_t      now;               /* Unix time, seconds: for HTTP dates */
    uint32_t     random;
} sz_attempt_t;

#define SZ_RETRY_AFTER_MAX  60000

/* Milliseconds to wait, or -1: do not repeat. */
int64_t sz_retry(const sz_attempt_t *attempt);

/* Whether no waiting mends an error of this code: a quota that is spent. */
bool sz_retry_spent(const char *code);

/*
 * The code of an error body (its type, where it has none), for sz_retry(); NULL
 * when there is neither.  Lives as long as the answer.
 */
const char *sz_http_error_code(const sz_http_t *http);

/*
 * SZ_OK for a 2xx answer with a JSON object that is no error (or any 2xx with a
 * sink or a reader, or to a DELETE, whose body says nothing that is needed);
 * else *err says what the provider answered, with status and request id.
 * `what` names the action: "create the video".
 */
sz_code_e sz_http_result(const sz_http_t *http, const char *what,
    sz_error_t *err);


/*
 * What a provider says about a failure, control characters replaced: an error
 * object, a text, a list of either, in "error", "errors", "detail" or at the
 * top.  Empty: nothing.
 */

#define SZ_SAID_CODE     80
#define SZ_SAID_MESSAGE  480

typedef struct {
    char  code[SZ_SAID_CODE + 4];
    char  message[SZ_SAID_MESSAGE + 4];
} sz_said_t;

/* The whole answer, or the value of its error member; false: it is silent. */
bool sz_said(sz_said_t *said, const cJSON *answer);
bool sz_said_error(sz_said_t *said, const cJSON *error);

/* "code: message", or the one there is; SZ_SAID_TEXT bytes hold it. */
#define SZ_SAID_TEXT  (SZ_SAID_CODE + SZ_SAID_MESSAGE + 12)

void sz_said_show(const sz_said_t *said, char *dst, size_t size);


/*
 * Secrets that were sent, out of a text that a stranger has a part in: every
 * run of 8 or more bytes of one becomes "***".  In a result, which must not be
 * spoilt by a word that is in a header by chance, only whole ones and those
 * that were cut behind half of their bytes and 16.
 */
void sz_http_blank(const sz_http_t *http, char *text);
void sz_http_blank_result(const sz_http_t *http, sz_buf_t *json);

/* The net below: what looks like the key of some vendor, in place. */
void sz_http_mask_keys(char *text);


/*
 * Where a job at a provider stands, by the word it uses, in any case.  Only
 * what is final is listed: all other words, and none, are a job that runs.
 */

typedef enum {
    SZ_STATUS_RUNNING = 0,
    SZ_STATUS_DONE,
    SZ_STATUS_FAILED
} sz_status_e;

sz_status_e sz_status(const char *word);


/*
 * What an answer that is none asks the operator to look at: the "key", the
 * "account" or the "base_url" of the provider, or "" when the provider is
 * down.  NULL when it is not the operator's concern.  Static.
 */
const char *sz_http_concern(const sz_http_t *http);

/*
 * What a caller must know of a request whose outcome is not known: it may be
 * done and charged for, so nobody is told to try again.  Empty unless it
 * creates; a tool that knows where to look says so in `doubt`.
 */
const char *sz_http_doubt(const sz_http_t *http);


#endif /* SZ_OPENAI_H */
