/*
 * The row filters of PNG undone, for pixels of 1, 3 and 4 bytes.
 */

#ifndef SZ_MEDIA_UNFILTER_H
#define SZ_MEDIA_UNFILTER_H


#include "media/sz_media_filter.h"


typedef struct {
    unsigned        pixel;          /* bytes: 1, 3 or 4 */
    size_t          bytes;          /* of a row, whole pixels */
    const uint8_t  *above;          /* the row above the first one */
} sz_unfilter_t;

/*
 * raw is a filter's number (below SZ_FILTERS) and a row, out the row.  Behind
 * all of them SZ_SLACK bytes may be read, and behind out written.
 */
typedef struct {
    void  (*one)(const sz_unfilter_t *how, const uint8_t *raw, uint8_t *out);

    /* Two rows, the second right below the first. */
    void  (*two)(const sz_unfilter_t *how, const uint8_t *const raw[2],
                 uint8_t *const out[2]);

    /* Grey to RGB. */
    void  (*grey)(const uint8_t *grey, size_t pixels, uint8_t *rgb);
} sz_unfilters_t;


extern const sz_unfilters_t  sz_unfilters_portable;

#ifdef SZ_HAVE_AVX2
extern const sz_unfilters_t  sz_unfilters_avx2;
#endif

/* The fastest this processor can run. */
const sz_unfilters_t *sz_unfilters_best(void);


#endif /* SZ_MEDIA_UNFILTER_H */
