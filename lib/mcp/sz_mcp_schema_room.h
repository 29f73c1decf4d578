/*
 * What the files of the schema share: _schema.c writes it, _schema_read.c
 * checks arguments, _schema_shape.c writes results.
 */

#ifndef SZ_MCP_SCHEMA_ROOM_H
#define SZ_MCP_SCHEMA_ROOM_H


#include "mcp/sz_mcp_schema.h"


/* "string", by sz_type_e */
extern const char *const  sz_type_names[];


static inline bool
sz_field_bounded(const sz_field_t *f)
{
    return f->min != 0 || f->max != 0;
}


/* No other string than one of its values will do. */
static inline bool
sz_field_closed(const sz_field_t *f)
{
    return f->values != NULL && !(f->flags & SZ_OPEN);
}


/* Characters, not bytes. */
static inline size_t
sz_utf8_length(const char *s)
{
    size_t  n;

    for (n = 0; *s != '\0'; s++) {
        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


#endif /* SZ_MCP_SCHEMA_ROOM_H */
