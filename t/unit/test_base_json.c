#include "base/sz_json.h"

#include "tap.h"

#include <stdlib.h>


static void
refuse(sz_str_t text, const char *why)
{
    cJSON       *root;
    sz_error_t   err;

    err.text[0] = '\0';
    root = sz_json_parse(text, &err);

    if (!ok(root == NULL && strstr(err.text, why) != NULL,
            "refused: %s", why))
    {
        printf("#   %.*s: %s\n", (int) text.len, text.data, err.text);
    }

    cJSON_Delete(root);
}


static void
test_refused(void)
{
    refuse(sz_str(""), "the text is empty");
    refuse(sz_str(" "), "ends too early");
    refuse(sz_str("{} x"), "after the value at byte 3");
    refuse(sz_str("{\"a\":1}{"), "after the value");
    refuse(sz_str("[1,]"), "a value is expected");
    refuse(sz_str("{\"a\":1,}"), "a member name");
    refuse(sz_str("{\"a\" 1}"), "':' is expected");
    refuse(sz_str("[1 2]"), "',' or ']'");
    refuse(sz_str("{\"a\":1 \"b\":2}"), "',' or '}'");
    refuse(sz_str("{a:1}"), "a member name");
    refuse(sz_str("nul"), "a value is expected");
    refuse(sz_str("truex"), "after the value");
    refuse(sz_str("01"), "after the value");
    refuse(sz_str("-"), "a value is expected");
    refuse(sz_str("1."), "a digit is expected");
    refuse(sz_str("1e+"), "a digit is expected");
    refuse(sz_str("+1"), "a value is expected");
    refuse(sz_str("NaN"), "a value is expected");
    refuse(sz_str("\"abc"), "without its end");
    refuse(sz_str("\"\\"), "without its end");
    refuse(sz_str("\"a\nb\""), "a control character");
    refuse(sz_str("\"\\x\""), "an unknown escape");
    refuse((sz_str_t) { 4, "\"\\\0\"" }, "an unknown escape");
    refuse(sz_str("\"\\u12g4\""), "four hex digits");
    refuse(sz_str("\"\\u12"), "four hex digits");
    refuse(sz_str("\"\\u0000\""), "\\u0000");
    refuse(sz_str("\"\\ud800\""), "surrogate");
    refuse(sz_str("\"\\ud800\\u0041\""), "surrogate");
    refuse(sz_str("\"\\udc00\""), "surrogate");
    refuse(sz_str("\"\xff\""), "not valid UTF-8");
    refuse((sz_str_t) { 3, "\"\0\"" }, "a control character");
    refuse(sz_str("{\"a\":1,\"b\":2,\"a\":3}"), "\"a\" stands twice");
    refuse(sz_str("[{\"x\":{\"a\":1,\"\\u0061\":3}}]"), "stands twice");
    refuse(sz_str("1111111111111111111111111111111111111111111111111111111111"
                  "111"), "more than 60");
}


static void
test_bounds(void)
{
    char        *text;
    size_t       i, n = 65;
    cJSON       *root;
    sz_buf_t     b;
    sz_error_t   err;

    sz_buf_init(&b, 4 * 1024 * 1024);

    for (i = 0; i < n; i++) {
        sz_buf_c(&b, '[');
    }

    refuse(sz_buf_view(&b), "nested deeper than 64");

    b.len = 64;

    for (i = 0; i < 64; i++) {
        sz_buf_c(&b, ']');
    }

    root = sz_json_parse(sz_buf_view(&b), &err);
    ok(root != NULL, "64 levels are fine");
    cJSON_Delete(root);

    b.len = 0;
    sz_buf_c(&b, '[');

    for (i = 0; i < SZ_JSON_MAX_VALUES; i++) {
        sz_buf_lit(&b, "0,");
    }

    sz_buf_lit(&b, "0]");
    refuse(sz_buf_view(&b), "more than 100000 values");

    /* many members: sorted, not compared pair by pair */

    b.len = 0;
    sz_buf_c(&b, '{');

    for (i = 0; i < 50000; i++) {
        sz_buf_fmt(&b, "\"k%zu\":0,", i);
    }

    text = sz_buf_reserve(&b, 16);
    ok(text != NULL, "room");
    sz_buf_lit(&b, "\"k777\":0}");
    refuse(sz_buf_view(&b), "\"k777\" stands twice");

    sz_buf_free(&b);
}


static void
test_accepted(void)
{
    cJSON       *root;
    int64_t      n = 0;
    sz_error_t   err;

    root = sz_json_parse(sz_str(" {\"a\":[1,2.5e3,-0],\"A\":null,\"t\":true,"
                                "\"s\":\"\\u00e9\\ud83c\\udfac\\n\\/\"} \n"),
                         &err);

    ok(root != NULL, "accepted");
    ok(sz_json_array(root, "a") != NULL && sz_json_array(root, "A") == NULL,
       "names have case");
    is_str(sz_json_string(root, "s"), "\xc3\xa9\xf0\x9f\x8e\xac\n/",
           "escapes undone");
    ok(sz_json_string(root, "t") == NULL && sz_json_object(root, "t") == NULL,
       "of another type");
    ok(sz_json_get(NULL, "x") == NULL, "of nothing");
    ok(sz_json_integer(cJSON_GetArrayItem(sz_json_array(root, "a"), 1), &n)
       && n == 2500, "2.5e3 is an integer");
    cJSON_Delete(root);

    root = cJSON_CreateNumber(9007199254740991.0);
    ok(sz_json_integer(root, &n) && n == 9007199254740991LL, "2^53 - 1");
    cJSON_SetNumberValue(root, 9007199254740992.0);
    ok(!sz_json_integer(root, &n), "2^53 is not safe");
    cJSON_SetNumberValue(root, 1.5);
    ok(!sz_json_integer(root, &n), "a fraction");
    cJSON_Delete(root);

    root = sz_json_parse(sz_str("[1e999]"), &err);
    ok(root != NULL && !sz_json_integer(root->child, &n), "infinite");
    cJSON_Delete(root);
}


