/*
 * What the video tools share.
 */

#ifndef SZ_TOOLS_VIDEO_H
#define SZ_TOOLS_VIDEO_H


#include "tools/sz_tools.h"


/* Without a model in the call and in the configuration. */
#define SZ_VIDEO_MODEL  "sora-2"


extern const sz_tool_t  sz_tool_create_video;
extern const sz_tool_t  sz_tool_get_video_status;
extern const sz_tool_t  sz_tool_download_video;
extern const sz_tool_t  sz_tool_list_videos;
extern const sz_tool_t  sz_tool_list_local_videos;
extern const sz_tool_t  sz_tool_delete_video;
extern const sz_tool_t  sz_tool_remix_video;

/* Of a request for a video whose outcome is not known. */
#define SZ_VIDEO_DOUBT                                                        \
    " It may have begun the job: look with list_videos before you start it "  \
    "again."

/* The Video object, as every tool that makes or asks for one returns it. */
extern const sz_field_t  sz_video_fields[];

/* The pixel sizes a video can have; ends with NULL. */
extern const char *const  sz_video_sizes[];

/*
 * Fills http for the download of a video into a file of its own name; its sink,
 * or NULL with the call's error set.
 */
sz_sink_t *sz_video_sink(sz_call_t *call, sz_http_t *http, const char *id);

/* The answer to a request that creates: its video, if any, is the caller's. */
void sz_video_created(sz_call_t *call, const sz_http_t *http);

/* Ends a call with the answer as its result, if it is a video. */
sz_step_e sz_video_result(sz_call_t *call, const sz_http_t *http,
    const char *what);

/* The same where it was made or waited for: isError if it failed. */
sz_step_e sz_video_made(sz_call_t *call, const sz_http_t *http,
    const char *what);

/* What to do where the provider has no such video, or not yet. */
#define SZ_VIDEO_READY                                                        \
    " Check the id; if the video is not completed yet, call get_video_status " \
    "until it is."

/* "1280x720" into its numbers; false when it is not of this form. */
bool sz_video_size(const char *size, unsigned *width, unsigned *height);


#endif /* SZ_TOOLS_VIDEO_H */
