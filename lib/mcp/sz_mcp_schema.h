/*
 * One table for everything that is said about a tool's parameters and its
 * result: a row makes the JSON Schema (2020-12) that clients see, the check
 * of what they send, and the page in docs/.
 */

#ifndef SZ_MCP_SCHEMA_H
#define SZ_MCP_SCHEMA_H


#include "base/sz_base.h"
#include "base/sz_json.h"


typedef enum {
    SZ_STRING = 1,          /* const char * */
    SZ_INTEGER,             /* int64_t */
    SZ_NUMBER,              /* double */
    SZ_BOOLEAN,             /* bool */
    SZ_OBJECT,              /* const cJSON * */
    SZ_ARRAY                /* const cJSON * */
} sz_type_e;


#define SZ_REQUIRED  0x01
#define SZ_NULLABLE  0x02   /* of results; an optional argument may be null */
#define SZ_OPEN      0x04   /* values are examples, others pass */


/*
 * Where what a string can be is looked up, to complete what somebody types:
 * in `values`, in a media folder, or among the models of a service.
 */

#define SZ_FROM_VALUES           0
#define sz_from_files(kind)      (0x10u + (unsigned) (kind))
#define sz_from_models(service)  (0x20u + (unsigned) (service))

/* The id of a job at a provider: only its owner may name it. */
#define sz_from_jobs(service)    (0x40u + (unsigned) (service))
#define sz_is_from_jobs(source)  ((source) >= 0x40u)


/*
 * A row; a table ends with a row without a name.  An absent string, object or
 * array is NULL, an absent number its default or 0.
 */

typedef struct sz_field_s  sz_field_t;

struct sz_field_s {
    const char          *name;
    sz_type_e            type;
    unsigned             flags;
    size_t               offset;        /* arguments: place in the struct */
    const char          *title;         /* of a prompt's argument */
    const char          *description;
    const char *const   *values;        /* of a string; ends with NULL */
    const char          *preset;        /* the default: text, or a JSON value */
    double               min;           /* of a number; characters of a   */
    double               max;           /* string; items.  0 and 0: none  */
    const sz_field_t    *fields;        /* of an object; items: first row */
    const char          *header;        /* x-mcp-header: Mcp-Param-… too */
    unsigned             source;        /* SZ_FROM_* */
    const char *const   *aliases;       /* arguments: other names that are */
                                        /* taken for this one; ends with NULL */
};


/*
 * The schema of an object with these fields.  Arguments are `closed`: there are
 * no others (aliases are not told, they are for whoever guesses); results are
 * not.
 */
void sz_schema_write(sz_jw_t *w, const sz_field_t *fields, bool closed);

/*
 * Checks a tool call's arguments (NULL: none) and stores them, with defaults,
 * in *values, which is zeroed.  Strings, objects and arrays point into args.
 *
 * Lenient where a model means the right thing: "5" and 5.0 are integers, "true"
 * is a boolean, 8 is the string "8" where that is one of the values, "CROP" and
 * "1280 X 720" are the values "crop" and "1280x720", an object may come as a
 * string that holds its JSON, one string is an array of it, and "" is no value
 * where none is required.  So args may be changed.
 *
 * Strict with names: an argument that is unknown is refused, because what it
 * was to change would be paid for without it.  Its aliases are taken for an
 * argument; a sentence in *notes (NULL: not wanted) tells of each.
 *
 * SZ_OK, or SZ_E_INPUT with all problems in one text.
 */
sz_code_e sz_schema_read(const sz_field_t *fields, cJSON *args, void *values,
    sz_buf_t *notes, sz_error_t *err);

/*
 * The members of a result, without braces: every field of the table in the
 * type the table says: "100" and "42%" are numbers, "true" is a boolean, and
 * what should be a string and is none becomes its JSON; null where the provider
 * left it out or sent what cannot be read so.  So a result
 * always conforms to its outputSchema.  The first form adds what else the
 * provider sent.
 */
void sz_schema_shape(sz_jw_t *w, const sz_field_t *fields,
    const cJSON *object);
void sz_schema_shape_known(sz_jw_t *w, const sz_field_t *fields,
    const cJSON *object);

/* of a name, in texts and when it is compared with others */
#define SZ_NAME_SHOWN   40

/*
 * How many letters are to be put in, left out or changed (Levenshtein), where
 * capitals are no difference.  Of names of at most SZ_NAME_SHOWN bytes.
 */
unsigned sz_schema_distance(const char *a, const char *b);


#endif /* SZ_MCP_SCHEMA_H */
