#include "base/sz_base.h"

#include <stdio.h>
#include <stdlib.h>


#define SZ_ARENA_ALIGN  16
#define SZ_ARENA_BLOCK  4096

/* The first block: what waits by the thousand needs no more. */
#define SZ_ARENA_FIRST  1536


typedef struct sz_block_s  sz_block_t;

struct sz_block_s {
    sz_block_t  *next;
    size_t       size;
    size_t       used;
    size_t       unused;            /* keeps data[] aligned */
    char         data[];
};


typedef struct sz_deferred_s  sz_deferred_t;

struct sz_deferred_s {
    sz_deferred_t   *next;
    void           (*fn)(void *data);
    void            *data;
};


struct sz_arena_s {
    sz_block_t     *blocks;
    sz_deferred_t  *deferred;
    size_t          limit;
    size_t          total;
};


sz_arena_t *
sz_arena_create(size_t limit)
{
    sz_arena_t  *arena;

    arena = calloc(1, sizeof(sz_arena_t));

    if (arena != NULL) {
        arena->limit = limit;
    }

    return arena;
}


void
sz_arena_destroy(sz_arena_t *arena)
{
    sz_block_t     *block, *next;
    sz_deferred_t  *d;

    if (arena == NULL) {
        return;
    }

    for (d = arena->deferred; d != NULL; d = d->next) {
        d->fn(d->data);
    }

    for (block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }

    free(arena);
}


/*
 * A request of a quarter block or more gets a block of its own behind the
 * current one, so that the rest of the current one is not lost.
 */

static sz_block_t *
sz_arena_block(sz_arena_t *arena, size_t size)
{
    bool         own;
    size_t       room;
    sz_block_t  *block;

    own = (size >= SZ_ARENA_BLOCK / 4);
    room = own ? size
           : (arena->blocks == NULL) ? SZ_ARENA_FIRST : SZ_ARENA_BLOCK;

    block = calloc(1, sizeof(sz_block_t) + room);
    if (block == NULL) {
        return NULL;
    }

    block->size = room;

    if (own && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;

    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }

    return block;
}


void *
sz_alloc(sz_arena_t *arena, size_t size)
{
    void        *p;
    sz_block_t  *block;

    if (size > PTRDIFF_MAX - sizeof(sz_block_t) - SZ_ARENA_ALIGN) {
        return NULL;
    }

    size = (size + SZ_ARENA_ALIGN - 1) & ~(size_t) (SZ_ARENA_ALIGN - 1);

    if (size > arena->limit - arena->total) {
        return NULL;
    }

    arena->total += size;

    block = arena->blocks;

    if (block == NULL || block->size - block->used < size) {
        block = sz_arena_block(arena, size);
        if (block == NULL) {
            return NULL;
        }
    }

    p = block->data + block->used;
    block->used += size;

    return p;
}


char *
sz_strdup(sz_arena_t *arena, sz_str_t s)
{
    char  *p;

    p = sz_alloc(arena, s.len + 1);

    if (p != NULL && s.len > 0) {
        memcpy(p, s.data, s.len);
    }

    return p;
}


char *
sz_printf(sz_arena_t *arena, const char *fmt, ...)
{
    int      n;
    char    *p;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    p = (n >= 0) ? sz_alloc(arena, (size_t) n + 1) : NULL;

    if (p != NULL) {
        va_start(args, fmt);
        vsnprintf(p, (size_t) n + 1, fmt, args);
        va_end(args);
    }

    return p;
}


bool
sz_arena_defer(sz_arena_t *arena, void (*fn)(void *data), void *data)
{
    sz_deferred_t  *d;

    d = sz_alloc(arena, sizeof(sz_deferred_t));

    if (d == NULL) {
        fn(data);
        return false;
    }

    d->fn = fn;
    d->data = data;
    d->next = arena->deferred;
    arena->deferred = d;

    return true;
}
