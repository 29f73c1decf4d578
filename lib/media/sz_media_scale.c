#include "media/sz_media_scale.h"

#include <stdlib.h>


static size_t
sz_scaler_stride(size_t bytes)
{
    return (bytes + 2 * SZ_SLACK - 1) / SZ_SLACK * SZ_SLACK;
}


int64_t
sz_scaler_memory(const sz_axis_how_t *x, const sz_axis_how_t *y, bool y_first)
{
    int64_t  row, line;

    row = 3 * (int64_t) x->in + 2 * SZ_SLACK;
    line = 3 * (int64_t) x->n + 2 * SZ_SLACK;

    return sz_axis_memory(x) * 2 + sz_axis_memory(y)
           + (sz_axis_most(y) + SZ_BLOCK) * (y_first ? row : line)
           + SZ_BLOCK * (2 * row + line);
}


/*
 * A line is made when the whole block that completes it is in the ring, so
 * the ring holds a block more than the longest line needs.
 */

static uint32_t
sz_scaler_slots(const sz_axis_t *y)
{
    uint32_t  s, end, ready, most;

    ready = most = 0;

    for (s = 0; s < y->n; s++) {
        end = y->first[s] + y->count[s];
        ready = (end > ready) ? end : ready;
        most = (ready - y->first[s] > most) ? ready - y->first[s] : most;
    }

    return most + SZ_BLOCK - 1;
}


static void *
sz_scaler_work(size_t size)
{
    return aligned_alloc(SZ_WORK_ALIGN, (size + SZ_WORK_ALIGN)
                                        / SZ_WORK_ALIGN * SZ_WORK_ALIGN);
}


sz_code_e
sz_scaler_open(sz_scaler_t *scaler, sz_axis_t *x, sz_axis_t *y, uint32_t left,
    bool y_first, const sz_kernels_t *kernels, sz_error_t *err)
{
    memset(scaler, 0, sizeof(sz_scaler_t));

    scaler->x = *x;
    scaler->y = *y;
    memset(x, 0, sizeof(sz_axis_t));
    memset(y, 0, sizeof(sz_axis_t));

    scaler->y_first = y_first;
    scaler->kernels = kernels;
    scaler->next_in = scaler->y.low;
    scaler->slots = sz_scaler_slots(&scaler->y);

    sz_axis_rebase(&scaler->x, left);

    scaler->columns = (size_t) scaler->x.high * 3;
    scaler->bytes = (size_t) scaler->x.n * 3;
    scaler->line_stride = sz_scaler_stride(scaler->bytes);
    scaler->ring_stride = y_first ? sz_scaler_stride(scaler->columns)
                                  : scaler->line_stride;

    scaler->ring = calloc(scaler->slots, scaler->ring_stride);
    scaler->sums = calloc(y_first ? SZ_BLOCK : 1, scaler->ring_stride);
    scaler->lines = malloc(SZ_BLOCK * scaler->line_stride);
    scaler->run = malloc(scaler->y.most * sizeof(uint8_t *));
    scaler->work = sz_scaler_work(kernels->work_size(&scaler->x));

    if (scaler->ring == NULL || scaler->sums == NULL || scaler->lines == NULL
        || scaler->run == NULL || scaler->work == NULL)
    {
        sz_scaler_close(scaler);
        return sz_error_memory(err);
    }

    kernels->work_init(&scaler->x, scaler->work);

    return SZ_OK;
}


void
sz_scaler_close(sz_scaler_t *scaler)
{
    sz_axis_free(&scaler->x);
    sz_axis_free(&scaler->y);
    free(scaler->ring);
    free(scaler->sums);
    free(scaler->lines);
    free(scaler->run);
    free(scaler->work);

    memset(scaler, 0, sizeof(sz_scaler_t));
}


static uint8_t *
sz_scaler_slot(const sz_scaler_t *scaler, uint32_t row)
{
    return scaler->ring + (row % scaler->slots) * scaler->ring_stride;
}


