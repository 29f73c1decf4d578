/*
 * The door: Host and Origin (against pages that rebind a name to us), the HTTP
 * method, what the client sends and accepts, and CORS.
 */

#include "mcp/sz_mcp_exchange.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>


#define SZ_METHODS  "POST, GET, DELETE, OPTIONS"

#define SZ_CORS_HEADERS                                                      \
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, "            \
    "Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID"

#define SZ_CORS_MAX  (16 * 1024)    /* of a list of headers */


static const char *const  sz_loopback_names[] = {
    "localhost", "127.0.0.1", "[::1]", NULL
};


static bool
sz_gate_is_loopback(sz_str_t host)
{
    const char *const  *name;

    for (name = sz_loopback_names; *name != NULL; name++) {
        if (sz_str_caseeq(host, sz_str_of(*name))) {
            return true;
        }
    }

    return false;
}


static bool
sz_gate_host_is(sz_str_t host, sz_str_t name)
{
    size_t  len;

    if (sz_str_starts(name, "*.")) {
        name.data++;
        name.len--;

    } else if (sz_str_starts(name, ".")
               && sz_str_caseeq(host, (sz_str_t) { name.len - 1,
                                                   name.data + 1 }))
    {
        return true;
    }

    if (name.len > 1 && name.data[0] == '.') {
        len = name.len;
        return host.len > len
               && sz_str_caseeq((sz_str_t) { len,
                                             host.data + host.len - len },
                                name);
    }

    if (sz_str_ends(name, ".*")) {
        len = name.len - 1;
        return host.len > len
               && sz_str_caseeq((sz_str_t) { len, host.data },
                                (sz_str_t) { len, name.data });
    }

    return sz_str_caseeq(host, name);
}


static bool
sz_gate_named(const sz_server_t *server, const sz_head_t *head)
{
    size_t  i;

    if (head->host_known) {
        return true;
    }

    for (i = 0; i < server->n_hosts; i++) {
        if (sz_gate_host_is(head->host, server->hosts[i])) {
            return true;
        }
    }

    return false;
}


/*
 * A name the operator gave always passes, a loopback name on a loopback
 * connection, too.  Any other passes only over the network, where a rebound
 * page is stopped by its Origin, and only if the operator did not say what the
 * public name is.
 */

static bool
sz_gate_host(const sz_server_t *server, const sz_head_t *head)
{
    if (sz_gate_named(server, head)) {
        return true;
    }

    if (head->loopback) {
        return sz_gate_is_loopback(head->host);
    }

    return !server->strict;
}


/* "host:port" or "[::1]:port"; the port may be missing. */

static void
sz_gate_split(sz_str_t authority, sz_str_t *host, sz_str_t *port)
{
    const char  *end;

    *host = authority;
    *port = sz_str_null;

    if (authority.len == 0) {
        return;
    }

    end = (authority.data[0] == '[')
          ? memchr(authority.data, ']', authority.len)
          : memchr(authority.data, ':', authority.len);

    if (end == NULL) {
        return;
    }

    host->len = (size_t) (end - authority.data) + (*end == ']');

    if (host->len < authority.len && authority.data[host->len] == ':') {
        port->data = authority.data + host->len + 1;
        port->len = authority.len - host->len - 1;
    }
}


/* "host:port" of an origin; len 0 when it is none of http or https. */

static sz_str_t
sz_gate_origin_authority(sz_str_t origin)
{
    size_t    skip;
    sz_str_t  authority;

    skip = sz_str_starts(origin, "https://") ? 8
           : sz_str_starts(origin, "http://") ? 7 : origin.len;

    authority = (sz_str_t) { origin.len - skip, origin.data + skip };

    return (authority.len > 0
            && memchr(authority.data, '/', authority.len) == NULL)
           ? authority : sz_str_null;
}


/*
 * A page of this very host: name, port and scheme (RFC 6454, section 5).  The
 * port that is not named is the scheme's; and where a proxy in front has ended
 * TLS, https arrives as http.
 */

static bool
sz_gate_same(const sz_head_t *head, sz_str_t authority)
{
    bool      secure;
    sz_str_t  host, port, here, asked, usual;

    secure = sz_str_starts(head->origin, "https:");
    usual = secure ? sz_str("443") : sz_str("80");

    sz_gate_split(authority, &host, &port);
    sz_gate_split(head->authority, &here, &asked);

    port = (port.len > 0) ? port : usual;
    asked = (asked.len > 0) ? asked : usual;

    return sz_str_caseeq(host, head->host) && sz_str_eq(port, asked)
           && (secure || !head->tls);
}


