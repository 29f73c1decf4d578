/*
 * The parts of our PNG encoder and of the fast decoder: filters, Huffman
 * codes, the deflate stream, against zlib and the plain definitions.
 */

#include "media/sz_media_deflate.h"
#include "media/sz_media_filter.h"
#include "media/sz_media_huffman.h"
#include "media/sz_media_kernel.h"
#include "media/sz_media_sum.h"
#include "media/sz_media_unfilter.h"

#include "tap.h"

#include <stdlib.h>
#include <zlib.h>


static unsigned
roll(unsigned below)
{
    static unsigned  seed = 99;

    seed = seed * 1103515245 + 12345;

    return (seed >> 8) % below;
}


/* A row in zeros and slack, in memory of its own. */

static uint8_t *
row_of(size_t n, unsigned kind)
{
    size_t    i;
    uint8_t  *p;

    p = calloc(1, 16 + n + SZ_SLACK);

    for (i = 0; i < n; i++) {
        p[16 + i] = (uint8_t) ((kind == 0) ? roll(256)
                               : (kind == 1) ? i / 3 * 2 + roll(3)
                               : 255 * roll(2));
    }

    return p + 16;
}


static void
filters(const sz_filters_t *best)
{
    int        round, same_costs, same_rows;
    size_t     n;
    uint8_t   *row, *above, *a, *b;
    unsigned   f;
    uint64_t   x[SZ_FILTERS], y[SZ_FILTERS];

    same_costs = same_rows = 0;

    for (round = 0; round < 400; round++) {
        n = 3 * (1 + roll(90));
        row = row_of(n, roll(3));
        above = row_of(n, roll(3));

        sz_filters_portable.costs(row, above, n, x);
        best->costs(row, above, n, y);
        same_costs += memcmp(x, y, sizeof(x)) == 0;

        for (f = 0; f < SZ_FILTERS; f++) {
            a = row_of(n, 0);
            b = row_of(n, 0);
            sz_filters_portable.apply(f, row, above, n, a);
            best->apply(f, row, above, n, b);
            same_rows += memcmp(a, b, n) == 0;
            free(a - 16);
            free(b - 16);
        }

        free(row - 16);
        free(above - 16);
    }

    is_int(same_costs, round, "filters: the same costs everywhere");
    is_int(same_rows, round * SZ_FILTERS, "filters: the same rows");
}


/* Undoing what filtering did gives the row back; one or two at a time. */

static void
unfilters(const sz_unfilters_t *undo, const char *name)
{
    int             round, good;
    size_t          n;
    uint8_t        *raw[2], *out[2], *again[2], *above;
    unsigned        f, g, pixel;
    sz_unfilter_t   how;

    static const unsigned  pixels[] = { 1, 3, 4 };

    good = round = 0;

    for (pixel = 0; pixel < 3; pixel++) {
        for (f = 0; f < SZ_FILTERS; f++) {
            for (g = 0; g < SZ_FILTERS; g++) {
                for (n = 1; n < 40; n += 1 + roll(4), round++) {
                    how.pixel = pixels[pixel];
                    how.bytes = n * how.pixel;
                    above = row_of(how.bytes, roll(3));
                    raw[0] = row_of(how.bytes + 1, roll(3));
                    raw[1] = row_of(how.bytes + 1, roll(3));
                    raw[0][0] = (uint8_t) f;
                    raw[1][0] = (uint8_t) g;
                    out[0] = row_of(how.bytes, 0);
                    out[1] = row_of(how.bytes, 0);
                    again[0] = row_of(how.bytes, 0);
                    again[1] = row_of(how.bytes, 0);

                    how.above = above;
                    sz_unfilters_portable.two(&how, (const uint8_t *const *)
                                              raw, out);
                    undo->two(&how, (const uint8_t *const *) raw, again);
                    good += memcmp(out[0], again[0], how.bytes) == 0
                            && memcmp(out[1], again[1], how.bytes) == 0;

                    memset(again[0], 0, how.bytes);
                    undo->one(&how, raw[0], again[0]);
                    good += memcmp(out[0], again[0], how.bytes) == 0;

                    free(above - 16);
                    free(raw[0] - 16);
                    free(raw[1] - 16);
                    free(out[0] - 16);
                    free(out[1] - 16);
                    free(again[0] - 16);
                    free(again[1] - 16);
                }
            }
        }
    }

    ok(good == 2 * round, "%s: undoing filters: %d of %d", name, good,
       2 * round);
}


