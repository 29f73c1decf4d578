#include "base/sz_base.h"

#include "tap.h"


static void
test_compare(void)
{
    ok(sz_str_caseeq(sz_str("Mcp-Name"), sz_str("mcp-nAME")), "no case");
    ok(!sz_str_caseeq(sz_str("abc"), sz_str("abd")), "other letter");
    ok(!sz_str_caseeq(sz_str("[]"), sz_str("{}")), "only letters have case");
    ok(sz_str_starts(sz_str("=?base64?x"), "=?base64?"), "prefix");
    ok(!sz_str_starts(sz_str("=?"), "=?base64?"), "shorter than the prefix");
    ok(sz_str_ends(sz_str("x?="), "?="), "suffix");
    ok(sz_str_eq(sz_str_null, sz_str("")), "nothing equals nothing");
}


static void
test_trim_and_items(void)
{
    sz_str_t  rest, item;

    item = sz_str_trim(sz_str(" \t a b\t "));
    ok(sz_str_is(item, "a b"), "blanks and tabs go");
    ok(sz_str_trim(sz_str(" \t")).len == 0, "nothing but blanks");

    rest = sz_str(" a , ,b");
    ok(sz_str_is(sz_str_next_item(&rest), "a"), "first item");
    ok(sz_str_is(sz_str_next_item(&rest), ""), "empty item");
    ok(sz_str_is(sz_str_next_item(&rest), "b") && rest.data == NULL,
       "last item ends the list");
}


static void
test_uint(void)
{
    uint64_t  n = 0;

    ok(sz_str_uint(sz_str("18446744073709551615"), UINT64_MAX, &n)
       && n == UINT64_MAX, "largest number");
    ok(!sz_str_uint(sz_str("18446744073709551616"), UINT64_MAX, &n),
       "one more overflows");
    ok(sz_str_uint(sz_str("100"), 100, &n) && n == 100, "up to the maximum");
    ok(!sz_str_uint(sz_str("101"), 100, &n), "not beyond");
    ok(!sz_str_uint(sz_str("9"), 5, &n), "one digit beyond");
    ok(!sz_str_uint(sz_str(""), 5, &n), "empty");
    ok(!sz_str_uint(sz_str("-1"), 5, &n), "sign");
    ok(!sz_str_uint(sz_str("1 "), 5, &n), "blank");
}


static void
test_utf8(void)
{
    size_t  i;

    static const sz_str_t  good[] = {
        sz_str(""), sz_str("plain ASCII, longer than eight bytes"),
        sz_str("Stra\xc3\x9f" "e"), sz_str("\xe2\x82\xac"),
        sz_str("\xf0\x9f\x8e\xac film"), sz_str("\xed\x9f\xbf"),
        sz_str("\xf4\x8f\xbf\xbf"), sz_str("12345678\xc2\x80")
    };

    static const sz_str_t  bad[] = {
        sz_str("\x80"), sz_str("\xc0\xaf"), sz_str("\xc1\xbf"),
        sz_str("\xe0\x80\xaf"), sz_str("\xed\xa0\x80"), sz_str("\xed\xbf\xbf"),
        sz_str("\xf0\x80\x80\x80"), sz_str("\xf4\x90\x80\x80"),
        sz_str("\xf5\x80\x80\x80"), sz_str("\xff"), sz_str("abc\xc3"),
        sz_str("\xe2\x82"), sz_str("12345678\xe2\x28\xa1")
    };

    for (i = 0; i < sz_array_len(good); i++) {
        ok(sz_utf8_valid(good[i]), "valid UTF-8 %zu", i);
    }

    for (i = 0; i < sz_array_len(bad); i++) {
        ok(!sz_utf8_valid(bad[i]), "invalid UTF-8 %zu", i);
    }

    is_int((long long) sz_utf8_cut(sz_str("a\xe2\x82\xac"), 2), 1,
           "a cut steps back to the character's start");
    is_int((long long) sz_utf8_cut(sz_str("a\xe2\x82\xac"), 4), 4,
           "what fits is not cut");
}


static void
test_show(void)
{
    char  text[24];

    sz_str_show(text, 20, sz_str("a\nb\x1b[0m\x7f\xff"));
    is_str(text, "a?b?[0m??", "controls and invalid bytes are hidden");

    sz_str_show(text, 20, sz_str("a\u202eb\xc2\x85" "c\u2028\u200b\ufeff"
                                 "\u00e9"));
    is_str(text, "a?b?c???\u00e9", "so is what turns text around, breaks lines "
           "or is not seen");

    sz_str_show(text, 5, sz_str("abcd\xe2\x82\xac!"));
    is_str(text, "abcd...", "cut before the character that does not fit");

    sz_str_show(text, 5, sz_str_null);
    is_str(text, "", "nothing");
}


static void
test_error(void)
{
    size_t      i;
    char        text[2000];
    sz_error_t  err;

    is_int(sz_error_set(&err, SZ_E_LIMIT, "at most %d", 7), SZ_E_LIMIT,
           "the code comes back");
    is_str(err.text, "at most 7", "the text is formatted");

    for (i = 0; i < sizeof(text) - 3; i += 3) {
        memcpy(text + i, "\xe2\x82\xac", 3);
    }

    text[i] = '\0';

    sz_error_set(&err, SZ_E_INPUT, "x%s", text);
    ok(sz_utf8_valid(sz_str_of(err.text)), "a long text is cut as UTF-8");

    is_int(sz_error_errno(&err, 28, "Cannot write"), SZ_E_LIMIT,
           "a full disk is a limit");
    is_str(err.text, "Cannot write: No space left on device.", "errno's text");
    is_int(sz_error_errno(NULL, 5, "x"), SZ_E_IO, "without an error object");
    is_str(sz_code_name(SZ_E_UPSTREAM), "upstream", "the code's name");
}


static void
test_hex(void)
{
    char           text[5];
    unsigned char  bytes[2] = { 0x0f, 0xa0 };

    sz_hex_encode(text, bytes, 2);
    is_str(text, "0fa0", "bytes as digits");
    ok(sz_hex_decode(bytes, 2, sz_str("10ff")) && bytes[0] == 0x10
       && bytes[1] == 0xff, "and back");
    ok(!sz_hex_decode(bytes, 2, sz_str("10f"))
       && !sz_hex_decode(bytes, 2, sz_str("10ff0"))
       && !sz_hex_decode(bytes, 2, sz_str("10FF"))
       && !sz_hex_decode(bytes, 2, (sz_str_t) { 4, "1\0ff" }),
       "of another length, upper case, a zero");
}


int
main(void)
{
    test_compare();
    test_hex();
    test_trim_and_items();
    test_uint();
    test_utf8();
    test_show();
    test_error();

    return done();
}
