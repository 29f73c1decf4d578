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
#include "store/sz_store.h"


/*
 * What the operator has configured, as one call sees it.  The strings live at
 * least as long as the call.
 */

typedef struct {
    bool          service[SZ_SERVICES];
    const char   *model[SZ_SERVICES];       /* default; NULL: none */
    sz_folder_t   folder[SZ_MEDIA_KINDS];

    int64_t       max_file_size;            /* bytes of a download */
    int64_t       max_image_size;           /* bytes of a picture we read */
    int64_t       max_image_pixels;
    int64_t       image_timeout;            /* ms for one picture */
    int64_t       max_wait;                 /* seconds a call may wait */
    int64_t       poll_first;               /* ms between two looks at a */
    int64_t       poll_last;                /* job: first, and at most   */
} sz_setup_t;


typedef enum {
    SZ_EFFECT_HTTP = 1,
    SZ_EFFECT_JOB,
    SZ_EFFECT_WAIT
} sz_effect_e;

typedef struct {
    sz_effect_e    kind;
    sz_http_t     *http;
    sz_job_t      *job;
    int64_t        wait;                    /* ms */
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

struct sz_tool_s {
    const char         *name;
    const char         *title;
    const char         *description;
    const char         *hints;              /* ToolAnnotations, JSON members */
    unsigned            needs;
    const sz_field_t   *input;
    const sz_field_t   *output;
    size_t              state_size;         /* arguments and what it keeps */
    sz_step_e         (*step)(sz_call_t *call);

    /* Called now and then while effects are under way; NULL: nothing to say */
    void              (*tick)(sz_call_t *call);
};


#define SZ_MAX_EFFECTS  16

struct sz_call_s {
    const sz_tool_t   *tool;
    const sz_setup_t  *setup;
    sz_arena_t        *arena;
    void              *state;               /* tool->state_size bytes */
    unsigned           phase;               /* the step function's own */

    /* set by the runner before each step and tick */
    int64_t            now;                 /* ms, monotonic */
    int64_t            clock;               /* Unix time, seconds */
    uint32_t           random;

    sz_effect_t        effects[SZ_MAX_EFFECTS];
    unsigned           n_effects;

    sz_job_t          *jobs;                /* all this call owns */

    /* for the client, taken by the runner after each step and tick */
    struct {
        bool           set;
        double         value;
        double         total;
        char           text[200];
    } progress;

    sz_error_t         error;               /* SZ_OK: result holds JSON */
    sz_buf_t           result;
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

/* An http object that is freed with the call. */
void sz_call_init_http(sz_call_t *call, sz_http_t *http, sz_service_e service);

/* Ends the call with an error for the caller (NULL: call->error is set). */
sz_step_e sz_call_fail(sz_call_t *call, const sz_error_t *err);

/* The writer of the result object, after its '{'; end with the other. */
sz_jw_t sz_call_result_open(sz_call_t *call);
sz_step_e sz_call_result_close(sz_call_t *call, sz_jw_t *w);

/* Tells the client how far it is; total 0: not known. */
void sz_call_progress(sz_call_t *call, double value, double total,
    const char *fmt, ...) SZ_PRINTF(4, 5);


/* ToolAnnotations, as the original sets them. */

#define SZ_HINTS_READ_OPEN                                                   \
    "\"readOnlyHint\":true,\"openWorldHint\":true"
#define SZ_HINTS_READ_CLOSED                                                 \
    "\"readOnlyHint\":true,\"openWorldHint\":false"
#define SZ_HINTS_WRITE_OPEN                                                  \
    "\"readOnlyHint\":false,\"destructiveHint\":false,"                      \
    "\"openWorldHint\":true"
#define SZ_HINTS_WRITE_OPEN_IDEMPOTENT                                       \
    "\"readOnlyHint\":false,\"destructiveHint\":false,"                      \
    "\"idempotentHint\":true,\"openWorldHint\":true"
#define SZ_HINTS_WRITE_CLOSED                                                \
    "\"readOnlyHint\":false,\"destructiveHint\":false,"                      \
    "\"idempotentHint\":true,\"openWorldHint\":false"
#define SZ_HINTS_DESTROY                                                     \
    "\"readOnlyHint\":false,\"destructiveHint\":true,"                       \
    "\"idempotentHint\":true,\"openWorldHint\":true"


/* All tools there are; the list ends with NULL. */
extern const sz_tool_t *const  sz_tools[];


#endif /* SZ_TOOLS_H */
