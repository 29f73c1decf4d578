#include "openai/sz_openai.h"


static bool
sz_status_among(const char *word, const char *const *words)
{
    for ( /* void */ ; *words != NULL; words++) {
        if (sz_str_caseeq(sz_str_of(word), sz_str_of(*words))) {
            return true;
        }
    }

    return false;
}


sz_status_e
sz_status(const char *word)
{
    static const char *const  done[] = {
        "completed", "complete", "succeeded", "succeed", "success", "done",
        "finished", NULL
    };

    static const char *const  failed[] = {
        "failed", "failure", "fail", "error", "cancelled", "canceled",
        "expired", "incomplete", "deleted", "rejected", "aborted",
        "requires_action", "budget_exceeded", NULL
    };

    if (word == NULL) {
        return SZ_STATUS_RUNNING;
    }

    return sz_status_among(word, done) ? SZ_STATUS_DONE
           : sz_status_among(word, failed) ? SZ_STATUS_FAILED
           : SZ_STATUS_RUNNING;
}
