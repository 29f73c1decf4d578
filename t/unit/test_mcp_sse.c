#include "mcp/sz_mcp_sse.h"

#include "tap.h"


int
main(void)
{
    sz_buf_t  out;

    sz_buf_init(&out, 4096);
    sz_sse_message(&out, sz_str("{\"a\":1}"));
    sz_buf_c(&out, '\0');
    is_str(out.data, "event: message\ndata: {\"a\":1}\n\n", "one event");
    sz_buf_free(&out);

    return done();
}
