/*
 * A Base64 text that is a string in JSON, decoded where it lies: the answer
 * with a picture of tens of megabytes in it is held once, and what is decoded
 * is handed on in pieces as soon as it is there.
 *
 * For a job, not for the event loop.
 */

#ifndef SZ_MEDIA_BASE64_JSON_H
#define SZ_MEDIA_BASE64_JSON_H


#include "media/sz_media_base64.h"


/*
 * Bytes of a piece: a whole number of groups, and small enough for a
 * processor's second cache together with the text it is made of.
 */
#define SZ_BASE64_PIECE  (192 * 1024)

/*
 * Takes the next n (1..SZ_BASE64_PIECE) bytes, which are good during the call
 * only; anything but SZ_OK, with *err set, ends the work.
 */
typedef sz_code_e (*sz_base64_write_fn)(void *data, const void *bytes,
    size_t n, sz_error_t *err);

typedef struct {
    sz_base64_write_fn   write;
    void                *data;
    const sz_job_t      *job;       /* asked between pieces; or NULL */
} sz_base64_sink_t;


/*
 * The string's inside, from its text as sz_json_member() gives it, quotes
 * included; data is NULL when it is no string.
 */
sz_str_t sz_base64_json_text(sz_str_t value);

/*
 * Decodes the inside of a string that sz_json_check() has accepted, and not as
 * strictly as sz_base64_decode(), because what it stands for is paid for:
 * blanks and line breaks are skipped (Ruby and Java break lines by themselves),
 * "-" and "_" are "+" and "/", padding may be missing, and the escapes of all
 * these are understood.  All else is refused.  Characters in error texts are
 * counted without escapes and blanks.
 *
 * *written bytes were handed on, even when it fails; the error may be found
 * after most of them.  SZ_E_INPUT, SZ_E_CANCELLED, SZ_E_INTERNAL, or what
 * write() said.  It takes SZ_BASE64_PIECE bytes of memory and frees them.
 */
sz_code_e sz_base64_json_decode(sz_str_t text, const sz_base64_sink_t *sink,
    int64_t *written, sz_error_t *err);


#endif /* SZ_MEDIA_BASE64_JSON_H */
