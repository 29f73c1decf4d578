/*
 * MCP over Streamable HTTP: one exchange is one HTTP request at the endpoint
 * and its answer, in whatever revision the client speaks.
 *
 * The way of an exchange:
 *
 *     sz_exchange_open(head)        gates that need no body
 *          │ SZ_X_REPLY ──────────────────────────────────────► reply
 *          ▼ SZ_X_BODY
 *     sz_exchange_receive(body)     JSON-RPC, era, ladder, dispatch
 *          │ SZ_X_REPLY ──────────────────────────────────────► reply
 *          ▼ SZ_X_CALLS
 *     messages[i].call              stepped by the shell; each one ends with
 *          ▼                        sz_exchange_finish(message)
 *     sz_exchange_reply()  ─────────────────────────────────► reply
 *
 * or, when something is to be said before a call ends, SSE events: what
 * sz_exchange_tell() writes, and the answer when it is there.  A third verdict,
 * SZ_X_LISTEN, is a stream of its own: sz_exchange_next() has what is to be
 * sent at once, and sz_exchange_hear() what a signal of the hub means to it.
 *
 * Thread rules: an exchange belongs to one thread at a time; a server is
 * written while the configuration is read and only read afterwards.
 */

#ifndef SZ_MCP_H
#define SZ_MCP_H


#include "base/sz_base.h"
#include "base/sz_json.h"
#include "mcp/sz_mcp_hub.h"
#include "tools/sz_tools_pack.h"


/* Revisions of the protocol, oldest first. */

typedef enum {
    SZ_REV_2025_03_26 = 0,
    SZ_REV_2025_06_18,
    SZ_REV_2025_11_25,
    SZ_REV_2026_07_28,
    SZ_REVISIONS
} sz_revision_e;

/* The first revision without a handshake: every request says all. */
#define SZ_REV_MODERN  SZ_REV_2026_07_28

/* "2025-11-25" */
const char *sz_revision_name(sz_revision_e revision);

/* False when there is no such revision. */
bool sz_revision_find(sz_str_t name, sz_revision_e *revision);


/* Error codes on the wire. */

#define SZ_RPC_PARSE_ERROR        (-32700)
#define SZ_RPC_INVALID_REQUEST    (-32600)
#define SZ_RPC_METHOD_NOT_FOUND   (-32601)
#define SZ_RPC_INVALID_PARAMS     (-32602)
#define SZ_RPC_INTERNAL_ERROR     (-32603)
#define SZ_RPC_HEADER_MISMATCH    (-32020)
#define SZ_RPC_CAPABILITY         (-32021)
#define SZ_RPC_VERSION            (-32022)
#define SZ_RPC_LEGACY             (-32000)
#define SZ_RPC_SESSION            (-32001)
#define SZ_RPC_NO_RESOURCE        (-32002)  /* before 2026-07-28 */


/*
 * What one endpoint is: made once when the configuration is read.
 */

typedef struct {

    const sz_tool_t   **tools;              /* those this endpoint offers */
    size_t              n_tools;
    const sz_prompt_t   **prompts;
    size_t              n_prompts;
    const sz_resource_t **resources;        /* and templates of them */
    size_t              n_resources;

    sz_str_t            list[SZ_REVISIONS]; /* tools/list: its array, */
    sz_str_t            prompt_list[SZ_REVISIONS];      /* and so on; */
    sz_str_t            template_list[SZ_REVISIONS];
    sz_str_t            resource_list[SZ_REVISIONS];    /* those that */
                                            /* are no files, no brackets */
    bool                ui;                 /* some tool has a view */

    unsigned char       secret[32];         /* signs and seals; what the */
    unsigned char       previous[32];       /* previous one has made is  */
    bool                has_previous;       /* still taken               */
    const sz_hub_t     *hub;
    bool                tasks;              /* there is a place to keep them */
    int64_t             session_timeout;    /* seconds */
    int64_t             call_timeout;       /* seconds, at least */

    sz_existing_e       existing;           /* what saving a file may do */

    /*
     * sanzaru_tools: names, "list_*" for all that begin so, and either with
     * "-" in front for tools that are not offered.  Without a name that is
     * offered all others are.
     */
    const sz_str_t     *choice;
    size_t              n_choice;

    const sz_str_t     *origins;            /* allowed, besides loopback; */
    size_t              n_origins;          /* "*" allows every one       */

    const sz_str_t     *allow_headers;      /* of pages, besides those of */
    size_t              n_allow_headers;    /* the protocol               */

    /*
     * Names the operator gave, without port: "a.b", "*.b", ".b" (both), "a.*".
     * `strict`: no other is served.
     */
    const sz_str_t     *hosts;
    size_t              n_hosts;
    bool                strict;

} sz_server_t;

