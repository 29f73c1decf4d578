/*
 * A run is one exchange under way: from the request's body to its reply, with
 * the tool calls in between.
 *
 *   create ─► receive ─► REPLY ──────────────────────────► deliver ─► ended
 *             (inline │                                       ▲
 *              or job) └─► CALLS ─► step ─► effects ─┐        │
 *                                    ▲               ▼        │
 *                                    └── all of them done ── SZ_STEP_DONE
 *                     └─► LISTEN ─► events, as they are heard ─► end
 *
 * Who owns what: the run owns the exchange and its own pool.  The request and
 * the run point to each other while both live; the reply's bytes are the
 * exchange's, so an ended run stays until the request's pool is destroyed.
 *
 * Ways out:
 *   - ended, then the request goes: destroyed with the request's pool;
 *   - the client leaves a modern exchange: its calls are cancelled, destroyed;
 *     but a request that is sent and costs money is heard to its end first
 *     (`keeps`), and nothing is begun after it;
 *   - the client leaves a legacy one: goes on without it, destroyed at its end;
 *   - more than sanzaru_max_unattended of these two, or any of them once
 *     worker_shutdown_timeout is over: the calls fail at once;
 *   - the call goes on as a task (_task.h): the client is answered at once;
 *   - a stream that LISTENs: its client leaves, a newer one takes its place,
 *     or the worker is told to finish;
 *   - the client leaves while a job has the exchange: `dead`, destroyed when
 *     the job returns;
 *   - the deadline: the calls fail, the answer says so;
 *   - the worker exits: destroyed.
 */

#ifndef _NGX_HTTP_SANZARU_RUN_H_INCLUDED_
#define _NGX_HTTP_SANZARU_RUN_H_INCLUDED_


#include "ngx_http_sanzaru_module.h"
#include "ngx_http_sanzaru_transfer.h"

#include "mcp/sz_mcp_task.h"


typedef struct ngx_http_sanzaru_run_s   ngx_http_sanzaru_run_t;
typedef struct ngx_http_sanzaru_call_s  ngx_http_sanzaru_call_t;


typedef struct {
    ngx_http_sanzaru_call_t       *call;
    ngx_http_sanzaru_transfer_t   *transfer;
    ngx_event_t                    timer;
    ngx_msec_t                     started;
} ngx_http_sanzaru_effect_t;


struct ngx_http_sanzaru_call_s {
    ngx_http_sanzaru_run_t        *run;
    sz_message_t                  *message;
    ngx_uint_t                     pending;     /* effects without outcome */
    unsigned                       created:1;   /* a request was paid for */
    ngx_http_sanzaru_effect_t      effects[SZ_MAX_EFFECTS];
};


struct ngx_http_sanzaru_run_s {
    ngx_queue_t                    queue;       /* all of this worker */
    ngx_uint_t                     ear;         /* its place among them */
    ngx_queue_t                    lone;        /* those without a client */
    ngx_pool_t                    *pool;
    ngx_http_sanzaru_loc_conf_t   *conf;
    ngx_http_request_t            *request;     /* NULL: the client is gone */

    sz_exchange_t                 *exchange;
    sz_setup_t                     setup;
    ngx_http_sanzaru_upstream_t    upstreams[SZ_SERVICES];

    ngx_http_sanzaru_call_t       *calls;
    ngx_uint_t                     n_calls;
    ngx_uint_t                     active;      /* calls not done */

    ngx_event_t                    deadline;
    ngx_event_t                    tick;

    const cJSON                   *record;      /* while a task is adopted */

    struct {
        u_char                     id[SZ_TASK_ID];
        int                        claim;       /* -1: none */
        sz_task_job_t             *status;      /* the call's */
        ngx_msec_t                 told;
        unsigned                   telling:1;
    }                              task;

    ngx_uint_t                     upstream_status;
    ngx_msec_t                     upstream_time;

    unsigned                       on_thread:1;
    unsigned                       dead:1;
    unsigned                       ended:1;
    unsigned                       listening:1;
    unsigned                       detached:1;  /* its client follows a task */
    unsigned                       unattended:1;    /* counted: no client */
    unsigned                       keeps:1;     /* nothing more is begun */
};


/* What is left of a run for the log, and the stream to its client. */

typedef struct {
    ngx_http_sanzaru_run_t        *run;

    ngx_str_t                      method;
    ngx_str_t                      tool;
    const char                    *outcome;     /* NULL: none yet */
    ngx_uint_t                     upstream_status;
    ngx_msec_t                     upstream_time;

    sz_reply_t                    *error;       /* instead of nginx's page */
    unsigned                       replied:1;   /* the answer is ours */

    unsigned                       stream:1;    /* SSE headers are out */
    ngx_chain_t                   *free;
    ngx_chain_t                   *busy;
    sz_buf_t                       body;        /* of a run that went on */
    sz_buf_t                       event;       /* under way */
    sz_buf_t                       waiting;     /* behind it */
    ngx_msec_t                     last_event;
} ngx_http_sanzaru_ctx_t;


void ngx_http_sanzaru_run_init(void);
void ngx_http_sanzaru_run_exit(void);

/* Neither the deadline nor news follow: the calls have come to their end. */
void ngx_http_sanzaru_run_timers(ngx_http_sanzaru_run_t *run);

ngx_http_sanzaru_run_t *ngx_http_sanzaru_run_create(ngx_http_request_t *r,
    ngx_http_sanzaru_loc_conf_t *conf);
