#include "ngx_http_sanzaru_transfer_room.h"

#include <openssl/ssl.h>


#define NGX_HTTP_SANZARU_MAX_IDLE  60L


static ngx_int_t ngx_http_sanzaru_transfer_headers(
    ngx_http_sanzaru_transfer_t *t);
static ngx_int_t ngx_http_sanzaru_transfer_body(
    ngx_http_sanzaru_transfer_t *t);


/*
 * Options that hold for every attempt.
 */

static CURLcode
ngx_http_sanzaru_transfer_ssl(CURL *easy, void *ctx, void *data)
{
    ngx_http_sanzaru_provider_t  *provider = data;

    /* read with the configuration: no file is opened on the event loop */

    SSL_CTX_set1_cert_store(ctx, provider->store);

    return CURLE_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_url(ngx_http_sanzaru_transfer_t *t)
{
    size_t                        len;
    u_char                       *p;
    ngx_http_sanzaru_provider_t  *provider;

    provider = t->upstream->provider;

    len = provider->base_url.len + ngx_strlen(t->http->path)
          + provider->query.len + 2;

    t->url = ngx_alloc(len, ngx_cycle->log);
    if (t->url == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf((u_char *) t->url, "%V%s", &provider->base_url,
                    t->http->path);

    if (provider->query.len) {
        *p++ = (ngx_strchr(t->http->path, '?') != NULL) ? '&' : '?';
        p = ngx_sprintf(p, "%V", &provider->query);
    }

    *p = '\0';

    return NGX_OK;
}


/*
 * Inside libcurl, each time a request is about to be sent: the second one of an
 * attempt is libcurl's own, because a kept connection turned out to be closed.
 * It counts like a repetition of ours.
 */

static int
ngx_http_sanzaru_transfer_request(void *data, char *remote, char *local,
    int remote_port, int local_port)
{
    ngx_http_sanzaru_transfer_t  *t = data;

    if (t->sent++ == 0) {
        return CURL_PREREQFUNC_OK;
    }

    if (t->last || t->http->creates
        || t->retries >= t->upstream->provider->retries)
    {
        return CURL_PREREQFUNC_ABORT;
    }

    t->retries++;
    t->http->attempts++;

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "sanzaru: provider \"%V\": %s: a kept connection was "
                  "closed, the request is repeated",
                  &t->upstream->provider->name, t->http->path);

    return CURL_PREREQFUNC_OK;
}


/* The key goes where the configuration says and nowhere else. */

static void
ngx_http_sanzaru_transfer_trust(CURL *easy,
    ngx_http_sanzaru_provider_t *provider)
{
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                     (provider->store != NULL) ? "https" : "http");

    if (provider->store == NULL) {
        return;
    }

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);

    /*
     * Never read: the store takes its place.  But a connection is used again
     * only for the same name, and so for the same trust.
     */

    curl_easy_setopt(easy, CURLOPT_CAPATH,
                     (provider->trusted_certificate.len != 0)
                     ? (char *) provider->trusted_certificate.data
                     : "system");
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                     ngx_http_sanzaru_transfer_ssl);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, provider);
}


static void
ngx_http_sanzaru_transfer_pace(CURL *easy, const sz_http_t *http,
    ngx_http_sanzaru_provider_t *provider)
{
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long) provider->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, NGX_HTTP_SANZARU_MAX_IDLE);

    /*
     * A stream over HTTP/2 that is paused goes on filling a window of many
     * megabytes; HTTP/1.1 leaves it in the socket.
     */

    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (http->sink != NULL || http->reader != NULL)
                     ? (long) CURL_HTTP_VERSION_1_1
                     : (long) CURL_HTTP_VERSION_2TLS);

    if (http->sink != NULL) {
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64 * 1024L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         (long) (provider->stall_timeout + 999) / 1000);

    } else {
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) provider->timeout);
    }
}


ngx_int_t
ngx_http_sanzaru_transfer_easy(ngx_http_sanzaru_transfer_t *t)
{
    CURL  *easy;

    easy = curl_easy_init();
    t->curl.easy = easy;

    if (easy == NULL
        || ngx_http_sanzaru_transfer_url(t) != NGX_OK
        || ngx_http_sanzaru_transfer_headers(t) != NGX_OK)
    {
        return NGX_ERROR;
    }

    curl_easy_setopt(easy, CURLOPT_PRIVATE, &t->curl);
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ngx_sanzaru/" SZ_VERSION);

    /* and what comes coded all the same is decoded: it is paid for */

    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");

    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                     ngx_http_sanzaru_transfer_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                     ngx_http_sanzaru_transfer_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION,
                     ngx_http_sanzaru_transfer_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);

    /* a threaded process, and a resolver that must not hold up a cancel */

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

    ngx_http_sanzaru_transfer_trust(easy, t->upstream->provider);
    ngx_http_sanzaru_transfer_pace(easy, t->http, t->upstream->provider);

    if (t->http->creates) {

        /*
         * On a connection that was kept, libcurl itself repeats a request
         * whose connection is lost: it could be paid for twice.  Nor is its
         * own kept: nothing would use it again but by chance.
         */

        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }

    return ngx_http_sanzaru_transfer_body(t);
}


