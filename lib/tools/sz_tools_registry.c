#include "tools/sz_tools_pack.h"
#include "tools/sz_tools_image.h"
#include "tools/sz_tools_reference.h"
#include "tools/sz_tools_video.h"


/* In the order of tools/list, which is the original's. */

const sz_tool_t *const  sz_tools[] = {
    &sz_tool_create_video,
    &sz_tool_get_video_status,
    &sz_tool_download_video,
    &sz_tool_list_videos,
    &sz_tool_list_local_videos,
    &sz_tool_delete_video,
    &sz_tool_remix_video,
    &sz_tool_list_reference_images,
    &sz_tool_prepare_reference_image,
    &sz_tool_create_image,
    &sz_tool_get_image_status,
    &sz_tool_download_image,
    &sz_tool_generate_image,
    &sz_tool_edit_image,
    NULL
};


static const sz_pack_t  sz_pack = {
    .tools = sz_tools,
    .prompts = sz_prompts,
    .resources = sz_resources
};


#if (SZ_CONFORMANCE)
extern const sz_pack_t  sz_pack_conformance;
#endif

const sz_pack_t *const  sz_packs[] = {
    &sz_pack,
#if (SZ_CONFORMANCE)
    &sz_pack_conformance,
#endif
    NULL
};
