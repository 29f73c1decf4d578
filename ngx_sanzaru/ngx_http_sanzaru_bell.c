#include "ngx_http_sanzaru_bell.h"

#include <openssl/rand.h>
#include <sys/un.h>


/* A name that is taken is chance, or somebody who guesses: another one. */
#define NGX_HTTP_SANZARU_BELL_TRIES  4

/* Seconds between lines about bells that cannot be rung. */
#define NGX_HTTP_SANZARU_BELL_QUIET  60


typedef struct {
    ngx_socket_t        fd;             /* while there is a log */
    ngx_log_t          *log;
    ngx_connection_t   *connection;     /* NULL: others do not reach it */
    ngx_uint_t          finishing;      /* quit() was called */
    ngx_atomic_t        told;           /* Unix time of the last failure */
    u_char              name[NGX_HTTP_SANZARU_BELL_NAME];
    void              (*rung)(void);
    void              (*quit)(void);
} ngx_http_sanzaru_bell_t;


static void ngx_http_sanzaru_bell_read(ngx_event_t *ev);


/* of this worker */
static ngx_http_sanzaru_bell_t  ngx_http_sanzaru_bell;


/* In the abstract name space: nothing is left behind, whoever dies. */

static socklen_t
ngx_http_sanzaru_bell_address(struct sockaddr_un *sun, const u_char *name)
{
    u_char  *p;

    ngx_memzero(sun, sizeof(struct sockaddr_un));
    sun->sun_family = AF_UNIX;

    p = (u_char *) sun->sun_path + 1;
    p = ngx_cpymem(p, "ngx_sanzaru/", sizeof("ngx_sanzaru/") - 1);
    p = ngx_hex_dump(p, (u_char *) name, NGX_HTTP_SANZARU_BELL_NAME);

    return (socklen_t) (p - (u_char *) sun);
}


static ngx_int_t
ngx_http_sanzaru_bell_bind(ngx_http_sanzaru_bell_t *bell)
{
    ngx_err_t           err;
    socklen_t           len;
    ngx_uint_t          i;
    struct sockaddr_un  sun;

    err = 0;

    for (i = 0; i < NGX_HTTP_SANZARU_BELL_TRIES; i++) {

        if (RAND_bytes(bell->name, NGX_HTTP_SANZARU_BELL_NAME) != 1) {
            break;
        }

        len = ngx_http_sanzaru_bell_address(&sun, bell->name);

        if (bind(bell->fd, (struct sockaddr *) &sun, len) == 0) {
            return NGX_OK;
        }

        err = ngx_socket_errno;
    }

    ngx_log_error(NGX_LOG_ALERT, bell->log, err,
                  "sanzaru: bind() of a worker's socket failed; it hears of "
                  "other workers only every few seconds");

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sanzaru_bell_listen(ngx_http_sanzaru_bell_t *bell)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(bell->fd, bell->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    bell->connection = c;

    c->data = bell;
    c->log = bell->log;
    c->read->handler = ngx_http_sanzaru_bell_read;
    c->read->log = bell->log;
    c->write->log = bell->log;

    /* so nginx tells it, as an idle one, that the worker is to finish */

    c->idle = 1;

    return ngx_add_event(c->read, NGX_READ_EVENT,
                         (ngx_event_flags & NGX_USE_CLEAR_EVENT)
                         ? NGX_CLEAR_EVENT : 0);
}


static void
ngx_http_sanzaru_bell_finish(ngx_http_sanzaru_bell_t *bell)
{
    if (!bell->finishing) {
        bell->finishing = 1;
        bell->quit();
    }
}


ngx_int_t
ngx_http_sanzaru_bell_open(ngx_cycle_t *cycle, u_char *name,
    void (*rung)(void), void (*quit)(void))
{
    ngx_http_sanzaru_bell_t  *bell;

    bell = &ngx_http_sanzaru_bell;

    if (bell->connection != NULL) {
        return NGX_OK;
    }

    if (ngx_exiting) {
        ngx_http_sanzaru_bell_finish(bell);
        return NGX_ERROR;
    }

    ngx_http_sanzaru_bell_exit();

    bell->rung = rung;
    bell->quit = quit;

    bell->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (bell->fd == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      "sanzaru: socket() failed; other workers hear of this "
                      "one only every few seconds");
        return NGX_ERROR;
    }

    bell->log = cycle->log;

    if (ngx_http_sanzaru_bell_bind(bell) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_sanzaru_bell_listen(bell) != NGX_OK) {
        ngx_http_sanzaru_bell_exit();
        return NGX_ERROR;
    }

    ngx_memcpy(name, bell->name, NGX_HTTP_SANZARU_BELL_NAME);

    return NGX_OK;
}


void
ngx_http_sanzaru_bell_exit(void)
{
    ngx_http_sanzaru_bell_t  *bell;

    bell = &ngx_http_sanzaru_bell;

    if (bell->connection != NULL) {
        ngx_close_connection(bell->connection);

    } else if (bell->log != NULL) {
        (void) ngx_close_socket(bell->fd);
    }

    bell->connection = NULL;
    bell->log = NULL;
}


/* Once a minute, on whichever thread it happens. */

static void
ngx_http_sanzaru_bell_failed(ngx_http_sanzaru_bell_t *bell, ngx_err_t err)
{
    ngx_atomic_uint_t  now, told;

    now = (ngx_atomic_uint_t) ngx_time();
    told = bell->told;

    if (now - told >= NGX_HTTP_SANZARU_BELL_QUIET
        && ngx_atomic_cmp_set(&bell->told, told, now))
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                      "sanzaru: sendto() another worker failed; it hears of "
                      "this some seconds later");
    }
}


ngx_int_t
ngx_http_sanzaru_bell_ring(const u_char *name)
{
    ngx_err_t                 err;
    socklen_t                 len;
    struct sockaddr_un        sun;
    ngx_http_sanzaru_bell_t  *bell;

    bell = &ngx_http_sanzaru_bell;

    if (bell->log == NULL) {
        return NGX_OK;
    }

    len = ngx_http_sanzaru_bell_address(&sun, name);

    if (sendto(bell->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT,
               (struct sockaddr *) &sun, len)
        != -1)
    {
        return NGX_OK;
    }

    err = ngx_socket_errno;

    if (err == NGX_ECONNREFUSED) {
        return NGX_DECLINED;
    }

    /* a queue that is full wakes it just as well */

    if (err != NGX_EAGAIN) {
        ngx_http_sanzaru_bell_failed(bell, err);
    }

    return NGX_OK;
}


static void
ngx_http_sanzaru_bell_read(ngx_event_t *ev)
{
    u_char                    ring[16];
    ngx_connection_t         *c;
    ngx_http_sanzaru_bell_t  *bell;

    c = ev->data;
    bell = c->data;

    if (c->close) {
        c->close = 0;

        if (c->idle) {
            c->idle = 0;
            ngx_http_sanzaru_bell_finish(bell);
        }

        return;
    }

    while (recv(c->fd, ring, sizeof(ring), 0) != -1) { /* void */ }

    ev->ready = 0;

    bell->rung();
}