static void
sz_scaler_across(const sz_scaler_t *scaler, const uint8_t *const *rows,
    unsigned n, uint8_t *const *out)
{
    unsigned          i;
    uint32_t          k;
    const uint8_t    *p;
    const sz_axis_t  *x = &scaler->x;

    if (!x->copy) {
        scaler->kernels->across(x, scaler->work, rows, n, out);
        return;
    }

    for (i = 0; i < n; i++) {

        if (x->first[x->n - 1] - x->first[0] == x->n - 1) {
            memcpy(out[i], rows[i] + 3 * (size_t) x->first[0], scaler->bytes);
            continue;
        }

        for (k = 0; k < x->n; k++) {
            p = rows[i] + 3 * (size_t) x->first[k];
            memcpy(out[i] + 3 * (size_t) k, p, 3);
        }
    }
}


/* The next line's column sums: in `to`, or where they are anyway. */

static const uint8_t *
sz_scaler_down(sz_scaler_t *scaler, uint8_t *to, size_t bytes)
{
    uint32_t          s, k;
    const int32_t    *w;
    const sz_axis_t  *y = &scaler->y;

    s = scaler->next_out;
    w = y->weights + (size_t) s * y->taps;

    if (y->count[s] == 1 && w[0] == SZ_WEIGHT_ONE) {
        return sz_scaler_slot(scaler, y->first[s]);
    }

    for (k = 0; k < y->count[s]; k++) {
        scaler->run[k] = sz_scaler_slot(scaler, y->first[s] + k);
    }

    scaler->kernels->down(scaler->run, w, y->count[s], to, bytes);

    return to;
}


static bool
sz_scaler_ready(const sz_scaler_t *scaler)
{
    uint32_t          s;
    const sz_axis_t  *y = &scaler->y;

    s = scaler->next_out;

    return s < y->n && y->first[s] + y->count[s] <= scaler->next_in;
}


/* Along the rows as they come, along the columns when a line is complete. */

static sz_code_e
sz_scaler_x_first(sz_scaler_t *scaler, const uint8_t *const *rows, unsigned n,
    sz_error_t *err)
{
    uint8_t        *slots[SZ_BLOCK];
    unsigned        i;
    sz_code_e       rc;
    const uint8_t  *line;

    for (i = 0; i < n; i++) {
        slots[i] = sz_scaler_slot(scaler, scaler->next_in + i);
    }

    sz_scaler_across(scaler, rows, n, slots);
    scaler->next_in += n;

    while (sz_scaler_ready(scaler)) {
        line = sz_scaler_down(scaler, scaler->lines, scaler->bytes);

        rc = scaler->line(scaler->data, scaler->next_out, line, err);
        if (rc != SZ_OK) {
            return rc;
        }

        scaler->next_out++;
    }

    return SZ_OK;
}


/* Along the columns first, then along what that gives, in blocks. */

static sz_code_e
sz_scaler_y_first(sz_scaler_t *scaler, const uint8_t *const *rows, unsigned n,
    sz_error_t *err)
{
    uint8_t        *lines[SZ_BLOCK];
    unsigned        i, k;
    sz_code_e       rc;
    const uint8_t  *sums[SZ_BLOCK];

    for (i = 0; i < n; i++) {
        memcpy(sz_scaler_slot(scaler, scaler->next_in + i), rows[i],
               scaler->columns);
    }

    scaler->next_in += n;

    while (sz_scaler_ready(scaler)) {

        for (k = 0; k < SZ_BLOCK && sz_scaler_ready(scaler); k++) {
            sums[k] = sz_scaler_down(scaler, scaler->sums
                                     + k * scaler->ring_stride,
                                     scaler->columns);
            lines[k] = scaler->lines + k * scaler->line_stride;
            scaler->next_out++;
        }

        sz_scaler_across(scaler, sums, k, lines);

        for (i = 0; i < k; i++) {
            rc = scaler->line(scaler->data, scaler->next_out - k + i,
                              lines[i], err);
            if (rc != SZ_OK) {
                return rc;
            }
        }
    }

    return SZ_OK;
}


sz_code_e
sz_scaler_push(sz_scaler_t *scaler, const uint8_t *const *rows, unsigned n,
    sz_error_t *err)
{
    return scaler->y_first ? sz_scaler_y_first(scaler, rows, n, err)
                           : sz_scaler_x_first(scaler, rows, n, err);
}
