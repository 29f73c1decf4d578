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
aliases(const sz_field_t *f)
{
    const char *const  *alias;

    for (alias = f->aliases; alias != NULL && *alias != NULL; alias++) {
        printf("%s`%s`%s", (alias == f->aliases) ? " Also " : ", ", *alias,
               (alias[1] == NULL) ? "." : "");
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
        aliases(f);
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

    printf(". Hints: `{%s}`", tool->hints);

    if (tool->flags & SZ_TOOL_SAVES) {
        printf(", and `destructiveHint` as `sanzaru_existing_file` says, by "
               "default `%s`",
               (tool->flags & SZ_TOOL_PAYS) ? "false" : "true");
    }

    printf(".\n\n");
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
           "Arguments are read as they are meant: `\"5\"` is an integer, "
           "`8` is the string\n`\"8\"` of an enum, `CROP` and `1280 x 720` "
           "are its values `crop` and `1280x720`,\n`null` and `\"\"` are an "
           "optional argument left out, one name is a list of it.\n"
           "A name that is not known is refused, with the one that is probably "
           "meant: what\nit was to change would be paid for without it. "
           "Names that other tools use for\nthe same thing are taken, and the "
           "result says so; they stand behind \"also\". The\nschemas do not "
           "list them and forbid other names, so a client that checks calls\n"
           "itself does not send them. A mistake is a result with `isError` "
           "whose text names\nall that is wrong. Every result is in "
           "`structuredContent`, as `outputSchema` says,\nand as JSON text."
           "\n\n"
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
