/*
 * Records of tasks: what each operation makes of one, and what is left of it
 * when there is no memory.
 */

#include "folder.h"
#include "tap.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_task.h"


#define ID    "0123456789abcdef0123456789abcdef"
#define RECORD  "media/" ID ".json"

/* What the gateway keeps in it: nobody's, until 1000. */
#define OWN                                                                  \
    "\"_\":{\"caller\":\"\",\"expires\":1000,\"saved\":null,\"answers\":{}}"

#define WORKING                                                              \
    "{\"taskId\":\"" ID "\",\"status\":\"working\","                         \
    "\"lastUpdatedAt\":\"x\"," OWN "}"


static sz_setup_t  setup;

/* cJSON's allocations until one fails; below zero: none does. */
static int         room = -1;
static bool        starved;


static void *
scarce_malloc(size_t size)
{
    if (room == 0) {
        starved = true;
        return NULL;
    }

    room -= (room > 0);

    return malloc(size);
}


static void
put(const char *record)
{
    folder_put(RECORD, record, strlen(record));
}


/* The record as it lies on the disk; the next call reuses the buffer. */

static const char *
stored(void)
{
    FILE    *f;
    size_t   n;

    static char  text[8192];

    f = fopen(folder_path(RECORD), "rb");
    n = (f != NULL) ? fread(text, 1, sizeof(text) - 1, f) : 0;
    text[n] = '\0';

    if (f != NULL) {
        fclose(f);
    }

    return text;
}


static sz_task_job_t *
job_of(sz_task_op_e op, const char *text)
{
    sz_task_job_t  *job;

    job = sz_task_job(&setup, op, ID, 100);

    if (text != NULL && !sz_task_text(job, sz_str_of(text))) {
        exit(1);
    }

    job->job.run(&job->job);

    return job;
}


static sz_code_e
run(sz_task_op_e op, const char *text)
{
    sz_code_e       code;
    sz_task_job_t  *job;

    job = job_of(op, text);
    code = job->job.error.code;
    job->job.destroy(&job->job);

    return code;
}


static bool
has(const char *text)
{
    return strstr(stored(), text) != NULL;
}


static void
test_life(void)
{
    sz_task_job_t  *job;

    job = job_of(SZ_TASK_CREATE, WORKING);
    ok(job->job.error.code == SZ_OK && job->claim != -1, "made and claimed");
    ok(memmem(job->shown.data, job->shown.len, "caller", 6) == NULL,
       "clients do not see all");
    job->job.destroy(&job->job);

    is_int(run(SZ_TASK_SAVE, "{\"id\":\"v1\"}"), SZ_OK, "saves");
    ok(has("\"saved\":{\"id\":\"v1\"}"), "what a restart needs");
    ok(has("\"lastUpdatedAt\":\"1970-01-01T00:01:40Z\""), "and when");

    is_int(run(SZ_TASK_STATUS, "half way"), SZ_OK, "a status");
    ok(has("\"statusMessage\":\"half way\""), "message");

    is_int(run(SZ_TASK_ASK, "{\"a\":{},\"b\":{}}"), SZ_OK, "asks");
    ok(has("\"status\":\"input_required\""), "for input");

    is_int(run(SZ_TASK_ANSWER, "{\"a\":{\"x\":1},\"c\":{},\"b\":7}"), SZ_OK,
           "one answer");
    ok(has("\"inputRequests\":{\"b\":{}}"), "leaves the other question");
    ok(has("\"answers\":{\"a\":{\"x\":1}}"), "what was not asked is ignored");

    is_int(run(SZ_TASK_ANSWER, "{\"b\":{}}"), SZ_OK, "the other");
    ok(has("\"status\":\"working\"") && !has("inputRequests"), "works again");

    is_int(run(SZ_TASK_COMPLETE, "{\"content\":[]}"), SZ_OK, "ends");
    ok(has("\"status\":\"completed\"") && has("\"result\":{\"content\":[]}")
       && !has("statusMessage"), "with a result");

    is_int(run(SZ_TASK_CANCEL, NULL), SZ_OK, "to cancel it then");
    is_int(run(SZ_TASK_FAIL, "{}"), SZ_OK, "or to fail it");
    ok(has("\"status\":\"completed\"") && !has("error"), "changes nothing");
}


