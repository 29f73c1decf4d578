/* What a call offers its tool: questions, messages, jobs, results. */

#include "script.h"
#include "tap.h"
#include "mcp/sz_mcp_exchange.h"


static sz_step_e
step(sz_call_t *call)
{
    (void) call;

    return SZ_STEP_DONE;
}


static const sz_tool_t  tool = {
    .name = "tool", .input = sz_no_fields, .output = sz_no_fields,
    .state_size = 1, .step = step
};


static sz_arena_t  *arena;


static sz_call_t *
call_of(sz_log_e level)
{
    sz_call_t   *call;
    sz_error_t   err;

    arena = sz_arena_create(1 << 20);
    call = sz_call_create(arena, &tool, &script_setup, NULL, &err);

    if (call == NULL) {
        exit(0);
    }

    call->log_level = level;

    return call;
}


static bool
logs(const sz_call_t *call, const char *want)
{
    return memmem(call->logs.data, call->logs.len, want, strlen(want)) != NULL;
}


static void
test_logs(void)
{
    size_t      len;
    unsigned    i;
    sz_call_t  *call;

    call = call_of(SZ_LOG_NONE);
    sz_call_log(call, SZ_LOG_EMERGENCY, "x");
    is_int((long long) call->logs.len, 0, "who did not ask is told nothing");
    sz_arena_destroy(arena);

    call = call_of(SZ_LOG_WARNING);
    sz_call_log(call, SZ_LOG_NOTICE, "x");
    is_int((long long) call->logs.len, 0, "nor what is below the level");
    sz_call_log(call, SZ_LOG_WARNING, "a \"%s\"", "b");
    ok(logs(call, "{\"level\":\"warning\",\"logger\":\"tool\","
                  "\"data\":\"a \\\"b\\\"\"}\n"), "a line each");

    for (i = 0; i < 2000; i++) {
        sz_call_log(call, SZ_LOG_ERROR, "%060u", i);
    }

    len = call->logs.len;
    sz_call_log(call, SZ_LOG_ERROR, "%060u", i);
    ok(len < 64 * 1024 && call->logs.len == len && !call->logs.failed
       && logs(call, "\"warning\""), "too many lose the latest");
    sz_arena_destroy(arena);
}


static void
test_asks(void)
{
    cJSON        *answers;
    unsigned      i;
    sz_call_t    *call;
    const cJSON  *answer;

    call = call_of(SZ_LOG_NONE);
    ok(sz_call_ask(call, "a", "elicitation/create", sz_str("{}")) == NULL
       && sz_call_asked(call) == SZ_STEP_WAIT && call->n_effects == 1
       && call->effects[0].kind == SZ_EFFECT_ASK
       && sz_call_is_asking(call), "a question");

    answers = cJSON_Parse("{\"a\":{\"action\":\"accept\",\"content\":"
                          "{\"b\":1}},\"c\":{\"action\":\"decline\","
                          "\"content\":{}}}");
    call->asks->answer = sz_json_object(answers, "a");
    call->n_effects = 0;
    answer = sz_call_ask(call, "a", "elicitation/create", sz_str("{}"));
    ok(answer != NULL && call->n_effects == 0 && !sz_call_is_asking(call),
       "is not asked again when it has its answer");
    ok(sz_json_get(sz_call_content(answer), "b") != NULL, "its content");

    call->answers = answers;
    answer = sz_call_ask(call, "c", "elicitation/create", sz_str("{}"));
    ok(answer != NULL && sz_call_content(answer) == NULL,
       "an answer of an earlier round, which declines");

    for (i = 0; i < SZ_MAX_EFFECTS; i++) {
        (void) sz_call_ask(call, "d", "roots/list", sz_str("{}"));
    }

    ok(sz_call_asked(call) == SZ_STEP_WAIT
       && sz_call_ask(call, "e", "roots/list", sz_str("{}")) == NULL
       && sz_call_asked(call) == SZ_STEP_DONE, "no more at once than fit");

    call->client = SZ_CLIENT_ELICIT_FORM;
    ok(sz_call_can_ask(call, "elicitation/create")
       && !sz_call_can_ask(call, "sampling/createMessage")
       && !sz_call_can_ask(call, "roots/list"), "what a client can be asked");

    sz_arena_destroy(arena);
    cJSON_Delete(answers);
}


static void
job_run(sz_job_t *job)
{
    (void) job;
}


static unsigned  destroyed;

static void
job_destroy(sz_job_t *job)
{
    (void) job;
    destroyed++;
}


static void
test_jobs(void)
{
    sz_job_t    jobs[3];
    unsigned    i;
    sz_call_t  *call;

    call = call_of(SZ_LOG_NONE);
    memset(jobs, 0, sizeof(jobs));

    for (i = 0; i < 3; i++) {
        jobs[i].run = job_run;
        jobs[i].destroy = job_destroy;
        jobs[i].undo = (i > 0) ? job_run : NULL;
        ok(sz_call_job(call, &jobs[i]) == SZ_STEP_WAIT, "a job");
    }

    jobs[2].running = true;
    ok(sz_call_leftover(call) == &jobs[1], "one that has to be undone");
    ok(sz_call_leftover(call) == NULL, "no other: none is, or it runs");
    jobs[2].running = false;
    ok(sz_call_leftover(call) == &jobs[2], "until it does not");

    ok(sz_call_job(call, NULL) == SZ_STEP_DONE
       && call->error.code == SZ_E_INTERNAL, "no memory for a job");

    sz_arena_destroy(arena);
    is_int(destroyed, 1, "what is left over is the runner's, the rest is not");
}


static void
test_files(void)
{
    sz_call_t   *call;
    sz_draft_t   draft;

    call = call_of(SZ_LOG_NONE);
    memset(&draft, 0, sizeof(draft));
    strcpy(draft.name, "a.mp4");
    draft.replaced = true;

    sz_call_published(call, SZ_MEDIA_VIDEO, &draft, "video/mp4", 7);
    ok(call->changed->change == SZ_CHANGE_REPLACED
       && strcmp(call->changed->name, "a.mp4") == 0
       && call->changed->size == 7, "a file that was replaced");
    sz_call_changed(call, SZ_CHANGE_MADE, SZ_MEDIA_IMAGE, "b");
    ok(call->changed->next != NULL && call->changed->size == -1, "another");
    sz_call_list_changed(call, SZ_LIST_PROMPTS);
    is_int(call->lists_changed, SZ_LIST_PROMPTS, "a list");

    sz_call_renamed(call, NULL, "a");
    sz_call_renamed(call, "a", "a");
    is_int((long long) call->notes.len, 0, "a name as it was wanted");
    sz_call_renamed(call, "a", "a-2");
    sz_call_renamed(call, "b", "b-2");
    ok(sz_str_is(sz_buf_view(&call->notes), "There is a file \"a\" already; it "
                 "stays, and the new one is \"a-2\". There is a file \"b\" "
                 "already; it stays, and the new one is \"b-2\"."),
       "names that were taken");

    sz_call_hang_up(call);
    ok(call->hang_up, "the stream can be closed");
    ok(sz_call_detach(call, "{}") == SZ_STEP_WAIT
       && call->effects[0].kind == SZ_EFFECT_DETACH
       && strcmp(call->saved, "{}") == 0, "a task, with what is saved");

    sz_arena_destroy(arena);
}


int
main(void)
{
    script_begin();

    test_logs();
    test_asks();
    test_jobs();
    test_files();

    script_end();

    return done();
}
