#include "mcp/sz_mcp_schema.h"

#include "tap.h"


typedef struct {
    const char   *name;
    const char   *kind;
    const char   *model;
    int64_t       count;
    double        ratio;
    bool          flag;
    const cJSON  *object;
    const cJSON  *list;
    const char   *size;
    const char   *format;
} values_t;


static const char *const  kinds[] = { "4", "8", "all", NULL };
static const char *const  models[] = { "m-1", NULL };
static const char *const  sizes[] = { "1280x720", "720x1280", NULL };
static const char *const  formats[] = { "png", "jpeg", NULL };
static const char *const  size_aliases[] = { "resolution", "dimensions", NULL };
static const sz_field_t   item = { .type = SZ_STRING };

static const sz_field_t  fields[] = {
    { .name = "name", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(values_t, name),
      .description = "A \"name\".", .min = 1, .max = 5 },
    { .name = "kind", .type = SZ_STRING, .offset = offsetof(values_t, kind),
      .values = kinds, .preset = "all" },
    { .name = "model", .type = SZ_STRING, .flags = SZ_OPEN,
      .offset = offsetof(values_t, model), .values = models },
    { .name = "count", .type = SZ_INTEGER, .offset = offsetof(values_t, count),
      .preset = "20", .min = 0, .max = 100 },
    { .name = "ratio", .type = SZ_NUMBER, .offset = offsetof(values_t, ratio),
      .preset = "0.5" },
    { .name = "flag", .type = SZ_BOOLEAN, .offset = offsetof(values_t, flag),
      .preset = "true" },
    { .name = "object", .type = SZ_OBJECT,
      .offset = offsetof(values_t, object) },
    { .name = "list", .type = SZ_ARRAY, .offset = offsetof(values_t, list),
      .fields = &item, .min = 1, .max = 2 },
    { .name = "size", .type = SZ_STRING, .offset = offsetof(values_t, size),
      .values = sizes, .aliases = size_aliases },
    { .name = "format", .type = SZ_STRING,
      .offset = offsetof(values_t, format), .values = formats },
    { .name = NULL }
};


static void
test_schema(void)
{
    sz_jw_t   w;
    sz_buf_t  b;

    sz_buf_init(&b, 8192);
    sz_jw_init(&w, &b);
    sz_schema_write(&w, fields, true);
    sz_buf_c(&b, '\0');

    is_str(b.data, "{\"type\":\"object\",\"properties\":{"
           "\"name\":{\"type\":\"string\",\"description\":"
           "\"A \\\"name\\\".\",\"minLength\":1,\"maxLength\":5},"
           "\"kind\":{\"type\":\"string\",\"enum\":[\"4\",\"8\",\"all\"],"
           "\"default\":\"all\"},"
           "\"model\":{\"type\":\"string\",\"examples\":[\"m-1\"]},"
           "\"count\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":100,"
           "\"default\":20},"
           "\"ratio\":{\"type\":\"number\",\"default\":0.5},"
           "\"flag\":{\"type\":\"boolean\",\"default\":true},"
           "\"object\":{\"type\":\"object\"},"
           "\"list\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,"
           "\"items\":{\"type\":\"string\"}},"
           "\"size\":{\"type\":\"string\",\"enum\":[\"1280x720\","
           "\"720x1280\"]},"
           "\"format\":{\"type\":\"string\",\"enum\":[\"png\","
           "\"jpeg\"]}},"
           "\"required\":[\"name\"],\"additionalProperties\":false}",
           "the schema is closed, and tells no aliases");

    sz_buf_free(&b);
}


static sz_buf_t  notes = { .max = 4096 };


static cJSON *
read_args(const char *json, values_t *v, sz_code_e *rc, sz_error_t *err)
{
    cJSON  *args = cJSON_Parse(json);

    memset(v, 0, sizeof(values_t));
    err->text[0] = '\0';
    notes.len = 0;
    *rc = sz_schema_read(fields, args, v, &notes, err);
    sz_buf_c(&notes, '\0');

    return args;
}


static void
refuse(const char *json, const char *want)
{
    cJSON       *args;
    values_t     v;
    sz_code_e    rc;
    sz_error_t   err;

    args = read_args(json, &v, &rc, &err);

    if (!ok(rc == SZ_E_INPUT && strstr(err.text, want) != NULL, "%s", want)) {
        printf("#   %s\n", err.text);
    }

    cJSON_Delete(args);
}


