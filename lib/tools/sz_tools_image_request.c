/*
 * Requests to the Images API, one or several side by side, and their results.
 */

#include "tools/sz_tools_image.h"

#include <stdlib.h>
#include <stdio.h>


static void
sz_image_free_body(void *data)
{
    sz_buf_free(data);
}


bool
sz_image_open(sz_call_t *call, sz_image_request_t *request,
    const sz_image_options_t *o, const char *name, unsigned number)
{
    request->reader = sz_image_reader_create(call->setup, name,
                                             o->filename != NULL, number);

    if (request->reader != NULL) {
        request->reader->existing =
            sz_existing_publish(call->setup->existing, true);
    }

    sz_buf_init(&request->body, 1024 * 1024);

    if (!sz_arena_defer(call->arena, sz_image_free_body, &request->body)) {

        if (request->reader != NULL) {
            request->reader->reader.job.destroy((sz_job_t *) request->reader);
        }

        sz_error_memory(&call->error);
        return false;
    }

    return sz_call_job(call, (sz_job_t *) request->reader) == SZ_STEP_WAIT;
}


bool
sz_image_streams(const sz_call_t *call, const sz_image_options_t *o)
{
    return o->partial_images > 0 && (call->client & SZ_CLIENT_PROGRESS);
}


bool
sz_image_send(sz_call_t *call, sz_image_request_t *request,
    const sz_image_options_t *o, const char *path)
{
    sz_http_t  *http = &request->http;

    if (!sz_call_init_http(call, http, SZ_SERVICE_IMAGE)) {
        sz_error_memory(&call->error);
        return false;
    }

    request->reader->op = SZ_READ_IMAGES;

    http->method = SZ_POST;
    http->path = path;
    http->creates = true;
    http->doubt = SZ_IMAGE_DOUBT;
    http->reader = &request->reader->reader;
    http->json = sz_buf_view(&request->body);
    http->max_answer = sz_image_answer_max(call->setup, (unsigned) o->n);

    if (sz_image_streams(call, o)) {
        http->accept = "text/event-stream, application/json";
    }

    (void) sz_call_http(call, http);

    return true;
}


bool
sz_image_refuses_format(const sz_http_t *http, const sz_image_options_t *o)
{
    return o->base64 && (http->status == 400 || http->status == 422)
           && http->answer.len > 0
           && memmem(http->answer.data, http->answer.len, "response_format",
                     sizeof("response_format") - 1) != NULL;
}


/*
 * Previews count as steps, and so do requests that are done; a request that
 * needed fewer previews than asked for has done all of its steps.
 */

void
sz_image_tell(sz_call_t *call, sz_image_request_t *requests, unsigned n,
    const sz_image_options_t *o)
{
    unsigned            i, each, steps, previews, pictures;
    sz_image_reader_t  *r, *latest;

    each = sz_image_streams(call, o) ? (unsigned) o->partial_images : 0;
    steps = previews = pictures = 0;
    latest = NULL;

    for (i = 0; i < n; i++) {
        r = requests[i].reader;

        if (r->done) {
            steps += each + 1;
            pictures++;
            continue;
        }

        steps += (r->partials < each) ? r->partials : each;
        previews += r->partials;
        latest = (r->partial[0] != '\0') ? r : latest;
    }

    if (steps == 0 || (n == 1 && pictures == 1)) {
        return;
    }

    if (latest != NULL && n == 1) {
        sz_call_progress(call, "partial image %u of %u: %.120s", previews,
                         each, latest->partial);

    } else if (latest != NULL) {
        sz_call_progress(call, "%u of %u prompts done; partial image: %.120s",
                         pictures, n, latest->partial);

    } else {
        sz_call_progress(call, "%u of %u prompts done", pictures, n);
    }
}


bool
sz_image_clean(sz_call_t *call, sz_image_request_t *requests, unsigned n)
{
    unsigned    i;
    sz_job_t   *job;

    for (i = 0; i < n; i++) {

        if (requests[i].reader->partial[0] == '\0') {
            continue;
        }

        requests[i].reader->op = SZ_READ_CLEAN;
        job = (sz_job_t *) requests[i].reader;      /* the call's already */

        call->effects[call->n_effects++] = (sz_effect_t) {
            .kind = SZ_EFFECT_JOB, .job = job
        };
    }

    return call->n_effects > 0;
}


sz_code_e
sz_image_http_result(const sz_http_t *http, const char *what, sz_error_t *err)
{
    sz_error_t  why;

    if (sz_http_result(http, what, &why) == SZ_OK) {
        return SZ_OK;
    }

    return sz_error_set(err, why.code, "%s%s", why.text,
                        (why.code == SZ_E_LIMIT)
                        ? " The limit follows from sanzaru_max_image_size."
                        : "");
}


/* Why a request has no picture at all. */

static sz_code_e
sz_image_failed(const sz_image_request_t *request, const char *what,
    sz_error_t *err)
{
    const sz_image_reader_t  *r = request->reader;

    if (sz_image_http_result(&request->http, what, err) != SZ_OK) {
        return err->code;
    }

    if (r->n > 0) {
        return sz_error_from(err, &r->pictures[0].error, "Could not %s: "
                             "%.500s The provider may charge for it; nothing "
                             "was saved.", what, r->pictures[0].error.text);
    }

    return sz_error_set(err, SZ_E_UPSTREAM, "Could not %s: the provider's "
                        "answer has no picture%s. Change the prompt, or try "
                        "again.", what,
                        (r->done || r->partials == 0)
                        ? "" : ", it ended after a preview");
}


