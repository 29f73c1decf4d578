/*
 * Tools: what a client can ask for.
 *
 * A tool is a row in a table and a step function.  The step function is pure:
 * it looks at the call (arguments, what came back last) and either lists the
 * next effects or says that it is done.  Whoever runs the call (the shell, a
 * unit test, a fuzzer) performs the effects and steps again when all of them
 * have an outcome.
 *
 *     sz_call_create()  ─►  sz_call_step()  ─► SZ_STEP_DONE: failed | result
 *                             ▲      │
 *                             │      ▼ SZ_STEP_WAIT
 *                       effects[0..n_effects) performed, all of them
 */

#ifndef SZ_TOOLS_H
#define SZ_TOOLS_H


#include "base/sz_base.h"
#include "base/sz_json.h"
#include "mcp/sz_mcp_schema.h"
#include "openai/sz_openai.h"
#include "state/sz_state_owner.h"
#include "store/sz_store.h"


/*
 * What becomes of a file whose name a caller gives to a new one: it stays, and
 * the new one gets another name; it is replaced; the call is refused.  By
 * default it stays when the new one is paid for and else is replaced.
 */

typedef enum {
    SZ_EXISTING_DEFAULT = 0,
    SZ_EXISTING_RENAME,
    SZ_EXISTING_REPLACE,
    SZ_EXISTING_REFUSE
} sz_existing_e;

sz_publish_e sz_existing_publish(sz_existing_e existing, bool pays);


/*
 * What the operator has configured, as one call sees it.  The strings live at
 * least as long as the call.
 */

typedef struct {
    bool          service[SZ_SERVICES];
    const char   *model[SZ_SERVICES];       /* default; NULL: none */
    sz_folder_t   folder[SZ_MEDIA_KINDS];

    sz_existing_e  existing;

    int64_t       max_file_size;            /* bytes of a download */
    int64_t       max_resource_size;        /* bytes of a file that a client */
                                            /* may read; 0: 10 MB */
    int64_t       max_image_size;           /* bytes of a picture we read */
    int64_t       max_image_pixels;
    int64_t       max_image_memory;         /* bytes, while it is worked on */
    int64_t       image_timeout;            /* ms for one picture */
    int           image_effort;             /* sz_effort_e, of PNG */
    bool          image_scaled;             /* JPEG may be decoded smaller */
    bool          confirm;                  /* a person is asked first */
    int64_t       max_wait;                 /* seconds a call may wait */
    int64_t       poll_first;               /* ms between two looks at a */
    int64_t       poll_last;                /* job: first, and at most   */
    sz_folder_t   state;                    /* of tasks; root NULL: none */
    int64_t       task_ttl;                 /* seconds a task is kept */
    int64_t       progress_interval;        /* ms between two signs of life */
                                            /* of a call; 0: 10 s */
    const char   *scope[SZ_SERVICES];       /* what ids of jobs are unique in */
    sz_owners_t   owners;                   /* of jobs at providers */
} sz_setup_t;


/*
 * A question to the client: elicitation/create, sampling/createMessage or
 * roots/list.
 */

typedef struct sz_ask_s  sz_ask_t;

struct sz_ask_s {
    const char    *key;                     /* unique within the call */
    const char    *method;
    sz_str_t       params;                  /* JSON object */
    const cJSON   *answer;                  /* its result; NULL: none yet */
    char           id[33];                  /* of a request sent for it */
    sz_ask_t      *next;
};


typedef enum {
    SZ_EFFECT_HTTP = 1,
    SZ_EFFECT_JOB,
    SZ_EFFECT_WAIT,
    SZ_EFFECT_ASK,
    SZ_EFFECT_DETACH
} sz_effect_e;

typedef struct {
    sz_effect_e    kind;
    sz_http_t     *http;
    sz_job_t      *job;
    int64_t        wait;                    /* ms */
    sz_ask_t      *ask;
} sz_effect_t;


typedef enum {
    SZ_STEP_WAIT = 0,
    SZ_STEP_DONE
} sz_step_e;


typedef struct sz_call_s  sz_call_t;
typedef struct sz_tool_s  sz_tool_t;