static void
test_refused(void)
{
    refuse("null", "`name` is required.");
    refuse("{}", "`name` is required.");
    refuse("{\"name\":null}", "`name` is required");
    refuse("{\"name\":\"\"}", "`name` must not be empty");
    refuse("{\"name\":\"\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\"}",
           "`name` has 6 characters; at most 5 are allowed");
    refuse("{\"name\":7}", "`name` must be a string, not 7");
    refuse("{\"name\":\"x\",\"kind\":\"5\"}",
           "`kind` must be one of \"4\", \"8\", \"all\", not \"5\"");
    refuse("{\"name\":\"x\",\"kind\":5}", "must be one of \"4\", \"8\"");
    refuse("{\"name\":\"x\",\"count\":101}",
           "`count` must be from 0 to 100, not 101");
    refuse("{\"name\":\"x\",\"count\":1.5}", "must be an integer, not 1.5");
    refuse("{\"name\":\"x\",\"count\":\"5x\"}",
           "must be an integer, not \"5x\"");
    refuse("{\"name\":\"x\",\"count\":true}", "must be an integer, not true");
    refuse("{\"name\":\"x\",\"count\":\"0x10\"}",
           "must be an integer, not \"0x10\"");
    refuse("{\"name\":\"x\",\"count\":\"1e1\"}",
           "must be an integer, not \"1e1\"");
    refuse("{\"name\":\"x\",\"ratio\":\"nan\"}", "must be a number");
    refuse("{\"name\":\"x\",\"flag\":1}", "must be a boolean, not 1");
    refuse("{\"name\":\"x\",\"object\":[1]}", "must be an object, not [1]");
    refuse("{\"name\":\"x\",\"object\":\"{\"}", "must be an object");
    refuse("{\"name\":\"x\",\"list\":[\"a\",\"b\",\"c\"]}",
           "from 1 to 2 items, not 3");
    refuse("{\"name\":\"x\",\"list\":[\"a\",5]}", "item 1 is 5");
    refuse("{\"count\":-1,\"flag\":0}", "`name` is required; `count` must be "
           "from 0 to 100, not -1; `flag` must be a boolean, not 0.");
}


static void
test_names(void)
{
    cJSON       *args;
    values_t     v;
    sz_code_e    rc;
    sz_error_t   err;

    refuse("{\"name\":\"x\",\"modle\":\"m\"}",
           "Wrong arguments: `modle` is not known (did you mean `model`?).");
    refuse("{\"name\":\"x\",\"Count\":1}",
           "`Count` is not known (did you mean `count`?)");
    refuse("{\"name\":\"x\",\"aspect_ratio\":\"16:9\"}",
           "`aspect_ratio` is not known; there are `name`, `kind`, `model`, "
           "`count`, `ratio`, `flag`, `object`, `list`, `size`, `format`");
    refuse("{\"name\":\"x\",\"a\\u001b\\n\":1}", "`a??` is not known");
    refuse("{\"name\":\"x\",\"size\":\"1280x720\",\"resolution\":"
           "\"720x1280\"}",
           "`size` and `resolution` are the same; give one of them");

    args = read_args("{\"name\":\"x\",\"resolution\":\"1280x720\"}", &v,
                     &rc, &err);
    ok(rc == SZ_OK, "another name that can mean only one argument is taken");
    is_str(v.size, "1280x720", "with its value");
    is_str(notes.data, "`resolution` was taken for `size`.", "and told");
    cJSON_Delete(args);

    args = read_args("{\"name\":\"x\",\"size\":\"720x1280\","
                     "\"resolution\":null,\"dimensions\":\"\"}", &v, &rc,
                     &err);
    ok(rc == SZ_OK && notes.len == 1, "unless it says nothing");
    is_str(v.size, "720x1280", "beside the argument itself");
    cJSON_Delete(args);
}


static void
test_meant(void)
{
    cJSON       *args;
    values_t     v;
    sz_code_e    rc;
    sz_error_t   err;

    args = read_args("{\"name\":\"x\",\"kind\":\"ALL\",\"size\":"
                     "\"1280 \\u00d7 720\",\"format\":\"JPG\"}", &v, &rc,
                     &err);
    ok(rc == SZ_OK, "a value in other letters");
    is_str(v.kind, "all", "capitals");
    is_str(v.size, "1280x720", "blanks and the sign of multiplication");
    is_str(v.format, "jpeg", "jpg");
    cJSON_Delete(args);

    args = read_args("{\"name\":\"x\",\"kind\":\"\",\"model\":\"\","
                     "\"count\":\"\",\"object\":\"\",\"list\":[]}", &v,
                     &rc, &err);
    ok(rc == SZ_OK && v.count == 20 && v.model == NULL && v.object == NULL
       && v.list == NULL, "\"\" and [] are no value");
    is_str(v.kind, "all", "but the default");
    cJSON_Delete(args);

    args = read_args("{\"name\":\"x\",\"list\":\"a, b\"}", &v, &rc, &err);
    ok(rc == SZ_OK && cJSON_GetArraySize(v.list) == 1,
       "one string is a list of it");
    is_str(cJSON_GetArrayItem(v.list, 0)->valuestring, "a, b", "as it stands");
    cJSON_Delete(args);
}