/* What the encoder filters, the decoder gets back. */

static void
there_and_back(void)
{
    int            round, good;
    size_t         n;
    uint8_t       *row, *above, *raw, *out;
    sz_unfilter_t  how;

    for (good = 0, round = 0; round < 500; round++) {
        n = 3 * (1 + roll(60));
        row = row_of(n, roll(3));
        above = row_of(n, roll(3));
        raw = row_of(n + 1, 0);
        out = row_of(n, 0);

        raw[0] = (uint8_t) roll(SZ_FILTERS);
        sz_filters_best()->apply(raw[0], row, above, n, raw + 1);
        how = (sz_unfilter_t) { 3, n, above };
        sz_unfilters_best()->one(&how, raw, out);
        good += memcmp(row, out, n) == 0;

        free(row - 16);
        free(above - 16);
        free(raw - 16);
        free(out - 16);
    }

    is_int(good, round, "filtered and back");
}


static void
greys(const sz_unfilters_t *undo)
{
    size_t    n, i, good;
    uint8_t  *grey, *rgb;

    for (good = 0, n = 1; n < 100; n++) {
        grey = row_of(n, 0);
        rgb = row_of(3 * n, 0);
        undo->grey(grey, n, rgb);

        for (i = 0; i < 3 * n && rgb[i] == grey[i / 3]; i++) {
            /* the same */
        }

        good += (i == 3 * n);
        free(grey - 16);
        free(rgb - 16);
    }

    is_int((long long) good, 99, "grey to RGB");
}


/* Lengths are complete (Kraft), within the limit, and as good as can be. */

static void
huffman(void)
{
    int       round;
    long      bad;
    uint8_t   lengths[SZ_HUFFMAN_MAX];
    unsigned  i, n, most, used;
    uint32_t  space, counts[SZ_HUFFMAN_MAX], codes[SZ_HUFFMAN_MAX];
    uint64_t  bits, flat;

    static const struct { unsigned n, most; } forms[] = {
        { 286, 14 }, { 30, 14 }, { 19, 7 }, { 2, 7 }, { 286, 9 }
    };

    for (bad = 0, round = 0; round < 4000; round++) {

        n = forms[round % 5].n;
        most = forms[round % 5].most;

        for (i = 0; i < n; i++) {
            /* flat, steep (Fibonacci is the deepest), or mostly empty */
            counts[i] = (round % 3 == 0) ? roll(100)
                        : (round % 3 == 1) ? 1u << roll(20)
                        : (roll(12) == 0) ? roll(70000) : 0;
        }

        if (round % 7 == 0) {
            counts[0] = counts[1] = 1;

            for (i = 2; i < n; i++) {
                counts[i] = (i < 22) ? counts[i - 1] + counts[i - 2] : 0;
            }
        }

        sz_huffman_lengths(counts, n, most, lengths);
        sz_huffman_codes(lengths, n, codes);

        for (space = 0, used = 0, bits = flat = 0, i = 0; i < n; i++) {
            bad += lengths[i] > most || (counts[i] > 0 && lengths[i] == 0);
            bad += (codes[i] & 0xff) != lengths[i]
                   || codes[i] >> 8 >= 1u << lengths[i];
            space += lengths[i] ? 1u << (most - lengths[i]) : 0;
            used += lengths[i] > 0;
            bits += (uint64_t) counts[i] * lengths[i];
            flat += (uint64_t) counts[i] * 9;
        }

        bad += used < 2 || space != 1u << most || (most >= 9 && bits > flat);
    }

    is_int(bad, 0, "huffman: complete codes within the limit");
}


typedef struct {
    uint8_t  *data;
    size_t    len;
    size_t    most;                 /* then put() fails */
} stream_t;

static bool
put(void *data, const uint8_t *bytes, size_t len)
{
    stream_t  *s = data;

    if (s->len + len > s->most) {
        return false;
    }

    memcpy(s->data + s->len, bytes, len);
    s->len += len;

    return true;
}


