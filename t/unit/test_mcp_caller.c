/*
 * Who asks: one digest, to which everything a client can name is bound.
 */

#include "script.h"
#include "folder.h"
#include "tap.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_task.h"


#define CLAIM                                                                \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":"                        \
    "{\"elicitation\":{\"form\":{}}}}"


static const char *
id_of(sz_str_t caller)
{
    unsigned char  id[SZ_CALLER_ID];

    static char  text[SZ_CALLER_HEX];

    if (!sz_caller_id(caller, id)) {
        return "none";
    }

    sz_hex_encode(text, id, SZ_CALLER_ID);

    return text;
}


static void
test_ids(void)
{
    is_str(id_of(sz_str("bob")),
           "048df1efc1e8f1ae5613a3f3d8af8473ec4b2dcc503234bc1566a932413785ab",
           "a name");
    is_str(id_of(sz_str_null),
           "40f02621142408cab820b58d267f1eebd7385ac836d4f7d735a8efc793cf461f",
           "nobody");
    ok(strcmp(id_of(sz_str("")), id_of(sz_str_null)) == 0, "the empty name");
}


static void
answer(sz_http_t *http, unsigned n)
{
    (void) n;

    http->status = 200;
    strcpy(http->type, "application/json");
    sz_buf_lit(&http->answer, "{\"id\":\"v1\",\"deleted\":true}");
}


/* delete_video, in the round that `more` makes of it; the answer. */

static cJSON *
delete_video(sz_str_t caller, const char *more)
{
    char            body[8192];
    cJSON          *root;
    sz_head_t       head = script_post();
    sz_exchange_t  *x;

    head.caller = caller;
    head.mcp_version = sz_str("2026-07-28");
    head.mcp_method = sz_str("tools/call");
    head.mcp_name = sz_str("delete_video");

    snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
             "\"tools/call\",\"params\":{\"name\":\"delete_video\","
             "\"arguments\":{\"video_id\":\"v1\"},%s" CLAIM "}}", more);

    x = script_exchange(&head, body, answer);
    root = cJSON_Parse(x->reply.body.data);
    sz_exchange_close(x);

    return root;
}


static const char *
outcome(const cJSON *root)
{
    const char  *type;

    type = sz_json_string(sz_json_get(root, "result"), "resultType");

    return (type != NULL) ? type : "error";
}


static void
test_round(void)
{
    char    caller[5000], other[5000], more[6144];
    cJSON  *first, *again;

    memset(caller, 't', sizeof(caller));
    memcpy(other, caller, sizeof(caller));
    other[sizeof(other) - 1] = 'u';

    first = delete_video((sz_str_t) { sizeof(caller), caller }, "");
    is_str(outcome(first), "input_required", "a question");

    snprintf(more, sizeof(more), "\"requestState\":\"%s\",\"inputResponses\":"
             "{\"confirm\":{\"action\":\"accept\",\"content\":"
             "{\"confirm\":true}}},",
             sz_json_string(sz_json_get(first, "result"), "requestState"));

    again = delete_video((sz_str_t) { sizeof(other), other }, more);
    is_str(outcome(again), "error",
           "its state does not open for a caller who differs at byte 5000");
    cJSON_Delete(again);

    again = delete_video((sz_str_t) { sizeof(caller), caller }, more);
    is_str(outcome(again), "complete", "but for the one who was asked");
    cJSON_Delete(again);
    cJSON_Delete(first);
}


/* What a read of the record comes to, for this caller. */

static sz_code_e
reads(const char *id, sz_str_t caller)
{
    sz_code_e       code;
    unsigned char   caller_id[SZ_CALLER_ID];
    sz_task_job_t  *job;

    sz_caller_id(caller, caller_id);

    job = sz_task_job(&script_setup, SZ_TASK_READ, id, 100);
    sz_task_caller(job, caller_id);
    job->job.run(&job->job);
    code = job->job.error.code;
    job->job.destroy(&job->job);

    return code;
}


static void
test_records(void)
{
    char  text[512];

    static const char  old[] = "00000000000000000000000000000001";
    static const char  new[] = "00000000000000000000000000000002";

    script_setup.state = folder_make();
    mkdir(folder_path("media"), 0700);

    snprintf(text, sizeof(text), "{\"taskId\":\"%s\",\"status\":\"working\","
             "\"_\":{\"caller\":\"bob\",\"expires\":1000}}", old);
    folder_put("media/00000000000000000000000000000001.json", text,
               strlen(text));

    snprintf(text, sizeof(text), "{\"taskId\":\"%s\",\"status\":\"working\","
             "\"_\":{\"caller_id\":\"%s\",\"expires\":1000}}", new,
             id_of(sz_str("m\xfcller")));
    folder_put("media/00000000000000000000000000000002.json", text,
               strlen(text));

    is_int(reads(old, sz_str("bob")), SZ_OK, "a record of an older release");
    is_int(reads(old, sz_str("eve")), SZ_E_NOT_FOUND, "is its caller's");
    is_int(reads(new, sz_str("m\xfcller")), SZ_OK,
           "a caller whose name is no UTF-8");
    is_int(reads(new, sz_str("m\xfcller2")), SZ_E_NOT_FOUND,
           "has tasks of his own");
    is_int(reads(new, sz_str_null), SZ_E_NOT_FOUND, "nobody has them");

    folder_remove();
}


int
main(void)
{
    script_begin();
    script_setup.service[SZ_SERVICE_VIDEO] = true;

    test_ids();
    test_round();
    test_records();

    script_end();

    return done();
}