static void
member(const char *object, const char *key, const char *want)
{
    sz_str_t  value;

    value = sz_json_member(sz_str_of(object), key);

    if (want == NULL) {
        ok(value.data == NULL, "no member %s", key);

    } else if (!ok(sz_str_is(value, want), "member %s", key)) {
        printf("#   got %.*s\n", (int) value.len, value.data);
    }
}


static void
test_member(void)
{
    const char  *object = "{ \"x\" : {\"id\":1} , \"id\" : 9007199254740993,"
                          "\"s\":\"a\\\"b\",\"\\u006b\":[1, 2]}";

    member(object, "id", "9007199254740993");
    member(object, "s", "\"a\\\"b\"");
    member(object, "x", "{\"id\":1}");
    member(object, "k", "[1, 2]");
    member(object, "y", NULL);
    member("[1]", "x", NULL);
    member("{}", "x", NULL);
    member("", "x", NULL);
    member("{\"x\":", "x", NULL);
}


static void
test_writer(void)
{
    cJSON       *root;
    sz_jw_t      w;
    sz_buf_t     b;

    sz_buf_init(&b, 4096);
    sz_jw_init(&w, &b);

    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "s", "q\"b\\ \x01\t\xe2\x82\xac");
    sz_jw_kstr(&w, "n", NULL);
    sz_jw_kint(&w, "i", -9007199254740993LL);
    sz_jw_kbool(&w, "b", false);
    sz_jw_kraw(&w, "raw", sz_str("9007199254740993"));
    sz_jw_key(&w, "a");
    sz_jw_open(&w, '[');
    sz_jw_num(&w, 0.1);
    sz_jw_num(&w, 5);
    sz_jw_num(&w, 1e300);
    sz_jw_num(&w, 1.0 / 3);
    sz_jw_num(&w, strtod("inf", NULL));
    sz_jw_open(&w, '{');
    sz_jw_close(&w, '}');
    sz_jw_close(&w, ']');
    sz_jw_close(&w, '}');

    sz_buf_c(&b, '\0');
    is_str(b.data, "{\"s\":\"q\\\"b\\\\ \\u0001\\t\xe2\x82\xac\",\"n\":null,"
           "\"i\":-9007199254740993,\"b\":false,\"raw\":9007199254740993,"
           "\"a\":[0.1,5,1e+300,0.3333333333333333,null,{}]}", "written");

    root = cJSON_Parse("{\"a\":[1,true,null,\"x\",{}],\"b\":{\"c\":2.5}}");
    b.len = 0;
    sz_jw_init(&w, &b);
    sz_jw_node(&w, root);
    sz_buf_c(&b, '\0');
    is_str(b.data, "{\"a\":[1,true,null,\"x\",{}],\"b\":{\"c\":2.5}}",
           "a tree");
    cJSON_Delete(root);

    sz_buf_free(&b);
}


/* The elements of an array, joined by '|'. */

static const char *
items(const char *array)
{
    static char  joined[256];
    sz_str_t     rest, item;

    joined[0] = '\0';
    rest = sz_str_of(array);

    while ((item = sz_json_item(&rest)).data != NULL) {
        strncat(joined, item.data, item.len);
        strcat(joined, "|");
    }

    return joined;
}


static void
test_item(void)
{
    is_str(items("[1,\"a,b]\",{\"c\":[2,3]},[4 , 5],null]"),
           "1|\"a,b]\"|{\"c\":[2,3]}|[4 , 5]|null|", "every kind");
    is_str(items(" [ 1 , 2 ] "), "1|2|", "blanks");
    is_str(items("[]"), "", "no element");
    is_str(items("{\"a\":1}"), "", "no array");
    is_str(items(""), "", "nothing");
    is_str(items("[900719925474099300001]"), "900719925474099300001|",
           "byte for byte");
}


/* Whatever is special in a string, at every place of its eight bytes. */

static void
test_strings(void)
{
    bool      good;
    char      text[48];
    size_t    i, len;

    for (good = true, i = 1; i < 40; i++) {
        memset(text, 'a', sizeof(text));
        text[0] = '"';
        text[i] = '"';
        len = i + 1;
        good = good && sz_json_check((sz_str_t) { len, text }, NULL) == SZ_OK
               && sz_json_check((sz_str_t) { len + 1, text }, NULL) != SZ_OK
               && sz_json_check((sz_str_t) { len - 1, text }, NULL) != SZ_OK;

        text[i] = 0x1f;
        text[41] = '"';
        good = good && sz_json_check((sz_str_t) { 42, text }, NULL) != SZ_OK;

        text[i] = 0x7f;
        good = good && sz_json_check((sz_str_t) { 42, text }, NULL) == SZ_OK;

        text[i] = '\\';
        good = good && sz_json_check((sz_str_t) { 42, text }, NULL) != SZ_OK;

        text[i + 1] = '"';
        good = good && sz_json_check((sz_str_t) { 42, text }, NULL) == SZ_OK;

        text[i] = (char) 0xc3;
        text[i + 1] = (char) 0xa9;
        good = good && sz_json_check((sz_str_t) { 42, text }, NULL) == SZ_OK;
    }

    ok(good, "strings of every length");
}


int
main(void)
{
    test_refused();
    test_strings();
    test_bounds();
    test_accepted();
    test_member();
    test_item();
    test_writer();

    return done();
}
