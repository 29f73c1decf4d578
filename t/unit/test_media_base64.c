#include "media/sz_media_base64_json.h"

#include "tap.h"

#include <openssl/evp.h>
#include <stdlib.h>


static sz_error_t  err;


static unsigned
roll(unsigned below)
{
    static unsigned  seed = 7;

    seed = seed * 1103515245 + 12345;

    return (seed >> 8) % below;
}


/* The vectors of RFC 4648, section 10. */

static void
vectors(void)
{
    size_t  i;
    char    text[64], bytes[64];

    static const char *const  cases[][2] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }
    };

    for (i = 0; i < sz_array_len(cases); i++) {
        sz_str_t  coded = sz_str_of(cases[i][1]);

        memset(text, 0, sizeof(text));
        memset(bytes, 0, sizeof(bytes));
        sz_base64_encode(cases[i][0], strlen(cases[i][0]), text);

        ok(strcmp(text, cases[i][1]) == 0
           && strlen(text) == sz_base64_encoded_size(strlen(cases[i][0]))
           && sz_base64_decoded_size(coded) == strlen(cases[i][0])
           && sz_base64_decode(coded, bytes, NULL) == SZ_OK
           && strcmp(bytes, cases[i][0]) == 0,
           "\"%s\" is \"%s\"", cases[i][0], cases[i][1]);
    }
}


static void
refusals(void)
{
    size_t  i;
    char    bytes[64];

    static const struct {
        sz_str_t     text;
        const char  *why;
    } cases[] = {
        { sz_str("Z"), "no multiple of four" },
        { sz_str("Zg"), "no multiple of four" },
        { sz_str("Zg="), "no multiple of four" },
        { sz_str("Zm9vY"), "no multiple of four" },
        { sz_str("Z==="), "character 1" },
        { sz_str("===="), "character 0" },
        { sz_str("Zh=="), "bits that belong to no byte" },
        { sz_str("Zm9="), "bits that belong to no byte" },
        { sz_str("Zg==Zg=="), "character 4" },
        { sz_str("Zg==Zm9v"), "character 4" },
        { sz_str("Zm9v\n"), "no multiple of four" },
        { sz_str("Zm9v\nZm9"), "character 4" },
        { sz_str("Zm 9"), "character 2" },
        { sz_str("Z-8="), "character 1" },
        { sz_str("Z_8="), "character 1" },
        { sz_str("Zg=v"), "character 2" },
        { sz_str("Zm\0v"), "character 2" },
        { sz_str("\x80m9v"), "character 0" }
    };

    for (i = 0; i < sz_array_len(cases); i++) {
        err.text[0] = '\0';
        ok(sz_base64_decode(cases[i].text, bytes, &err) == SZ_E_INPUT
           && strstr(err.text, cases[i].why) != NULL, "%.*s", 70, err.text);
    }
}


/* Every byte in every place of a long text: the same verdict, and where. */

static void
every_byte(const sz_base64_kernel_t *kernel)
{
    int       c;
    bool      valid;
    long      wrong;
    char      keep, text[304];
    size_t    at, i, done, want;
    uint8_t   a[240], b[240];

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (wrong = 0, c = 0; c < 256; c++) {

        valid = c != 0 && strchr(alphabet, c) != NULL;

        for (i = 0; i < sizeof(text); i++) {
            text[i] = alphabet[roll(64)];
        }

        for (at = 0; at < sizeof(text); at++) {
            keep = text[at];
            text[at] = (char) c;

            done = kernel->decode(text, sizeof(text), a);
            want = sz_base64_portable.decode(text, sizeof(text), b);

            wrong += (done % 4 != 0 || done > want
                      || memcmp(a, b, done / 4 * 3) != 0
                      || (!valid && done > at)
                      || (valid && want != sizeof(text)));
            text[at] = keep;
        }
    }

    ok(wrong == 0, "%s: every byte in every place: %ld wrong", kernel->name,
       wrong);
}


