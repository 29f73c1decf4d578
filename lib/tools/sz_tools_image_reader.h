/*
 * What an answer with pictures in it is read with, on a thread: every picture
 * goes from its Base64 text straight into a file, and nothing of the text is
 * copied or kept.
 *
 *   OPEN ─► the exchange ─► IMAGES | RESPONSE | STATUS ─► (CLEAN) ─► gone
 *
 * OPEN, an ordinary job, comes before anything is paid for: it makes sure that
 * the folder can be written and holds the file for the first picture open.
 * The exchange then runs the same job as its reader.  Between two runs the
 * tool reads the results; a file that was opened and not used vanishes with
 * the reader.
 */

#ifndef SZ_TOOLS_IMAGE_READER_H
#define SZ_TOOLS_IMAGE_READER_H


#include "tools/sz_tools.h"

#include "media/sz_media.h"


/* Pictures taken out of one answer; the API makes at most ten. */
#define SZ_PICTURES_MAX  16

typedef enum {
    SZ_READ_OPEN = 0,
    SZ_READ_IMAGES,                 /* Images API: an answer, or its events */
    SZ_READ_RESPONSE,               /* Responses API, with its pictures */
    SZ_READ_STATUS,                 /* the same, pictures skipped */
    SZ_READ_CLEAN                   /* removes what is left of a stream */
} sz_image_read_e;

/* What became of one picture that the provider has made. */

typedef struct {
    sz_error_t        error;        /* SZ_OK: the file is there */
    char              name[SZ_PATH_MAX + 1];
    sz_image_info_t   info;
    int64_t           size;         /* bytes */
    bool              replaced;     /* a file of this name was there before */
    bool              renamed;      /* the bytes are not what the name said */
    bool              taken;        /* another file has the name, and stays */
} sz_drawing_t;

typedef struct {
    sz_reader_t       reader;       /* first */

    sz_image_read_e   op;
    sz_folder_t       where;
    char              name[SZ_PATH_MAX + 1];    /* of the first picture */
    bool              chosen;       /* by the caller; */
    sz_publish_e      existing;     /* a file that has the name already */
    unsigned          number;       /* of the first picture in the call */

    bool              open;         /* the draft waits */
    sz_draft_t        draft;

    unsigned          n;            /* the results */
    sz_drawing_t      pictures[SZ_PICTURES_MAX];
    cJSON            *usage;
    cJSON            *about;        /* of a response: all but its output */
    bool              done;         /* an answer has been read to its end */
    char              said[404];    /* what the model said or refused */
    bool              refused;
    char              why[404];     /* a call of the image tool failed */

    unsigned          partials;     /* pictures of a stream so far, */
    char              partial[SZ_PATH_MAX + 1];     /* and the latest */
    sz_image_e        partial_type;
} sz_image_reader_t;


/* name NULL: for SZ_READ_STATUS.  NULL when out of memory. */
sz_image_reader_t *sz_image_reader_create(const sz_setup_t *setup,
    const char *name, bool chosen, unsigned number);

/* The most that an answer with so many pictures may have, in bytes. */
size_t sz_image_answer_max(const sz_setup_t *setup, unsigned pictures);


/* Inside the reader: sz_tools_image_answer.c finds, _reader.c saves. */

void sz_image_read(sz_image_reader_t *r, sz_str_t text);

/* The picture itself instead of JSON. */
bool sz_image_is_bytes(sz_str_t text);

/* Saves the picture in a JSON value, or its bytes, as the next one. */
void sz_image_save(sz_image_reader_t *r, sz_str_t value);
void sz_image_preview(sz_image_reader_t *r, sz_str_t value);

/* The place of the next one; NULL: there are enough. */
sz_drawing_t *sz_image_room(sz_image_reader_t *r);


#endif /* SZ_TOOLS_IMAGE_READER_H */
