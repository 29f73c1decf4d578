/*
 * The record of a task: reading, changing, writing.  On threads.
 */

#include "mcp/sz_mcp_task.h"
#include "mcp/sz_mcp_caller.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define SZ_TASK_MAX   (1024 * 1024)
#define SZ_TASK_LOCK  "lock"
#define SZ_TASK_WAIT  10000             /* ms for it */


/* RFC 3339, UTC. */

void
sz_task_time(int64_t clock, char text[32])
{
    time_t     t;
    struct tm  tm;

    t = (time_t) clock;
    gmtime_r(&t, &tm);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}


static void
sz_task_name(char name[64], const char *id, const char *extension)
{
    snprintf(name, 64, "%s.%s", id, extension);
}


/* 32 hexadecimal digits: anything else is no task, and no file name. */

static bool
sz_task_is_id(const char *id)
{
    return strlen(id) == SZ_TASK_ID - 1
           && strspn(id, "0123456789abcdef") == SZ_TASK_ID - 1;
}


static sz_code_e
sz_task_unknown(sz_error_t *err)
{
    return sz_error_set(err, SZ_E_NOT_FOUND,
                        "There is no such task, or no more.");
}


static bool
sz_task_is_final(const cJSON *record)
{
    const char  *status;

    status = sz_json_string(record, "status");

    return strcmp(status, "working") != 0
           && strcmp(status, "input_required") != 0;
}


static bool
sz_task_is_over(const cJSON *record, int64_t clock)
{
    int64_t  expires;

    return !sz_json_integer(sz_json_get(sz_json_object(record,
                                                       SZ_TASK_PRIVATE),
                                        "expires"), &expires)
           || expires < clock;
}


/* What every record has: without one of these it is damaged. */

static bool
sz_task_is_record(const cJSON *record)
{
    return sz_json_string(record, "taskId") != NULL
           && sz_json_string(record, "status") != NULL
           && sz_json_object(record, SZ_TASK_PRIVATE) != NULL;
}


static cJSON *
sz_task_load(const sz_folder_t *where, const char *id, sz_error_t *err)
{
    char    *text, name[64];
    cJSON   *record;
    size_t   len;

    sz_task_name(name, id, "json");
    text = sz_store_read(where, name, SZ_TASK_MAX, &len, err);

    if (text == NULL) {
        return NULL;
    }

    record = sz_json_parse((sz_str_t) { len, text }, err);
    free(text);

    if (record != NULL && !sz_task_is_record(record)) {
        sz_error_set(err, SZ_E_INPUT, "The record of this task is damaged.");
        cJSON_Delete(record);
        return NULL;
    }

    return record;
}


static sz_code_e
sz_task_store(const sz_task_job_t *j, sz_error_t *err)
{
    char        name[64];
    sz_jw_t     w;
    sz_buf_t    text;
    sz_draft_t  draft;

    sz_task_name(name, j->id, "json");
    sz_buf_init(&text, SZ_TASK_MAX);
    sz_jw_init(&w, &text);
    sz_jw_node(&w, j->record);

    if (text.failed) {
        sz_buf_free(&text);
        return sz_error_set(err, SZ_E_LIMIT, "The task's result is larger "
                            "than %d bytes.", SZ_TASK_MAX);
    }

    if (sz_draft_open(&draft, &j->where, name, err) != SZ_OK) {
        sz_buf_free(&text);
        return err->code;
    }

    if (sz_draft_write(&draft, text.data, text.len, err) != SZ_OK) {
        sz_draft_discard(&draft);
        sz_buf_free(&text);
        return err->code;
    }

    sz_buf_free(&text);

    return sz_draft_publish(&draft, SZ_REPLACE, err);
}


/* What a client sees: everything but the gateway's own. */

static bool
sz_task_show(sz_task_job_t *j)
{
    sz_jw_t       w;
    const cJSON  *member;

    sz_jw_init(&w, &j->shown);
    sz_jw_open(&w, '{');

    for (member = j->record->child; member != NULL; member = member->next) {
        if (strcmp(member->string, SZ_TASK_PRIVATE) != 0) {
            sz_jw_knode(&w, member->string, member);
        }
    }

    sz_jw_close(&w, '}');

    if (j->shown.failed) {
        sz_error_memory(&j->job.error);
        return false;
    }

    return true;
}


