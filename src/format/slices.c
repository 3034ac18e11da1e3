/* SPDX-License-Identifier: Apache-2.0
 * Slices in one picture (.slices.png): the layers of a box from its lowest z
 * up, side by side from the left; in each, x goes right and y goes down, so
 * that the first row has the lowest y. The picture is width * depth pixels wide
 * and height pixels high.
 *
 * The writer takes the image's box (else that of the voxels) and notes it in a
 * text chunk, from which the reader puts everything back in its place. Without
 * that note the slices are taken for squares as high as the picture, which is
 * an error when its width is no multiple of its height. */
#include "base/alloc.h"
#include "format/helpers_internal.h"
#include "format/png.h"
#include "format/png_probe_internal.h"

#define LEVEL 6

static int choose_box(const struct gox_pixels *pixels, const uint8_t *data,
        size_t len, struct gox_bbox *box, struct gox_error *err)
{
    int width = pixels->width, height = pixels->height;
    if (gox__png_find_box(data, len, box)) {
        int64_t w = box->max.x - box->min.x, d = box->max.z - box->min.z;
        if (w * d == width && box->max.y - box->min.y == height)
            return 0;
    }
    if (width % height != 0)
        return gox_error_set_at(err, GOX_ERR_FORMAT, 16,
                "byte 16: cannot tell how many slices the picture of %d x %d "
                "pixels has: the width should be a multiple of the height",
                width, height);
    *box = (struct gox_bbox){{0, 0, 0}, {height, height, width / height}};
    return 0;
}

static int put_pixels(const struct gox_pixels *pixels,
        const struct gox_bbox *box, gox_volume *vol, struct gox_task *task,
        struct gox_error *err)
{
    struct gox__sink sink;
    if (gox__sink_init(&sink, vol) < 0)
        return GOX_ERR_NOMEM;
    int width = box->max.x - box->min.x;
    const gox_rgba *pixel = pixels->data;
    int rc = 0;
    for (int y = 0; y < pixels->height && rc == 0; y++) {
        for (int i = 0; i < pixels->width && rc == 0; i++, pixel++)
            if (gox_rgba_a(*pixel) > 0)
                rc = gox__sink_put(&sink,
                        gox_pos_make(box->min.x + i % width, box->min.y + y,
                                box->min.z + i / width),
                        *pixel);
        if (rc == 0)
            rc = gox_task_check(task, err);
    }
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    gox__sink_fini(&sink);
    return rc;
}

static int read_slices(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct gox_pixels pixels;
    int rc = gox__png_check_size(data, len, err);
    if (rc == 0)
        rc = gox_png_read(&pixels, data, len, (int)GOX__PNG_MAX_PIXELS, err);
    if (rc < 0)
        return rc;
    struct gox_layer *layer = NULL;
    rc = choose_box(&pixels, data, len, &img->box, err);
    if (rc == 0) {
        img->has_box = true;
        layer = gox_image_add_layer(img, "Layer 1");
        rc = layer != NULL
                     ? put_pixels(&pixels, &img->box, layer->volume, task, err)
                     : GOX_ERR_NOMEM;
    }
    report->models = 1;
    gox_pixels_fini(&pixels);
    return rc;
}

/* ---- writing ---- */

static int fill_pixels(gox_rgba *pixels, const gox_volume *vol,
        const struct gox_bbox *box, struct gox_task *task,
        struct gox_error *err)
{
    struct gox_cursor cursor;
    gox_cursor_init(&cursor, vol);
    for (int32_t y = box->min.y; y < box->max.y; y++) {
        for (int32_t z = box->min.z; z < box->max.z; z++)
            for (int32_t x = box->min.x; x < box->max.x; x++)
                *pixels++ = gox_cursor_get(&cursor, gox_pos_make(x, y, z));
        int rc = gox_task_check(task, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static uint64_t count_pixels(const gox_rgba *pixels, size_t count)
{
    uint64_t solid = 0;
    for (size_t i = 0; i < count; i++)
        solid += gox_rgba_a(pixels[i]) > 0;
    return solid;
}

static int put_picture(const gox_volume *vol, const struct gox_bbox *box,
        struct gox_output *out, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    int width = (box->max.x - box->min.x) * (box->max.z - box->min.z);
    int height = box->max.y - box->min.y;
    size_t count = (size_t)width * (size_t)height;
    gox_rgba *pixels = gox_malloc_array(count, sizeof(*pixels));
    if (pixels == NULL)
        return GOX_ERR_NOMEM;
    struct gox_buf png;
    gox_buf_init(&png, 0);
    int rc = fill_pixels(pixels, vol, box, task, err);
    if (rc == 0)
        rc = gox_png_write(&png, pixels, width, height, LEVEL, false, err);
    if (rc == 0) {
        gox__png_add_box(&png, box);
        gox_output_put(out, png.data, png.len);
        report->voxels = count_pixels(pixels, count);
        report->clipped = gox_volume_solid(vol) - report->voxels;
        report->models = 1;
        if (report->clipped > 0)
            gox__note(report,
                    "%llu voxels lie outside the image box and were left out",
                    (unsigned long long)report->clipped);
        rc = gox_buf_error(&png) != 0 ? gox_buf_error(&png) : out->error;
    }
    gox_buf_fini(&png);
    gox_free(pixels);
    return rc;
}

static int write_slices(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    gox_volume *vol = NULL;
    int rc = gox_image_composite(img, &vol, task, err);
    if (rc < 0)
        return rc;
    struct gox_bbox box = img->has_box ? img->box : gox_volume_bbox(vol);
    if (gox_bbox_is_empty(box))
        box = (struct gox_bbox){{0, 0, 0}, {1, 1, 1}};
    if (gox_bbox_volume(box) > GOX__PNG_MAX_PIXELS)
        rc = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the box of %d x %d x %d voxels has more than %llu pixels, "
                "which is the limit; make the image box smaller",
                box.max.x - box.min.x, box.max.y - box.min.y,
                box.max.z - box.min.z, (unsigned long long)GOX__PNG_MAX_PIXELS);
    else
        rc = put_picture(vol, &box, out, report, task, err);
    gox_volume_free(vol);
    return rc;
}

/* Our own note decides; else it is a picture like any other, and only the
 * path's ".slices.png" speaks for slices. */
static int probe_slices(const uint8_t *data, size_t len)
{
    struct gox_bbox box;
    if (!gox__png_is(data, len))
        return 0;
    return gox__png_find_box(data, len, &box) ? 100 : 99;
}

const struct gox_format gox_format_slices = {
        .name = "slices",
        .title = "Slices in a picture",
        .extensions = {"slices.png", NULL},
        .mime = "image/png",
        .probe = probe_slices,
        .read = read_slices,
        .write = write_slices,
};