/* All numbers of one usage object onto those of another. */

static void
sz_image_add_usage(cJSON *sum, const cJSON *more)
{
    cJSON        *mine;
    const cJSON  *member;

    cJSON_ArrayForEach(member, more) {

        mine = cJSON_GetObjectItemCaseSensitive(sum, member->string);

        if (cJSON_IsNumber(member) && cJSON_IsNumber(mine)) {
            cJSON_SetNumberHelper(mine, mine->valuedouble
                                        + member->valuedouble);

        } else if (cJSON_IsObject(member) && cJSON_IsObject(mine)) {
            sz_image_add_usage(mine, member);
        }
    }
}


static cJSON *
sz_image_usage(const sz_image_request_t *requests, unsigned n)
{
    cJSON     *sum;
    unsigned   i;

    for (sum = NULL, i = 0; i < n; i++) {

        if (sum == NULL) {
            sum = cJSON_Duplicate(requests[i].reader->usage, true);

        } else {
            sz_image_add_usage(sum, requests[i].reader->usage);
        }
    }

    return sum;
}


/* A request's pictures, or a single row with its error. */

static void
sz_image_write_rows(sz_jw_t *w, const sz_image_request_t *request, int prompt,
    unsigned wanted, const char *what)
{
    unsigned                  i;
    sz_drawing_t             *none;
    const sz_image_reader_t  *r = request->reader;

    for (i = 0; i < r->n; i++) {
        sz_image_write_row(w, &r->pictures[i], prompt);
    }

    if (r->n < wanted) {
        none = calloc(1, sizeof(sz_drawing_t));

        if (none == NULL) {
            w->buf->failed = true;
            return;
        }

        if (r->n == 0) {
            (void) sz_image_failed(request, what, &none->error);

        } else if (sz_image_http_result(&request->http, what, &none->error)
                   == SZ_OK)
        {
            sz_error_set(&none->error, SZ_E_UPSTREAM, "%u of %u pictures did "
                         "not come.", wanted - r->n, wanted);
        }

        sz_image_write_row(w, none, prompt);
        free(none);
    }
}


static sz_step_e
sz_image_none(sz_call_t *call, const sz_image_request_t *requests, unsigned n,
    const char *what)
{
    sz_error_t  err;

    (void) sz_image_failed(&requests[0], what, &err);

    if (n == 1) {
        return sz_call_fail(call, &err);
    }

    sz_error_from(&call->error, &err, "None of the %u prompts has brought a "
                  "picture. The first: %.600s", n, err.text);

    return SZ_STEP_DONE;
}


static void
sz_image_write_usage(sz_jw_t *w, const sz_image_request_t *requests,
    unsigned n)
{
    cJSON  *usage;

    usage = sz_image_usage(requests, n);

    sz_jw_key(w, "usage");

    if (usage == NULL) {
        sz_jw_null(w);

    } else {
        sz_jw_open(w, '{');
        sz_schema_shape(w, sz_image_usage_fields, usage);
        sz_jw_close(w, '}');
    }

    cJSON_Delete(usage);
}


void
sz_image_lost(sz_call_t *call, sz_image_request_t *requests, unsigned n,
    sz_error_t *err)
{
    unsigned            i, k;
    sz_image_reader_t  *r;

    for (i = 0; requests != NULL && i < n; i++) {

        r = requests[i].reader;

        if (r == NULL || r->reader.job.running) {
            continue;               /* a thread is writing there */
        }

        for (k = 0; k < r->n; k++) {

            if (r->pictures[k].error.code != SZ_OK) {
                continue;
            }

            sz_image_made(call, &r->pictures[k]);

            sz_error_add(err, " The picture \"%.200s\" has come and is kept.",
                         r->pictures[k].name);
        }
    }
}


sz_step_e
sz_image_finish(sz_call_t *call, sz_image_request_t *requests, unsigned n,
    const sz_image_options_t *o, const cJSON *prompts, const char *what)
{
    sz_jw_t              w;
    unsigned             i, k;
    const sz_drawing_t  *first;

    for (first = NULL, i = 0; i < n; i++) {

        if (first == NULL) {
            first = sz_image_first(requests[i].reader);
        }

        for (k = 0; k < requests[i].reader->n; k++) {
            sz_image_made(call, &requests[i].reader->pictures[k]);
        }
    }

    if (first == NULL) {
        return sz_image_none(call, requests, n, what);
    }

    w = sz_call_result_open(call);
    sz_image_write_picture(&w, first, o->note);
    sz_jw_kstr(&w, "model", o->model);
    sz_image_write_usage(&w, requests, n);

    if (prompts != NULL || o->n > 1 || requests[0].reader->n > 1) {
        sz_jw_key(&w, "images");
        sz_jw_open(&w, '[');

        for (i = 0; i < n; i++) {
            sz_image_write_rows(&w, &requests[i], (int) i, (unsigned) o->n,
                                what);
        }

        sz_jw_close(&w, ']');
    }

    return sz_call_result_close(call, &w);
}