/* What a tool cannot do without: a bit for each service and each folder. */
#define sz_needs_service(service)  (1u << (service))
#define sz_needs_folder(kind)      (1u << (SZ_SERVICES + (kind)))

#define SZ_TOOL_TASK_ONLY  0x01             /* not without a task */
#define SZ_TOOL_RAW        0x02             /* result: a CallToolResult */
#define SZ_TOOL_UNLISTED   0x04
#define SZ_TOOL_SAVES      0x08             /* a file the caller may name; */
#define SZ_TOOL_PAYS       0x10             /* it costs money              */

struct sz_tool_s {
    const char         *name;
    const char         *title;
    const char         *description;
    const char         *hints;              /* ToolAnnotations, JSON members */
    unsigned            flags;
    unsigned            needs;
    const sz_field_t   *input;
    const sz_field_t   *output;         /* NULL: none is told */
    const char         *schema;         /* JSON told instead of input's */
    const char         *ui;             /* URI of the view for results */
    size_t              state_size;         /* arguments and what it keeps */
    sz_step_e         (*step)(sz_call_t *call);

    /* Called now and then while effects are under way; NULL: nothing to say */
    void              (*tick)(sz_call_t *call);

    /*
     * The call is given up, at its deadline or because its client has left:
     * adds to *err what the caller (or the log) must know of what is paid for.
     * No effect is under way any more.
     */
    void              (*lost)(sz_call_t *call, sz_error_t *err);

    /*
     * The task that the call has become is cancelled: what the provider is to
     * be told, which lives as long as the call; NULL: nothing.  No step
     * follows, whatever comes of it.
     */
    sz_http_t        *(*cancel)(sz_call_t *call);
};


/* What the client of a call has declared or asked for. */
#define SZ_CLIENT_PROGRESS     0x01         /* it gave a progress token */
#define SZ_CLIENT_ELICIT_FORM  0x02
#define SZ_CLIENT_ELICIT_URL   0x04
#define SZ_CLIENT_SAMPLING     0x08
#define SZ_CLIENT_ROOTS        0x10
#define SZ_CLIENT_TASKS        0x20


/* Severities of RFC 5424, as MCP names them, lowest first. */

typedef enum {
    SZ_LOG_DEBUG = 0,
    SZ_LOG_INFO,
    SZ_LOG_NOTICE,
    SZ_LOG_WARNING,
    SZ_LOG_ERROR,
    SZ_LOG_CRITICAL,
    SZ_LOG_ALERT,
    SZ_LOG_EMERGENCY,
    SZ_LOG_NONE                             /* of a client: nothing */
} sz_log_e;


/* A media file that a call has made, replaced or removed. */

typedef enum {
    SZ_CHANGE_MADE = 0,
    SZ_CHANGE_REPLACED,
    SZ_CHANGE_GONE
} sz_change_e;

typedef struct sz_changed_s  sz_changed_t;

struct sz_changed_s {
    sz_change_e    change;
    sz_media_e     kind;
    const char    *name;
    const char    *mime;                    /* NULL: as the name says */
    int64_t        size;                    /* bytes; -1: not told */
    sz_changed_t  *next;
};


/* Lists that a call can change besides those of files. */
#define SZ_LIST_TOOLS    0x01
#define SZ_LIST_PROMPTS  0x02


#define SZ_MAX_EFFECTS  16

struct sz_call_s {
    const sz_tool_t   *tool;
    const sz_setup_t  *setup;
    sz_arena_t        *arena;
    void              *state;               /* tool->state_size bytes */
    unsigned           phase;               /* the step function's own */

    /* set by the runner before each step and tick */
    int64_t            now;                 /* ms, monotonic */
    int64_t            begun;               /* now, at the first step; -1 */
    int64_t            clock;               /* Unix time, seconds */
    uint32_t           random;

    sz_effect_t        effects[SZ_MAX_EFFECTS];
    unsigned           n_effects;

    sz_job_t          *jobs;                /* all this call owns */

    unsigned char      caller_id[SZ_CALLER_ID];