static void
fill(uint8_t *data, size_t n, unsigned kind)
{
    size_t  i, k;

    for (i = 0; i < n; i++) {
        switch (kind) {

        case 0:
            data[i] = 0;
            break;

        case 1:
            data[i] = (uint8_t) roll(256);
            break;

        case 2:
            data[i] = (uint8_t) (roll(4) ? 0 : roll(7) - 3);
            break;

        case 3:
            data[i] = (uint8_t) (i * i / 1000);
            break;

        case 4:                     /* a long way back */
            data[i] = (i >= 32768 && roll(300)) ? data[i - 32768]
                      : (uint8_t) roll(256);
            break;

        default:                    /* a little too far back */
            data[i] = (i >= 32769 && roll(300)) ? data[i - 32769]
                      : (uint8_t) roll(256);
            break;
        }
    }

    for (k = 0; kind > 1 && n > 600 && k < 20; k++) {
        memset(data + roll((unsigned) n - 600), (int) roll(256),
               roll(600));
    }
}


/* zlib must inflate what we deflate, to the byte and no further. */

static void
deflates(const sz_deflate_how_t *how, const char *name)
{
    int            round, good;
    size_t         n, at, step;
    uint8_t       *data, *back;
    stream_t       s;
    z_stream       z;
    sz_deflate_t  *d;

    for (good = 0, round = 0; round < 90; round++) {

        n = (round < 12) ? (size_t) round : roll(round % 9 ? 9000 : 400000);
        data = malloc(n + 1);
        back = malloc(n + 1);
        fill(data, n, (unsigned) round % 6);

        s.most = n + n / 8 + 4096;
        s.data = malloc(s.most);
        s.len = 0;
        d = sz_deflate_create(how, put, &s);

        for (at = 0; at < n; at += step) {
            step = 1 + roll(round & 1 ? 5000 : 200000);
            step = (step < n - at) ? step : n - at;

            if (!sz_deflate_add(d, data + at, step)) {
                break;
            }
        }

        good += sz_deflate_finish(d);
        sz_deflate_destroy(d);

        memset(&z, 0, sizeof(z));
        inflateInit2(&z, -15);
        z.next_in = s.data;
        z.avail_in = (uInt) s.len;
        z.next_out = back;
        z.avail_out = (uInt) n + 1;
        good += inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0
                && z.total_out == n && memcmp(data, back, n) == 0;
        inflateEnd(&z);

        free(s.data);
        free(data);
        free(back);
    }

    ok(good == 2 * round, "%s: zlib gets back what was deflated: %d of %d",
       name, good, 2 * round);
}


static void
deflate_fails(void)
{
    uint8_t                 *data;
    stream_t                 s = { .most = 100 };
    sz_deflate_t            *d;
    const sz_deflate_how_t   how = { .ways = 1 };

    data = malloc(200000);
    fill(data, 200000, 1);
    s.data = malloc(100);

    d = sz_deflate_create(&how, put, &s);
    ok(!sz_deflate_add(d, data, 200000), "a full disk stops the stream");
    sz_deflate_destroy(d);
    free(s.data);
    free(data);
}


static void
sums(void)
{
    int       round;
    long      bad;
    size_t    n, cut;
    uint8_t  *data;

    for (bad = 0, round = 0; round < 200; round++) {
        n = roll(20000);
        data = malloc(n + 1);
        fill(data, n, 1);
        cut = roll((unsigned) n + 1);

        bad += sz_crc32(sz_crc32(0, data, cut), data + cut, n - cut)
               != crc32_z(0, data, n);
        bad += sz_adler32(sz_adler32(1, data, cut), data + cut, n - cut)
               != adler32_z(1, data, n);
        free(data);
    }

    is_int(bad, 0, "checksums are zlib's");
}


int
main(void)
{
    filters(sz_filters_best());
    unfilters(&sz_unfilters_portable, "portable");
    unfilters(sz_unfilters_best(), "this processor");
    there_and_back();
    greys(sz_unfilters_best());
    huffman();
    deflates(&(sz_deflate_how_t) { .ways = 1, .inside = true }, "default");
    deflates(&(sz_deflate_how_t) { .ways = 0 }, "faster");
    deflates(&(sz_deflate_how_t) { .ways = 8, .lazy = true, .inside = true },
             "smaller");
    deflate_fails();
    sums();

    return done();
}