static void
test_accepted(void)
{
    cJSON       *args;
    values_t     v;
    sz_code_e    rc;
    sz_error_t   err;

    args = read_args("{\"name\":\"x\",\"kind\":null}", &v, &rc, &err);
    ok(rc == SZ_OK, "nulls are fine");
    ok(v.count == 20 && v.ratio == 0.5 && v.flag && v.model == NULL
       && v.object == NULL && v.list == NULL, "defaults");
    is_str(v.kind, "all", "default of a string");
    cJSON_Delete(args);

    args = read_args("{\"name\":\"x\",\"kind\":8,\"count\":\"5\",\"flag\":"
                     "\"false\",\"ratio\":\"2.5\",\"object\":\"{\\\"a\\\":1}\","
                     "\"list\":\"[\\\"p\\\"]\",\"model\":\"new\"}", &v, &rc,
                     &err);
    ok(rc == SZ_OK, "what a model means");
    is_str(v.kind, "8", "a number for a string");
    ok(v.count == 5 && !v.flag && v.ratio == 2.5, "strings for the others");
    ok(sz_json_get(v.object, "a") != NULL && cJSON_GetArraySize(v.list) == 1,
       "JSON in a string");
    is_str(v.model, "new", "an open value");
    cJSON_Delete(args);

    args = read_args("{\"name\":\"x\",\"count\":5.0,\"ratio\":3}", &v, &rc,
                     &err);
    ok(rc == SZ_OK && v.count == 5 && v.ratio == 3, "5.0 and 3");
    cJSON_Delete(args);
}


static const sz_field_t  inner[] = {
    { .name = "code", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = NULL }
};

static const sz_field_t  shape[] = {
    { .name = "s", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "i", .type = SZ_INTEGER, .flags = SZ_NULLABLE },
    { .name = "n", .type = SZ_NUMBER, .flags = SZ_NULLABLE },
    { .name = "b", .type = SZ_BOOLEAN, .flags = SZ_NULLABLE },
    { .name = "o", .type = SZ_OBJECT, .flags = SZ_NULLABLE, .fields = inner },
    { .name = "a", .type = SZ_ARRAY, .flags = SZ_NULLABLE },
    { .name = NULL }
};


static void
shaped(const char *json, const char *want)
{
    cJSON     *object = cJSON_Parse(json);
    sz_jw_t    w;
    sz_buf_t   b;

    sz_buf_init(&b, 8192);
    sz_jw_init(&w, &b);
    sz_jw_open(&w, '{');
    sz_schema_shape(&w, shape, object);
    sz_jw_close(&w, '}');
    sz_buf_c(&b, '\0');

    is_str(b.data, want, json);

    sz_buf_free(&b);
    cJSON_Delete(object);
}


static void
test_shape(void)
{
    shaped("{}", "{\"s\":null,\"i\":null,\"n\":null,\"b\":null,\"o\":null,"
           "\"a\":null}");
    shaped("{\"s\":8,\"i\":33.4,\"n\":1.5,\"b\":true,\"o\":{\"code\":\"c\","
           "\"x\":1},\"new\":[1]}",
           "{\"s\":\"8\",\"i\":33,\"n\":1.5,\"b\":true,\"o\":{\"code\":\"c\","
           "\"x\":1},\"a\":null,\"new\":[1]}");
    shaped("{\"s\":{},\"i\":\"x\",\"n\":\"x\",\"b\":1,\"o\":[1],\"a\":{}}",
           "{\"s\":\"{}\",\"i\":null,\"n\":null,\"b\":null,\"o\":null,"
           "\"a\":null}");
    shaped("{\"s\":[\"a\",1],\"i\":\"100\",\"n\":\"42.5%\",\"b\":\"True\"}",
           "{\"s\":\"[\\\"a\\\",1]\",\"i\":100,\"n\":42.5,\"b\":true,"
           "\"o\":null,\"a\":null}");
    shaped("{\"i\":\"0x10\",\"n\":\"nan\",\"b\":\"yes\"}",
           "{\"s\":null,\"i\":null,\"n\":null,\"b\":null,\"o\":null,"
           "\"a\":null}");
}


static void
test_cut(void)
{
    cJSON       *object;
    sz_jw_t      w;
    sz_buf_t     b;

    static const sz_field_t  rows[] = {
        { .name = "s", .type = SZ_STRING, .max = 4 },
        { .name = "t", .type = SZ_STRING, .max = 4 },
        { .name = "u", .type = SZ_STRING, .max = 1 },
        { .name = NULL }
    };

    object = cJSON_Parse("{\"s\":\"abcd\",\"t\":\"\\u20ac\\u20acxyz\","
                         "\"u\":\"ab\"}");
    sz_buf_init(&b, 8192);
    sz_jw_init(&w, &b);
    sz_jw_open(&w, '{');
    sz_schema_shape(&w, rows, object);
    sz_jw_close(&w, '}');
    sz_buf_c(&b, '\0');

    is_str(b.data, "{\"s\":\"abcd\",\"t\":\"\xe2\x82\xac\xe2\x82\xacx"
           "\xe2\x80\xa6\",\"u\":\"\xe2\x80\xa6\"}",
           "a string that is too long is cut between characters");

    sz_buf_free(&b);
    cJSON_Delete(object);
}


int
main(void)
{
    test_schema();
    test_refused();
    test_names();
    test_meant();
    test_accepted();
    test_shape();
    test_cut();

    sz_buf_free(&notes);

    return done();
}