    /* whose the jobs are that it names and makes: _owner.c */
    struct {
        unsigned          stage;
        sz_owner_job_t   *job;
        const char       *made;             /* an id without a record yet */
        sz_service_e      service;
        sz_step_e         step;             /* what the tool has said, and */
        sz_effect_t       effects[SZ_MAX_EFFECTS];  /* wants, meanwhile */
        unsigned          n_effects;
    }                  owner;

    unsigned           client;              /* SZ_CLIENT_* */
    sz_log_e           log_level;           /* the lowest it wants */
    sz_ask_t          *asks;                /* all, newest first */
    const cJSON       *answers;             /* to asks of earlier rounds */

    bool               detached;            /* it goes on as a task */
    const char        *saved;               /* JSON: where it is, for later */
    const cJSON       *resume;              /* what it had saved; or NULL */

    sz_changed_t      *changed;             /* newest first */
    unsigned           lists_changed;       /* SZ_LIST_* */
    bool               hang_up;             /* the runner closes the stream */
    const void        *changed_task;        /* sz_task_job_t, of tasks/... */
    sz_buf_t           logs;                /* JSON objects, a line each */
    sz_buf_t           notes;               /* sentences beside the result */

    /* a JSON-RPC error instead of a failed result; 0: none */
    int                rpc_code;
    sz_str_t           rpc_data;            /* JSON; data NULL: none */

    /* for the client, taken by the runner after each step and tick */
    struct {
        bool           set;
        bool           news;                /* text is not what it was */
        char           text[200];           /* empty: nothing said yet */
    } progress;

    bool               failed;              /* result tells of a failure */
    sz_error_t         error;               /* SZ_OK: result holds JSON */
    sz_buf_t           result;
    const sz_http_t   *sent;                /* the last request */
};


/*
 * A call with checked arguments; NULL with *err set when they are wrong.  args
 * (NULL: none) must live as long as the call and may be changed; everything
 * else is allocated in the arena, whose destruction ends the call.
 */
sz_call_t *sz_call_create(sz_arena_t *arena, const sz_tool_t *tool,
    const sz_setup_t *setup, cJSON *args, sz_error_t *err);

sz_step_e sz_call_step(sz_call_t *call);


/* For step functions. */

/* Adds an effect to the next ones; each returns SZ_STEP_WAIT. */
sz_step_e sz_call_http(sz_call_t *call, sz_http_t *http);
sz_step_e sz_call_wait(sz_call_t *call, int64_t ms);

/* The job belongs to the call from here on; NULL fails the call. */
sz_step_e sz_call_job(sz_call_t *call, sz_job_t *job);

/* A job that is no effect of its own, such as a sink: the same ownership. */
void sz_call_own(sz_call_t *call, sz_job_t *job);

/*
 * For the shell, when it gives a call up: a job that has something to undo,
 * which is the shell's from here on; NULL: there is none.
 */
sz_job_t *sz_call_leftover(sz_call_t *call);

/* An http object that is freed with the call; false: no memory. */
bool sz_call_init_http(sz_call_t *call, sz_http_t *http, sz_service_e service)
    SZ_MUST_CHECK;

/*
 * Asks the client.  Its answer when there is one; else NULL, and the question
 * is one of the next effects (or the call has failed, because the client
 * cannot answer): return sz_call_asked(call).
 *
 * Where the protocol keeps no connection while a person thinks, the call ends
 * here and is made anew, from its first step, with the answers at hand: ask
 * before anything has consequences.
 */
const cJSON *sz_call_ask(sz_call_t *call, const char *key, const char *method,
    sz_str_t params);
sz_step_e sz_call_asked(sz_call_t *call);

/* Whether something that was asked has no answer yet. */
bool sz_call_is_asking(const sz_call_t *call);

/* The "action" of an answer that is an error: the client asked nobody. */
#define SZ_ACTION_UNASKED  "unasked"

/* What was filled in; NULL: the form was declined or closed. */
const cJSON *sz_call_content(const cJSON *answer);
bool sz_call_can_ask(const sz_call_t *call, const char *method);

