/*
 * JSON over cJSON: a strict reader for clients, a lenient one for providers,
 * and a writer.
 *
 * cJSON reads "a\u0000b" as "a", takes bytes after the value, keeps duplicate
 * keys, looks keys up without regard to case and turns large integers into
 * doubles.  What a client or a provider sends therefore passes a scanner of
 * our own first (RFC 8259 with UTF-8, bounded depth and count), and what must
 * come back byte for byte (JSON-RPC ids, progress tokens) is taken from the
 * text with sz_json_member().
 */

#ifndef SZ_JSON_H
#define SZ_JSON_H


#include "base/sz_base.h"

#include <cjson/cJSON.h>


#define SZ_JSON_MAX_DEPTH   64
#define SZ_JSON_MAX_VALUES  100000

/* Above this many bytes JSON is parsed in a job, never on the event loop. */
#define SZ_JSON_INLINE      65536


/*
 * The parsed text; free with cJSON_Delete().  NULL with *err set: SZ_E_INPUT
 * and where and why the text is refused, or SZ_E_INTERNAL.
 */
cJSON *sz_json_parse(sz_str_t text, sz_error_t *err);

/* Only the check; 0 or the code of the error. */
sz_code_e sz_json_check(sz_str_t text, sz_error_t *err);

/*
 * The same for what a provider sends, which is paid for: what is wrong in one
 * value must not cost the others.  A lone surrogate, \u0000 and every byte that
 * is no UTF-8 become U+FFFD; control characters in strings and backslashes
 * that begin no escape stand for themselves; NaN, Infinity and numbers of more
 * than 60 characters become null; an integer of more than 15 digits becomes a
 * string with all of them; a byte order mark is skipped; of members with one
 * name the first stays.  Structure, depth and count are checked as above.
 */
cJSON *sz_json_parse_lenient(sz_str_t text, sz_error_t *err);

/*
 * The text that is read in the end, for sz_json_member(): strict JSON, but for
 * doubled members, in *out, which is set up here and has at most
 * SZ_JSON_MENDED() bytes; sz_buf_free() it in any case.
 */
#define SZ_JSON_MENDED(len)  (3 * (len) + 8)

sz_code_e sz_json_mend(sz_str_t text, sz_buf_t *out, sz_error_t *err);

/*
 * The text of one member's value, quotes included, in an object that
 * sz_json_check() has accepted; data is NULL when the text is no object or
 * has no such member.
 */
sz_str_t sz_json_member(sz_str_t object, const char *key);

/*
 * The text of the next element; *rest is the array's text at first and moves
 * on.  data is NULL behind the last one and when the text is no array.
 */
sz_str_t sz_json_item(sz_str_t *rest);

/*
 * Members of a parsed object, NULL when absent or of another type.  given: also
 * NULL for null, which in the protocol's parameters is absent.
 */
const cJSON *sz_json_get(const cJSON *object, const char *key);
const cJSON *sz_json_given(const cJSON *object, const char *key);
const char *sz_json_string(const cJSON *object, const char *key);
const cJSON *sz_json_object(const cJSON *object, const char *key);
const cJSON *sz_json_array(const cJSON *object, const char *key);

/*
 * Changes to a tree: only here, because what cJSON could not do for want of
 * memory it tells too late or not at all.
 */

/*
 * The value is the member from here on, in place of an older one.  False when
 * there is no memory, and when value is NULL, as a constructor that had none
 * returns it: value is freed and the object is what it was.
 */
bool sz_json_put(cJSON *object, const char *key, cJSON *value);

/* Takes the member out; NULL when there is none.  Needs no memory. */
cJSON *sz_json_take(cJSON *object, const char *key);
void sz_json_remove(cJSON *object, const char *key);

/* Removes all members but these; the list of names ends with NULL. */
void sz_json_prune(cJSON *object, const char *const *kept);


/* An integer within +-(2^53 - 1) (RFC 7493); false when it is none. */
bool sz_json_integer(const cJSON *value, int64_t *n);

/* For what providers send: a number, or a string that is one: "42", "42%". */
bool sz_json_number(const cJSON *value, double *d);

/* And a boolean, or a string that is one. */
bool sz_json_bool(const cJSON *value, bool *b);

/*
 * A member that is a word, such as an id: a string or a number, as text in dst,
 * which has `size` bytes.  False: it is absent, empty, too long, or no word.
 */
bool sz_json_text(const cJSON *object, const char *key, char *dst,
    size_t size);

/*
 * A member for an error text or a log line, whatever its type: every word of a
 * stranger that is shown passes here.  As sz_str_show(); dst has max + 4 bytes.
 * False: it is absent or null, and dst is empty.
 */
bool sz_json_show(const cJSON *object, const char *key, char *dst,
    size_t max);


/*
 * The writer: commas are its business, balance is the caller's.  It writes
 * into a sz_buf_t and so fails as that one does.
 */

typedef struct {
    sz_buf_t  *buf;
    bool       comma;           /* a value stands before the next one */
} sz_jw_t;

void sz_jw_init(sz_jw_t *w, sz_buf_t *buf);

void sz_jw_open(sz_jw_t *w, char bracket);          /* '{' or '[' */
void sz_jw_close(sz_jw_t *w, char bracket);         /* '}' or ']' */
void sz_jw_key(sz_jw_t *w, const char *key);

void sz_jw_str(sz_jw_t *w, sz_str_t s);             /* UTF-8 */
void sz_jw_cstr(sz_jw_t *w, const char *s);         /* NULL: null */
void sz_jw_int(sz_jw_t *w, int64_t n);
void sz_jw_num(sz_jw_t *w, double d);
void sz_jw_bool(sz_jw_t *w, bool b);
void sz_jw_null(sz_jw_t *w);
void sz_jw_raw(sz_jw_t *w, sz_str_t json);          /* one value as text */
void sz_jw_node(sz_jw_t *w, const cJSON *node);     /* NULL: null */

/* Key and value at once. */
void sz_jw_kstr(sz_jw_t *w, const char *key, const char *s);
void sz_jw_kint(sz_jw_t *w, const char *key, int64_t n);
void sz_jw_kbool(sz_jw_t *w, const char *key, bool b);
void sz_jw_kraw(sz_jw_t *w, const char *key, sz_str_t json);
void sz_jw_knode(sz_jw_t *w, const char *key, const cJSON *node);


#endif /* SZ_JSON_H */
