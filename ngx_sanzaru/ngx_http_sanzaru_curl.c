#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_sanzaru_curl.h"


/*
 * A watched socket.  The inode tells whether a descriptor is still the one
 * that was registered: libcurl 7.88 closes a socket that is connecting before
 * it says CURL_POLL_REMOVE, and the number may belong to someone else by then.
 */

typedef struct {
    ngx_connection_t  *connection;
    ino_t              inode;
} ngx_http_sanzaru_socket_t;


/* ms without a request, until kept connections are closed */
#define NGX_HTTP_SANZARU_CURL_IDLE  30000


typedef struct {
    CURLM                      *multi;
    ngx_event_t                 timer;
    ngx_event_t                 idle;
    ngx_uint_t                  n_added;    /* handles */
    ngx_uint_t                  max_kept;
    ngx_http_sanzaru_socket_t  *sockets;    /* by descriptor */
    ngx_uint_t                  n_sockets;
    unsigned                    starved:1;  /* said that connections lack */
} ngx_http_sanzaru_multi_t;


static int ngx_http_sanzaru_curl_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socketp);
static int ngx_http_sanzaru_curl_timer(CURLM *multi, long ms, void *data);
static ngx_connection_t *ngx_http_sanzaru_curl_watch(curl_socket_t fd);
static void ngx_http_sanzaru_curl_unwatch(curl_socket_t fd);
static void ngx_http_sanzaru_curl_set(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t wanted);
static void ngx_http_sanzaru_curl_event(ngx_event_t *ev);
static void ngx_http_sanzaru_curl_timeout(ngx_event_t *ev);
static void ngx_http_sanzaru_curl_idle(ngx_event_t *ev);
static ngx_int_t ngx_http_sanzaru_curl_open(ngx_http_sanzaru_multi_t *m);
static void ngx_http_sanzaru_curl_close(ngx_http_sanzaru_multi_t *m);
static void ngx_http_sanzaru_curl_action(curl_socket_t fd, int bits);


/* of this worker */
static ngx_http_sanzaru_multi_t  ngx_http_sanzaru_multi;


ngx_int_t
ngx_http_sanzaru_curl_init(ngx_cycle_t *cycle, ngx_uint_t max_transfers)
{
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    ngx_memzero(m, sizeof(ngx_http_sanzaru_multi_t));

    m->timer.data = m;
    m->timer.handler = ngx_http_sanzaru_curl_timeout;
    m->timer.log = cycle->log;

    /* what keeps a worker alive is the deadline of a call */
    m->timer.cancelable = 1;

    m->idle.data = m;
    m->idle.handler = ngx_http_sanzaru_curl_idle;
    m->idle.log = cycle->log;
    m->idle.cancelable = 1;

    m->max_kept = max_transfers;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "sanzaru: curl_global_init() failed");
        return NGX_ERROR;
    }

    if (ngx_http_sanzaru_curl_open(m) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "sanzaru: curl_multi_init() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_curl_open(ngx_http_sanzaru_multi_t *m)
{
    m->multi = curl_multi_init();

    if (m->multi == NULL) {
        return NGX_ERROR;
    }

    curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION,
                      ngx_http_sanzaru_curl_socket);
    curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION,
                      ngx_http_sanzaru_curl_timer);
    curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, (long) m->max_kept);

    return NGX_OK;
}


static void
ngx_http_sanzaru_curl_close(ngx_http_sanzaru_multi_t *m)
{
    ngx_uint_t  i;

    /* calls the callbacks once more for the connections it closes */

    curl_multi_cleanup(m->multi);
    m->multi = NULL;

    for (i = 0; i < m->n_sockets; i++) {
        ngx_http_sanzaru_curl_unwatch((curl_socket_t) i);
    }

    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->timer.posted) {
        ngx_delete_posted_event(&m->timer);
    }
}


static void
ngx_http_sanzaru_curl_idle(ngx_event_t *ev)
{
    ngx_http_sanzaru_multi_t  *m = ev->data;

    ngx_http_sanzaru_curl_close(m);

    /* without memory the next request tries again */

    (void) ngx_http_sanzaru_curl_open(m);
}


