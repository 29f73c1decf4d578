#include "tools/sz_tools.h"
#include "tools/sz_tools_owner.h"


#define SZ_RESULT_MAX  (8 * 1024 * 1024)
#define SZ_LOGS_MAX    (64 * 1024)
#define SZ_NOTES_MAX   4096


static const char *const  sz_log_names[] = {
    [SZ_LOG_DEBUG] = "debug",
    [SZ_LOG_INFO] = "info",
    [SZ_LOG_NOTICE] = "notice",
    [SZ_LOG_WARNING] = "warning",
    [SZ_LOG_ERROR] = "error",
    [SZ_LOG_CRITICAL] = "critical",
    [SZ_LOG_ALERT] = "alert",
    [SZ_LOG_EMERGENCY] = "emergency",
    [SZ_LOG_NONE] = NULL
};


sz_log_e
sz_log_find(const char *name)
{
    sz_log_e  level;

    for (level = 0; level < SZ_LOG_NONE; level++) {
        if (strcmp(sz_log_names[level], name) == 0) {
            break;
        }
    }

    return level;
}


sz_publish_e
sz_existing_publish(sz_existing_e existing, bool pays)
{
    if (existing == SZ_EXISTING_DEFAULT) {
        existing = pays ? SZ_EXISTING_RENAME : SZ_EXISTING_REPLACE;
    }

    return (existing == SZ_EXISTING_REPLACE) ? SZ_REPLACE
           : (existing == SZ_EXISTING_REFUSE) ? SZ_REFUSE : SZ_UNIQUE;
}


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
    sz_buf_free(&call->logs);
    sz_buf_free(&call->notes);
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
    call->begun = -1;
    call->log_level = SZ_LOG_NONE;
    sz_buf_init(&call->result, SZ_RESULT_MAX);
    sz_buf_init(&call->logs, SZ_LOGS_MAX);
    sz_buf_init(&call->notes, SZ_NOTES_MAX);

    call->state = sz_alloc(arena, tool->state_size);

    if (call->state == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    if (sz_schema_read(tool->input, args, call->state, &call->notes, err)
        != SZ_OK) {
        return NULL;
    }

    return call;
}


/* Whoever wrote it, no text of a call shows what a provider must not tell. */

static void
sz_call_blank(sz_call_t *call, char *text)
{
    if (call->sent != NULL) {
        sz_http_blank(call->sent, text);
    }
}


sz_step_e
sz_call_step(sz_call_t *call)
{
    sz_step_e  step;

    call->n_effects = 0;

    if (call->begun < 0) {
        call->begun = call->now;
    }

    step = sz_owner_step(call);

    if (step == SZ_STEP_DONE) {
        sz_call_blank(call, call->error.text);
    }

    return step;
}


