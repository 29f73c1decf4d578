/*
 * What differs between nginx releases.
 */

#ifndef _NGX_HTTP_SANZARU_COMPAT_H_INCLUDED_
#define _NGX_HTTP_SANZARU_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#if !(NGX_THREADS)
#error "ngx_sanzaru needs nginx built with --with-threads"
#endif


/*
 * Since 1.23.0 headers of one name are linked, and a pushed one must end its
 * list.
 */

#if (nginx_version >= 1023000)
#define ngx_http_sanzaru_end_header(h)  (h)->next = NULL
#else
#define ngx_http_sanzaru_end_header(h)
#endif


/* And those of Cache-Control were an array. */

static ngx_inline ngx_int_t
ngx_http_sanzaru_set_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
#if (nginx_version >= 1023000)

    r->headers_out.cache_control = h;

#else

    ngx_array_t      *lines;
    ngx_table_elt_t  **line;

    lines = &r->headers_out.cache_control;

    if (lines->elts == NULL
        && ngx_array_init(lines, r->pool, 1, sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    line = ngx_array_push(lines);
    if (line == NULL) {
        return NGX_ERROR;
    }

    *line = h;

#endif

    return NGX_OK;
}


#endif /* _NGX_HTTP_SANZARU_COMPAT_H_INCLUDED_ */
