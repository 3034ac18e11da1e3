/* SPDX-License-Identifier: Apache-2.0
 * A picture (.png) as a model: one layer, one voxel thick, upright in the x/z
 * plane at y 0 with its bottom row at z 0. Each pixel that is not wholly
 * transparent is a voxel and keeps its alpha. */
#include "format/helpers_internal.h"
#include "format/png.h"
#include "format/png_probe_internal.h"

static int put_pixels(const struct gox_pixels *pixels, gox_volume *vol,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__sink sink;
    if (gox__sink_init(&sink, vol) < 0)
        return GOX_ERR_NOMEM;
    const gox_rgba *pixel = pixels->data;
    int rc = 0;
    for (int row = 0; row < pixels->height && rc == 0; row++) {
        for (int x = 0; x < pixels->width && rc == 0; x++, pixel++)
            if (gox_rgba_a(*pixel) > 0)
                rc = gox__sink_put(&sink,
                        gox_pos_make(x, 0, pixels->height - 1 - row), *pixel);
        if (rc == 0)
            rc = gox_task_check(task, err);
    }
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    gox__sink_fini(&sink);
    return rc;
}

static int read_image(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct gox_pixels pixels;
    int rc = gox__png_check_size(data, len, err);
    if (rc == 0)
        rc = gox_png_read(&pixels, data, len, GOX_FORMAT_MAX_IMAGE_SIDE, err);
    if (rc < 0)
        return rc;
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    rc = layer != NULL ? put_pixels(&pixels, layer->volume, task, err)
                       : GOX_ERR_NOMEM;
    report->models = 1;
    gox_pixels_fini(&pixels);
    return rc;
}

static int probe_image(const uint8_t *data, size_t len)
{
    return gox__png_is(data, len) ? 99 : 0;
}

const struct gox_format gox_format_image = {
        .name = "png",
        .title = "Picture, one voxel thick",
        .extensions = {"png", NULL},
        .mime = "image/png",
        .probe = probe_image,
        .read = read_image,
};