/*
 * Changes.  Each has the record of a task that is not finished.  False: the
 * error says why, and the record is not stored: the one in the file is whole.
 */

static bool
sz_task_put(sz_task_job_t *j, cJSON *object, const char *key, cJSON *value)
{
    if (!sz_json_put(object, key, value)) {
        sz_error_memory(&j->job.error);
        return false;
    }

    return true;
}


static bool
sz_task_put_string(sz_task_job_t *j, const char *key, const char *value)
{
    return sz_task_put(j, j->record, key, cJSON_CreateString(value));
}


static bool
sz_task_put_text(sz_task_job_t *j, cJSON *object, const char *key)
{
    cJSON  *value;

    value = sz_json_parse(sz_str_of(j->text), &j->job.error);

    return value != NULL && sz_task_put(j, object, key, value);
}


/* Subsets are fine; what is not asked, or was answered, is ignored. */

static bool
sz_task_take_answers(sz_task_job_t *j, cJSON *given, cJSON *asked,
    cJSON *answers)
{
    cJSON  *item, *next;

    for (item = given->child; item != NULL; item = next) {
        next = item->next;

        if (!cJSON_IsObject(item)
            || sz_json_get(asked, item->string) == NULL)
        {
            continue;
        }

        if (!sz_task_put(j, answers, item->string, cJSON_Duplicate(item, 1))) {
            return false;
        }

        sz_json_remove(asked, item->string);
        j->changed = true;
    }

    return true;
}


static bool
sz_task_answer(sz_task_job_t *j, cJSON *own)
{
    bool   ok;
    cJSON  *given, *asked, *answers;

    given = sz_json_parse(sz_str_of(j->text), &j->job.error);

    if (given == NULL) {
        return false;
    }

    asked = cJSON_GetObjectItemCaseSensitive(j->record, "inputRequests");
    answers = cJSON_GetObjectItemCaseSensitive(own, "answers");

    ok = sz_task_take_answers(j, given, asked, answers);
    cJSON_Delete(given);

    if (!ok || !j->changed || asked->child != NULL) {
        return ok;
    }

    sz_json_remove(j->record, "inputRequests");

    return sz_task_put_string(j, "status", "working");
}


static bool
sz_task_end(sz_task_job_t *j, const char *status, const char *key)
{
    sz_json_remove(j->record, "inputRequests");
    sz_json_remove(j->record, "statusMessage");

    j->changed = true;

    return sz_task_put_string(j, "status", status)
           && (key == NULL || sz_task_put_text(j, j->record, key));
}


static bool
sz_task_change(sz_task_job_t *j)
{
    cJSON  *own;

    own = cJSON_GetObjectItemCaseSensitive(j->record, SZ_TASK_PRIVATE);

    switch (j->op) {

    case SZ_TASK_STATUS:
        j->changed = true;
        return sz_task_put_string(j, "statusMessage", j->text);

    case SZ_TASK_SAVE:
        j->changed = true;
        return sz_task_put_text(j, own, "saved");

    case SZ_TASK_ASK:
        j->changed = true;
        return sz_task_put_text(j, j->record, "inputRequests")
               && sz_task_put_string(j, "status", "input_required");

    case SZ_TASK_ANSWER:
        return sz_task_answer(j, own);

    case SZ_TASK_CANCEL:
        return sz_task_end(j, "cancelled", NULL);

    case SZ_TASK_COMPLETE:
        return sz_task_end(j, "completed", "result");

    case SZ_TASK_FAIL:
        return sz_task_end(j, "failed", "error");

    default: /* SZ_TASK_READ, SZ_TASK_CLAIM */
        return true;
    }
}


/* Releases before 0.2 kept the caller's text itself. */

bool
sz_task_owner(const cJSON *record, unsigned char id[SZ_CALLER_ID])
{
    const char   *text;
    const cJSON  *own;

    own = sz_json_object(record, SZ_TASK_PRIVATE);
    text = sz_json_string(own, "caller_id");

    if (text != NULL) {
        return sz_hex_decode(id, SZ_CALLER_ID, sz_str_of(text));
    }

    text = sz_json_string(own, "caller");

    return text != NULL && sz_caller_id(sz_str_of(text), id);
}


