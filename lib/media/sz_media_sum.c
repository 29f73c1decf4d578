#include "media/sz_media_sum.h"

#if defined(SZ_HAVE_ISAL)

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>


uint32_t
sz_crc32(uint32_t crc, const void *data, size_t len)
{
    return crc32_gzip_refl(crc, data, len);
}


uint32_t
sz_adler32(uint32_t adler, const void *data, size_t len)
{
    return isal_adler32(adler, data, len);
}

#elif defined(SZ_HAVE_LIBDEFLATE)

#include <libdeflate.h>


uint32_t
sz_crc32(uint32_t crc, const void *data, size_t len)
{
    return libdeflate_crc32(crc, data, len);
}


uint32_t
sz_adler32(uint32_t adler, const void *data, size_t len)
{
    return libdeflate_adler32(adler, data, len);
}

#else

#include <zlib.h>


uint32_t
sz_crc32(uint32_t crc, const void *data, size_t len)
{
    return (uint32_t) crc32_z(crc, data, len);
}


uint32_t
sz_adler32(uint32_t adler, const void *data, size_t len)
{
    return (uint32_t) adler32_z(adler, data, len);
}

#endif