/* Random bytes of many lengths there and back, against OpenSSL. */

static void
lengths(void)
{
    long      wrong;
    size_t    n, size, k;
    char     *text, *theirs;
    uint8_t  *data, *back;

    for (wrong = 0, n = 0; n < 700; n++) {

        size = sz_base64_encoded_size(n);
        data = malloc(n + 1);
        back = malloc(n + 1);
        text = malloc(size + 1);
        theirs = malloc(size + 1);

        for (k = 0; k < n; k++) {
            data[k] = (uint8_t) roll(256);
        }

        back[n] = 0x5a;
        text[size] = 0x5a;
        EVP_EncodeBlock((unsigned char *) theirs, data, (int) n);
        sz_base64_encode(data, n, text);

        wrong += memcmp(text, theirs, size) != 0 || text[size] != 0x5a;
        wrong += sz_base64_decoded_size((sz_str_t) { size, text }) != n;
        wrong += sz_base64_decode((sz_str_t) { size, text }, back, NULL)
                 != SZ_OK;
        wrong += memcmp(data, back, n) != 0 || back[n] != 0x5a;

        free(data);
        free(back);
        free(text);
        free(theirs);
    }

    is_int(wrong, 0, "lengths from 0 to 699, against OpenSSL, to the byte");
}


/* A text in random pieces gives what it gives whole. */

static void
pieces(void)
{
    int                   round;
    long                  wrong;
    char                 *text;
    size_t                n, size, at, len, got;
    uint8_t              *data, *back, *room;
    sz_code_e             rc;
    sz_base64_decoder_t   decoder;

    for (wrong = 0, round = 0; round < 600; round++) {

        n = roll(2000);
        size = sz_base64_encoded_size(n);
        data = malloc(n + 1);
        back = malloc(n + 4);
        text = malloc(size + 1);

        for (at = 0; at < n; at++) {
            data[at] = (uint8_t) roll(256);
        }

        sz_base64_encode(data, n, text);
        sz_base64_decoder_init(&decoder);
        rc = SZ_OK;

        for (at = got = 0; at < size && rc == SZ_OK; /* void */) {
            len = roll((round & 1) ? 7 : 700);
            len = (len < size - at) ? len : size - at;

            /* as much room as is asked for, and no more */
            room = malloc(SZ_BASE64_ROOM(len));
            rc = sz_base64_decoder_feed(&decoder, (sz_str_t) { len, text
                                        + at }, room, &n, NULL);
            memcpy(back + got, room, n);
            free(room);
            got += n;
            at += len;
        }

        n = sz_base64_decoded_size((sz_str_t) { size, text });
        wrong += rc != SZ_OK || got != n
                 || sz_base64_decoder_finish(&decoder, NULL) != SZ_OK
                 || memcmp(back, data, n) != 0;

        free(data);
        free(back);
        free(text);
    }

    is_int(wrong, 0, "600 texts in random pieces");
}


static void
piece_errors(void)
{
    char                 bytes[64];
    size_t               len;
    sz_base64_decoder_t  decoder;

    sz_base64_decoder_init(&decoder);
    (void) sz_base64_decoder_feed(&decoder, sz_str("Zm9vYg"), bytes, &len,
                                  &err);
    is_int((long long) len, 3, "what is whole comes out");
    is_int(sz_base64_decoder_finish(&decoder, &err), SZ_E_INPUT,
           "the rest is missed");
    is_str(err.text, "The Base64 text ends early: its length, 6, is no "
           "multiple of four.", "in words");

    (void) sz_base64_decoder_feed(&decoder, sz_str("=="), bytes, &len, &err);
    is_int((long long) len, 1, "the last byte");
    is_int(sz_base64_decoder_finish(&decoder, &err), SZ_OK, "and it is whole");
    is_int(sz_base64_decoder_feed(&decoder, sz_str("Zm9v"), bytes, &len,
                                  &err), SZ_E_INPUT, "nothing may follow");

    sz_base64_decoder_init(&decoder);
    (void) sz_base64_decoder_feed(&decoder, sz_str("Zm9vZ"), bytes, &len,
                                  &err);
    is_int(sz_base64_decoder_feed(&decoder, sz_str("m?v"), bytes, &len, &err),
           SZ_E_INPUT, "a stray character in a later piece");
    is_str(err.text, "The Base64 text is broken: at character 6 there is "
           "\"?\" (0x3f), which does not belong there.", "with its place");
}


