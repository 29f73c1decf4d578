#include "tools/sz_tools.h"


#define SZ_RESULT_MAX  (8 * 1024 * 1024)


static void
sz_call_end(void *data)
{
    sz_job_t   *job, *next;
    sz_call_t  *call = data;

    for (job = call->jobs; job != NULL; job = next) {
        next = job->next;
        sz_job_leave(job);
    }

    sz_buf_free(&call->result);
}


sz_call_t *
sz_call_create(sz_arena_t *arena, const sz_tool_t *tool,
    const sz_setup_t *setup, cJSON *args, sz_error_t *err)
{
    sz_call_t  *call;

    call = sz_alloc(arena, sizeof(sz_call_t));

    if (call == NULL || !sz_arena_defer(arena, sz_call_end, call)) {
        sz_error_memory(err);
        return NULL;
    }

    call->tool = tool;
    call->setup = setup;
    call->arena = arena;
    sz_buf_init(&call->result, SZ_RESULT_MAX);

    call->state = sz_alloc(arena, tool->state_size);

    if (call->state == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    if (sz_schema_read(tool->input, args, call->state, err) != SZ_OK) {
        return NULL;
    }

    return call;
}


sz_step_e
sz_call_step(sz_call_t *call)
{
    call->n_effects = 0;

    return call->tool->step(call);
}


sz_step_e
sz_call_http(sz_call_t *call, sz_http_t *http)
{
    sz_http_reset(http);

    call->effects[call->n_effects++] = (sz_effect_t) {
        .kind = SZ_EFFECT_HTTP, .http = http
    };

    return SZ_STEP_WAIT;
}


sz_step_e
sz_call_wait(sz_call_t *call, int64_t ms)
{
    call->effects[call->n_effects++] = (sz_effect_t) {
        .kind = SZ_EFFECT_WAIT, .wait = ms
    };

    return SZ_STEP_WAIT;
}


void
sz_call_own(sz_call_t *call, sz_job_t *job)
{
    job->next = call->jobs;
    call->jobs = job;
}


sz_step_e
sz_call_job(sz_call_t *call, sz_job_t *job)
{
    if (job == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    sz_call_own(call, job);

    call->effects[call->n_effects++] = (sz_effect_t) {
        .kind = SZ_EFFECT_JOB, .job = job
    };

    return SZ_STEP_WAIT;
}


static void
sz_call_free_http(void *data)
{
    sz_http_free(data);
}


void
sz_call_init_http(sz_call_t *call, sz_http_t *http, sz_service_e service)
{
    sz_http_init(http, service);

    /* when this fails there is nothing to free yet */
    (void) sz_arena_defer(call->arena, sz_call_free_http, http);
}


sz_step_e
sz_call_fail(sz_call_t *call, const sz_error_t *err)
{
    if (err != NULL) {
        call->error = *err;
    }

    return SZ_STEP_DONE;
}


sz_jw_t
sz_call_result_open(sz_call_t *call)
{
    sz_jw_t  w;

    sz_jw_init(&w, &call->result);
    sz_jw_open(&w, '{');

    return w;
}


sz_step_e
sz_call_result_close(sz_call_t *call, sz_jw_t *w)
{
    sz_jw_close(w, '}');

    if (call->result.failed) {
        sz_error_memory(&call->error);
    }

    return SZ_STEP_DONE;
}


void
sz_call_progress(sz_call_t *call, double value, double total, const char *fmt,
    ...)
{
    va_list  args;

    call->progress.set = true;
    call->progress.value = value;
    call->progress.total = total;

    va_start(args, fmt);
    sz_utf8_format(call->progress.text, sizeof(call->progress.text), fmt,
                   args);
    va_end(args);
}