static bool
sz_task_is_callers(const sz_task_job_t *j)
{
    unsigned char  owner[SZ_CALLER_ID];

    return !j->bound
           || (sz_task_owner(j->record, owner)
               && CRYPTO_memcmp(owner, j->caller_id, SZ_CALLER_ID) == 0);
}


static void
sz_task_claim(sz_task_job_t *j)
{
    char  name[64];

    sz_task_name(name, j->id, "claim");
    j->claim = sz_store_lock(&j->where, name, 0, &j->job.error);
}


static void
sz_task_create(sz_task_job_t *j)
{
    j->record = sz_json_parse(sz_str_of(j->text), &j->job.error);

    if (j->record == NULL) {
        return;
    }

    sz_task_claim(j);

    if (j->claim != -1 && sz_task_show(j)) {
        (void) sz_task_store(j, &j->job.error);
    }
}


/* What clients are to see is there before the record has changed. */

static bool
sz_task_keep(sz_task_job_t *j)
{
    char  now[32];

    if (!sz_task_change(j)) {
        return false;
    }

    if (!j->changed) {
        return sz_task_show(j);
    }

    sz_task_time(j->clock, now);

    return sz_task_put_string(j, "lastUpdatedAt", now)
           && sz_task_show(j)
           && sz_task_store(j, &j->job.error) == SZ_OK;
}


static void
sz_task_alter(sz_task_job_t *j)
{
    j->record = sz_task_load(&j->where, j->id, &j->job.error);

    /* clients are not told of what is damaged, whoever works on it is */

    if (j->record == NULL && j->job.error.code != SZ_E_NOT_FOUND
        && (j->job.error.code != SZ_E_INPUT || !j->bound))
    {
        return;                 /* it may be there: the error says what is */
    }

    if (j->record == NULL || sz_task_is_over(j->record, j->clock)
        || !sz_task_is_callers(j))
    {
        sz_task_unknown(&j->job.error);
        return;
    }

    if (sz_task_is_final(j->record)) {
        j->final = true;
        (void) sz_task_show(j);

    } else if (sz_task_keep(j)) {
        j->final = sz_task_is_final(j->record);

    } else {
        j->changed = false;
    }
}


/* A read sees one whole record or the next one; only changes need the lock. */

static void
sz_task_run(sz_job_t *job)
{
    int             lock;
    sz_task_job_t  *j = (sz_task_job_t *) job;

    if (!sz_task_is_id(j->id)) {
        sz_task_unknown(&job->error);
        return;
    }

    switch (j->op) {

    case SZ_TASK_CREATE:
        sz_task_create(j);
        return;

    case SZ_TASK_READ:
        sz_task_alter(j);
        return;

    case SZ_TASK_CLAIM:
        sz_task_claim(j);

        if (j->claim != -1) {
            sz_task_alter(j);
        }

        return;

    default:
        break;
    }

    lock = sz_store_lock(&j->where, SZ_TASK_LOCK, SZ_TASK_WAIT, &job->error);

    if (lock != -1) {
        sz_task_alter(j);
        sz_store_unlock(lock);
    }
}


static void
sz_task_destroy(sz_job_t *job)
{
    sz_task_job_t  *j = (sz_task_job_t *) job;

    if (j->claim != -1) {
        sz_store_unlock(j->claim);
    }

    cJSON_Delete(j->record);
    sz_buf_free(&j->shown);
    sz_folder_free(&j->where);
    free(j->text);
    free(j);
}


sz_task_job_t *
sz_task_job(const sz_setup_t *setup, sz_task_op_e op, const char *id,
    int64_t clock)
{
    sz_task_job_t  *j;

    j = calloc(1, sizeof(sz_task_job_t));

    if (j == NULL) {
        return NULL;
    }

    j->job.run = sz_task_run;
    j->job.destroy = sz_task_destroy;
    j->job.name = "task";
    j->op = op;
    j->clock = clock;
    j->claim = -1;

    if (strlen(id) < sizeof(j->id)) {       /* else it stays empty: none */
        strcpy(j->id, id);
    }

    sz_buf_init(&j->shown, 2 * SZ_TASK_MAX);

    if (!sz_folder_copy(&j->where, &setup->state)) {
        sz_task_destroy(&j->job);
        return NULL;
    }

    return j;
}


