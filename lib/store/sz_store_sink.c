#include "store/sz_store.h"

#include <openssl/evp.h>
#include <stdlib.h>


static void sz_sink_run(sz_job_t *job);
static void sz_sink_destroy(sz_job_t *job);


sz_sink_t *
sz_sink_create(const sz_folder_t *where, const char *name, sz_publish_e how,
    int64_t max)
{
    sz_sink_t  *sink;

    sink = calloc(1, sizeof(sz_sink_t));
    if (sink == NULL) {
        return NULL;
    }

    sink->job.run = sz_sink_run;
    sink->job.destroy = sz_sink_destroy;
    sink->job.name = "write file";

    sink->name = strdup(name);
    sink->digest = EVP_MD_CTX_new();
    sink->how = how;
    sink->max = max;

    if (!sz_folder_copy(&sink->where, where)
        || sink->name == NULL || sink->digest == NULL)
    {
        sz_sink_destroy(&sink->job);
        return NULL;
    }

    return sink;
}


/* The draft is closed by then: ABORT or COMMIT came before. */

static void
sz_sink_destroy(sz_job_t *job)
{
    sz_sink_t  *sink = (sz_sink_t *) job;

    EVP_MD_CTX_free(sink->digest);
    sz_folder_free(&sink->where);
    free(sink->name);
    free(sink);
}


static void
sz_sink_start(sz_sink_t *sink)
{
    sink->size = 0;
    sink->head_len = 0;
    sink->mime = NULL;

    if (EVP_DigestInit_ex(sink->digest, EVP_sha256(), NULL) != 1) {
        sz_error_set(&sink->job.error, SZ_E_INTERNAL,
                     "The gateway cannot compute SHA-256.");
    }
}


static void
sz_sink_open(sz_sink_t *sink)
{
    sink->open = sz_draft_open(&sink->draft, &sink->where, sink->name,
                               &sink->job.error) == SZ_OK;

    if (sink->open
        && sz_draft_check(&sink->draft, sink->how, &sink->job.error) == SZ_OK)
    {
        sz_sink_start(sink);
    }
}


static void
sz_sink_rewind(sz_sink_t *sink)
{
    if (sz_draft_rewind(&sink->draft, &sink->job.error) == SZ_OK) {
        sz_sink_start(sink);
    }
}


/* The first bytes decide whether this is worth keeping at all. */

static sz_code_e
sz_sink_judge(sz_sink_t *sink)
{
    if (sink->accept == NULL || sink->mime != NULL) {
        return SZ_OK;
    }

    return sink->accept(sink->wanted,
                        (sz_str_t) { sink->head_len, sink->head },
                        sink->announced, &sink->mime, &sink->job.error);
}


static sz_code_e
sz_sink_look(sz_sink_t *sink)
{
    size_t  n;

    if (sink->head_len == SZ_SINK_HEAD) {
        return SZ_OK;
    }

    n = SZ_SINK_HEAD - sink->head_len;

    if (n > sink->len) {
        n = sink->len;
    }

    if (n > 0) {
        memcpy(sink->head + sink->head_len, sink->data, n);
        sink->head_len += n;
    }

    return (sink->head_len == SZ_SINK_HEAD) ? sz_sink_judge(sink) : SZ_OK;
}


static void
sz_sink_write(sz_sink_t *sink)
{
    if ((uint64_t) sink->size + sink->len > (uint64_t) sink->max) {
        sz_error_set(&sink->job.error, SZ_E_LIMIT,
                     "The file is larger than %lld bytes, the limit of the "
                     "gateway.", (long long) sink->max);
        return;
    }

    if (sz_sink_look(sink) != SZ_OK) {
        return;
    }

    if (sz_draft_write(&sink->draft, sink->data, sink->len, &sink->job.error)
        != SZ_OK)
    {
        return;
    }

    EVP_DigestUpdate(sink->digest, sink->data, sink->len);
    sink->size += (int64_t) sink->len;
}


static void
sz_sink_sum(sz_sink_t *sink)
{
    unsigned       len;
    unsigned char  sum[EVP_MAX_MD_SIZE];

    if (EVP_DigestFinal_ex(sink->digest, sum, &len) == 1) {
        sz_hex_encode(sink->sha256, sum, sizeof(sink->sha256) / 2);
    }
}


static void
sz_sink_commit(sz_sink_t *sink)
{
    sz_error_t  *err = &sink->job.error;

    if (sink->head_len < SZ_SINK_HEAD && sz_sink_judge(sink) != SZ_OK) {
        return;
    }

    if (sink->whole != NULL
        && sink->whole(sink->draft.fd, sink->size, sink->mime, err) != SZ_OK)
    {
        if (err->code == SZ_E_INPUT) {
            err->code = SZ_E_UPSTREAM;      /* it is not the caller's file */
        }

        return;
    }

    sz_sink_sum(sink);

    if (sink->rename != NULL) {
        sink->rename(sink);
    }

    /* in any case the draft is gone after this */

    sink->open = false;

    (void) sz_draft_publish(&sink->draft, sink->how, err);
}


static void
sz_sink_run(sz_job_t *job)
{
    sz_sink_t  *sink = (sz_sink_t *) job;

    switch (sink->op) {

    case SZ_SINK_OPEN:
        sz_sink_open(sink);
        break;

    case SZ_SINK_WRITE:
        sz_sink_write(sink);
        break;

    case SZ_SINK_REWIND:
        sz_sink_rewind(sink);
        break;

    case SZ_SINK_COMMIT:
        sz_sink_commit(sink);
        break;

    case SZ_SINK_ABORT:
        if (sink->open) {
            sz_draft_discard(&sink->draft);
            sink->open = false;
        }

        break;
    }
}
