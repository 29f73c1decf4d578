/*
 * The caller's media files as resources: sanzaru://videos/NAME,
 * sanzaru://images/NAME, sanzaru://audio/NAME.
 */

#ifndef SZ_TOOLS_RESOURCE_H
#define SZ_TOOLS_RESOURCE_H


#include "tools/sz_tools_pack.h"


#define SZ_RESOURCE_SIZE  (10 * 1024 * 1024)    /* sanzaru_max_resource_size */


/* "sanzaru://images/a.png" */
void sz_resource_uri(sz_buf_t *out, sz_media_e kind, const char *name);

/* The MIME type a name says it has; NULL when its extension is no media's. */
const char *sz_media_mime(const char *name);

/* Extensions of a kind, for listings; ends with NULL. */
const char *const *sz_media_extensions(sz_media_e kind);


/*
 * A walk over the media folders, in the order of kinds and names: for
 * resources/list (rows as JSON) and for completion (names as JSON strings).
 */

typedef struct {
    sz_job_t      job;              /* first */

    sz_folder_t   where[SZ_MEDIA_KINDS];    /* root NULL: not looked at */
    unsigned      kind;             /* where to begin: behind this name */
    char         *after;            /* NULL: with the kind's first */
    char         *prefix;           /* of a name; NULL: any */
    size_t        limit;            /* rows */
    bool          names;            /* JSON strings instead of objects */
    bool          titled;           /* the revision has titles */

    sz_buf_t      rows;             /* the result, without brackets */
    size_t        n;
    size_t        total;            /* of one kind, with prefix */
    bool          more;
    bool          cut;              /* there is more than is looked at */
    unsigned      last_kind;        /* of the last row */
    char         *last;
} sz_walk_job_t;

/*
 * Of the folders whose bits (1 << kind) are set and that are configured; NULL
 * when out of memory.  after and prefix are copied.
 */
sz_walk_job_t *sz_walk_job_create(const sz_setup_t *setup, unsigned kinds,
    size_t limit, const char *after, const char *prefix);


extern const sz_resource_t  sz_resource_about;
extern const sz_resource_t  sz_resource_videos;
extern const sz_resource_t  sz_resource_images;
extern const sz_resource_t  sz_resource_audio;


#endif /* SZ_TOOLS_RESOURCE_H */
