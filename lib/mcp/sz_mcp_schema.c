#include "mcp/sz_mcp_schema_room.h"


const char *const  sz_type_names[] = {
    [SZ_STRING] = "string",
    [SZ_INTEGER] = "integer",
    [SZ_NUMBER] = "number",
    [SZ_BOOLEAN] = "boolean",
    [SZ_OBJECT] = "object",
    [SZ_ARRAY] = "array"
};


static void sz_schema_field(sz_jw_t *w, const sz_field_t *f);


static void
sz_schema_values(sz_jw_t *w, const sz_field_t *f)
{
    const char *const  *value;

    sz_jw_key(w, sz_field_closed(f) ? "enum" : "examples");
    sz_jw_open(w, '[');

    for (value = f->values; *value != NULL; value++) {
        sz_jw_cstr(w, *value);
    }

    if (sz_field_closed(f) && (f->flags & SZ_NULLABLE)) {
        sz_jw_null(w);
    }

    sz_jw_close(w, ']');
}


static void
sz_schema_bounds(sz_jw_t *w, const sz_field_t *f)
{
    const char  *low, *high;

    low = (f->type == SZ_STRING) ? "minLength"
          : (f->type == SZ_ARRAY) ? "minItems" : "minimum";
    high = (f->type == SZ_STRING) ? "maxLength"
           : (f->type == SZ_ARRAY) ? "maxItems" : "maximum";

    if (f->min != 0 || f->type == SZ_INTEGER || f->type == SZ_NUMBER) {
        sz_jw_key(w, low);
        sz_jw_num(w, f->min);
    }

    if (f->max != 0) {
        sz_jw_key(w, high);
        sz_jw_num(w, f->max);
    }
}


static void
sz_schema_object(sz_jw_t *w, const sz_field_t *fields)
{
    bool               required;
    const sz_field_t  *f;

    sz_jw_key(w, "properties");
    sz_jw_open(w, '{');

    for (required = false, f = fields; f->name != NULL; f++) {
        sz_jw_key(w, f->name);
        sz_schema_field(w, f);

        required = required || (f->flags & SZ_REQUIRED);
    }

    sz_jw_close(w, '}');

    if (!required) {
        return;
    }

    sz_jw_key(w, "required");
    sz_jw_open(w, '[');

    for (f = fields; f->name != NULL; f++) {
        if (f->flags & SZ_REQUIRED) {
            sz_jw_cstr(w, f->name);
        }
    }

    sz_jw_close(w, ']');
}


static void
sz_schema_field(sz_jw_t *w, const sz_field_t *f)
{
    sz_jw_open(w, '{');
    sz_jw_key(w, "type");

    if (f->flags & SZ_NULLABLE) {
        sz_jw_open(w, '[');
        sz_jw_cstr(w, sz_type_names[f->type]);
        sz_jw_cstr(w, "null");
        sz_jw_close(w, ']');

    } else {
        sz_jw_cstr(w, sz_type_names[f->type]);
    }

    if (f->description != NULL) {
        sz_jw_kstr(w, "description", f->description);
    }

    if (f->values != NULL) {
        sz_schema_values(w, f);
    }

    if (sz_field_bounded(f)) {
        sz_schema_bounds(w, f);
    }

    if (f->preset != NULL && f->type == SZ_STRING) {
        sz_jw_kstr(w, "default", f->preset);

    } else if (f->preset != NULL) {
        sz_jw_kraw(w, "default", sz_str_of(f->preset));
    }

    if (f->header != NULL) {
        sz_jw_kstr(w, "x-mcp-header", f->header);
    }

    if (f->type == SZ_OBJECT && f->fields != NULL) {
        sz_schema_object(w, f->fields);
    }

    if (f->type == SZ_ARRAY && f->fields != NULL) {
        sz_jw_key(w, "items");
        sz_schema_field(w, f->fields);
    }

    sz_jw_close(w, '}');
}


void
sz_schema_write(sz_jw_t *w, const sz_field_t *fields, bool closed)
{
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "type", "object");
    sz_schema_object(w, fields);

    if (closed) {
        sz_jw_kbool(w, "additionalProperties", false);
    }

    sz_jw_close(w, '}');
}
