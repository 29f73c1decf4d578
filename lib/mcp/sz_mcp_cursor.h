/*
 * Cursors: where the next page of a listing begins.  Sealed, so that a client
 * can neither read nor make one, and bound to the method and the caller.  They
 * do not expire: a position is the last entry's name, which still has a place
 * in the order when the entry itself has gone.
 */

#ifndef SZ_MCP_CURSOR_H
#define SZ_MCP_CURSOR_H


#include "mcp/sz_mcp.h"


typedef struct {
    unsigned     kind;              /* of the last entry: sz_media_e */
    const char  *name;              /* NULL: from the beginning */
} sz_cursor_t;


/* In the arena of the exchange; NULL: no memory, no randomness. */
char *sz_cursor_make(const sz_exchange_t *x, const char *method,
    const sz_cursor_t *at);

/* False when the text is no cursor that this method gave this caller. */
bool sz_cursor_read(const sz_exchange_t *x, const char *method,
    const char *text, sz_cursor_t *at);


#endif /* SZ_MCP_CURSOR_H */
