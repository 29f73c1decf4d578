#include "openai/sz_openai.h"

#include <stdlib.h>
#include <time.h>


#define SZ_RETRY_FIRST  500
#define SZ_RETRY_LAST   8000


/* Codes of 429 that no waiting mends. */

static const char *const  sz_retry_never[] = {
    "insufficient_quota",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    NULL
};


bool
sz_retry_spent(const char *code)
{
    const char *const  *never;

    if (code == NULL) {
        return false;
    }

    for (never = sz_retry_never; *never != NULL; never++) {
        if (strcmp(*never, code) == 0) {
            return true;
        }
    }

    return false;
}


static bool
sz_retry_wanted(const sz_attempt_t *a)
{
    if (a->retries >= a->max_retries || sz_retry_spent(a->error_code)) {
        return false;
    }

    if (a->status >= 200 && a->status < 300) {
        /* the answer began well and was cut */
        return !a->creates;
    }

    if (sz_str_caseeq(a->should_retry, sz_str("true"))) {
        return true;
    }

    if (sz_str_caseeq(a->should_retry, sz_str("false"))) {
        return false;
    }

    if (a->status == 0) {
        return !a->connected || !a->creates;
    }

    if (a->creates) {
        return a->status == 429 || a->status == 503;
    }

    return a->status == 408 || a->status == 409 || a->status == 429
           || a->status >= 500;
}


/* A decimal number of the given unit, as milliseconds; -1 if it is none. */

static int64_t
sz_retry_number(sz_str_t value, double unit)
{
    char    text[32], *end;
    double  d;

    if (value.len == 0 || value.len >= sizeof(text)
        || strchr("0123456789.", value.data[0]) == NULL)
    {
        return -1;
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';

    d = strtod(text, &end) * unit;

    return (*end == '\0' && d >= 0 && d < 1e12) ? (int64_t) d : -1;
}


/* The three forms of an HTTP date (RFC 9110, 5.6.7). */

static int64_t
sz_retry_date(sz_str_t value, int64_t now)
{
    char        text[64], *end;
    size_t      i;
    int64_t     at;
    struct tm   tm;

    static const char *const  forms[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y"
    };

    if (value.len == 0 || value.len >= sizeof(text)) {
        return -1;
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';

    for (i = 0; i < sz_array_len(forms); i++) {
        memset(&tm, 0, sizeof(tm));
        end = strptime(text, forms[i], &tm);

        if (end != NULL && *end == '\0') {
            at = timegm(&tm);
            return (at > now) ? (at - now) * 1000 : 0;
        }
    }

    return -1;
}


static int64_t
sz_retry_asked(const sz_attempt_t *a)
{
    int64_t  ms;

    ms = sz_retry_number(a->retry_after_ms, 1);

    if (ms < 0) {
        ms = sz_retry_number(a->retry_after, 1000);
    }

    if (ms < 0) {
        ms = sz_retry_date(a->retry_after, a->now);
    }

    return ms;
}


int64_t
sz_retry(const sz_attempt_t *a)
{
    int64_t   asked;
    uint64_t  delay;

    if (!sz_retry_wanted(a)) {
        return -1;
    }

    asked = sz_retry_asked(a);

    if (asked >= 0) {
        return (asked <= SZ_RETRY_AFTER_MAX) ? asked : -1;
    }

    delay = (a->retries < 4) ? (uint64_t) SZ_RETRY_FIRST << a->retries
                             : SZ_RETRY_LAST;

    /* less up to a quarter, so that many callers do not come back at once */
    delay -= delay / 4 * (a->random & 0xffff) / 0xffff;

    return (int64_t) delay;
}
