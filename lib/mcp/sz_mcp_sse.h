/*
 * Server-sent events (WHATWG HTML, "Server-sent events"): framing for what we
 * send, and a parser for what providers send.
 */

#ifndef SZ_MCP_SSE_H
#define SZ_MCP_SSE_H


#include "base/sz_base.h"


#define SZ_SSE_TYPE       "text/event-stream"
#define SZ_SSE_KEEPALIVE  ": keepalive\n\n"


/* One event of type "message"; data holds no line breaks, as JSON does not. */
void sz_sse_message(sz_buf_t *out, sz_str_t data);


#endif /* SZ_MCP_SSE_H */