static bool
sz_gate_origin(const sz_server_t *server, const sz_head_t *head)
{
    size_t    i;
    sz_str_t  authority, host, port, origin;

    origin = head->origin;

    if (origin.data == NULL) {
        return true;
    }

    for (i = 0; i < server->n_origins; i++) {
        if (sz_str_is(server->origins[i], "*")
            || sz_str_caseeq(origin, server->origins[i]))
        {
            return true;
        }
    }

    authority = sz_gate_origin_authority(origin);

    if (authority.len == 0) {
        return false;
    }

    sz_gate_split(authority, &host, &port);

    return (head->loopback && sz_gate_is_loopback(host))
           || (sz_gate_named(server, head) && sz_gate_same(head, authority));
}


bool
sz_gate_page(const sz_server_t *server, const sz_head_t *head)
{
    return head->origin.data != NULL && sz_gate_host(server, head)
           && sz_gate_origin(server, head);
}


void
sz_reply_cors(sz_reply_t *reply, const char *origin)
{
    sz_reply_header(reply, "Access-Control-Allow-Origin", origin);
    sz_reply_header(reply, "Vary", "Origin");
    sz_reply_header(reply, "Access-Control-Expose-Headers",
                    "Mcp-Session-Id, WWW-Authenticate");
}


static void
sz_gate_cors(sz_exchange_t *x)
{
    char  *origin;

    if (x->head.origin.data == NULL) {
        return;
    }

    origin = sz_strdup(x->arena, x->head.origin);

    if (origin != NULL) {
        sz_reply_cors(&x->reply, origin);
    }
}


static bool
sz_gate_is_param(sz_str_t name)
{
    size_t  i;

    static const size_t  prefix = sizeof("Mcp-Param-") - 1;

    if (name.len <= prefix
        || strncasecmp(name.data, "Mcp-Param-", prefix) != 0)
    {
        return false;
    }

    for (i = prefix; i < name.len; i++) {
        if (!isalnum((unsigned char) name.data[i])
            && strchr("-_", name.data[i]) == NULL)
        {
            return false;
        }
    }

    return true;
}


/* Whether a page may send the header: ours, the operator's, Mcp-Param-... */

static bool
sz_gate_header(const sz_server_t *server, sz_str_t name)
{
    size_t    i;
    sz_str_t  ours;

    if (name.len == 0) {
        return false;
    }

    for (i = 0; i < server->n_allow_headers; i++) {
        if (sz_str_caseeq(name, server->allow_headers[i])) {
            return true;
        }
    }

    for (ours = sz_str(SZ_CORS_HEADERS); ours.data != NULL; /* void */) {
        if (sz_str_caseeq(name, sz_str_next_item(&ours))) {
            return true;
        }
    }

    return sz_gate_is_param(name);
}


static void
sz_gate_header_add(sz_buf_t *list, sz_str_t name)
{
    if (list->len > 0) {
        sz_buf_lit(list, ", ");
    }

    sz_buf_str(list, name);
}


/* Of what the page asks for, that which is allowed; else all there is. */

static char *
sz_gate_headers(sz_exchange_t *x)
{
    char      *text;
    size_t     i;
    sz_buf_t   list;
    sz_str_t   asked, name;

    sz_buf_init(&list, SZ_CORS_MAX);

    for (asked = x->head.asked_headers; asked.data != NULL; /* void */) {
        name = sz_str_next_item(&asked);

        if (sz_gate_header(x->server, name)) {
            sz_gate_header_add(&list, name);
        }
    }

    if (list.len == 0) {
        sz_buf_lit(&list, SZ_CORS_HEADERS);

        for (i = 0; i < x->server->n_allow_headers; i++) {
            sz_gate_header_add(&list, x->server->allow_headers[i]);
        }
    }

    text = list.failed ? NULL : sz_strdup(x->arena, sz_buf_view(&list));

    sz_buf_free(&list);

    return text;
}


static void
sz_gate_preflight(sz_exchange_t *x)
{
    char  *headers;

    x->reply.status = 204;
    headers = sz_gate_headers(x);

    sz_reply_header(&x->reply, "Access-Control-Allow-Methods", SZ_METHODS);
    sz_reply_header(&x->reply, "Access-Control-Allow-Headers",
                    (headers != NULL) ? headers : SZ_CORS_HEADERS);
    sz_reply_header(&x->reply, "Access-Control-Max-Age", "7200");
}


