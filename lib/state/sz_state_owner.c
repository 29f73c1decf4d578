#include "state/sz_state_owner.h"

#include "base/sz_json.h"

#include <openssl/evp.h>
#include <stdlib.h>


#define SZ_OWNER_RECORD_MAX  (16 * 1024)
#define SZ_OWNER_NAME        (2 * SZ_OWNER_KEY + 1)

/* How often records that are over are looked for, and how many at once. */
#define SZ_OWNER_SWEEP       3600               /* seconds */
#define SZ_OWNER_SWEEP_MAX   10000


/* A digest of parts, each with its end: "ab" and "c" are not "a" and "bc". */

static bool
sz_owner_sha256(unsigned char digest[32], const char *purpose,
    const sz_str_t *parts, size_t n)
{
    bool         ok;
    size_t       i;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    ok = ctx != NULL
         && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
         && EVP_DigestUpdate(ctx, purpose, strlen(purpose) + 1) == 1;

    for (i = 0; ok && i < n; i++) {
        ok = EVP_DigestUpdate(ctx, &parts[i].len, sizeof(parts[i].len)) == 1
             && EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
    }

    ok = ok && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);

    return ok;
}


bool
sz_owner_digest(unsigned char owner[SZ_OWNER_ID],
    const unsigned char *caller_id, size_t len, const char *const *folders,
    size_t n)
{
    size_t    i, used;
    sz_str_t  parts[1 + SZ_MEDIA_KINDS];

    parts[0] = (sz_str_t) { len, (const char *) caller_id };
    used = 1;

    for (i = 0; i < n && used < sz_array_len(parts); i++) {
        if (folders[i] != NULL) {
            parts[used++] = sz_str_of(folders[i]);
        }
    }

    return sz_owner_sha256(owner, "sanzaru owner v1", parts, used);
}


static bool
sz_owner_key(unsigned char key[SZ_OWNER_KEY], const char *scope,
    const char *id)
{
    sz_str_t  parts[2] = { sz_str_of(scope), sz_str_of(id) };

    return sz_owner_sha256(key, "sanzaru job v1", parts, 2);
}


/*
 * Records in files
 */

static sz_code_e
sz_owner_write(sz_owner_job_t *j, const char *name, const char *id)
{
    char        owner[2 * SZ_OWNER_ID + 1];
    sz_jw_t     w;
    sz_buf_t    text;
    sz_code_e   rc;
    sz_draft_t  draft;

    sz_hex_encode(owner, j->owners.self, SZ_OWNER_ID);

    sz_buf_init(&text, SZ_OWNER_RECORD_MAX);
    sz_jw_init(&w, &text);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "owner", owner);
    sz_jw_kint(&w, "until", j->clock + j->owners.ttl);
    sz_jw_kstr(&w, "scope", j->scope);
    sz_jw_kstr(&w, "id", id);
    sz_jw_close(&w, '}');

    if (text.failed) {
        sz_buf_free(&text);
        return sz_error_memory(&j->job.error);
    }

    rc = sz_draft_open(&draft, &j->owners.where, name, &j->job.error);

    if (rc == SZ_OK) {
        rc = sz_draft_write(&draft, text.data, text.len, &j->job.error);

        if (rc == SZ_OK) {
            rc = sz_draft_publish(&draft, SZ_REPLACE, &j->job.error);

        } else {
            sz_draft_discard(&draft);
        }
    }

    sz_buf_free(&text);

    return rc;
}


static sz_owned_e
sz_owner_read(sz_owner_job_t *j, const char *name)
{
    char        *text, self[2 * SZ_OWNER_ID + 1];
    cJSON       *record;
    size_t       len;
    int64_t      until;
    sz_error_t   err;
    sz_owned_e   owned;
    const char  *owner;

    text = sz_store_read(&j->owners.where, name, SZ_OWNER_RECORD_MAX, &len,
                         &err);

    if (text == NULL) {
        return (err.code == SZ_E_NOT_FOUND) ? SZ_OWNED_BY_NOBODY
                                            : SZ_OWNED_UNKNOWN;
    }

    record = sz_json_parse((sz_str_t) { len, text }, &err);
    free(text);

    owner = sz_json_string(record, "owner");
    sz_hex_encode(self, j->owners.self, SZ_OWNER_ID);

    if (owner == NULL
        || !sz_json_integer(sz_json_get(record, "until"), &until))
    {
        owned = SZ_OWNED_UNKNOWN;

    } else if (until <= j->clock) {
        owned = SZ_OWNED_BY_NOBODY;

    } else {
        owned = (strcmp(owner, self) == 0) ? SZ_OWNED_BY_SELF
                                           : SZ_OWNED_BY_OTHER;
    }

    cJSON_Delete(record);

    return owned;
}


/*
 * The operations, on one id
 */

static void
sz_owner_add(sz_owner_job_t *j, const unsigned char *key, const char *name,
    const char *id)
{
    int64_t                   until;
    const sz_owner_memory_t  *memory = j->owners.memory;

    if (j->owners.where.root != NULL
        && sz_owner_write(j, name, id) == SZ_OK)
    {
        sz_store_sweep(&j->owners.where, SZ_OWNER_SWEEP, j->clock,
                       j->owners.ttl, SZ_OWNER_SWEEP_MAX);
        return;
    }

    until = j->clock + j->owners.ttl;

    if (memory != NULL && memory->add(key, j->owners.self, until)) {
        j->job.error.code = SZ_OK;
        return;
    }

    if (j->job.error.code == SZ_OK) {
        sz_error_set(&j->job.error, SZ_E_LIMIT, "There is no room for a "
                     "record of whose job this is (sanzaru_zone_size).");
    }
}