typedef struct {
    uint8_t  *bytes;
    size_t    len;
    size_t    calls;
    size_t    fail;                 /* the call that does; 0: none */
} written_t;


static sz_code_e
put(void *data, const void *bytes, size_t n, sz_error_t *error)
{
    written_t  *w = data;

    if (++w->calls == w->fail) {
        return sz_error_set(error, SZ_E_LIMIT, "The disk is full.");
    }

    if (n == 0 || n > SZ_BASE64_PIECE) {
        return sz_error_set(error, SZ_E_INTERNAL, "%zu bytes", n);
    }

    memcpy(w->bytes + w->len, bytes, n);
    w->len += n;

    return SZ_OK;
}


/* As JSON may have it: how = 0 plain, 1 slashes, 2 anything escaped. */

static size_t
escaped(const char *text, size_t n, unsigned how, char *json)
{
    char         *to;
    size_t        i;
    const char   *at;

    static const char         special[] = "/+=";
    static const char *const  codes[] = { "\\u002F", "\\u002b", "\\u003D" };

    for (to = json, i = 0; i < n; i++) {
        at = strchr(special, text[i]);

        if (how == 2 && at != NULL && roll(2)) {
            memcpy(to, codes[at - special], 6);
            to += 6;
            continue;
        }

        if (how > 0 && text[i] == '/' && roll(8)) {
            *to++ = '\\';
        }

        *to++ = text[i];
    }

    return (size_t) (to - json);
}


static void
strings(void)
{
    char              *text, *json;
    long               wrong;
    size_t             n, size, k;
    int64_t            done;
    uint8_t           *data;
    unsigned           round;
    written_t          w = { 0 };
    sz_base64_sink_t   sink = { put, &w, NULL };

    enum { MOST = 700000 };

    data = malloc(MOST);
    text = malloc(MOST * 2);
    json = malloc(MOST * 12);
    w.bytes = malloc(MOST);

    for (k = 0; k < MOST; k++) {
        data[k] = (uint8_t) roll(256);
    }

    for (wrong = 0, round = 0; round < 120; round++) {

        /* around whole pieces, too, where the end falls between two */
        n = (round < 30) ? (round % 10) + round / 10 * SZ_BASE64_PIECE - 5
                           * (round >= 10) : roll(MOST);

        size = sz_base64_encoded_size(n);
        sz_base64_encode(data, n, text);
        size = escaped(text, size, round % 3, json);

        w.len = w.calls = 0;
        wrong += sz_base64_json_decode((sz_str_t) { size, json }, &sink,
                                       &done, &err) != SZ_OK
                 || w.len != n || done != (int64_t) n
                 || memcmp(w.bytes, data, n) != 0
                 || w.calls > n / SZ_BASE64_PIECE + 1;
    }

    is_int(wrong, 0, "120 strings in JSON, with and without escapes");

    free(data);
    free(text);
    free(json);
    free(w.bytes);
}


/* What encoders and vendors make of "foobar?>~" and what is in front of it. */

