#include "media/sz_media_base64_json.h"

#include <stdlib.h>
#include <strings.h>


typedef struct {
    sz_str_t                 rest;      /* of the text, escapes and all */
    const sz_base64_sink_t  *sink;
    sz_base64_decoder_t      decoder;   /* between groups */
    size_t                   used;
    uint8_t                  bytes[SZ_BASE64_PIECE + SZ_BASE64_ROOM(4)];
} sz_base64_json_t;


/* A blank is skipped; the others are what they stand for. */

static const struct {
    const char  *text;
    size_t       len;
    char         c;
} sz_base64_escapes[] = {
    { "\\/", 2, '/' }, { "\\n", 2, ' ' }, { "\\r", 2, ' ' },
    { "\\t", 2, ' ' }, { "\\u002b", 6, '+' }, { "\\u002f", 6, '/' },
    { "\\u003d", 6, '=' }, { "\\u002d", 6, '+' }, { "\\u005f", 6, '/' },
    { "\\u000a", 6, ' ' }, { "\\u000d", 6, ' ' }, { "\\u0009", 6, ' ' },
    { "\\u0020", 6, ' ' }, { "-", 1, '+' }, { "_", 1, '/' },
    { "\n", 1, ' ' }, { "\r", 1, ' ' }, { "\t", 1, ' ' }
};


sz_str_t
sz_base64_json_text(sz_str_t value)
{
    if (value.len < 2 || value.data[0] != '"'
        || value.data[value.len - 1] != '"')
    {
        return (sz_str_t) { 0, NULL };
    }

    return (sz_str_t) { value.len - 2, value.data + 1 };
}


/* What the text begins with, in *c, and how long that is. */

static size_t
sz_base64_character(sz_str_t text, char *c)
{
    size_t  i, n;

    *c = text.data[0];

    if (memchr("\\-_\n\r\t", *c, 6) == NULL) {
        return 1;
    }

    for (i = 0; i < sz_array_len(sz_base64_escapes); i++) {

        n = sz_base64_escapes[i].len;

        if (text.len >= n
            && strncasecmp(text.data, sz_base64_escapes[i].text, n) == 0)
        {
            *c = sz_base64_escapes[i].c;
            return n;
        }
    }

    return 1;
}


static void
sz_base64_advance(sz_base64_json_t *json, size_t n)
{
    json->rest.data += n;
    json->rest.len -= n;
}


/*
 * One group, character by character: it has an escape in it, a line break or a
 * character of the other alphabet, or padding, or a mistake, or it is cut.  The
 * last one may lack its padding.
 */

static sz_code_e
sz_base64_json_group(sz_base64_json_t *json, sz_error_t *err)
{
    char       group[4], c;
    size_t     n, len;
    sz_code_e  rc;

    for (n = 0; n < 4 && json->rest.len > 0; /* void */) {

        sz_base64_advance(json, sz_base64_character(json->rest, &c));

        if (c != ' ') {
            group[n++] = c;
        }
    }

    while (n == 2 || n == 3) {
        group[n++] = '=';
    }

    rc = sz_base64_decoder_feed(&json->decoder, (sz_str_t) { n, group },
                                json->bytes + json->used, &len, err);
    json->used += len;

    return rc;
}


/* Fills the piece until no group fits, or takes all that is left. */

static sz_code_e
sz_base64_json_fill(sz_base64_json_t *json, sz_error_t *err)
{
    size_t     n;
    sz_code_e  rc;
    sz_str_t   part;

    rc = SZ_OK;
    json->used = 0;

    while (rc == SZ_OK && json->rest.len > 0
           && json->used + 3 <= SZ_BASE64_PIECE)
    {
        part = json->rest;
        n = (SZ_BASE64_PIECE - json->used) / 3 * 4;
        part.len = (part.len < n) ? part.len : n;

        n = sz_base64_decoder_run(&json->decoder, part,
                                  json->bytes + json->used);
        json->used += n / 4 * 3;
        sz_base64_advance(json, n);

        if (n < part.len) {
            rc = sz_base64_json_group(json, err);
        }
    }

    return rc;
}


static sz_code_e
sz_base64_json_pieces(sz_base64_json_t *json, int64_t *written,
    sz_error_t *err)
{
    sz_code_e                rc;
    const sz_base64_sink_t  *sink = json->sink;

    while (json->rest.len > 0) {

        if (sink->job != NULL && sz_job_cancelled(sink->job)) {
            return sz_error_set(err, SZ_E_CANCELLED,
                                "The decoding was cancelled.");
        }

        rc = sz_base64_json_fill(json, err);

        if (rc == SZ_OK && json->used > 0) {
            rc = sink->write(sink->data, json->bytes, json->used, err);
            *written += (rc == SZ_OK) ? (int64_t) json->used : 0;
        }

        if (rc != SZ_OK) {
            return rc;
        }
    }

    return sz_base64_decoder_finish(&json->decoder, err);
}


sz_code_e
sz_base64_json_decode(sz_str_t text, const sz_base64_sink_t *sink,
    int64_t *written, sz_error_t *err)
{
    sz_code_e          rc;
    sz_base64_json_t  *json;

    *written = 0;

    json = malloc(sizeof(sz_base64_json_t));
    if (json == NULL) {
        return sz_error_memory(err);
    }

    json->rest = text;
    json->sink = sink;
    sz_base64_decoder_init(&json->decoder);

    rc = sz_base64_json_pieces(json, written, err);

    free(json);

    return rc;
}