sz_step_e
sz_call_http(sz_call_t *call, sz_http_t *http)
{
    sz_http_reset(http);
    call->sent = http;

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


sz_job_t *
sz_call_leftover(sz_call_t *call)
{
    sz_job_t  *job, **link;

    for (link = &call->jobs; *link != NULL; link = &(*link)->next) {
        job = *link;

        if (job->undo != NULL && !job->running) {
            *link = job->next;
            return job;
        }
    }

    return NULL;
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


bool
sz_call_init_http(sz_call_t *call, sz_http_t *http, sz_service_e service)
{
    sz_http_init(http, service);

    return sz_arena_defer(call->arena, sz_call_free_http, http);
}


bool
sz_call_can_ask(const sz_call_t *call, const char *method)
{
    unsigned  needs;

    needs = (strcmp(method, "elicitation/create") == 0)
            ? SZ_CLIENT_ELICIT_FORM
            : (strcmp(method, "sampling/createMessage") == 0)
              ? SZ_CLIENT_SAMPLING : SZ_CLIENT_ROOTS;

    return (call->client & needs) != 0;
}


const cJSON *
sz_call_ask(sz_call_t *call, const char *key, const char *method,
    sz_str_t params)
{
    sz_ask_t     *ask;
    const cJSON  *answer;

    answer = sz_json_object(call->answers, key);

    for (ask = call->asks; ask != NULL && answer == NULL; ask = ask->next) {
        if (strcmp(ask->key, key) == 0) {
            answer = ask->answer;
        }
    }

    if (answer != NULL) {
        return answer;
    }

    ask = sz_alloc(call->arena, sizeof(sz_ask_t));

    if (ask == NULL) {
        sz_error_memory(&call->error);
        return NULL;
    }

    ask->key = sz_strdup(call->arena, sz_str_of(key));
    ask->method = method;
    ask->params = (sz_str_t) { params.len, sz_strdup(call->arena, params) };
    ask->next = call->asks;

    if (ask->key == NULL || ask->params.data == NULL
        || call->n_effects == SZ_MAX_EFFECTS)
    {
        sz_error_memory(&call->error);
        return NULL;
    }

    call->asks = ask;

    call->effects[call->n_effects++] = (sz_effect_t) {
        .kind = SZ_EFFECT_ASK, .ask = ask
    };

    return NULL;
}


sz_step_e
sz_call_asked(sz_call_t *call)
{
    return (call->error.code == SZ_OK) ? SZ_STEP_WAIT : SZ_STEP_DONE;
}


bool
sz_call_is_asking(const sz_call_t *call)
{
    const sz_ask_t  *ask;

    for (ask = call->asks; ask != NULL; ask = ask->next) {
        if (ask->answer == NULL) {
            return true;
        }
    }

    return false;
}


const cJSON *
sz_call_content(const cJSON *answer)
{
    const char  *action;

    action = sz_json_string(answer, "action");

    return (action != NULL && strcmp(action, "accept") == 0)
           ? sz_json_object(answer, "content") : NULL;
}


sz_step_e
sz_call_detach(sz_call_t *call, const char *saved)
{
    call->saved = saved;

    call->effects[call->n_effects++] = (sz_effect_t) {
        .kind = SZ_EFFECT_DETACH
    };

    return SZ_STEP_WAIT;
}


void
sz_call_log(sz_call_t *call, sz_log_e level, const char *fmt, ...)
{
    char     text[SZ_ERROR_TEXT];
    size_t   len;
    sz_jw_t  w;
    va_list  args;

    if (level < call->log_level) {
        return;
    }

    len = call->logs.len;

    va_start(args, fmt);
    sz_utf8_format(text, sizeof(text), fmt, args);
    va_end(args);

    sz_call_blank(call, text);

    sz_jw_init(&w, &call->logs);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "level", sz_log_names[level]);
    sz_jw_kstr(&w, "logger", call->tool->name);
    sz_jw_kstr(&w, "data", text);
    sz_jw_close(&w, '}');
    sz_buf_c(&call->logs, '\n');

    if (call->logs.failed) {        /* rather this one than an earlier one */
        call->logs.failed = false;
        call->logs.len = len;
    }
}


void
sz_call_changed(sz_call_t *call, sz_change_e change, sz_media_e kind,
    const char *name)
{
    sz_call_made(call, change, kind, name, NULL, -1);
}


void
sz_call_list_changed(sz_call_t *call, unsigned lists)
{
    call->lists_changed |= lists;
}


void
sz_call_hang_up(sz_call_t *call)
{
    call->hang_up = true;
}


void
sz_call_made(sz_call_t *call, sz_change_e change, sz_media_e kind,
    const char *name, const char *mime, int64_t size)
{
    sz_changed_t  *changed;

    changed = sz_alloc(call->arena, sizeof(sz_changed_t));

    if (changed == NULL) {
        return;             /* nobody is told; the file is there */
    }

    changed->change = change;
    changed->kind = kind;
    changed->mime = mime;
    changed->size = size;
    changed->name = sz_strdup(call->arena, sz_str_of(name));

    if (changed->name != NULL) {
        changed->next = call->changed;
        call->changed = changed;
    }
}


void
sz_call_published(sz_call_t *call, sz_media_e kind, const sz_draft_t *draft,
    const char *mime, int64_t size)
{
    sz_call_made(call, draft->replaced ? SZ_CHANGE_REPLACED : SZ_CHANGE_MADE,
                 kind, draft->name, mime, size);
}


void
sz_call_renamed(sz_call_t *call, const char *wanted, const char *name)
{
    if (wanted != NULL && strcmp(wanted, name) != 0) {
        sz_buf_fmt(&call->notes, "%sThere is a file \"%s\" already; it stays, "
                   "and the new one is \"%s\".",
                   (call->notes.len > 0) ? " " : "", wanted, name);
    }
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

    if (call->sent != NULL) {
        sz_http_blank_result(call->sent, &call->result);
    }

    if (call->result.failed) {
        sz_error_memory(&call->error);
    }

    return SZ_STEP_DONE;
}


void
sz_call_progress(sz_call_t *call, const char *fmt, ...)
{
    char     text[sizeof(call->progress.text)];
    va_list  args;

    va_start(args, fmt);
    sz_utf8_format(text, sizeof(text), fmt, args);
    va_end(args);

    sz_call_blank(call, text);

    call->progress.set = true;

    if (strcmp(text, call->progress.text) != 0) {
        call->progress.news = true;
        strcpy(call->progress.text, text);
    }
}
