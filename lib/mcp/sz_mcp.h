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
 * sz_exchange_progress() writes, and each message's answer when it is there.
 *
 * Thread rules: an exchange belongs to one thread at a time; a server is
 * written while the configuration is read and only read afterwards.
 */

#ifndef SZ_MCP_H
#define SZ_MCP_H


#include "base/sz_base.h"
#include "base/sz_json.h"
#include "tools/sz_tools.h"


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
#define SZ_RPC_VERSION            (-32022)
#define SZ_RPC_LEGACY             (-32000)
#define SZ_RPC_SESSION            (-32001)


/*
 * What one endpoint is: made once when the configuration is read.
 */

typedef struct {

    const sz_tool_t   **tools;              /* those this endpoint offers */
    size_t              n_tools;
    sz_str_t            list[SZ_REVISIONS]; /* tools/list: its array */

    unsigned char       secret[32];         /* signs sessions */
    int64_t             session_timeout;    /* seconds */

    const sz_str_t     *origins;            /* allowed, besides loopback; */
    size_t              n_origins;          /* "*" allows every one       */

    /*
     * Names the operator gave, without port: "a.b", "*.b", ".b" (both), "a.*".
     * `strict`: no other is served.
     */
    const sz_str_t     *hosts;
    size_t              n_hosts;
    bool                strict;

} sz_server_t;

/*
 * Chooses the tools whose needs the bits in `has` meet and makes the listings
 * in the arena.  False when there is no memory.
 */
bool sz_server_init(sz_server_t *server, sz_arena_t *arena, unsigned has);


/*
 * The head of a request, as it came.  A header that is absent has data NULL;
 * one that came twice is named in `doubled`.
 */

typedef struct {
    sz_str_t     method;
    sz_str_t     host;              /* lower case, without port */
    bool         host_known;        /* a name the shell has recognised */
    bool         loopback;          /* the connection is local */
    sz_str_t     origin;
    sz_str_t     accept;
    sz_str_t     content_type;
    sz_str_t     mcp_version;       /* MCP-Protocol-Version */
    sz_str_t     mcp_session;       /* Mcp-Session-Id */
    sz_str_t     mcp_method;        /* Mcp-Method */
    sz_str_t     mcp_name;          /* Mcp-Name */
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

/* One JSON-RPC message; several only in a batch. */

typedef struct {
    sz_exchange_t   *exchange;

    sz_str_t         text;
    cJSON           *root;
    sz_str_t         id;            /* its text; data NULL: a notification */
    const char      *method;
    const cJSON     *params;

    sz_str_t         progress;      /* progressToken, its text */
    double           progressed;    /* the last value told */

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
    SZ_X_CALLS
} sz_verdict_e;


struct sz_exchange_s {
    sz_arena_t         *arena;
    const sz_server_t  *server;
    const sz_setup_t   *setup;      /* the shell's, for tool calls */
    sz_head_t           head;

    sz_revision_e       revision;
    bool                batch;
    bool                accepts_json;
    bool                accepts_sse;
    sz_message_t       *messages;
    size_t              n_messages;
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
 * job.  It may be freed afterwards.  SZ_X_REPLY or SZ_X_CALLS.
 */
sz_verdict_e sz_exchange_receive(sz_exchange_t *x, sz_str_t body);

/* The call has said SZ_STEP_DONE: writes the message's answer. */
void sz_exchange_finish(sz_message_t *m);

/* Gives the message's answer an error of ours, such as a full queue. */
void sz_exchange_fail(sz_message_t *m, const sz_error_t *err);

/*
 * A notification with the call's progress, as one JSON text; false when there
 * is none or the client did not ask.
 */
bool sz_exchange_progress(sz_message_t *m, sz_buf_t *json);

/* Puts the answers together, when every message is done. */
void sz_exchange_reply(sz_exchange_t *x);

/*
 * A reply that is nothing but an error: for the shell, before there is an
 * exchange or instead of its reply.  No id, since none is known.
 */
void sz_reply_error(sz_reply_t *reply, int status, int code,
    const char *fmt, ...) SZ_PRINTF(4, 5);

void sz_reply_header(sz_reply_t *reply, const char *name, const char *value);

/* Whether a client that leaves has thereby cancelled its calls. */
static inline bool
sz_exchange_cancels(const sz_exchange_t *x)
{
    return x->revision >= SZ_REV_MODERN;
}


#endif /* SZ_MCP_H */
