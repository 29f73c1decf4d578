#include "base/sz_json.h"


/*
 * The new member is there before the old one goes: cJSON looks a name up from
 * the front, and removing needs no memory.  (cJSON's own replacing loses the
 * name, or both values, when it has none.)
 */

bool
sz_json_put(cJSON *object, const char *key, cJSON *value)
{
    cJSON  *old;

    old = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsObject(object) || value == NULL
        || !cJSON_AddItemToObject(object, key, value))
    {
        cJSON_Delete(value);
        return false;
    }

    cJSON_Delete(cJSON_DetachItemViaPointer(object, old));

    return true;
}


cJSON *
sz_json_take(cJSON *object, const char *key)
{
    return cJSON_DetachItemFromObjectCaseSensitive(object, key);
}


void
sz_json_remove(cJSON *object, const char *key)
{
    cJSON_Delete(sz_json_take(object, key));
}


static bool
sz_json_is_kept(const cJSON *member, const char *const *kept)
{
    for (/* void */; *kept != NULL; kept++) {
        if (strcmp(member->string, *kept) == 0) {
            return true;
        }
    }

    return false;
}


void
sz_json_prune(cJSON *object, const char *const *kept)
{
    cJSON  *member, *next;

    if (!cJSON_IsObject(object)) {
        return;
    }

    for (member = object->child; member != NULL; member = next) {
        next = member->next;

        if (!sz_json_is_kept(member, kept)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
        }
    }
}
