/*
 * Tasks (the extension io.modelcontextprotocol/tasks): calls whose client does
 * not wait on an open connection.
 *
 * A task is a record, one small JSON file of the store: what clients see of it,
 * and under "_" what the gateway has to know to go on with it.  Files, not a
 * database: a record is read and changed as a whole, there are few, they must
 * survive a crash, and every worker and replica that has the folder sees them.
 * Whoever changes one holds the folder's lock meanwhile; whoever works on one
 * holds a lock of its own, which ends with the process, so that another worker
 * takes the task over.
 *
 *     working ◄─► input_required ─► completed | failed | cancelled
 *
 * A final status never changes.  Everything that touches a record is a job.
 */

#ifndef SZ_MCP_TASK_H
#define SZ_MCP_TASK_H


#include "mcp/sz_mcp.h"
#include "store/sz_store.h"


#define SZ_TASK_ID  33              /* terminated: 128 random bits */

/* The member of a record that is the gateway's own. */
#define SZ_TASK_PRIVATE  "_"


typedef enum {
    SZ_TASK_CREATE = 0,             /* text: the record */
    SZ_TASK_READ,
    SZ_TASK_STATUS,                 /* text: a status message */
    SZ_TASK_SAVE,                   /* text: JSON, what a restart needs */
    SZ_TASK_ASK,                    /* text: JSON, inputRequests */
    SZ_TASK_ANSWER,                 /* text: JSON, inputResponses */
    SZ_TASK_CANCEL,
    SZ_TASK_COMPLETE,               /* text: JSON, the result */
    SZ_TASK_FAIL,                   /* text: JSON, the error */
    SZ_TASK_CLAIM                   /* take it, if nobody works on it */
} sz_task_op_e;

/*
 * One operation on one record.  job.error: SZ_E_NOT_FOUND for a task that is
 * not there, has expired, or is not this caller's.
 */

typedef struct {
    sz_job_t       job;             /* first */

    sz_task_op_e   op;
    sz_folder_t    where;
    char           id[SZ_TASK_ID];
    bool           bound;           /* to a caller; else it is the */
    unsigned char  caller_id[SZ_CALLER_ID];         /* gateway itself */
    char          *text;
    int64_t        clock;           /* Unix time, seconds */

    cJSON         *record;          /* the result: all of it, */
    sz_buf_t       shown;           /* and what clients see, an object */
    bool           changed;
    bool           final;           /* it has its last status */
    int            claim;           /* the lock of SZ_TASK_CLAIM, and of */
                                    /* SZ_TASK_CREATE; -1: none */
} sz_task_job_t;

/* Unix time as RFC 3339, UTC. */
void sz_task_time(int64_t clock, char text[32]);

/* NULL when out of memory. */
sz_task_job_t *sz_task_job(const sz_setup_t *setup, sz_task_op_e op,
    const char *id, int64_t clock);

/* The same once more, with another text; false when out of memory. */
bool sz_task_again(sz_task_job_t *job, sz_str_t text, int64_t clock);

/* The task has to be this caller's. */
void sz_task_caller(sz_task_job_t *job,
    const unsigned char caller_id[SZ_CALLER_ID]);

/* Copies; false when out of memory. */
bool sz_task_text(sz_task_job_t *job, sz_str_t text);


/*
 * All records: removes those whose time is over and names those that are not
 * finished and that nobody works on.
 */

typedef struct {
    sz_job_t       job;             /* first */

    sz_folder_t    where;
    int64_t        clock;
    int64_t        ttl;             /* seconds */

    char         (*ids)[SZ_TASK_ID];
    size_t         n;
} sz_task_scan_t;

sz_task_scan_t *sz_task_scan(const sz_setup_t *setup, int64_t clock);


/* The methods. */
void sz_task_get(sz_message_t *m);
void sz_task_update(sz_message_t *m);
void sz_task_cancel(sz_message_t *m);


/*
 * A call that lets its client go.  new: the job that makes the record, NULL
 * when out of memory or randomness.  detach: the message's answer, when that
 * job has run.
 */
sz_task_job_t *sz_task_new(const sz_message_t *m, const char *endpoint);
void sz_task_detach(sz_message_t *m, const sz_task_job_t *made);

/* The message's answer as the record has it: a result or an error, JSON. */
bool sz_task_result(const sz_message_t *m, sz_buf_t *json);

/*
 * An exchange without a client that goes on with a record; NULL when that is
 * impossible, and *err says why.  setup must be filled for it already.
 */
sz_exchange_t *sz_task_adopt(const sz_server_t *server,
    const sz_setup_t *setup, const cJSON *record, size_t max, int64_t clock,
    sz_error_t *err);

/* Of a record: where its call was made, and the folders it had. */
const char *sz_task_endpoint(const cJSON *record);
const char *sz_task_folder(const cJSON *record, sz_media_e kind);

/*
 * Questions of a call, for SZ_TASK_ASK; and how many of them have got their
 * answers from a record.
 */
void sz_task_questions(const sz_call_t *call, sz_buf_t *json);
unsigned sz_task_answers(sz_message_t *m, const cJSON *record);

/* For SZ_TASK_FAIL: an error as JSON-RPC has it. */
void sz_task_error(sz_buf_t *json, const sz_error_t *err);

/* Whether a task, as clients see it, is cancelled. */
bool sz_task_is_cancelled(sz_str_t shown);

/* Whose a task is; false: the record does not say. */
bool sz_task_owner(const cJSON *record, unsigned char id[SZ_CALLER_ID]);

/* Tells all workers how a task is now. */
void sz_task_publish(const sz_hub_t *hub, const sz_task_job_t *done);


#endif /* SZ_MCP_TASK_H */
