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


#endif /* _NGX_HTTP_SANZARU_COMPAT_H_INCLUDED_ */
