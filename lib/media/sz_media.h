/*
 * The room of pictures: what a file is, whether it is whole, and the one job
 * that turns a picture into another of a given size.
 *
 * Thread rules: no global state and no thread of its own; every function may
 * run on any number of threads at once.  Sniffing is cheap enough for the
 * event loop; everything that takes a descriptor or decodes belongs into a
 * job.
 */

#ifndef SZ_MEDIA_H
#define SZ_MEDIA_H


#include "base/sz_base.h"


/*
 * What the first bytes of a file say it is: "image/png", "image/jpeg",
 * "image/webp", "image/gif", "video/mp4", "video/quicktime", "video/webm",
 * "video/x-matroska", "audio/mpeg", "audio/wav", "audio/ogg", "audio/flac",
 * "audio/mp4"; NULL when none of these.  SZ_MEDIA_HEAD bytes are enough.
 */

#define SZ_MEDIA_HEAD  512

const char *sz_media_sniff(sz_str_t head);

/* Words instead of media: plain text, HTML, XML, JSON in UTF-8 or UTF-16. */
bool sz_media_is_text(sz_str_t head);


/*
 * Whether a file is whole: no byte missing, none too many, by its container's
 * own sizes.  Types without such sizes, and unknown ones, pass.  *err tells
 * where it ends and what it should have had; the code is SZ_E_INPUT, or
 * SZ_E_IO when it cannot be read.
 */
sz_code_e sz_media_whole(int fd, int64_t size, const char *mime,
    sz_error_t *err);


/*
 * What a picture is, from its headers alone.
 */

typedef enum {
    SZ_IMAGE_NONE = 0,
    SZ_IMAGE_PNG,
    SZ_IMAGE_JPEG,
    SZ_IMAGE_WEBP
} sz_image_e;

typedef struct {
    sz_image_e   type;
    const char  *mime;
    uint32_t     width;             /* as stored */
    uint32_t     height;
    uint32_t     shown_width;       /* as shown, after orientation */
    uint32_t     shown_height;
    uint8_t      orientation;       /* EXIF, 1..8 */
    uint8_t      channels;          /* 1..4, of the decoded picture */
    uint8_t      depth;             /* bits of a channel */
    bool         alpha;             /* may have transparent pixels */
    bool         animated;          /* only its first frame is ever used */
} sz_image_info_t;

sz_code_e sz_image_probe(int fd, sz_image_info_t *info, sz_error_t *err);
sz_code_e sz_image_probe_bytes(sz_str_t bytes, sz_image_info_t *info,
    sz_error_t *err);

/* "image/png", ".png", and the type for a name: "png", "jpg", "webp". */
const char *sz_image_mime(sz_image_e type);
const char *sz_image_extension(sz_image_e type);
sz_image_e sz_image_type(const char *name);


/*
 * The job: picture file in, decode, crop | pad | rescale with Lanczos-3,
 * encode, picture file out, streaming rows wherever the formats let it.
 */

typedef enum {
    SZ_FIT_CROP = 0,                /* cover the target, cut what sticks out */
    SZ_FIT_PAD,                     /* shrink to fit, fill with background */
    SZ_FIT_RESCALE                  /* stretch */
} sz_fit_e;

typedef enum {
    SZ_EFFORT_DEFAULT = 0,
    SZ_EFFORT_FASTER,
    SZ_EFFORT_SMALLER
} sz_effort_e;

/*
 * A limit and what to call it in the error text: the name of its directive.
 * A value of 0 leaves only the ceiling built in.
 */

typedef struct {
    int64_t      value;
    const char  *name;
} sz_limit_t;

typedef struct {
    const sz_job_t  *job;           /* asked whether it is cancelled; or NULL */

    uint32_t         width;         /* of the target */
    uint32_t         height;
    sz_fit_e         fit;
    uint32_t         background;    /* 0xRRGGBB, below pads and alpha */

    sz_image_e       output;
    int              quality;       /* JPEG and WebP, 1..100; 0: 90 */
    sz_effort_e      effort;        /* PNG */
    bool             scaled;        /* let the JPEG decoder shrink: faster, */
                                    /* not exact */

    sz_limit_t       max_bytes;     /* of the input file */
    sz_limit_t       max_pixels;    /* of the input: width x height */
    sz_limit_t       max_edge;      /* width and height, input and target */
    sz_limit_t       max_memory;    /* bytes for one job */
    sz_limit_t       max_time;      /* milliseconds of wall clock */
} sz_prepare_t;

typedef struct {
    sz_image_e  type;               /* of the input */
    uint32_t    width;              /* of the input, as shown */
    uint32_t    height;
    uint8_t     orientation;        /* of the input, as stored */
    int64_t     size;               /* bytes written */
} sz_prepared_t;

/*
 * Both descriptors are regular files, used from offset 0 whatever their
 * position; out_fd is empty.  On error its content is undefined.
 *
 * SZ_E_INPUT: the picture or the arguments; SZ_E_LIMIT: a limit, the text
 * names it; SZ_E_TIMEOUT: max_time; SZ_E_CANCELLED; SZ_E_IO; SZ_E_INTERNAL.
 */
sz_code_e sz_image_prepare(const sz_prepare_t *how, int in_fd, int out_fd,
    sz_prepared_t *done, sz_error_t *err);


#endif /* SZ_MEDIA_H */
