/*
 * A picture the caller names, read and checked before anything is paid for.
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


#endif /* SZ_TOOLS_INPUT_H */
