/*
 * Step by step through the parts of a container.  Each call gives the next
 * part or says why there is none; a walk is bounded in steps.
 */

#ifndef SZ_MEDIA_WALK_H
#define SZ_MEDIA_WALK_H


#include "media/sz_media_view.h"


#define SZ_WALK_MAX  200000

typedef enum {
    SZ_WALK_PART = 0,
    SZ_WALK_END,                    /* the container says: no more */
    SZ_WALK_SHORT,                  /* the file ends inside a part's head */
    SZ_WALK_BAD,                    /* not what the format allows */
    SZ_WALK_MANY                    /* more parts than SZ_WALK_MAX */
} sz_walk_e;

typedef struct {
    sz_view_t  *view;
    int64_t     at;                 /* of the next part */
    int64_t     end;                /* RIFF: where the chunks must end */
    unsigned    steps;
    unsigned    junk;               /* JPEG: bytes passed over in all */
    bool        over;
} sz_walk_t;

typedef struct {
    uint32_t    type;               /* sz_be32() of the four letters, or the */
                                    /* JPEG marker */
    int64_t     data;               /* offset of its content */
    int64_t     len;                /* of its content, as it claims */
} sz_section_t;


/* From the chunk behind the signature; the end is behind IEND. */
void sz_walk_png(sz_walk_t *walk, sz_view_t *view);
sz_walk_e sz_walk_png_next(sz_walk_t *walk, sz_section_t *part);

/* From the marker behind SOI; the end is SOS (given as a part) or EOI. */
void sz_walk_jpeg(sz_walk_t *walk, sz_view_t *view);
sz_walk_e sz_walk_jpeg_next(sz_walk_t *walk, sz_section_t *part);

/* The chunks in [at, end). */
void sz_walk_riff(sz_walk_t *walk, sz_view_t *view, int64_t at, int64_t end);
sz_walk_e sz_walk_riff_next(sz_walk_t *walk, sz_section_t *part);


#endif /* SZ_MEDIA_WALK_H */
