#include "tools/sz_tools_owner.h"


/* More ids than one tool names. */
#define SZ_OWNER_IDS  4

enum {
    SZ_OWNER_FIRST = 0,
    SZ_OWNER_ASKED,
    SZ_OWNER_STEPPING,
    SZ_OWNER_ADDING
};


static bool
sz_owner_is_checked(const sz_call_t *call, sz_service_e service)
{
    return call->setup->owners.ttl > 0 && call->setup->scope[service] != NULL;
}


static sz_owner_job_t *
sz_owner_job(sz_call_t *call, sz_owner_op_e op, sz_service_e service,
    const char *const *ids, size_t n)
{
    return sz_owner_job_create(&call->setup->owners, op,
                               call->setup->scope[service], ids, n,
                               call->clock);
}


/* The ids in the call's arguments; all are of one service. */

static size_t
sz_owner_named(const sz_call_t *call, const char **ids, sz_service_e *service)
{
    size_t             n;
    const char        *id;
    const sz_field_t  *field;

    n = 0;

    for (field = call->tool->input; field->name != NULL; field++) {

        if (!sz_is_from_jobs(field->source)) {
            continue;
        }

        id = *(const char *const *) ((const char *) call->state
                                     + field->offset);

        if (id != NULL && id[0] != '\0' && n < SZ_OWNER_IDS) {
            *service = (sz_service_e) (field->source - sz_from_jobs(0));
            ids[n++] = id;
        }
    }

    return n;
}


/* True: there is something to wait for, or the call has failed. */

static bool
sz_owner_ask(sz_call_t *call)
{
    size_t         n;
    const char    *ids[SZ_OWNER_IDS];
    sz_service_e   service;

    n = sz_owner_named(call, ids, &service);

    /* a task that goes on was checked when it began */

    if (n == 0 || call->resume != NULL || !sz_owner_is_checked(call, service)) {
        return false;
    }

    call->owner.job = sz_owner_job(call, SZ_OWNER_GET, service, ids, n);
    (void) sz_call_job(call, (sz_job_t *) call->owner.job);

    return true;
}


static void
sz_owner_unkept(sz_call_t *call, const sz_error_t *why)
{
    if (!call->setup->owners.others) {
        sz_call_log(call, SZ_LOG_ERROR, "Nobody will know that this job is "
                    "yours: %s", why->text);
    }
}


/* The record comes first; what the tool wants next is kept meanwhile. */

static bool
sz_owner_add(sz_call_t *call, sz_step_e step)
{
    sz_error_t   err;
    const char  *made;

    made = call->owner.made;
    call->owner.made = NULL;

    if (made == NULL || !sz_owner_is_checked(call, call->owner.service)) {
        return false;
    }

    call->owner.job = sz_owner_job(call, SZ_OWNER_ADD, call->owner.service,
                                   &made, 1);

    if (call->owner.job == NULL) {
        sz_error_memory(&err);
        sz_owner_unkept(call, &err);
        return false;
    }

    call->owner.step = step;
    call->owner.n_effects = call->n_effects;
    memcpy(call->owner.effects, call->effects,
           call->n_effects * sizeof(sz_effect_t));

    call->n_effects = 0;
    (void) sz_call_job(call, &call->owner.job->job);

    return true;
}


static sz_step_e
sz_owner_added(sz_call_t *call)
{
    if (call->owner.job->job.error.code != SZ_OK) {
        sz_owner_unkept(call, &call->owner.job->job.error);
    }

    call->n_effects = call->owner.n_effects;
    memcpy(call->effects, call->owner.effects,
           call->n_effects * sizeof(sz_effect_t));

    return call->owner.step;
}


sz_step_e
sz_owner_step(sz_call_t *call)
{
    sz_step_e  step;

    switch (call->owner.stage) {

    case SZ_OWNER_FIRST:

        if (sz_owner_ask(call)) {
            call->owner.stage = SZ_OWNER_ASKED;
            return (call->n_effects > 0) ? SZ_STEP_WAIT : SZ_STEP_DONE;
        }

        break;

    case SZ_OWNER_ASKED:

        if (call->owner.job->job.error.code != SZ_OK) {
            return sz_call_fail(call, &call->owner.job->job.error);
        }

        break;

    case SZ_OWNER_ADDING:
        call->owner.stage = SZ_OWNER_STEPPING;
        return sz_owner_added(call);

    default: /* SZ_OWNER_STEPPING */
        break;
    }

    call->owner.stage = SZ_OWNER_STEPPING;
    step = call->tool->step(call);

    if (sz_owner_add(call, step)) {
        call->owner.stage = SZ_OWNER_ADDING;
        return SZ_STEP_WAIT;
    }

    return step;
}


void
sz_call_created(sz_call_t *call, sz_service_e service, const char *id)
{
    call->owner.made = sz_strdup(call->arena, sz_str_of(id));
    call->owner.service = service;
}


bool
sz_call_is_owned_only(const sz_call_t *call, sz_service_e service)
{
    return sz_owner_is_checked(call, service) && !call->setup->owners.others;
}


sz_step_e
sz_call_forget(sz_call_t *call, sz_service_e service, const char *id)
{
    if (!sz_owner_is_checked(call, service)) {
        return SZ_STEP_DONE;
    }

    return sz_call_job(call, (sz_job_t *)
                       sz_owner_job(call, SZ_OWNER_FORGET, service, &id, 1));
}


sz_step_e
sz_call_owned(sz_call_t *call, sz_service_e service, const char *const *ids,
    size_t n, sz_owner_job_t **found)
{
    *found = NULL;

    if (!sz_owner_is_checked(call, service)) {
        return SZ_STEP_DONE;
    }

    *found = sz_owner_job(call, SZ_OWNER_LIST, service, ids, n);

    return sz_call_job(call, (sz_job_t *) *found);
}