void
ngx_http_sanzaru_curl_exit(void)
{
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    if (m->multi == NULL) {
        return;
    }

    ngx_http_sanzaru_curl_close(m);

    if (m->idle.timer_set) {
        ngx_del_timer(&m->idle);
    }

    ngx_free(m->sockets);

    curl_global_cleanup();
}


ngx_int_t
ngx_http_sanzaru_curl_add(ngx_http_sanzaru_curl_t *h)
{
    CURLMcode                  rc;
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    if (m->multi == NULL && ngx_http_sanzaru_curl_open(m) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = curl_multi_add_handle(m->multi, h->easy);

    if (rc != CURLM_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "sanzaru: curl_multi_add_handle() failed: %s",
                      curl_multi_strerror(rc));
        return NGX_ERROR;
    }

    h->added = 1;

    if (m->n_added++ == 0 && m->idle.timer_set) {
        ngx_del_timer(&m->idle);
    }

    return NGX_OK;
}


void
ngx_http_sanzaru_curl_remove(ngx_http_sanzaru_curl_t *h)
{
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    if (h->queued) {
        ngx_queue_remove(&h->queue);
        h->queued = 0;
    }

    if (h->added) {
        (void) curl_multi_remove_handle(m->multi, h->easy);
        h->added = 0;

        if (--m->n_added == 0) {
            ngx_add_timer(&m->idle, NGX_HTTP_SANZARU_CURL_IDLE);
        }
    }
}


/*
 * Inside libcurl: nothing of libcurl may be called, and -1 would fail every
 * transfer there is.
 */

static int
ngx_http_sanzaru_curl_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socketp)
{
    ngx_connection_t          *c;
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    ngx_log_debug2(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, 0,
                   "sanzaru curl socket %d: %d", fd, what);

    c = ((ngx_uint_t) fd < m->n_sockets) ? m->sockets[fd].connection : NULL;

    if (what == CURL_POLL_REMOVE) {
        ngx_http_sanzaru_curl_unwatch(fd);
        return 0;
    }

    if (c != NULL && socketp == NULL) {

        /* a new socket under the number of one that was not taken back */

        ngx_http_sanzaru_curl_unwatch(fd);
        c = NULL;
    }

    if (c == NULL) {
        c = ngx_http_sanzaru_curl_watch(fd);

        if (c == NULL) {
            return 0;               /* its transfer will run into a timeout */
        }

        curl_multi_assign(m->multi, fd, c);
    }

    ngx_http_sanzaru_curl_set(c->read, NGX_READ_EVENT, what & CURL_POLL_IN);
    ngx_http_sanzaru_curl_set(c->write, NGX_WRITE_EVENT, what & CURL_POLL_OUT);

    return 0;
}


static ngx_int_t
ngx_http_sanzaru_curl_room(curl_socket_t fd)
{
    ngx_uint_t                  n;
    ngx_http_sanzaru_multi_t   *m;
    ngx_http_sanzaru_socket_t  *sockets;

    m = &ngx_http_sanzaru_multi;

    if ((ngx_uint_t) fd < m->n_sockets) {
        return NGX_OK;
    }

    n = ngx_max((ngx_uint_t) fd + 1, 2 * m->n_sockets);

    sockets = ngx_calloc(n * sizeof(ngx_http_sanzaru_socket_t),
                         ngx_cycle->log);
    if (sockets == NULL) {
        return NGX_ERROR;
    }

    if (m->n_sockets) {
        ngx_memcpy(sockets, m->sockets,
                   m->n_sockets * sizeof(ngx_http_sanzaru_socket_t));
        ngx_free(m->sockets);
    }

    m->sockets = sockets;
    m->n_sockets = n;

    return NGX_OK;
}


