/*
 * Other names that models use for arguments: those of the Python server this
 * one replaces, of provider APIs and of other tools.  Only where the name can
 * mean nothing else in the tool.  They are taken and told (sz_schema_read()),
 * but not listed: a client that validates calls against the schema never sends
 * them.  Each list ends with NULL.
 */

#ifndef SZ_TOOLS_ALIAS_H
#define SZ_TOOLS_ALIAS_H


extern const char *const  sz_alias_seconds[];
extern const char *const  sz_alias_size[];
extern const char *const  sz_alias_reference[];
extern const char *const  sz_alias_input[];
extern const char *const  sz_alias_target_size[];
extern const char *const  sz_alias_output[];
extern const char *const  sz_alias_mode[];
extern const char *const  sz_alias_color[];
extern const char *const  sz_alias_images[];
extern const char *const  sz_alias_mask[];
extern const char *const  sz_alias_id[];
extern const char *const  sz_alias_previous_video[];
extern const char *const  sz_alias_previous_response[];
extern const char *const  sz_alias_filename[];
extern const char *const  sz_alias_format[];


#endif /* SZ_TOOLS_ALIAS_H */