static void
test_refusals(void)
{
    unsigned char   caller[SZ_CALLER_ID];
    sz_task_job_t  *job;

    put(WORKING);

    job = sz_task_job(&setup, SZ_TASK_READ, ID "-and-more", 100);
    job->job.run(&job->job);
    is_int(job->job.error.code, SZ_E_NOT_FOUND, "an id with more behind it");
    job->job.destroy(&job->job);

    job = sz_task_job(&setup, SZ_TASK_READ, ID, 1001);
    job->job.run(&job->job);
    is_int(job->job.error.code, SZ_E_NOT_FOUND, "a record whose time is over");
    job->job.destroy(&job->job);

    sz_caller_id(sz_str("eve"), caller);
    job = sz_task_job(&setup, SZ_TASK_CANCEL, ID, 100);
    sz_task_caller(job, caller);
    job->job.run(&job->job);
    is_int(job->job.error.code, SZ_E_NOT_FOUND, "another caller's");
    job->job.destroy(&job->job);

    is_int(run(SZ_TASK_ANSWER, "{\"a\":{}}"), SZ_OK, "what was never asked");
    is_str(stored(), WORKING, "is no change");

    put("{\"taskId\":\"" ID "\"," OWN "}");
    is_int(run(SZ_TASK_COMPLETE, "{}"), SZ_E_INPUT,
           "a record without a status is damaged, not final");

    put("{\"taskId\":\"" ID "\",\"status\":\"working\"}");
    is_int(run(SZ_TASK_READ, NULL), SZ_E_INPUT, "nor is one of nobody whole");
}


/*
 * Every operation with every allocation failing once: it says so and the file
 * is what it was, or it has done all it had to.
 */

static void
test_memory(void)
{
    int          given;
    char         before[8192], after[8192];
    unsigned     i, bad;
    sz_code_e    code;
    cJSON_Hooks  hooks = { scarce_malloc, free };

    static const struct {
        sz_task_op_e  op;
        const char   *text;
    } steps[] = {
        { SZ_TASK_SAVE, "{\"id\":\"v1\"}" },
        { SZ_TASK_STATUS, "half way" },
        { SZ_TASK_ASK, "{\"q\":{\"method\":\"elicitation/create\"}}" },
        { SZ_TASK_ANSWER, "{\"q\":{\"action\":\"accept\","
                          "\"content\":{\"why\":\"because\"}}}" },
        { SZ_TASK_COMPLETE, "{\"content\":[],\"done\":\"yes\"}" }
    };

    cJSON_InitHooks(&hooks);
    put(WORKING);
    bad = 0;

    for (i = 0; i < sz_array_len(steps); i++) {

        strcpy(before, stored());
        (void) run(steps[i].op, steps[i].text);
        strcpy(after, stored());

        given = 0;

        do {
            put(before);
            starved = false;
            room = given++;
            code = run(steps[i].op, steps[i].text);
            room = -1;

            if (code != (starved ? SZ_E_INTERNAL : SZ_OK)
                || strcmp(stored(), starved ? before : after) != 0)
            {
                printf("# %u, %d allocations: %d, %s\n", i, given - 1, code,
                       stored());
                bad++;
            }

        } while (starved);
    }

    cJSON_InitHooks(NULL);

    is_int(bad, 0, "without memory a record stays what it was");
    ok(has("because") && has("\"status\":\"completed\""), "all was done");
}


static void
test_scan(void)
{
    sz_task_job_t   *worker;
    sz_task_scan_t  *scan;

    put(WORKING);
    scan = sz_task_scan(&setup, 100);
    scan->job.run(&scan->job);
    ok(scan->n == 1 && strcmp(scan->ids[0], ID) == 0, "nobody works on it");
    scan->job.destroy(&scan->job);

    worker = job_of(SZ_TASK_CLAIM, NULL);
    ok(worker->job.error.code == SZ_OK && worker->claim != -1, "a claim");
    is_int(run(SZ_TASK_CLAIM, NULL), SZ_E_BUSY, "is had by one");

    scan = sz_task_scan(&setup, 100);
    scan->job.run(&scan->job);
    is_int((long long) scan->n, 0, "and somebody works on it");
    scan->job.destroy(&scan->job);
    worker->job.destroy(&worker->job);

    scan = sz_task_scan(&setup, 2000);
    scan->job.run(&scan->job);
    is_int((long long) scan->n, 0, "when its time is over it is no work");
    is_int(folder_size(RECORD), -1, "and is removed");
    scan->job.destroy(&scan->job);
}


int
main(void)
{
    setup.state = folder_make();
    setup.task_ttl = 1000;
    mkdir(folder_path("media"), 0700);

    test_life();
    test_refusals();
    test_memory();
    test_scan();

    folder_remove();

    return done();
}
