/*
 * Every method and every tool, from the request to the reply: the first byte
 * says how the client speaks, then comes the body up to a zero, and behind it
 * what the provider answers.  Replies must be JSON, whatever comes.
 */

#include "session.h"
#include "folder.h"
#include "picture.h"
#include "mcp/sz_mcp_exchange.h"


#define FLOW_MODERN    0x01             /* else a revision with a handshake: */
#define FLOW_OLDEST    0x02
#define FLOW_OLDER     0x04
#define FLOW_JSON      0x08             /* takes no streams */
#define FLOW_DETACHES  0x10             /* follows tasks */
#define FLOW_SESSION   0x20

#define FLOW_REQUESTS  6                /* then the provider fails */
#define FLOW_RUNS      256              /* in one folder, which they fill */


/* What the provider says; its first two bytes say how. */
static const uint8_t  *said;
static size_t          said_len;


static void
answer(sz_http_t *http, unsigned n)
{
    bool  limited, events;

    limited = said_len > 0 && (said[0] & 7) == 7;
    events = said_len > 1 && (said[1] & 1) && http->reader != NULL;

    http->status = (n > FLOW_REQUESTS) ? 500 : limited ? 429 : 200;
    strcpy(http->type, (http->sink != NULL) ? "video/mp4"
                       : events ? "text/event-stream" : "application/json");

    if (said_len > 2) {
        sz_buf_add(&http->answer, said + 2, said_len - 2);
    }
}


static bool
detach(sz_message_t *m)
{
    (void) m;

    return true;
}


static void
fill(void)
{
    folder_remove();
    mkdir(folder_root, 0700);
    mkdir(folder_path("media"), 0700);
    mkdir(folder_path("tasks"), 0700);
    picture_png("media/a.png", 8, 4);
}


static void
begin(void)
{
    unsigned     i;
    sz_folder_t  folder;

    script_begin();
    script_server.tasks = true;
    (void) session_make();

    folder = folder_make();
    atexit(folder_remove);

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        script_setup.folder[i] = folder;
    }

    for (i = 0; i < SZ_SERVICES; i++) {
        script_setup.service[i] = true;
    }

    script_setup.state = folder;
    script_setup.state.folder = "tasks";
    script_setup.task_ttl = 1000;
}


/* Headers that agree with the body, or the ladder would end every request. */

static sz_head_t
head_of(unsigned flags, const cJSON *root)
{
    size_t        i;
    sz_head_t     head = script_post();
    const char   *name;
    const cJSON  *params;

    static const char *const  names[] = { "name", "uri", "taskId" };

    if (flags & FLOW_JSON) {
        head.accept = sz_str("application/json");
    }

    if (!(flags & FLOW_MODERN)) {
        head.mcp_version = (flags & FLOW_OLDEST) ? sz_str_null
                           : (flags & FLOW_OLDER) ? sz_str("2025-06-18")
                                                  : head.mcp_version;
        head.mcp_session = (flags & FLOW_SESSION) ? sz_str_of(session_text)
                                                  : sz_str_null;
        return head;
    }

    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str_of(sz_json_string(root, "method"));
    params = sz_json_get(root, "params");

    for (i = 0; i < sz_array_len(names); i++) {
        name = sz_json_string(params, names[i]);

        if (name != NULL && head.mcp_name.data == NULL) {
            head.mcp_name = sz_str_of(name);
        }
    }

    return head;
}


/* A stream that waits hears one signal of each kind. */

static void
listen_to_all(sz_exchange_t *x)
{
    bool           last;
    sz_buf_t       json, out;
    sz_signal_t    signal;
    sz_message_t  *m;

    unsigned char  id[SZ_HUB_ID] = { 0 };

    sz_buf_init(&json, 1 << 18);
    sz_buf_init(&out, 1 << 20);
    sz_exchange_settle(x);

    while (sz_exchange_next(x, &json, &last)) {
        sz_exchange_frame(x, &out, sz_buf_view(&json), last);
    }

    for (signal.type = SZ_SIGNAL_RESOURCE; signal.type <= SZ_SIGNAL_TASKS;
         signal.type++)
    {
        signal.key = (signal.type == SZ_SIGNAL_STREAM)
                     ? (sz_str_t) { SZ_HUB_ID, (const char *) id }
                     : sz_str("sanzaru://images/a.png");
        signal.text = sz_str("{\"a\":1}");
        memcpy(signal.id, x->caller_id, SZ_HUB_ID);

        (void) sz_exchange_hear(x, &signal, &json, &m);
    }

    (void) sz_exchange_end(x, &json);
    sz_buf_free(&json);
    sz_buf_free(&out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *body;
    cJSON          *root;
    sz_str_t        text;
    sz_head_t       head;
    const uint8_t  *zero;
    sz_exchange_t  *x;

    static unsigned  runs;

    if (runs == 0) {
        begin();
    }

    if (runs++ % FLOW_RUNS == 0) {
        fill();
    }

    if (size < 4 || size > 8192) {
        return 0;
    }

    zero = memchr(data + 1, '\0', size - 1);
    text = (sz_str_t) { (zero != NULL) ? (size_t) (zero - data - 1) : size - 1,
                        (const char *) data + 1 };
    said = (zero != NULL) ? zero + 1 : data;
    said_len = (zero != NULL) ? size - text.len - 2 : 0;

    body = strndup(text.data, text.len);
    root = cJSON_Parse(body);
    head = head_of(data[0], root);

    script_now = 0;
    script_detach = (data[0] & FLOW_DETACHES) ? detach : NULL;

    x = script_exchange(&head, body, answer);
    text = (sz_str_t) { x->reply.body.len - 1, x->reply.body.data };

    if (x->listen != NULL) {
        listen_to_all(x);

    } else if (x->reply.type != NULL
               && sz_json_check(text, NULL) != SZ_OK)
    {
        fprintf(stderr, "not JSON: %s\n", x->reply.body.data);
        abort();
    }

    sz_exchange_close(x);
    cJSON_Delete(root);
    free(body);

    return 0;
}
