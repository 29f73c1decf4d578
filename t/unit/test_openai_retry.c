#include "openai/sz_openai.h"

#include "tap.h"


static sz_attempt_t
attempt(int status, bool creates)
{
    return (sz_attempt_t) {
        .creates = creates, .max_retries = 2, .connected = true,
        .status = status, .now = 784111777          /* 1994-11-06 08:49:37 */
    };
}


static void
repeats(int status, bool creates, bool want)
{
    sz_attempt_t  a = attempt(status, creates);

    ok((sz_retry(&a) >= 0) == want, "%s %d: %s",
       creates ? "create" : "ask", status, want ? "again" : "not again");
}


static void
after(const char *value, const char *ms, int64_t want)
{
    sz_attempt_t  a = attempt(429, false);

    a.retry_after = sz_str_of(value);
    a.retry_after_ms = sz_str_of(ms);
    is_int(sz_retry(&a), want, (value != NULL) ? value : ms);
}


int
main(void)
{
    size_t        i;
    sz_attempt_t  a;

    static const int  again[] = { 0, 408, 409, 429, 500, 502, 503, 504, 529 };
    static const int  never[] = { 301, 400, 401, 403, 404, 413, 415, 422 };

    for (i = 0; i < sz_array_len(again); i++) {
        repeats(again[i], false, true);
    }

    for (i = 0; i < sz_array_len(never); i++) {
        repeats(never[i], false, false);
        repeats(never[i], true, false);
    }

    repeats(200, false, true);          /* an answer that was cut */
    repeats(200, true, false);

    repeats(429, true, true);
    repeats(503, true, true);
    repeats(0, true, false);
    repeats(408, true, false);
    repeats(409, true, false);
    repeats(500, true, false);
    repeats(502, true, false);
    repeats(504, true, false);

    a = attempt(0, true);
    a.connected = false;
    ok(sz_retry(&a) >= 0, "a create that was not sent is sent again");

    a = attempt(500, true);
    a.should_retry = sz_str("true");
    ok(sz_retry(&a) >= 0, "the server says: again");
    a = attempt(429, false);
    a.should_retry = sz_str("False");
    ok(sz_retry(&a) == -1, "the server says: never");

    a = attempt(429, false);
    a.error_code = "insufficient_quota";
    ok(sz_retry(&a) == -1, "a spent quota does not come back");
    a.should_retry = sz_str("true");
    ok(sz_retry(&a) == -1, "whatever the server says");
    a = attempt(429, false);
    a.error_code = "rate_limit_exceeded";
    ok(sz_retry(&a) >= 0, "a rate limit does");

    a = attempt(503, false);
    a.retries = 2;
    ok(sz_retry(&a) == -1, "two retries, no more");
    a.max_retries = 0;
    a.retries = 0;
    ok(sz_retry(&a) == -1, "or none");

    a = attempt(503, false);
    is_int(sz_retry(&a), 500, "half a second first");
    a.random = 0xffff;
    is_int(sz_retry(&a), 375, "less a quarter at most");
    a.random = 0;
    a.retries = 1;
    is_int(sz_retry(&a), 1000, "then a second");
    a.max_retries = 20;
    a.retries = 4;
    is_int(sz_retry(&a), 8000, "up to eight");
    a.retries = 19;
    is_int(sz_retry(&a), 8000, "and stays there");

    after("3", NULL, 3000);
    after("0", NULL, 0);
    after("1.5", NULL, 1500);
    after(NULL, "250", 250);
    after(NULL, "0.5", 0);
    after("3", "250", 250);
    after("60", NULL, 60000);
    after("61", NULL, -1);
    after("Sun, 06 Nov 1994 08:49:47 GMT", NULL, 10000);
    after("Sunday, 06-Nov-94 08:49:47 GMT", NULL, 10000);
    after("Sun Nov  6 08:49:47 1994", NULL, 10000);
    after("Sun, 06 Nov 1994 08:49:27 GMT", NULL, 0);
    after("-1", NULL, 500);
    after("soon", NULL, 500);
    after("", NULL, 500);
    after("nan", "inf", 500);
    after("1e300", NULL, 500);
    after("99999999999999999999999999999999999999", NULL, 500);

    return done();
}