static sz_owned_e
sz_owner_get(sz_owner_job_t *j, const unsigned char *key, const char *name)
{
    sz_owned_e                owned;
    unsigned char             owner[SZ_OWNER_ID];
    const sz_owner_memory_t  *memory = j->owners.memory;

    owned = (j->owners.where.root != NULL) ? sz_owner_read(j, name)
                                           : SZ_OWNED_BY_NOBODY;

    /* what could not be written then may not be readable now */

    if (owned == SZ_OWNED_BY_SELF || owned == SZ_OWNED_BY_OTHER
        || memory == NULL || !memory->get(key, owner))
    {
        return owned;
    }

    return (memcmp(owner, j->owners.self, SZ_OWNER_ID) == 0)
           ? SZ_OWNED_BY_SELF : SZ_OWNED_BY_OTHER;
}


static void
sz_owner_forget(sz_owner_job_t *j, const unsigned char *key, const char *name)
{
    if (j->owners.where.root != NULL) {
        (void) sz_store_remove(&j->owners.where, name, NULL);
    }

    if (j->owners.memory != NULL) {
        j->owners.memory->forget(key);
    }
}


/* The same words whether there is no such job or it is somebody else's. */

static void
sz_owner_refuse(sz_owner_job_t *j, size_t i)
{
    char  shown[104];

    sz_str_show(shown, 100, sz_str_of(j->ids[i]));

    if (j->owned[i] == SZ_OWNED_UNKNOWN) {
        sz_error_set(&j->job.error, SZ_E_IO, "The gateway cannot read whose "
                     "job \"%s\" is; the operator has to look at the folder "
                     "owners below sanzaru_state_path.", shown);
        return;
    }

    sz_error_set(&j->job.error, SZ_E_NOT_FOUND, "There is no job \"%s\" that "
                 "you have made here. Use an id that a tool of this gateway "
                 "has returned to you.", shown);
}


bool
sz_owner_may_use(const sz_owner_job_t *j, size_t i)
{
    return j->owned[i] == SZ_OWNED_BY_SELF
           || (j->owned[i] == SZ_OWNED_BY_NOBODY && j->owners.others);
}


static void
sz_owner_run_one(sz_owner_job_t *j, size_t i)
{
    char           name[SZ_OWNER_NAME];
    unsigned char  key[SZ_OWNER_KEY];

    if (!sz_owner_key(key, j->scope, j->ids[i])) {
        j->owned[i] = SZ_OWNED_UNKNOWN;
        sz_error_memory(&j->job.error);
        return;
    }

    sz_hex_encode(name, key, SZ_OWNER_KEY);

    switch (j->op) {

    case SZ_OWNER_ADD:
        sz_owner_add(j, key, name, j->ids[i]);
        break;

    case SZ_OWNER_FORGET:
        sz_owner_forget(j, key, name);
        break;

    default: /* SZ_OWNER_GET, SZ_OWNER_LIST */
        j->owned[i] = sz_owner_get(j, key, name);
    }
}


static void
sz_owner_run(sz_job_t *job)
{
    size_t           i;
    sz_owner_job_t  *j = (sz_owner_job_t *) job;

    for (i = 0; i < j->n && j->job.error.code == SZ_OK; i++) {

        sz_owner_run_one(j, i);

        if (j->op == SZ_OWNER_GET && j->job.error.code == SZ_OK
            && !sz_owner_may_use(j, i))
        {
            sz_owner_refuse(j, i);
        }
    }
}


static void
sz_owner_destroy(sz_job_t *job)
{
    size_t           i;
    sz_owner_job_t  *j = (sz_owner_job_t *) job;

    for (i = 0; i < j->n; i++) {
        free(j->ids[i]);
    }

    free(j->ids);
    free(j->owned);
    free(j->scope);
    sz_folder_free(&j->owners.where);
    free(j);
}


static bool
sz_owner_job_fill(sz_owner_job_t *j, const sz_owners_t *owners,
    const char *scope, const char *const *ids, size_t n)
{
    j->owners = *owners;

    if (owners->where.root != NULL
        && !sz_folder_copy(&j->owners.where, &owners->where))
    {
        return false;
    }

    j->scope = strdup(scope);
    j->ids = calloc(n, sizeof(char *));
    j->owned = calloc(n, sizeof(sz_owned_e));

    if (j->scope == NULL || j->ids == NULL || j->owned == NULL) {
        return false;
    }

    for (j->n = 0; j->n < n; j->n++) {
        j->ids[j->n] = strdup(ids[j->n]);

        if (j->ids[j->n] == NULL) {
            return false;
        }
    }

    return true;
}


sz_owner_job_t *
sz_owner_job_create(const sz_owners_t *owners, sz_owner_op_e op,
    const char *scope, const char *const *ids, size_t n, int64_t clock)
{
    sz_owner_job_t  *j;

    j = calloc(1, sizeof(sz_owner_job_t));

    if (j == NULL) {
        return NULL;
    }

    j->job.run = sz_owner_run;
    j->job.destroy = sz_owner_destroy;
    j->job.name = "look up whose job it is";
    j->job.mandatory = (op == SZ_OWNER_ADD || op == SZ_OWNER_FORGET);
    j->op = op;
    j->clock = clock;

    if (!sz_owner_job_fill(j, owners, scope, ids, n)) {
        sz_owner_destroy(&j->job);
        return NULL;
    }

    return j;
}