/*
 * Chooses from all packs what the bits in `has` are enough for, and makes the
 * listings in the arena.  False when there is no memory.
 */
bool sz_server_init(sz_server_t *server, sz_arena_t *arena, unsigned has);

/* False: no tool is meant; *nearest is the one that is called most alike. */
bool sz_choice_known(sz_str_t item, const char **nearest);

/* Whether anything in the packs needs the service. */
bool sz_service_is_used(sz_service_e service);


/* A header Mcp-Param-…: what stands behind that, and its value. */

typedef struct {
    sz_str_t     name;
    sz_str_t     value;
} sz_param_header_t;


/*
 * The head of a request, as it came.  A header that is absent has data NULL;
 * one that came twice is named in `doubled`.
 */

typedef struct {
    sz_str_t     method;
    sz_str_t     host;              /* lower case, without port */
    sz_str_t     authority;         /* the same as it came, with port */
    bool         host_known;        /* a name the shell has recognised */
    bool         loopback;          /* the connection is local */
    bool         tls;               /* it is encrypted */
    sz_str_t     origin;
    sz_str_t     accept;
    sz_str_t     content_type;
    sz_str_t     content_encoding;
    sz_str_t     mcp_version;       /* MCP-Protocol-Version */
    sz_str_t     mcp_session;       /* Mcp-Session-Id */
    sz_str_t     mcp_method;        /* Mcp-Method */
    sz_str_t     mcp_name;          /* Mcp-Name */
    sz_str_t     last_event_id;     /* Last-Event-ID */
    sz_str_t     asked_headers;     /* Access-Control-Request-Headers */
    const sz_param_header_t  *params;
    size_t       n_params;
    sz_str_t     caller;            /* who asks, as the shell knows it; */
                                    /* an exchange has caller_id instead */
    const char  *doubled;
    int64_t      clock;             /* Unix time, seconds */
} sz_head_t;


#define SZ_REPLY_HEADERS  8

typedef struct {
    int          status;
    const char  *type;              /* NULL: no body */
    sz_buf_t     body;
    struct {
        const char  *name;
        const char  *value;
    }            headers[SZ_REPLY_HEADERS];
    size_t       n_headers;
} sz_reply_t;


typedef struct sz_exchange_s  sz_exchange_t;

/*
 * One JSON-RPC message; several only in a batch.  What points into the body or
 * is of no use to a call is there while the body is received, no longer.
 */

typedef struct {
    sz_exchange_t   *exchange;

    sz_str_t         text;          /* received only */
    cJSON           *root;
    sz_str_t         id;            /* its text; data NULL: a notification */
    const char      *method;        /* received only, unless it is one of */
                                    /* ours                               */
    const cJSON     *params;

    sz_str_t         progress;      /* progressToken, its text */
    int64_t          progressed;    /* ms, the last value told */

    sz_str_t         bound;         /* what a state of this request is to */
    sz_call_t       *call;          /* under way until `done` */
    bool             plain;         /* its result is the method's, as it is */
    const char      *cache;         /* and may be kept: cacheScope, or NULL */
    bool             done;
    int              status;        /* HTTP, when it is alone */
    sz_buf_t         answer;        /* empty for a notification */
} sz_message_t;


