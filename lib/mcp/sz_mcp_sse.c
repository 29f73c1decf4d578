#include "mcp/sz_mcp_sse.h"


void
sz_sse_message(sz_buf_t *out, sz_str_t data)
{
    sz_buf_lit(out, "event: message\ndata: ");
    sz_buf_str(out, data);
    sz_buf_lit(out, "\n\n");
}