static ngx_connection_t *
ngx_http_sanzaru_curl_watch(curl_socket_t fd)
{
    struct stat                st;
    ngx_connection_t          *c;
    ngx_http_sanzaru_multi_t  *m;

    m = &ngx_http_sanzaru_multi;

    if (ngx_http_sanzaru_curl_room(fd) != NGX_OK || fstat(fd, &st) == -1) {
        return NULL;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);

    if (c == NULL) {
        if (!m->starved) {
            m->starved = 1;
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "sanzaru: no connection is left for a provider; "
                          "raise worker_connections or lower "
                          "sanzaru_max_transfers");
        }

        return NULL;
    }

    /* worker_shutdown_timeout calls the handlers without asking */

    c->data = m;
    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_sanzaru_curl_event;
    c->write->handler = ngx_http_sanzaru_curl_event;

    m->sockets[fd].connection = c;
    m->sockets[fd].inode = st.st_ino;

    return c;
}


static void
ngx_http_sanzaru_curl_unwatch(curl_socket_t fd)
{
    ngx_uint_t                  flags;
    struct stat                 st;
    ngx_connection_t           *c;
    ngx_http_sanzaru_multi_t   *m;

    m = &ngx_http_sanzaru_multi;

    if ((ngx_uint_t) fd >= m->n_sockets || m->sockets[fd].connection == NULL) {
        return;
    }

    c = m->sockets[fd].connection;
    m->sockets[fd].connection = NULL;

    /* a closed descriptor has left epoll by itself */

    flags = (fstat(fd, &st) == -1 || st.st_ino != m->sockets[fd].inode)
            ? NGX_CLOSE_EVENT : 0;

    if (c->read->active) {
        ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
    }

    /* everything but close(2): the descriptor is libcurl's */

    c->shared = 1;
    ngx_close_connection(c);
}


/*
 * Level-triggered: libcurl does not read until EAGAIN, so the usual edge
 * triggered ngx_handle_read_event() would leave transfers asleep.
 */

static void
ngx_http_sanzaru_curl_set(ngx_event_t *ev, ngx_int_t event, ngx_uint_t wanted)
{
    if (wanted && !ev->active) {
        (void) ngx_add_event(ev, event, NGX_LEVEL_EVENT);

    } else if (!wanted && ev->active) {
        (void) ngx_del_event(ev, event, 0);
    }
}


static void
ngx_http_sanzaru_curl_event(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    ev->ready = 0;

    ngx_http_sanzaru_curl_action(c->fd, ev->write ? CURL_CSELECT_OUT
                                                  : CURL_CSELECT_IN);
}


/* Inside libcurl, too: only the timer is touched. */

static int
ngx_http_sanzaru_curl_timer(CURLM *multi, long ms, void *data)
{
    ngx_event_t  *ev;

    ev = &ngx_http_sanzaru_multi.timer;

    /* a timer that is set would keep its time when the new one is near it */

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ms > 0) {
        ngx_add_timer(ev, (ngx_msec_t) ms);

    } else if (ms == 0) {

        /* next turn: a timer of 0 ms could keep the loop from its sockets */

        ngx_post_event(ev, &ngx_posted_next_events);

    } else if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    return 0;
}


static void
ngx_http_sanzaru_curl_timeout(ngx_event_t *ev)
{
    ngx_http_sanzaru_curl_action(CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_http_sanzaru_curl_action(curl_socket_t fd, int bits)
{
    int                         running, left;
    CURLMsg                    *msg;
    CURLMcode                   rc;
    ngx_queue_t                 finished, *q;
    ngx_http_sanzaru_curl_t    *h;
    ngx_http_sanzaru_multi_t   *m;

    m = &ngx_http_sanzaru_multi;

    if (m->multi == NULL) {
        return;
    }

    rc = curl_multi_socket_action(m->multi, fd, bits, &running);

    if (rc != CURLM_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "sanzaru: curl_multi_socket_action() failed: %s",
                      curl_multi_strerror(rc));
    }

    /*
     * done() may end calls, and so remove other transfers that are finished
     * already; they take themselves out of this queue.
     */

    ngx_queue_init(&finished);

    while ((msg = curl_multi_info_read(m->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);

        h->rc = msg->data.result;
        h->queued = 1;
        ngx_queue_insert_tail(&finished, &h->queue);
    }

    while (!ngx_queue_empty(&finished)) {
        q = ngx_queue_head(&finished);
        h = ngx_queue_data(q, ngx_http_sanzaru_curl_t, queue);

        ngx_http_sanzaru_curl_remove(h);

        h->done(h, h->rc);
    }
}