typedef enum {
    SZ_X_REPLY = 0,
    SZ_X_BODY,
    SZ_X_CALLS,
    SZ_X_LISTEN
} sz_verdict_e;


/* A session of the revisions that have a handshake. */

typedef struct {
    unsigned char   id[SZ_HUB_ID];
    sz_revision_e   revision;
    unsigned        client;         /* SZ_CLIENT_*: what it can be asked */
    int64_t         issued;         /* Unix time, seconds */
} sz_session_t;


/* What a stream waits for. */

typedef struct {
    uint64_t        bits;           /* sz_signal_bit() of what concerns it */
    unsigned char   scopes[SZ_MEDIA_KINDS][SZ_HUB_ID];  /* of its folders */
    unsigned        n_scopes;
    sz_str_t        id;             /* of the request, its text; or none */
    bool            tools;
    bool            prompts;
    bool            resources;
    cJSON          *uris;           /* arrays of strings, its own; */
    cJSON          *tasks;          /* NULL: none                  */
    bool            told;           /* the acknowledgement is out */
    bool            resumes;        /* or: an earlier stream's events; */
    unsigned        next;
    bool            answered;       /* the call's answer was among them, and */
                                    /* the exchange has its outcome          */
} sz_listen_t;


struct sz_exchange_s {
    sz_arena_t         *arena;
    const sz_server_t  *server;
    const sz_setup_t   *setup;      /* the shell's, for tool calls */
    sz_head_t           head;
    unsigned char       caller_id[SZ_CALLER_ID];

    sz_revision_e       revision;
    bool                batch;
    bool                accepts_json;
    bool                accepts_sse;
    cJSON              *root;       /* of the body */
    sz_message_t       *messages;
    size_t              n_messages;

    bool                has_session;
    sz_session_t        session;
    sz_log_e            log_level;  /* of the session */

    sz_listen_t        *listen;     /* SZ_X_LISTEN */
    bool                resumable;  /* its events are numbered and kept */
    unsigned char       stream[SZ_HUB_ID];
    unsigned            n_events;
    const char         *method;     /* for the log: the first message's */
    const char         *tool;

    sz_code_e           outcome;    /* the worst of all, for the log */
    sz_reply_t          reply;
};


/*
 * Copies the head.  NULL when out of memory; else *verdict is SZ_X_REPLY or
 * SZ_X_BODY.  max bounds all memory the exchange may take but the bodies.
 */
sz_exchange_t *sz_exchange_open(const sz_server_t *server,
    const sz_head_t *head, size_t max, sz_verdict_e *verdict);

/* Ends the calls that are not finished; NULL is fine. */
void sz_exchange_close(sz_exchange_t *x);

/*
 * Takes the body in: on the event loop up to SZ_JSON_INLINE bytes, else in a
 * job.  It may be freed afterwards, and of it the exchange keeps what calls
 * still read: their ids, arguments and answers.  SZ_X_REPLY, SZ_X_CALLS or
 * SZ_X_LISTEN.
 */
sz_verdict_e sz_exchange_receive(sz_exchange_t *x, sz_str_t body);

/* The call has said SZ_STEP_DONE: writes the message's answer. */
void sz_exchange_finish(sz_message_t *m);

/* The client does not want the answer any more: there is none. */
void sz_exchange_give_up(sz_message_t *m);

/* Gives the message's answer an error of ours, such as a full queue. */
void sz_exchange_fail(sz_message_t *m, const sz_error_t *err);

/*
 * The next thing the call has to tell its client, as one JSON text; false when
 * there is none or the client did not ask.  *progress: the next one of this
 * kind says more, so it need not arrive.
 *
 * Progress is told when there are news, and otherwise at least each
 * setup->progress_interval, so that a client whose time starts anew with each
 * event does not give up a call that is well.  Its value is the time since the
 * call began, in seconds, which always grows (a MUST); no total is known.
 */
