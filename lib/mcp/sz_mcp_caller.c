#include "mcp/sz_mcp_caller.h"

#include <openssl/evp.h>


bool
sz_caller_id(sz_str_t caller, unsigned char id[SZ_CALLER_ID])
{
    bool         ok;
    EVP_MD_CTX  *ctx;

    static const char  label[] = "sanzaru caller v1";   /* with its zero */

    ctx = EVP_MD_CTX_new();

    ok = ctx != NULL
         && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)
         && EVP_DigestUpdate(ctx, label, sizeof(label))
         && EVP_DigestUpdate(ctx, caller.data, caller.len)
         && EVP_DigestFinal_ex(ctx, id, NULL);

    EVP_MD_CTX_free(ctx);

    return ok;
}
