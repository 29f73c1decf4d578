#include "media/sz_media_picture.h"

#include <strings.h>


static const struct {
    const char  *name;
    const char  *mime;
    const char  *extension;
} sz_image_types[] = {
    [SZ_IMAGE_NONE] = { "", "application/octet-stream", "" },
    [SZ_IMAGE_PNG] = { "png", "image/png", ".png" },
    [SZ_IMAGE_JPEG] = { "jpeg", "image/jpeg", ".jpg" },
    [SZ_IMAGE_WEBP] = { "webp", "image/webp", ".webp" }
};


const char *
sz_image_mime(sz_image_e type)
{
    return sz_image_types[type].mime;
}


const char *
sz_image_extension(sz_image_e type)
{
    return sz_image_types[type].extension;
}


sz_image_e
sz_image_type(const char *name)
{
    sz_image_e  type;

    if (strcasecmp(name, "jpg") == 0) {
        return SZ_IMAGE_JPEG;
    }

    for (type = SZ_IMAGE_PNG; type <= SZ_IMAGE_WEBP; type++) {
        if (strcasecmp(name, sz_image_types[type].name) == 0) {
            return type;
        }
    }

    return SZ_IMAGE_NONE;
}


static sz_image_e
sz_picture_type(const char *mime)
{
    sz_image_e  type;

    for (type = SZ_IMAGE_PNG; mime != NULL && type <= SZ_IMAGE_WEBP; type++) {
        if (strcmp(mime, sz_image_types[type].mime) == 0) {
            return type;
        }
    }

    return SZ_IMAGE_NONE;
}


static sz_code_e
sz_picture_refuse(const char *mime, sz_str_t head, sz_error_t *err)
{
    const char  *what;

    what = (mime != NULL) ? mime
           : (head.len == 0) ? "empty"
           : sz_media_is_text(head) ? "text" : "of an unknown type";

    return sz_error_set(err, SZ_E_INPUT,
                        "The file is no picture that can be read: it is %s. "
                        "PNG, JPEG and WebP can be read.", what);
}


sz_code_e
sz_picture_read(sz_picture_t *pic, sz_view_t *view, sz_error_t *err)
{
    sz_str_t          head;
    sz_code_e         rc;
    const char       *mime;
    sz_image_info_t  *info = &pic->info;

    memset(pic, 0, sizeof(sz_picture_t));

    head.len = (view->size < SZ_MEDIA_HEAD) ? (size_t) view->size
                                            : SZ_MEDIA_HEAD;
    head.data = (const char *) sz_view_get(view, 0, head.len);

    if (head.data == NULL && head.len > 0) {
        return sz_view_error(view, "its first bytes", err);
    }

    mime = sz_media_sniff(head);

    info->type = sz_picture_type(mime);
    info->mime = sz_image_mime(info->type);
    switch (info->type) {

    case SZ_IMAGE_PNG:
        rc = sz_picture_read_png(pic, view, err);
        break;

    case SZ_IMAGE_JPEG:
        rc = sz_picture_read_jpeg(pic, view, err);
        break;

    case SZ_IMAGE_WEBP:
        rc = sz_picture_read_webp(pic, view, err);
        break;

    default:
        return sz_picture_refuse(mime, head, err);
    }

    if (rc != SZ_OK) {
        return rc;
    }

    if (info->width == 0 || info->height == 0) {
        return sz_error_set(err, SZ_E_INPUT, "The picture is empty: its "
                            "header says %ux%u pixels.", info->width,
                            info->height);
    }

    if (info->orientation == 0) {
        info->orientation = 1;
    }

    info->shown_width = (info->orientation < 5) ? info->width : info->height;
    info->shown_height = (info->orientation < 5) ? info->height : info->width;

    return SZ_OK;
}


sz_code_e
sz_image_probe(int fd, sz_image_info_t *info, sz_error_t *err)
{
    sz_code_e     rc;
    sz_view_t     view;
    sz_picture_t  pic;

    rc = sz_view_file(&view, fd, err);

    if (rc == SZ_OK) {
        rc = sz_picture_read(&pic, &view, err);
    }

    if (rc == SZ_OK) {
        *info = pic.info;
    }

    return rc;
}


sz_code_e
sz_image_probe_bytes(sz_str_t bytes, sz_image_info_t *info, sz_error_t *err)
{
    sz_code_e     rc;
    sz_view_t     view;
    sz_picture_t  pic;

    sz_view_bytes(&view, bytes);

    rc = sz_picture_read(&pic, &view, err);

    if (rc == SZ_OK) {
        *info = pic.info;
    }

    return rc;
}