bool sz_exchange_tell(sz_message_t *m, sz_buf_t *json, bool *progress);

/*
 * The call has asked its client.  In revisions that hold the stream open the
 * question is a request to send, `json`, and its answer a signal (hear).  Else
 * the message has its answer, which carries the questions: true, it is done.
 */
bool sz_exchange_asked(sz_message_t *m);
void sz_exchange_ask(sz_message_t *m, sz_ask_t *ask, sz_buf_t *json);


/*
 * Streams.  frame() writes one message as an event; with an id, and kept for a
 * client that comes back, where the revision has that.  prime() writes what
 * such a stream begins with, if anything.
 */
void sz_exchange_prime(sz_exchange_t *x, sz_buf_t *out);
void sz_exchange_frame(sz_exchange_t *x, sz_buf_t *out, sz_str_t json,
    bool last);

/* Only what comes before the event: for one that is too large to copy. */
void sz_exchange_frame_id(sz_exchange_t *x, sz_buf_t *out, sz_str_t json,
    bool last);

/*
 * SZ_X_LISTEN: begins to wait; messages[] are over, and the folders of `setup`
 * are the stream's from here on.
 */
void sz_exchange_settle(sz_exchange_t *x);

/* The next message of SZ_X_LISTEN; *last: none follows, the stream ends. */
bool sz_exchange_next(sz_exchange_t *x, sz_buf_t *json, bool *last);

/* What ends SZ_X_LISTEN in order; false: nothing, just the end. */
bool sz_exchange_end(sz_exchange_t *x, sz_buf_t *json);


typedef enum {
    SZ_HEARD_NOTHING = 0,
    SZ_HEARD_EVENT,                 /* json is to be sent */
    SZ_HEARD_MORE,                  /* look at sz_exchange_next() */
    SZ_HEARD_ANSWER,                /* *m has an answer to what it asked */
    SZ_HEARD_CANCEL,                /* *m is to be given up, without answer */
    SZ_HEARD_END                    /* the stream is over */
} sz_heard_e;

sz_heard_e sz_exchange_hear(sz_exchange_t *x, const sz_signal_t *signal,
    sz_buf_t *json, sz_message_t **m);

/*
 * False: the signal means nothing to this exchange, and nothing has to be
 * prepared for it.  A stream whose listen->bits have not the signal's bit need
 * not be asked: with thousands of them even that counts.
 */
bool sz_exchange_concerns(const sz_exchange_t *x, const sz_signal_t *signal);

/* Publishes the files that a call has changed. */
void sz_exchange_publish(const sz_message_t *m);

/* Puts the answers together, when every message is done. */
void sz_exchange_reply(sz_exchange_t *x);

/*
 * The reply is this error and nothing else: with the id of the message, where
 * there is one message and it has been read.  The log is told by the status:
 * "busy" for 503.
 */
void sz_exchange_refuse(sz_exchange_t *x, int status, int code,
    const char *fmt, ...) SZ_PRINTF(4, 5);

/* The same for the shell where there is no exchange. */
void sz_reply_error(sz_reply_t *reply, int status, int code,
    const char *fmt, ...) SZ_PRINTF(4, 5);

void sz_reply_header(sz_reply_t *reply, const char *name, const char *value);

/*
 * Whether a page has sent the request that may see the answer, a refusal by
 * the shell included; and the headers that let it, with its origin, which must
 * live as long as the reply.
 */
bool sz_gate_page(const sz_server_t *server, const sz_head_t *head);
void sz_reply_cors(sz_reply_t *reply, const char *origin);

/* Whether a client that leaves has thereby cancelled its calls. */
static inline bool
sz_exchange_cancels(const sz_exchange_t *x)
{
    return x->revision >= SZ_REV_MODERN;
}


#endif /* SZ_MCP_H */
