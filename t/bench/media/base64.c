/*
 * Base64 beside OpenSSL's EVP_DecodeBlock, memcpy() and write(): medians of
 * one run in which all take turns.
 *
 *     base64 FOLDER [BYTES...]      a markdown table; FOLDER is written to
 */

#include "media/sz_media_base64.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define ROUNDS  31
#define PIECE   (256 * 1024)


static uint8_t  *bytes, *back;
static char     *text, path[1024];
static size_t    n, n_text;


static double
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static void
check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}


static void
run_copy(void)
{
    memcpy(back, bytes, n);
}


static void
run_openssl(void)
{
    check(EVP_DecodeBlock(back, (unsigned char *) text, (int) n_text) > 0,
          "EVP_DecodeBlock");
}


static void
run_decode(void)
{
    check(sz_base64_decode((sz_str_t) { n_text, text }, back, NULL) == SZ_OK,
          "decode");
}


static void
run_portable(void)
{
    check(sz_base64_portable.decode(text, n_text, back) + 4 >= n_text,
          "portable");
}


static void
run_encode(void)
{
    sz_base64_encode(bytes, n, text);
}


/* As the store writes: pieces of the size the text is decoded in. */

static void
run_write_pieces(void)
{
    int     fd;
    size_t  at, len;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(fd != -1, "open");

    for (at = 0; at < n; at += len) {
        len = (n - at < PIECE / 4 * 3) ? n - at : PIECE / 4 * 3;
        check(write(fd, bytes + at, len) == (ssize_t) len, "write");
    }

    close(fd);
}


static void
run_write(void)
{
    int  fd;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(fd != -1 && write(fd, bytes, n) == (ssize_t) n, "write");
    close(fd);
}


/* A text as it comes: a piece decoded, a piece written. */

static void
run_pieces(void)
{
    int                   fd;
    size_t                at, len, step;
    sz_base64_decoder_t   decoder;

    sz_base64_decoder_init(&decoder);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(fd != -1, "open");

    for (at = 0; at < n_text; at += step) {
        step = (n_text - at < PIECE) ? n_text - at : PIECE;
        check(sz_base64_decoder_feed(&decoder, (sz_str_t) { step, text + at },
                                     back, &len, NULL) == SZ_OK
              && write(fd, back, len) == (ssize_t) len, "pieces");
    }

    close(fd);
}


static const struct {
    const char   *name;
    void        (*run)(void);
} peers[] = {
    { "memcpy of the bytes", run_copy },
    { "EVP_DecodeBlock", run_openssl },
    { "ours, decode", run_decode },
    { "ours, decode, portable", run_portable },
    { "ours, encode", run_encode },
    { "write() of the bytes", run_write },
    { "write() of the bytes in pieces", run_write_pieces },
    { "ours, decode and write in pieces", run_pieces }
};


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
once(size_t i)
{
    double  start, ms;

    start = now_ms();
    peers[i].run();
    ms = now_ms() - start;

    /* every file is a new one; truncating would wait for the disk */

    unlink(path);

    return ms;
}


static double
median(double *ms)
{
    qsort(ms, ROUNDS, sizeof(double), compare);

    return ms[ROUNDS / 2];
}


/* All in turn, each round; then each alone, with what it needs in cache. */

static void
measure(void)
{
    int     round;
    size_t  i, k;
    double  turns[sz_array_len(peers)][ROUNDS], turn[sz_array_len(peers)];
    double  alones[ROUNDS], alone[sz_array_len(peers)];

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < sz_array_len(peers); i++) {
            turns[i][round] = once(i);
        }
    }

    for (i = 0; i < sz_array_len(peers); i++) {
        turn[i] = median(turns[i]);

        for (round = 0; round < ROUNDS; round++) {
            alones[round] = once(i);
        }

        alone[i] = median(alones);
    }

    for (i = 0; i < sz_array_len(peers); i++) {
        k = (i < 5) ? 0 : 5;
        printf("| %zu | %s | %.3f | %.2f | %.2f | %.3f | %.2f | %.2f |\n", n,
               peers[i].name, turn[i], turn[i] / turn[k], turn[1] / turn[i],
               alone[i], alone[i] / alone[k], alone[1] / alone[i]);
    }
}


int
main(int argc, char **argv)
{
    int     a;
    size_t  i;

    if (argc < 2) {
        fprintf(stderr, "usage: base64 FOLDER [BYTES...]\n");
        return 2;
    }

    snprintf(path, sizeof(path), "%.1000s/base64.out", argv[1]);

    printf("Medians of %d rounds: all in turn, and each alone, when the "
           "caches hold what it needs.\n\n"
           "| bytes | what | in turn, ms | times memcpy or write | times "
           "faster than EVP | alone, ms | times | times |\n"
           "|---|---|---|---|---|---|---|---|\n", ROUNDS);

    for (a = 2; a < argc || a == 2; a++) {
        n = (a < argc) ? strtoul(argv[a], NULL, 10) : 8388608;
        n_text = sz_base64_encoded_size(n);
        bytes = malloc(n);
        back = malloc(n + 64);
        text = malloc(n_text + 64);
        check(bytes != NULL && back != NULL && text != NULL, "malloc");

        for (i = 0; i < n; i++) {
            bytes[i] = (uint8_t) (i * 2654435761u >> 13);
        }

        run_encode();
        measure();
        run_decode();
        check(memcmp(bytes, back, n) == 0, "the result");

        free(bytes);
        free(back);
        free(text);
    }

    return 0;
}