void
sz_task_caller(sz_task_job_t *job, const unsigned char caller_id[SZ_CALLER_ID])
{
    job->bound = true;
    memcpy(job->caller_id, caller_id, SZ_CALLER_ID);
}


bool
sz_task_text(sz_task_job_t *job, sz_str_t text)
{
    job->text = malloc(text.len + 1);

    if (job->text == NULL) {
        return false;
    }

    memcpy(job->text, (text.len > 0) ? text.data : "", text.len);
    job->text[text.len] = '\0';

    return true;
}


bool
sz_task_again(sz_task_job_t *job, sz_str_t text, int64_t clock)
{
    cJSON_Delete(job->record);
    job->record = NULL;
    sz_buf_free(&job->shown);
    sz_buf_init(&job->shown, 2 * SZ_TASK_MAX);
    free(job->text);
    job->text = NULL;

    job->job.error.code = SZ_OK;
    job->changed = false;
    job->final = false;
    job->clock = clock;

    return sz_task_text(job, text);
}


/*
 * All of them.
 */

static void
sz_task_remove(const sz_folder_t *where, const char *id)
{
    char        name[64];
    size_t      i;
    sz_error_t  err;

    static const char *const  extensions[] = { "json", "claim" };

    for (i = 0; i < sz_array_len(extensions); i++) {
        sz_task_name(name, id, extensions[i]);
        (void) sz_store_remove(where, name, &err);
    }
}


static void
sz_task_look(sz_task_scan_t *scan, const sz_list_row_t *row)
{
    int         claim;
    char        id[SZ_TASK_ID], other[64];
    cJSON      *record;
    sz_error_t  err;

    snprintf(id, sizeof(id), "%.32s", row->name);

    if (!sz_task_is_id(id)) {
        return;
    }

    record = sz_task_load(&scan->where, id, &err);

    if (record == NULL) {

        /* it may still be read another time, until nobody wants it any more */

        if (row->modified + scan->ttl < scan->clock) {
            sz_task_remove(&scan->where, id);
        }

        return;
    }

    if (sz_task_is_over(record, scan->clock)) {
        sz_task_remove(&scan->where, id);
        cJSON_Delete(record);
        return;
    }

    if (!sz_task_is_final(record)) {
        sz_task_name(other, id, "claim");
        claim = sz_store_lock(&scan->where, other, 0, &err);

        if (claim != -1) {
            sz_store_unlock(claim);
            memcpy(scan->ids[scan->n++], id, SZ_TASK_ID);
        }
    }

    cJSON_Delete(record);
}


static void
sz_task_scan_run(sz_job_t *job)
{
    size_t           i;
    sz_list_t        list;
    sz_arena_t      *arena;
    sz_task_scan_t  *scan = (sz_task_scan_t *) job;

    static const char *const  extensions[] = { "json", NULL };

    sz_list_query_t  query = { .extensions = extensions, .limit = 100000 };

    arena = sz_arena_create((size_t) -1);

    if (arena == NULL) {
        sz_error_memory(&job->error);
        return;
    }

    if (sz_store_list(arena, job, &scan->where, &query, &list, &job->error)
        == SZ_OK)
    {
        scan->ids = calloc(list.n + 1, SZ_TASK_ID);

        if (scan->ids == NULL) {
            sz_error_memory(&job->error);
        }

        for (i = 0; scan->ids != NULL && i < list.n; i++) {
            sz_task_look(scan, &list.rows[i]);
        }
    }

    sz_arena_destroy(arena);
}


static void
sz_task_scan_destroy(sz_job_t *job)
{
    sz_task_scan_t  *scan = (sz_task_scan_t *) job;

    sz_folder_free(&scan->where);
    free(scan->ids);
    free(scan);
}


sz_task_scan_t *
sz_task_scan(const sz_setup_t *setup, int64_t clock)
{
    sz_task_scan_t  *scan;

    scan = calloc(1, sizeof(sz_task_scan_t));

    if (scan == NULL) {
        return NULL;
    }

    scan->job.run = sz_task_scan_run;
    scan->job.destroy = sz_task_scan_destroy;
    scan->job.name = "look for tasks";
    scan->clock = clock;
    scan->ttl = setup->task_ttl;

    if (!sz_folder_copy(&scan->where, &setup->state)) {
        sz_task_scan_destroy(&scan->job);
        return NULL;
    }

    return scan;
}