static void
wild(void)
{
    size_t             i;
    int64_t            done;
    uint8_t            bytes[64];
    written_t          w = { .bytes = bytes };
    sz_base64_sink_t   sink = { put, &w, NULL };

    static const struct {
        sz_str_t     text;
        const char  *bytes;
    } cases[] = {
        { sz_str("Zm9v\\nYmFyPz5+"), "foobar?>~" },
        { sz_str("Zm9v\\r\\nYmFyPz5+\\r\\n"), "foobar?>~" },
        { sz_str("Zm9vY\nmFy\r\nPz5+\n"), "foobar?>~" },
        { sz_str(" Zm9v\tYmFyPz5+ "), "foobar?>~" },
        { sz_str("Zm9v\\u000aYmFyPz5\\u002b\\u000D"), "foobar?>~" },
        { sz_str("Zm9vYmFyPz5-"), "foobar?>~" },
        { sz_str("Pz8_"), "???" },
        { sz_str("Zm9vYg"), "foob" },
        { sz_str("Zm9vYmE"), "fooba" },
        { sz_str("Zm9vYg="), "foob" },
        { sz_str("Zm9vYg==\\n"), "foob" },
        { sz_str("Zm9vY\\ng"), "foob" }
    };

    for (i = 0; i < sz_array_len(cases); i++) {
        memset(bytes, 0, sizeof(bytes));
        w.len = 0;
        ok(sz_base64_json_decode(cases[i].text, &sink, &done, &err) == SZ_OK
           && strcmp((char *) bytes, cases[i].bytes) == 0
           && done == (int64_t) strlen(cases[i].bytes),
           "\"%s\"", cases[i].bytes);
    }
}


static void
string_errors(void)
{
    size_t             i;
    int64_t            done;
    uint8_t            bytes[64];
    written_t          w = { .bytes = bytes };
    sz_job_t           job = { .cancelled = 1 };
    sz_base64_sink_t   sink = { put, &w, NULL };

    static const struct {
        sz_str_t     text;
        const char  *why;
    } cases[] = {
        { sz_str("Zm9v\\nZ"), "length, 5" },
        { sz_str("Zm9v.Zm9v"), "character 4" },
        { sz_str("Zm\\/v\\"), "length, 5" },
        { sz_str("Zm\\/v\\u002"), "character 4" },
        { sz_str("Zm\\/vZ"), "length, 5" },
        { sz_str("Zm\\/vZm"), "bits that belong to no byte" },
        { sz_str("Zg==\\/m9v"), "character 4" },
        { sz_str("Zg==\n="), "length, 5" },
        { sz_str("\\u002f,w="), "character 1" }
    };

    for (i = 0; i < sz_array_len(cases); i++) {
        w.len = 0;
        err.text[0] = '\0';
        ok(sz_base64_json_decode(cases[i].text, &sink, &done, &err)
           == SZ_E_INPUT && strstr(err.text, cases[i].why) != NULL,
           "%.*s", 70, err.text);
    }

    w.len = w.calls = 0;
    w.fail = 1;
    is_int(sz_base64_json_decode(sz_str("Zm9v"), &sink, &done, &err),
           SZ_E_LIMIT, "what write() says is the answer");
    is_int(done, 0, "and nothing counts as written");

    sink.job = &job;
    is_int(sz_base64_json_decode(sz_str("Zm9v"), &sink, &done, &err),
           SZ_E_CANCELLED, "cancelled");
    is_int(sz_base64_json_decode(sz_str_null, &sink, &done, &err), SZ_OK,
           "nothing is a text");

    ok(sz_str_eq(sz_base64_json_text(sz_str("\"Zg\"")), sz_str("Zg"))
       && sz_base64_json_text(sz_str("\"\"")).data != NULL
       && sz_base64_json_text(sz_str("null")).data == NULL
       && sz_base64_json_text(sz_str("\"")).data == NULL,
       "the inside of a string");
}


int
main(void)
{
    vectors();
    refusals();
    lengths();
    pieces();
    piece_errors();
    strings();
    wild();
    string_errors();

    ok(true, "this processor runs \"%s\"", sz_base64_best()->name);

    every_byte(&sz_base64_portable);
    every_byte(sz_base64_best());

    return done();
}
