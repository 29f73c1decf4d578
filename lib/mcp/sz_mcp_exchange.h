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


/* sz_mcp_method.c: what there is to call. */

typedef struct {
    const char   *name;
    bool          legacy;
    bool          modern;
    const char   *name_param;       /* the parameter that Mcp-Name repeats */
    void        (*handle)(sz_message_t *m);
} sz_rpc_method_t;

/* NULL when the message's revision has no such method. */
const sz_rpc_method_t *sz_rpc_method(const sz_message_t *m);


/*
 * sz_mcp_answer.c: the texts that go out.  Each ends the message.
 */

/* {"jsonrpc":"2.0","id":…,"result":{ and, in modern revisions, what every
 * result has in front; close adds what it has behind. */
sz_jw_t sz_answer_open(sz_message_t *m);
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

/* {"name":…,"title":…,"version":…} */
void sz_answer_server_info(sz_jw_t *w);

/* The value of "capabilities". */
void sz_answer_capabilities(sz_jw_t *w, const sz_server_t *server);


/*
 * sz_mcp_header.c: the text that a header stands for: itself, or what
 * "=?base64?…?=" holds (SEP-2243).  False when that is malformed.  In the
 * arena.
 */
bool sz_header_text(sz_arena_t *arena, sz_str_t value, sz_str_t *text);


extern const char  sz_instructions[];


#endif /* SZ_MCP_EXCHANGE_H */
