/*
 * Writes docs/tools.md from the tables that make schemas and checks.
 */

#include "tools/sz_tools.h"

#include <stdio.h>


static const char *const  types[] = {
    [SZ_STRING] = "string", [SZ_INTEGER] = "integer", [SZ_NUMBER] = "number",
    [SZ_BOOLEAN] = "boolean", [SZ_OBJECT] = "object", [SZ_ARRAY] = "array"
};


static void
values(const sz_field_t *f)
{
    const char *const  *value;

    for (value = f->values; *value != NULL; value++) {
        printf("%s`%s`", (value != f->values) ? ", " : "", *value);
    }
}


static void
bounds(const sz_field_t *f)
{
    const char  *unit;

    unit = (f->type == SZ_STRING) ? " characters"
           : (f->type == SZ_ARRAY) ? " items" : "";

    if (f->max != 0) {
        printf(" %.15g to %.15g%s.", f->min, f->max, unit);

    } else if (f->min != 0) {
        printf(" At least %.15g%s.", f->min, unit);
    }
}


static void
input(const sz_field_t *f)
{
    if (f->name == NULL) {
        printf("No parameters.\n\n");
        return;
    }

    printf("| parameter | type | default | meaning |\n|---|---|---|---|\n");

    for ( /* void */ ; f->name != NULL; f++) {
        printf("| `%s`%s | %s | %s%s%s | %s", f->name,
               (f->flags & SZ_REQUIRED) ? " (required)" : "", types[f->type],
               (f->preset != NULL) ? "`" : "",
               (f->preset != NULL) ? f->preset : "",
               (f->preset != NULL) ? "`" : "", f->description);

        if (f->values != NULL) {
            printf(" %s: ", (f->flags & SZ_OPEN) ? "For example" : "One of");
            values(f);
            printf(".");
        }

        bounds(f);
        printf(" |\n");
    }

    printf("\n");
}


static void
output(const sz_field_t *f, const char *prefix)
{
    char               inner[200];
    const sz_field_t  *of;

    for ( /* void */ ; f->name != NULL; f++) {
        printf("| `%s%s` | %s%s%s | %s |\n", prefix, f->name, types[f->type],
               (f->type == SZ_ARRAY && f->fields->type != SZ_OBJECT)
               ? " of " : "",
               (f->type == SZ_ARRAY && f->fields->type != SZ_OBJECT)
               ? types[f->fields->type] : "",
               (f->description != NULL) ? f->description : "");

        of = (f->type == SZ_OBJECT) ? f->fields
             : (f->type == SZ_ARRAY) ? f->fields->fields : NULL;

        if (of != NULL) {
            snprintf(inner, sizeof(inner), "%s%s%s.", prefix, f->name,
                     (f->type == SZ_ARRAY) ? "[]" : "");
            output(of, inner);
        }
    }
}


static void
needs(const sz_tool_t *tool)
{
    unsigned     i;
    const char  *comma = "";

    printf("Offered with: ");

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        if (tool->needs & sz_needs_folder(i)) {
            printf("%s%s path", comma, sz_media_name(i));
            comma = ", ";
        }
    }

    for (i = 0; i < SZ_SERVICES; i++) {
        if (tool->needs & sz_needs_service(i)) {
            printf("%sservice `%s`", comma, sz_service_name(i));
            comma = ", ";
        }
    }

    printf(". Hints: `{%s}`.\n\n", tool->hints);
}


int
main(void)
{
    const sz_tool_t *const  *tool;

    printf("# Tools\n\n"
           "Made by `./build.sh docs` from the tables that also make the JSON "
           "Schemas and\nthe checks. Names, parameters and results are those "
           "of sanzaru, so that a team\ncan change the server without touching "
           "its prompts.\n\n"
           "Arguments are read leniently where a model means the right thing: "
           "`\"5\"` is an\ninteger, `8` is the string `\"8\"` of an enum, "
           "`null` is an optional argument left\nout, unknown arguments are "
           "ignored. A mistake is a result with `isError` whose\ntext names "
           "all that is wrong. Every result is in `structuredContent`, as\n"
           "`outputSchema` says, and as JSON text.\n\n"
           "File names are relative to the folder of their kind and may have "
           "folders in\nthem; absolute names, `..`, hidden names, backslashes "
           "and control characters are\nrefused, and symbolic links are never "
           "followed.\n\n");

    for (tool = sz_tools; *tool != NULL; tool++) {
        printf("- [%s](#%s)\n", (*tool)->name, (*tool)->name);
    }

    printf("\n");

    for (tool = sz_tools; *tool != NULL; tool++) {
        printf("## %s\n\n%s\n\n", (*tool)->name, (*tool)->description);
        needs(*tool);
        input((*tool)->input);
        printf("| result | type | meaning |\n|---|---|---|\n");
        output((*tool)->output, "");
        printf("\n");
    }

    return 0;
}
