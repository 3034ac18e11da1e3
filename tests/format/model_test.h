/* SPDX-License-Identifier: Apache-2.0
 * Small models for tests of mesh formats, writing them to memory, and the
 * brute-force truth about their faces. */
#ifndef GOX_TESTS_FORMAT_MODEL_TEST_H
#define GOX_TESTS_FORMAT_MODEL_TEST_H

#include "base/alloc.h"
#include "format/format.h"
#include "gox_test.h"

static const int face_step[6][3] = {
        {1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};

static inline void model_fill(
        gox_volume *vol, struct gox_bbox box, gox_rgba color)
{
    assert_int_equal(gox_volume_fill(vol, box, color), 0);
}

static inline struct gox_bbox model_box(
        int x0, int y0, int z0, int x1, int y1, int z1)
{
    return (struct gox_bbox){{x0, y0, z0}, {x1, y1, z1}};
}

/* The same numbers on every machine. */
static inline uint32_t model_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A cloud that fills `percent` of a cube of `size` at `origin`, in `colors`
 * colours; alpha_low > 0 makes a quarter of them translucent. */
static inline void model_cloud(gox_volume *vol, struct gox_pos origin, int size,
        unsigned percent, unsigned colors, uint8_t alpha_low, uint32_t seed)
{
    for (int i = 0; i < size * size * size; i++) {
        struct gox_pos p = {origin.x + i % size, origin.y + i / size % size,
                origin.z + i / size / size};
        if (model_random(&seed) % 100 >= percent)
            continue;
        uint32_t c = model_random(&seed) % colors;
        uint8_t alpha = 255;
        if (alpha_low > 0 && model_random(&seed) % 4 == 0)
            alpha = alpha_low;
        assert_int_equal(
                gox_volume_set(vol, p,
                        gox_rgba_make((uint8_t)(c * 37), (uint8_t)(c * 91 + 5),
                                (uint8_t)(c * 3 + 200), alpha)),
                0);
    }
}

static inline bool model_is_solid(const gox_volume *vol, int x, int y, int z)
{
    return gox_rgba_a(gox_volume_get(vol, gox_pos_make(x, y, z))) >=
           GOX_ALPHA_SOLID;
}

/* Exposed faces of the volume, counted one by one. */
static inline uint64_t model_count_faces(const gox_volume *vol)
{
    struct gox_bbox box = gox_volume_bbox(vol);
    uint64_t faces = 0;
    for (int z = box.min.z; z < box.max.z; z++)
        for (int y = box.min.y; y < box.max.y; y++)
            for (int x = box.min.x; x < box.max.x; x++)
                for (int d = 0; d < 6; d++)
                    faces += model_is_solid(vol, x, y, z) &&
                             !model_is_solid(vol, x + face_step[d][0],
                                     y + face_step[d][1], z + face_step[d][2]);
    return faces;
}

/* Is any of the six faces of the voxel exposed? */
static inline bool model_is_surface(const gox_volume *vol, struct gox_pos p)
{
    for (int d = 0; d < 6; d++)
        if (!model_is_solid(vol, p.x + face_step[d][0], p.y + face_step[d][1],
                    p.z + face_step[d][2]))
            return true;
    return false;
}

/* Checks that `got` holds exactly the voxels of `vol` that are on its surface,
 * with their colours. */
static inline void model_assert_surface(
        const gox_volume *vol, const gox_volume *got)
{
    struct gox_bbox box = gox_volume_bbox(vol);
    uint64_t surface = 0;
    for (int z = box.min.z; z < box.max.z; z++)
        for (int y = box.min.y; y < box.max.y; y++)
            for (int x = box.min.x; x < box.max.x; x++) {
                struct gox_pos p = {x, y, z};
                if (!model_is_solid(vol, x, y, z) || !model_is_surface(vol, p))
                    continue;
                surface++;
                assert_int_equal(
                        gox_volume_get(got, p), gox_volume_get(vol, p));
            }
    assert_int_equal(gox_volume_solid(got), surface);
}

/* Files beside the one written, kept in memory. */
#define MODEL_SIDECARS 4
struct model_sidecars {
    struct {
        char name[256];
        struct gox_buf content;
    } files[MODEL_SIDECARS];
    size_t count;
};

static inline struct gox_output *model_open_sidecar(
        void *ctx, const char *name, struct gox_error *err)
{
    struct model_sidecars *s = ctx;
    assert_true(s->count < MODEL_SIDECARS);
    snprintf(s->files[s->count].name, sizeof(s->files[0].name), "%s", name);
    gox_buf_init(&s->files[s->count].content, 0);
    return gox_output_open_memory(&s->files[s->count++].content, err);
}

static inline int model_open_aux(void *ctx, const char *path,
        struct gox_input *in, struct gox_error *err)
{
    struct model_sidecars *s = ctx;
    for (size_t i = 0; i < s->count; i++) {
        const struct gox_buf *content = &s->files[i].content;
        if (strcmp(s->files[i].name, path) != 0)
            continue;
        in->data = gox_malloc(content->len);
        if (in->data == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "no memory");
        memcpy(in->data, content->data, content->len);
        in->len = content->len;
        return 0;
    }
    return gox_error_set(err, GOX_ERR_NOT_FOUND, "%s is not there", path);
}

static inline void model_sidecars_fini(struct model_sidecars *s)
{
    for (size_t i = 0; i < s->count; i++)
        gox_buf_fini(&s->files[i].content);
    s->count = 0;
}

/* Writes img in the named format into buf (initialised here). */
static inline int model_write(const struct gox_image *img, const char *format,
        const struct gox_format_options *opts, struct gox_buf *buf,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err)
{
    const struct gox_format *f = gox_format_find(format, strlen(format));
    assert_non_null(f);
    gox_buf_init(buf, 0);
    struct gox_output *out = gox_output_open_memory(buf, err);
    if (out == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox_format_write(img, f, out, opts, report, task, err);
    gox_output_close(out);
    return rc;
}

static inline int model_read(struct gox_image **img, const char *format,
        const void *data, size_t len, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_error *err)
{
    const struct gox_format *f =
            format != NULL ? gox_format_find(format, strlen(format)) : NULL;
    return gox_format_read(img, f, data, len, NULL, opts, report, NULL, err);
}

/* Calls fn with the nth allocation failing for n = 1, 2, ... until it works;
 * fn returns 0 or GOX_ERR_NOMEM and cleans up after itself. */
static inline void model_fail_each(int (*fn)(void *ctx), void *ctx)
{
    for (uint64_t n = 1;; n++) {
        gox_alloc_fail_at(n, true);
        int rc = fn(ctx);
        gox_alloc_fail_at(0, false);
        if (rc == 0)
            return;
        assert_int_equal(rc, GOX_ERR_NOMEM);
        assert_true(n < 100000);
    }
}

/* What is written or read while memory runs out at each place in turn. */
struct model_attempt {
    const char *format;
    const struct gox_image *img;
    const struct gox_buf *text;
};

static inline int model_write_attempt(void *ctx)
{
    const struct model_attempt *a = ctx;
    struct gox_error err;
    struct gox_buf buf;
    int rc = model_write(a->img, a->format, NULL, &buf, NULL, NULL, &err);
    gox_buf_fini(&buf);
    return rc;
}

static inline int model_read_attempt(void *ctx)
{
    const struct model_attempt *a = ctx;
    struct gox_image *img = NULL;
    struct gox_error err;
    int rc = model_read(
            &img, a->format, a->text->data, a->text->len, NULL, NULL, &err);
    gox_image_free(img);
    return rc;
}

/* A model that needs some of everything, to run out of memory with. */
static inline struct gox_image *model_new_cloud(void)
{
    struct gox_image *img = gox_image_new();
    model_cloud(img->layers[0]->volume, gox_pos_make(0, 0, 0), 6, 50, 7, 0, 1);
    return img;
}

static inline void model_fail_each_write(
        const char *format, const struct gox_image *img)
{
    struct model_attempt a = {.format = format, .img = img};
    model_fail_each(model_write_attempt, &a);
}

static inline void model_fail_each_read(
        const char *format, const struct gox_buf *text)
{
    struct model_attempt a = {.format = format, .text = text};
    model_fail_each(model_read_attempt, &a);
}

#endif
