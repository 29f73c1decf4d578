#include "tools/sz_tools_alias.h"

#include <stddef.h>


const char *const  sz_alias_seconds[] = { "duration", "length", NULL };
const char *const  sz_alias_size[] = { "resolution", "dimensions", NULL };

const char *const  sz_alias_reference[] = {
    "image", "input_image", "input_reference", "image_filename",
    "reference_image", "reference_filename", NULL
};

const char *const  sz_alias_input[] = {
    "filename", "image", "input", "input_image", "image_filename", NULL
};

const char *const  sz_alias_target_size[] = {
    "size", "resolution", "dimensions", NULL
};

const char *const  sz_alias_output[] = { "output", NULL };
const char *const  sz_alias_mode[] = { "mode", NULL };

const char *const  sz_alias_color[] = {
    "color", "pad_colour", "background", NULL
};

const char *const  sz_alias_images[] = {
    "image", "images", "input_image", "image_filename", "input_filename",
    "input_filenames", NULL
};

const char *const  sz_alias_mask[] = { "mask", "mask_image", NULL };
const char *const  sz_alias_id[] = { "id", NULL };
const char *const  sz_alias_previous_video[] = { "video_id", "id", NULL };

const char *const  sz_alias_previous_response[] = {
    "response_id", "previous_id", NULL
};

const char *const  sz_alias_filename[] = { "output_filename", NULL };
const char *const  sz_alias_format[] = { "format", NULL };