/*
 * Lets a client that can follow a task go; the call goes on in the background.
 * `saved` (JSON, lives as long as the call) tells the tool where it was, in
 * call->resume, should the gateway be restarted meanwhile.  In the next step
 * call->detached says whether the client has gone.
 */
sz_step_e sz_call_detach(sz_call_t *call, const char *saved);

/*
 * The provider has begun a job of this id: it is the caller's, which is written
 * down before the call goes on or ends.
 */
void sz_call_created(sz_call_t *call, sz_service_e service, const char *id);

/* The provider has deleted the job: one of the next effects. */
sz_step_e sz_call_forget(sz_call_t *call, sz_service_e service,
    const char *id);

/*
 * For each of n ids whether the caller may see it: one of the next effects,
 * whose job is *found.  NULL where nothing is checked, and then no effect.
 */
sz_step_e sz_call_owned(sz_call_t *call, sz_service_e service,
    const char *const *ids, size_t n, sz_owner_job_t **found);

/* Whether what has no record is refused to this caller. */
bool sz_call_is_owned_only(const sz_call_t *call, sz_service_e service);

/* A message for the client's log, if it wants any of this severity. */
void sz_call_log(sz_call_t *call, sz_log_e level, const char *fmt, ...)
    SZ_PRINTF(3, 4);

/* Tells subscribers of a file, such as a draft that was published. */
void sz_call_published(sz_call_t *call, sz_media_e kind,
    const sz_draft_t *draft, const char *mime, int64_t size);
void sz_call_changed(sz_call_t *call, sz_change_e change, sz_media_e kind,
    const char *name);

/*
 * The same for a file made or replaced whose type and size are known (mime is
 * static; NULL: as the name says; size -1: not).  The result of the call links
 * to every file made or replaced, as resource_link.
 */
void sz_call_made(sz_call_t *call, sz_change_e change, sz_media_e kind,
    const char *name, const char *mime, int64_t size);

/* Tells the client when `name` was wanted and taken: the file has another. */
void sz_call_renamed(sz_call_t *call, const char *wanted, const char *name);

/* Tells subscribers of lists. */
void sz_call_list_changed(sz_call_t *call, unsigned lists);

/* Closes the stream of a client that can come back for the rest. */
void sz_call_hang_up(sz_call_t *call);

/* Ends the call with an error for the caller (NULL: call->error is set). */
sz_step_e sz_call_fail(sz_call_t *call, const sz_error_t *err);

/* The writer of the result object, after its '{'; end with the other. */
sz_jw_t sz_call_result_open(sz_call_t *call);
sz_step_e sz_call_result_close(sz_call_t *call, sz_jw_t *w);

/* Tells the client how far it is.  The text is repeated while it holds. */
void sz_call_progress(sz_call_t *call, const char *fmt, ...) SZ_PRINTF(2, 3);


/*
 * ToolAnnotations.  A second call without a name makes a second file, so what
 * saves a file is not idempotent.
 */

#define SZ_HINTS_READ_OPEN                                                   \
    "\"readOnlyHint\":true,\"openWorldHint\":true"
#define SZ_HINTS_READ_CLOSED                                                 \
    "\"readOnlyHint\":true,\"openWorldHint\":false"
#define SZ_HINTS_WRITE_OPEN                                                  \
    "\"readOnlyHint\":false,\"destructiveHint\":false,"                      \
    "\"openWorldHint\":true"

/* With SZ_TOOL_SAVES, which adds destructiveHint as it is configured. */
#define SZ_HINTS_SAVE_OPEN                                                   \
    "\"readOnlyHint\":false,\"openWorldHint\":true"
#define SZ_HINTS_SAVE_CLOSED                                                 \
    "\"readOnlyHint\":false,\"openWorldHint\":false"

#define SZ_HINTS_DESTROY                                                     \
    "\"readOnlyHint\":false,\"destructiveHint\":true,"                       \
    "\"idempotentHint\":true,\"openWorldHint\":true"


/* "debug", ...; SZ_LOG_NONE when there is no such level. */
sz_log_e sz_log_find(const char *name);


/* All tools there are; the list ends with NULL. */
extern const sz_tool_t *const  sz_tools[];


#endif /* SZ_TOOLS_H */
