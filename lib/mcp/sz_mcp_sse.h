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

/* What stands before and behind the data of such an event. */
#define SZ_SSE_HEAD  "event: message\ndata: "
#define SZ_SSE_TAIL  "\n\n"


/*
 * The parser.  Field names and line ends are its business; `data` grows to
 * `max` bytes, and fails (data.failed) on an event that is larger.
 */

typedef struct {
    sz_buf_t      data;         /* of the event under way */
    char          name[8];      /* of the field under way */
    unsigned      name_len;
    unsigned      state;
    bool          cr;           /* a line end whose LF may follow */
    bool          any;          /* the event has a data field */
} sz_sse_t;

void sz_sse_init(sz_sse_t *sse, size_t max);
void sz_sse_free(sz_sse_t *sse);

/*
 * Takes bytes, up to and with the end of one event, and returns how many.
 * *event: sse->data is an event's; take it out (sz_buf_init() it anew, or set
 * its len to 0) before the next call.  An event that the stream's end cuts
 * off never was one, but see sz_sse_has_rest().
 */
size_t sz_sse_feed(sz_sse_t *sse, sz_str_t bytes, bool *event);


/*
 * Where the stream has ended well: whether sse->data holds an event that lacks
 * only the empty line behind it.  The standard drops it; it may be what was
 * paid for.
 */
bool sz_sse_has_rest(const sz_sse_t *sse);

/*
 * Whether an answer is a stream of events, by its Content-Type and, because not
 * every provider labels what it sends, by its first bytes.
 */
bool sz_sse_is(sz_str_t type, sz_str_t head);


#endif /* SZ_MCP_SSE_H */
