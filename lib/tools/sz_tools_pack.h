/*
 * Packs: all there is to list and to call.  The product is one; a test build
 * has the fixtures of the conformance suite as another.  Whatever is in a pack
 * goes through the same choice by needs, the same listings and the same calls.
 *
 * Prompts and resources are calls, too: each row begins with a tool's, whose
 * step function writes the whole result object of prompts/get or
 * resources/read.  So both can read files in jobs and ask their client.
 */

#ifndef SZ_TOOLS_PACK_H
#define SZ_TOOLS_PACK_H


#include "tools/sz_tools.h"


/*
 * A prompt: get.input are its arguments, all of them strings.
 */

typedef struct {
    sz_tool_t     get;              /* first */

    /*
     * For sz_prompt_step: what the user says.  {name} stands for an argument; a
     * line with an argument that was not given is left out.
     */
    const char   *text;
} sz_prompt_t;

/* The place of the n-th argument in a state of sz_prompt_step. */
#define sz_prompt_offset(n)    ((n) * sizeof(const char *))
#define SZ_PROMPT_STATE        (8 * sizeof(const char *))

/* {"description":…,"messages":[one of the user]} out of the prompt's text. */
sz_step_e sz_prompt_step(sz_call_t *call);


/*
 * A resource, or a template of many: then its URI has one variable in braces,
 * "test://item/{id}/data", or "{+path}" for a value with slashes.
 */

typedef struct {
    sz_tool_t     read;             /* first; its state begins with */
                                    /* sz_reading_t                 */
    const char   *uri;
    const char   *mime;             /* NULL: not the same for all */
    const char   *meta;             /* _meta, a JSON object; NULL: none */
    unsigned      source;           /* SZ_FROM_*: values of the variable */
} sz_resource_t;

typedef struct {
    const char   *uri;              /* as it was asked for */
    const char   *value;            /* of the variable, decoded */
} sz_reading_t;

/* An input or output without fields. */
extern const sz_field_t  sz_no_fields[];

/*
 * The result {"contents":[one item]}: text, or Base64 of bytes of at most some
 * KB.  mime NULL: the resource's.
 */
sz_step_e sz_resource_text(sz_call_t *call, const char *mime, sz_str_t text);
sz_step_e sz_resource_blob(sz_call_t *call, const char *mime, sz_str_t bytes);

/*
 * The value of a template's variable in a URI, in the arena: percent-encoding
 * undone, UTF-8 without control characters, and without '/' but in {+…}.  NULL
 * when the URI is not of the template.
 */
char *sz_resource_match(sz_arena_t *arena, const char *pattern,
    const char *uri);

bool sz_resource_is_template(const sz_resource_t *resource);


typedef struct {
    const sz_tool_t *const      *tools;         /* each ends with NULL */
    const sz_prompt_t *const    *prompts;
    const sz_resource_t *const  *resources;
} sz_pack_t;

/* All packs there are; the list ends with NULL. */
extern const sz_pack_t *const  sz_packs[];

/* The product's. */
extern const sz_prompt_t *const    sz_prompts[];
extern const sz_resource_t *const  sz_resources[];


#endif /* SZ_TOOLS_PACK_H */
