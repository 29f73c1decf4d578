#ifndef SZ_TOOLS_REFERENCE_H
#define SZ_TOOLS_REFERENCE_H


#include "tools/sz_tools.h"


extern const sz_tool_t  sz_tool_list_reference_images;
extern const sz_tool_t  sz_tool_prepare_reference_image;


#endif /* SZ_TOOLS_REFERENCE_H */