static bool
sz_gate_is_json(sz_str_t type)
{
    const char  *end;

    end = (type.len > 0) ? memchr(type.data, ';', type.len) : NULL;

    if (end != NULL) {
        type.len = (size_t) (end - type.data);
    }

    return sz_str_caseeq(sz_str_trim(type), sz_str("application/json"));
}


/*
 * Lenient on purpose: clients MUST list both types, but one of them is enough
 * to talk to, and so is a wildcard or no Accept at all.  A GET is for a stream.
 */

static void
sz_gate_accept(sz_exchange_t *x)
{
    sz_str_t     rest, item;
    const char  *end;

    rest = x->head.accept;

    if (rest.data == NULL) {
        x->accepts_json = true;
        x->accepts_sse = sz_str_is(x->head.method, "GET");
        return;
    }

    while (rest.data != NULL) {

        item = sz_str_next_item(&rest);
        end = (item.len > 0) ? memchr(item.data, ';', item.len) : NULL;

        if (end != NULL) {
            item.len = (size_t) (end - item.data);
            item = sz_str_trim(item);
        }

        if (sz_str_is(item, "*/*")) {
            x->accepts_json = true;
            x->accepts_sse = true;

        } else if (sz_str_caseeq(item, sz_str("application/json"))
                   || sz_str_is(item, "application/*"))
        {
            x->accepts_json = true;

        } else if (sz_str_caseeq(item, sz_str("text/event-stream"))
                   || sz_str_is(item, "text/*"))
        {
            x->accepts_sse = true;
        }
    }
}


static sz_verdict_e
sz_gate_post(sz_exchange_t *x)
{
    char  shown[44];

    if (!sz_gate_is_json(x->head.content_type)) {
        sz_exchange_refuse(x, 415, SZ_RPC_INVALID_REQUEST,
                           "Content-Type must be application/json.");
        return SZ_X_REPLY;
    }

    if (x->head.content_encoding.len > 0
        && !sz_str_caseeq(x->head.content_encoding, sz_str("identity")))
    {
        sz_str_show(shown, 40, x->head.content_encoding);
        sz_reply_header(&x->reply, "Accept-Encoding", "identity");
        sz_exchange_refuse(x, 415, SZ_RPC_INVALID_REQUEST,
                           "Content-Encoding \"%s\" is not read here; send "
                           "the request as it is.", shown);
        return SZ_X_REPLY;
    }

    sz_gate_accept(x);

    if (!x->accepts_json && !x->accepts_sse) {
        sz_exchange_refuse(x, 406, SZ_RPC_INVALID_REQUEST,
                           "Accept must list application/json and "
                           "text/event-stream.");
        return SZ_X_REPLY;
    }

    return SZ_X_BODY;
}


sz_verdict_e
sz_gate(sz_exchange_t *x)
{
    char  shown[84];

    if (!sz_gate_host(x->server, &x->head)) {
        sz_str_show(shown, 80, x->head.host);
        sz_exchange_refuse(x, 403, SZ_RPC_INVALID_REQUEST,
                           "The host \"%s\" is not served here. The operator "
                           "can allow it with server_name or "
                           "sanzaru_public_url.", shown);
        return SZ_X_REPLY;
    }

    if (!sz_gate_origin(x->server, &x->head)) {
        sz_str_show(shown, 80, x->head.origin);
        sz_exchange_refuse(x, 403, SZ_RPC_INVALID_REQUEST,
                           "Pages of the origin \"%s\" may not use this "
                           "endpoint. The operator can allow it with "
                           "sanzaru_allow_origin.", shown);
        return SZ_X_REPLY;
    }

    sz_gate_cors(x);

    if (sz_str_is(x->head.method, "OPTIONS")) {
        sz_gate_preflight(x);
        return SZ_X_REPLY;
    }

    if (sz_str_is(x->head.method, "POST")) {
        return sz_gate_post(x);
    }

    if (sz_str_is(x->head.method, "GET")) {
        sz_gate_accept(x);
        return sz_listen_get(x);
    }

    if (sz_str_is(x->head.method, "DELETE")) {
        return sz_listen_delete(x);
    }

    sz_reply_header(&x->reply, "Allow", SZ_METHODS);
    sz_exchange_refuse(x, 405, SZ_RPC_INVALID_REQUEST,
                       "This endpoint takes POST, GET and DELETE.");

    return SZ_X_REPLY;
}