void ngx_http_sanzaru_run_destroy(ngx_http_sanzaru_run_t *run);

/* The request's body is complete. */
void ngx_http_sanzaru_run_receive(ngx_http_sanzaru_run_t *run);

/*
 * Where lines about a run go: the log of its connection, which tells client
 * and request; without one *whose says whose it is (static memory, until the
 * next call).
 */
ngx_log_t *ngx_http_sanzaru_run_log(ngx_http_sanzaru_run_t *run,
    ngx_str_t *whose);

/* The client has left, or the request was terminated. */
void ngx_http_sanzaru_run_client_gone(ngx_http_sanzaru_run_t *run);

/*
 * Everything is answered: the client gets it, or nobody is there any more.
 * Neither the run nor the request may be touched after this.
 */
void ngx_http_sanzaru_run_deliver(ngx_http_sanzaru_run_t *run);

/* An event, unless the client is slow and it is droppable. */
void ngx_http_sanzaru_run_send(ngx_http_sanzaru_run_t *run, sz_str_t json,
    ngx_uint_t droppable);

/* Ends the stream of a client that can come back for what follows. */
void ngx_http_sanzaru_run_hang_up(ngx_http_sanzaru_run_t *run);

/* SZ_X_LISTEN: the reply is a stream that waits. */
void ngx_http_sanzaru_run_listen(ngx_http_sanzaru_run_t *run);

/* A signal for every run of this worker; and: the worker is to finish. */
void ngx_http_sanzaru_run_hear(const sz_signal_t *signal);
void ngx_http_sanzaru_run_quit(void);

/*
 * An event of ours that may end a request begins and ends like nginx's own.
 * The connection; NULL when the client is gone.
 */
ngx_connection_t *ngx_http_sanzaru_run_enter(ngx_http_sanzaru_run_t *run);
void ngx_http_sanzaru_run_leave(ngx_connection_t *c);


/* _call.c: one call of a run */

void ngx_http_sanzaru_call_step(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_call_tick(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_call_effect_done(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_call_cancel(ngx_http_sanzaru_call_t *call);

/*
 * Its client has left, which cancels it: all that is under way ends but what is
 * paid for.  0: there is nothing of that kind, the run can be destroyed.
 */
ngx_uint_t ngx_http_sanzaru_call_keep(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_call_heard(ngx_http_sanzaru_call_t *call,
    ngx_uint_t cancelled);

/*
 * Its task is cancelled: the provider is told, if it can be told, and the run
 * is destroyed, at once or then.
 */
void ngx_http_sanzaru_call_give_up(ngx_http_sanzaru_call_t *call);


/* The client has its answer, and the run goes on without it, as a task. */
void ngx_http_sanzaru_run_release(ngx_http_sanzaru_run_t *run);

/*
 * A run that goes on with a claimed record and takes its claim; its call is to
 * be stepped.  NULL: *err says why that cannot be.
 */
ngx_http_sanzaru_run_t *ngx_http_sanzaru_run_adopt(
    ngx_http_sanzaru_loc_conf_t *conf, sz_task_job_t *claimed,
    sz_error_t *err);


/* _setup.c: what the configuration means for this request */

ngx_int_t ngx_http_sanzaru_setup(ngx_http_sanzaru_run_t *run,
    sz_error_t *err);


/* The part that is the same for all. */
void ngx_http_sanzaru_setup_state(sz_setup_t *setup,
    ngx_http_sanzaru_main_conf_t *smcf);


/* _body.c: the request's body to sz_exchange_receive(), here or in a job */

/*
 * True: *verdict is there.  False: a job has the exchange, and
 * ngx_http_sanzaru_run_received() will be called.
 */
ngx_uint_t ngx_http_sanzaru_body_receive(ngx_http_sanzaru_run_t *run,
    sz_verdict_e *verdict);

/* It has been received, and the request goes on for long. */
void ngx_http_sanzaru_body_free(ngx_http_request_t *r);

void ngx_http_sanzaru_run_received(ngx_http_sanzaru_run_t *run,
    sz_verdict_e verdict);


/* _reply.c: the exchange's reply as an HTTP response; for finalize */

ngx_int_t ngx_http_sanzaru_reply(ngx_http_request_t *r, sz_reply_t *reply);

/* Only the header fields of its own, copied. */
ngx_int_t ngx_http_sanzaru_reply_fields(ngx_http_request_t *r,
    sz_reply_t *reply);
ngx_int_t ngx_http_sanzaru_reply_headers(ngx_http_request_t *r,
    sz_reply_t *reply);


/*
 * _sse.c: the same as a stream.  Each opens it if it is not open yet.
 * NGX_ERROR: the client cannot be written to, and the request is to end.
 */

ngx_int_t ngx_http_sanzaru_sse_open(ngx_http_request_t *r, sz_exchange_t *x);

/* One message; a droppable one is dropped while the client is slow. */
ngx_int_t ngx_http_sanzaru_sse_event(ngx_http_request_t *r, sz_exchange_t *x,
    sz_str_t json, ngx_uint_t droppable);
ngx_int_t ngx_http_sanzaru_sse_comment(ngx_http_request_t *r,
    sz_exchange_t *x);

/* The reply's body as the last message, or no more message; for finalize. */
ngx_int_t ngx_http_sanzaru_sse_finish(ngx_http_request_t *r,
    sz_exchange_t *x);
ngx_int_t ngx_http_sanzaru_sse_end(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANZARU_RUN_H_INCLUDED_ */
