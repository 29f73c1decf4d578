/*
 * Pictures the caller names, read and checked before anything is paid for.
 */

#ifndef SZ_TOOLS_INPUT_H
#define SZ_TOOLS_INPUT_H


#include "tools/sz_tools.h"

#include "media/sz_media.h"


typedef struct {
    sz_job_t          job;              /* first */

    sz_folder_t       where;
    char             *name;
    const char       *parameter;        /* for error texts */
    size_t            max;

    char             *data;             /* the result */
    size_t            len;
    sz_image_info_t   info;
} sz_input_t;


/* NULL when out of memory. */
sz_input_t *sz_input_create(const sz_setup_t *setup, const char *name,
    const char *parameter);


/*
 * Several pictures and a mask for the first one: `input_images` and
 * `mask_filename`.
 */

#define SZ_INPUTS_MAX  16

/* All together may have so many times sanzaru_max_image_size. */
#define SZ_INPUTS_SUM  4

typedef struct {
    char             *name;
    char             *data;
    size_t            len;
    sz_image_info_t   info;
} sz_input_file_t;

typedef struct {
    sz_job_t          job;              /* first */

    sz_folder_t       where;
    size_t            max;              /* bytes of one */

    /*
     * Set: the pictures are not kept, but each goes behind what is in `body`,
     * as an input_image of the Responses API, and `tail` bytes of room are
     * left behind them.  The mask is kept.
     */
    bool              encode;
    sz_buf_t          body;
    size_t            tail;

    unsigned          n;
    sz_input_file_t   files[SZ_INPUTS_MAX];
    sz_input_file_t   mask;             /* name NULL: none */
} sz_inputs_t;


/*
 * `names` is an array of strings of at most SZ_INPUTS_MAX; mask NULL: none.
 * NULL with *err set: a name is none, or there is no memory.
 */
sz_inputs_t *sz_inputs_create(const sz_setup_t *setup, const cJSON *names,
    const char *mask, sz_error_t *err);

/* Adds to the error of a picture that is not there where its name is found. */
void sz_input_missing(sz_error_t *err);


#endif /* SZ_TOOLS_INPUT_H */