static ngx_int_t
ngx_http_sanzaru_transfer_add_header(ngx_http_sanzaru_transfer_t *t,
    const char *line)
{
    struct curl_slist  *list;

    list = curl_slist_append(t->headers, line);

    if (list == NULL) {
        return NGX_ERROR;
    }

    t->headers = list;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_headers(ngx_http_sanzaru_transfer_t *t)
{
    u_char       accept[160];
    ngx_str_t   *line;
    ngx_uint_t   i;

    ngx_snprintf(accept, sizeof(accept), "Accept: %s%Z",
                 (t->http->accept != NULL) ? t->http->accept
                                           : "application/json");

    /* libcurl would wait a second for "100 Continue" */

    if (ngx_http_sanzaru_transfer_add_header(t, (char *) accept) != NGX_OK
        || ngx_http_sanzaru_transfer_add_header(t, "Expect:") != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (t->http->method == SZ_POST && t->http->parts == NULL
        && ngx_http_sanzaru_transfer_add_header(t,
                              "Content-Type: application/json") != NGX_OK)
    {
        return NGX_ERROR;
    }

    line = t->upstream->headers->elts;

    for (i = 0; i < t->upstream->headers->nelts; i++) {
        if (ngx_http_sanzaru_transfer_add_header(t, (char *) line[i].data)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A part's bytes are read from where they are; libcurl would copy them. */

typedef struct {
    const sz_part_t  *part;
    size_t            pos;
} ngx_http_sanzaru_part_t;


static size_t
ngx_http_sanzaru_part_read(char *buf, size_t size, size_t n, void *data)
{
    size_t                    len;
    ngx_http_sanzaru_part_t  *p = data;

    len = ngx_min(size * n, p->part->data.len - p->pos);

    ngx_memcpy(buf, p->part->data.data + p->pos, len);
    p->pos += len;

    return len;
}


static int
ngx_http_sanzaru_part_seek(void *data, curl_off_t offset, int origin)
{
    ngx_http_sanzaru_part_t  *p = data;

    if (origin != SEEK_SET || offset < 0
        || (size_t) offset > p->part->data.len)
    {
        return CURL_SEEKFUNC_FAIL;
    }

    p->pos = (size_t) offset;

    return CURL_SEEKFUNC_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_part(ngx_http_sanzaru_transfer_t *t,
    const sz_part_t *part)
{
    CURLcode                  rc;
    curl_mimepart            *mp;
    ngx_http_sanzaru_part_t  *p;

    mp = curl_mime_addpart(t->mime);

    if (mp == NULL || curl_mime_name(mp, part->name) != CURLE_OK) {
        return NGX_ERROR;
    }

    if (part->filename == NULL) {
        rc = curl_mime_data(mp, part->data.data, part->data.len);
        return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
    }

    p = ngx_calloc(sizeof(ngx_http_sanzaru_part_t), ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p->part = part;

    /* from here on the form frees p */

    rc = curl_mime_data_cb(mp, (curl_off_t) part->data.len,
                           ngx_http_sanzaru_part_read,
                           ngx_http_sanzaru_part_seek, free, p);

    if (rc != CURLE_OK) {
        ngx_free(p);
        return NGX_ERROR;
    }

    return (curl_mime_filename(mp, part->filename) == CURLE_OK
            && curl_mime_type(mp, part->type) == CURLE_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_sanzaru_transfer_body(ngx_http_sanzaru_transfer_t *t)
{
    CURL       *easy;
    size_t      i;
    sz_http_t  *http;

    easy = t->curl.easy;
    http = t->http;

    if (http->method == SZ_GET) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return NGX_OK;
    }

    if (http->method == SZ_DELETE) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
        return NGX_OK;
    }

    if (http->parts == NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t) http->json.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         (http->json.len != 0) ? http->json.data : "");
        return NGX_OK;
    }

    t->mime = curl_mime_init(easy);
    if (t->mime == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < http->n_parts; i++) {
        if (ngx_http_sanzaru_transfer_part(t, &http->parts[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    curl_easy_setopt(easy, CURLOPT_MIMEPOST, t->mime);

    return NGX_OK;
}
