/*
 * Inside the mcp room: the steps of an exchange, one file each.
 */

#ifndef SZ_MCP_EXCHANGE_H
#define SZ_MCP_EXCHANGE_H


#include "mcp/sz_mcp.h"


#define SZ_META_PREFIX    "io.modelcontextprotocol/"
#define SZ_META_VERSION   SZ_META_PREFIX "protocolVersion"
#define SZ_META_CLIENT    SZ_META_PREFIX "clientCapabilities"
#define SZ_META_LEVEL     SZ_META_PREFIX "logLevel"
#define SZ_META_SERVER    SZ_META_PREFIX "serverInfo"
#define SZ_META_STREAM    SZ_META_PREFIX "subscriptionId"

#define SZ_EXTENSION_TASKS  SZ_META_PREFIX "tasks"
#define SZ_EXTENSION_UI     SZ_META_PREFIX "ui"


/* sz_mcp_choice.c: whether the endpoint's choice has the tool. */
bool sz_choice_offers(const sz_server_t *server, const char *name);

/* sz_mcp_gate.c: what can be said without the body. */
sz_verdict_e sz_gate(sz_exchange_t *x);


/*
 * sz_mcp_legacy.c, sz_mcp_modern.c: which revision a message is to be served
 * in, and whether it is well-formed there.  False: the message is answered.
 */
bool sz_legacy_admit(sz_message_t *m);
bool sz_modern_admit(sz_message_t *m, const cJSON *claim);

/* The claim of a message, NULL when it makes none. */
const cJSON *sz_modern_claim(const sz_message_t *m);

/* Legacy: opens the session named by the head; false: there is none. */
bool sz_legacy_session(sz_exchange_t *x);

/* Legacy: the answer to initialize. */
void sz_legacy_initialize(sz_message_t *m);

/* Legacy: a notification, and the answer to a question of ours. */
void sz_legacy_notified(sz_message_t *m);
void sz_legacy_responded(sz_message_t *m, sz_str_t id);

/*
 * Makes the message's call: what the client can do, wants to be told and has
 * answered before.  False: the arguments are wrong, and the answer says so.
 */
bool sz_message_call(sz_message_t *m, const sz_tool_t *tool, cJSON *args);

/* A copy of a text that came in; false: no memory.  NULL stays NULL. */
bool sz_exchange_copy(sz_exchange_t *x, sz_str_t *s);

/* sz_unseal() with the server's secret, or the one before it. */
bool sz_exchange_unseal(const sz_exchange_t *x, sz_str_t bound, sz_str_t text,
    sz_str_t *plain);

/* Ends a message without an answer of its own. */
void sz_message_done(sz_message_t *m, int status);

/* Whether the client has declared tasks, elicitation, ...: SZ_CLIENT_*. */
unsigned sz_modern_client(const sz_message_t *m);
unsigned sz_legacy_client(const cJSON *capabilities);


/* sz_mcp_listen.c: streams that wait for signals. */

void sz_listen_subscribe(sz_message_t *m);      /* subscriptions/listen */
sz_verdict_e sz_listen_get(sz_exchange_t *x);   /* GET */
sz_verdict_e sz_listen_delete(sz_exchange_t *x);

/*
 * What a folder is called in signals: a digest of where it is.  False: there is
 * no folder, or no memory.
 */
bool sz_scope(const sz_folder_t *folder, unsigned char id[SZ_HUB_ID]);

/* A notification on a stream that waits, up to the members of its params. */
void sz_listen_open(const sz_exchange_t *x, sz_jw_t *w, sz_buf_t *json,
    const char *method);
void sz_listen_close(sz_jw_t *w);


/*
 * sz_mcp_ask.c: whether the text of an id can be that of a question of ours;
 * and takes the answer to a question of this call, false: it is none.
 */
bool sz_ask_id(sz_str_t text, unsigned char id[SZ_HUB_ID]);
bool sz_ask_answer(sz_message_t *m, sz_str_t id);

/* sz_mcp_task.c: false: the request has not declared tasks; it is answered. */
bool sz_task_declared(sz_message_t *m);

/* sz_mcp_watch.c: what a legacy session wants to be told. */

void sz_watch_level(sz_message_t *m);           /* logging/setLevel */
void sz_watch_subscribe(sz_message_t *m);       /* resources/subscribe */
void sz_watch_unsubscribe(sz_message_t *m);

/*
 * sz_mcp_round.c: a modern request that carries answers to an earlier round.
 * False: the message is answered, its state was not ours.
 */
bool sz_round_open(sz_message_t *m, const cJSON **answers);

/* What a call has asked and not been answered, as an object. */
void sz_round_requests(sz_jw_t *w, const sz_call_t *call);


/* sz_mcp_method.c: what there is to call. */

typedef struct {
    const char   *name;
    bool          legacy;
    bool          modern;
    const char   *name_param;       /* the parameter that Mcp-Name repeats */
    void        (*handle)(sz_message_t *m);
    bool        (*offered)(const sz_server_t *server);  /* NULL: always */
} sz_rpc_method_t;

/* NULL when the message's revision has no such method. */
const sz_rpc_method_t *sz_rpc_method(const sz_message_t *m);


/*
 * sz_mcp_answer.c: the texts that go out.  Each ends the message.
 */

/* {"jsonrpc":"2.0","id":…,"result":{ and, in modern revisions, what every
 * result has in front; close adds what it has behind. */
sz_jw_t sz_answer_open(sz_message_t *m);
sz_jw_t sz_answer_open_as(sz_message_t *m, const char *type);
void sz_answer_close(sz_message_t *m, sz_jw_t *w);

/*
 * ttlMs and cacheScope, in the revisions that have them: "public", or
 * "private" as soon as anything depends on who asks.
 */
void sz_answer_cache(sz_message_t *m, sz_jw_t *w, const char *scope);

/* An error; status is that of the HTTP answer. */
void sz_answer_error(sz_message_t *m, int status, int code, const char *fmt,
    ...) SZ_PRINTF(4, 5);

/* The same with "data", JSON text. */
void sz_answer_error_data(sz_message_t *m, int status, int code,
    sz_str_t data, const char *fmt, ...) SZ_PRINTF(5, 6);

/* A result of tools/call with isError. */
void sz_answer_failed(sz_message_t *m, const sz_error_t *err);

/* sz_exchange_refuse() under this id, data NULL for none. */
void sz_exchange_refuse_as(sz_exchange_t *x, sz_str_t id, int status,
    int code, const char *fmt, ...) SZ_PRINTF(5, 6);

/* {"name":…,"title":…,"version":…} */
void sz_answer_server_info(sz_jw_t *w);

/* The value of "capabilities": what there is, as the revision says it. */
void sz_answer_capabilities(sz_jw_t *w, const sz_server_t *server,
    sz_revision_e revision);


/*
 * sz_mcp_header.c: the text that a header stands for: itself, or what
 * "=?base64?…?=" holds (SEP-2243).  False when that is malformed.  In the
 * arena.
 */
bool sz_header_text(sz_arena_t *arena, sz_str_t value, sz_str_t *text);


extern const char  sz_instructions[];


#endif /* SZ_MCP_EXCHANGE_H */
