#include "tools/sz_tools.h"
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
    NULL
};
