#include "mcp/sz_mcp_seal.h"

#include "tap.h"


static sz_arena_t           *arena;
static const unsigned char   secret[32] = { 1, 2, 3 };


static void
encodes(void)
{
    size_t               len;
    unsigned             i, n;
    char                 text[32];
    unsigned char        back[32];
    const unsigned char  bytes[] = { 0xff, 0, 0x10, 0xfe, 0xfb, 0x7f };

    sz_base64url_encode(text, bytes, 1);
    is_str(text, "_w", "one byte");
    sz_base64url_encode(text, bytes, 2);
    is_str(text, "_wA", "two bytes");
    sz_base64url_encode(text, bytes, 3);
    is_str(text, "_wAQ", "three bytes");

    for (n = 0, i = 0; i <= sizeof(bytes); i++) {
        sz_base64url_encode(text, bytes, i);
        n += sz_base64url_decode(back, &len, sz_str_of(text))
             && len == i && memcmp(back, bytes, i) == 0;
    }

    is_int(n, 7, "all come back");

    ok(!sz_base64url_decode(back, &len, sz_str("_x")), "spare bits are set");
    ok(!sz_base64url_decode(back, &len, sz_str("_wB")), "of three digits");
    ok(!sz_base64url_decode(back, &len, sz_str("_wAQA")), "a digit alone");
    ok(!sz_base64url_decode(back, &len, sz_str("_w==")), "padding");
    ok(!sz_base64url_decode(back, &len, sz_str("/wA")), "the other alphabet");
    ok(!sz_base64url_decode(back, &len, (sz_str_t) { 2, "_\0" }), "a NUL");
}


static void
seals(void)
{
    size_t          i, n;
    char           *text, *other;
    sz_str_t        plain;
    unsigned char   key[32];

    text = sz_seal(arena, secret, sz_str("a"), sz_str("{\"x\":1}"));
    other = sz_seal(arena, secret, sz_str("a"), sz_str("{\"x\":1}"));

    ok(strcmp(text, other) != 0, "no two seals are the same");
    ok(strstr(text, "x") == NULL || strlen(text) > 40, "it cannot be read");

    ok(sz_unseal(arena, secret, sz_str("a"), sz_str_of(text), &plain)
       && sz_str_is(plain, "{\"x\":1}"), "it opens");
    ok(!sz_unseal(arena, secret, sz_str("b"), sz_str_of(text), &plain),
       "not for another");

    memcpy(key, secret, 32);
    key[31] = 1;
    ok(!sz_unseal(arena, key, sz_str("a"), sz_str_of(text), &plain),
       "not with another secret");

    for (n = 0, i = 0; i < strlen(text); i++) {
        text[i] ^= 1;
        n += sz_unseal(arena, secret, sz_str("a"), sz_str_of(text), &plain);
        text[i] ^= 1;
    }

    is_int(n, 0, "no changed character passes");

    for (n = 0, i = 0; i < strlen(text); i++) {
        n += sz_unseal(arena, secret, sz_str("a"), (sz_str_t) { i, text },
                       &plain);
    }

    is_int(n, 0, "nor a cut one");

    other = sz_printf(arena, "%s-TAMPERED", text);
    ok(!sz_unseal(arena, secret, sz_str("a"), sz_str_of(other), &plain),
       "nor one with something behind it");

    text = sz_seal(arena, secret, sz_str_null, sz_str_null);
    ok(sz_unseal(arena, secret, sz_str_null, sz_str_of(text), &plain)
       && plain.len == 0, "nothing can be sealed, too");

    other = sz_alloc(arena, SZ_SEAL_MAX + 1);
    ok(sz_seal(arena, secret, sz_str_null,
               (sz_str_t) { SZ_SEAL_MAX + 1, other }) == NULL,
       "but not too much");
}


int
main(void)
{
    arena = sz_arena_create((size_t) -1);

    encodes();
    seals();

    sz_arena_destroy(arena);

    return done();
}
