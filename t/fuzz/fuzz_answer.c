/*
 * What a provider sends: headers that steer retries, and bodies of errors and
 * of videos.
 */

#include "openai/sz_openai.h"
#include "tools/sz_tools_video.h"

#include <stdlib.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sz_jw_t       w;
    sz_str_t      value;
    sz_buf_t      out;
    sz_http_t     http;
    sz_error_t    err;
    sz_attempt_t  attempt;

    if (size < 2 || size > 65536) {
        return 0;
    }

    value = (sz_str_t) { size - 2, (const char *) data + 2 };

    memset(&attempt, 0, sizeof(attempt));
    attempt.max_retries = 2;
    attempt.status = 429;
    attempt.now = 1700000000;
    attempt.retry_after = value;
    attempt.retry_after_ms = (data[1] & 1) ? value : sz_str_null;

    if (sz_retry(&attempt) > SZ_RETRY_AFTER_MAX) {
        abort();
    }

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.status = (data[0] & 1) ? 200 : 400 + (data[0] & 0x7f);
    strcpy(http.type, (data[1] & 2) ? "text/html" : "application/json");
    sz_buf_str(&http.answer, value);
    sz_http_parse(&http);

    if (sz_http_result(&http, "look", &err) != SZ_OK
        && !sz_utf8_valid(sz_str_of(err.text)))
    {
        abort();
    }

    sz_buf_init(&out, 1 << 20);
    sz_jw_init(&w, &out);
    sz_jw_open(&w, '{');
    sz_schema_shape(&w, sz_video_fields, http.answer_json);
    sz_jw_close(&w, '}');

    if (!out.failed && sz_json_check(sz_buf_view(&out), NULL) != SZ_OK) {
        abort();
    }

    sz_buf_free(&out);
    sz_http_free(&http);

    return 0;
}
