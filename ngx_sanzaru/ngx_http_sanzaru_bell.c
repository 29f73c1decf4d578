#include "ngx_http_sanzaru_bell.h"

#include <sys/un.h>


typedef struct {
    ngx_socket_t        fd;
    ngx_connection_t   *connection;
    uint64_t            place;
    void              (*rung)(void);
    void              (*quit)(void);
} ngx_http_sanzaru_bell_t;


static void ngx_http_sanzaru_bell_read(ngx_event_t *ev);


/* of this worker */
static ngx_http_sanzaru_bell_t  ngx_http_sanzaru_bell;


/* In the abstract name space: nothing is left behind, whoever dies. */

static socklen_t
ngx_http_sanzaru_bell_name(struct sockaddr_un *sun, ngx_pid_t pid)
{
    u_char  *p, *last;

    ngx_memzero(sun, sizeof(struct sockaddr_un));
    sun->sun_family = AF_UNIX;

    p = (u_char *) sun->sun_path + 1;
    last = (u_char *) sun->sun_path + sizeof(sun->sun_path);

    p = ngx_slprintf(p, last, "ngx_sanzaru/%016xL/%P",
                     ngx_http_sanzaru_bell.place, pid);

    return (socklen_t) (p - (u_char *) sun);
}


ngx_int_t
ngx_http_sanzaru_bell_init(ngx_cycle_t *cycle, uint64_t place,
    void (*rung)(void), void (*quit)(void))
{
    socklen_t                 len;
    struct sockaddr_un        sun;
    ngx_connection_t         *c;
    ngx_http_sanzaru_bell_t  *bell;

    bell = &ngx_http_sanzaru_bell;

    bell->place = place;
    bell->rung = rung;
    bell->quit = quit;

    bell->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (bell->fd == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_socket_errno,
                      "sanzaru: socket() failed");
        return NGX_ERROR;
    }

    len = ngx_http_sanzaru_bell_name(&sun, ngx_pid);

    if (bind(bell->fd, (struct sockaddr *) &sun, len) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_socket_errno,
                      "sanzaru: bind() of a worker's socket failed");
        goto failed;
    }

    c = ngx_get_connection(bell->fd, cycle->log);
    if (c == NULL) {
        goto failed;
    }

    bell->connection = c;

    c->data = bell;
    c->read->handler = ngx_http_sanzaru_bell_read;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    /* so nginx tells it, as an idle one, that the worker is to finish */

    c->idle = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT,
                      (ngx_event_flags & NGX_USE_CLEAR_EVENT)
                      ? NGX_CLEAR_EVENT : 0)
        == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_http_sanzaru_bell_exit();

    return NGX_ERROR;

failed:

    (void) ngx_close_socket(bell->fd);

    return NGX_ERROR;
}


void
ngx_http_sanzaru_bell_exit(void)
{
    if (ngx_http_sanzaru_bell.connection != NULL) {
        ngx_close_connection(ngx_http_sanzaru_bell.connection);
        ngx_http_sanzaru_bell.connection = NULL;
    }
}


ngx_int_t
ngx_http_sanzaru_bell_ring(ngx_pid_t pid)
{
    socklen_t           len;
    struct sockaddr_un  sun;

    len = ngx_http_sanzaru_bell_name(&sun, pid);

    /* a queue that is full wakes it just as well */

    if (sendto(ngx_http_sanzaru_bell.fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT,
               (struct sockaddr *) &sun, len)
        == -1
        && ngx_socket_errno != NGX_EAGAIN)
    {
        return NGX_DECLINED;
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
            bell->quit();
        }

        return;
    }

    while (recv(c->fd, ring, sizeof(ring), 0) != -1) { /* void */ }

    ev->ready = 0;

    bell->rung();
}
