/* SPDX-License-Identifier: Apache-2.0
 * What every reader and writer must stand; see the header. */
#include "reader_checks.h"

#include "base/alloc.h"

struct gox_image *read_ok(const struct gox_format *format,
        const struct gox_buf *data, struct gox_format_report *report)
{
    struct gox_image *img = NULL;
    struct gox_error err = {.offset = -1};
    int rc = gox_format_read(&img, format, data->data, data->len, NULL, NULL,
            report, NULL, &err);
    if (rc != 0)
        fail_msg("%s: %s", format->name, err.text);
    assert_true(gox_image_is_sane(img));
    return img;
}

void assert_read_fails(const struct gox_format *format,
        const struct gox_buf *data, int code, const char *part)
{
    struct gox_image *img = NULL;
    struct gox_error err = {.offset = -1};
    int rc = gox_format_read(
            &img, format, data->data, data->len, NULL, NULL, NULL, NULL, &err);
    assert_int_equal(rc, code);
    assert_int_equal(err.code, code);
    assert_null(img);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
}

static bool is_bad_input(int rc)
{
    return rc == GOX_ERR_FORMAT || rc == GOX_ERR_TOO_LARGE ||
           rc == GOX_ERR_UNSUPPORTED || rc == GOX_ERR_RANGE;
}

static int read_copy(
        const struct gox_format *format, const uint8_t *data, size_t len)
{
    /* A block of its own, so that a sanitizer sees a read beyond its end. */
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct gox_image *img = NULL;
    struct gox_error err = {.offset = -1};
    int rc = gox_format_read(
            &img, format, copy, len, NULL, NULL, NULL, NULL, &err);
    if (rc == 0)
        assert_true(gox_image_is_sane(img));
    else
        assert_true(strlen(err.text) > 0);
    gox_image_free(img);
    free(copy);
    return rc;
}

void check_every_length(const struct gox_format *format,
        const struct gox_buf *data, bool may_succeed)
{
    for (size_t len = 0; len < data->len; len++) {
        int rc = read_copy(format, data->data, len);
        if (!is_bad_input(rc) && !(may_succeed && rc == 0))
            fail_msg("%s cut to %zu of %zu bytes gives %d", format->name, len,
                    data->len, rc);
    }
}

void check_changed_bytes(
        const struct gox_format *format, const struct gox_buf *data, int rounds)
{
    uint8_t *copy = malloc(data->len);
    assert_non_null(copy);
    uint32_t random = 12345;
    for (int i = 0; i < rounds; i++) {
        memcpy(copy, data->data, data->len);
        for (int k = 0; k < 1 + i % 3; k++) {
            random = random * 1664525u + 1013904223u;
            size_t at = (size_t)((uint64_t)random * data->len >> 32);
            random = random * 1664525u + 1013904223u;
            copy[at] = (random >> 24 & 3) == 0 ? 0xff : (uint8_t)(random >> 16);
        }
        int rc = read_copy(format, copy, data->len);
        if (rc != 0 && !is_bad_input(rc))
            fail_msg("%s with changed bytes gives %d", format->name, rc);
    }
    free(copy);
}

/* Some allocations may fail without harm (threads, caches), so only the end
 * counts: the loop must come to a success, and failures must say NOMEM. */
void check_read_without_memory(const struct gox_format *format,
        const struct gox_buf *data, bool is_png)
{
    for (uint64_t n = 1; n < 100000; n++) {
        struct gox_image *img = NULL;
        struct gox_error err = {.offset = -1};
        gox_alloc_fail_at(n, false);
        int rc = gox_format_read(&img, format, data->data, data->len, NULL,
                NULL, NULL, NULL, &err);
        uint64_t asked = gox_alloc_count();
        gox_alloc_fail_at(0, false);
        if (rc != 0 && rc != GOX_ERR_NOMEM && !(is_png && rc == GOX_ERR_FORMAT))
            fail_msg("%s, allocation %llu fails: %d %s", format->name,
                    (unsigned long long)n, rc, err.text);
        gox_image_free(img);
        if (asked < n)
            return;
    }
    fail_msg("%s never has enough memory", format->name);
}

void check_write_without_memory(
        const struct gox_format *format, const struct gox_image *img)
{
    for (uint64_t n = 1; n < 100000; n++) {
        struct gox_error err = {.offset = -1};
        struct gox_buf buf;
        gox_buf_init(&buf, 0);
        gox_alloc_fail_at(n, false);
        struct gox_output *out = gox_output_open_memory(&buf, &err);
        int rc = out != NULL ? gox_format_write(
                                       img, format, out, NULL, NULL, NULL, &err)
                             : GOX_ERR_NOMEM;
        gox_output_close(out);
        uint64_t asked = gox_alloc_count();
        gox_alloc_fail_at(0, false);
        if (rc != 0 && rc != GOX_ERR_NOMEM)
            fail_msg("%s, allocation %llu fails: %d %s", format->name,
                    (unsigned long long)n, rc, err.text);
        if (rc != 0)
            assert_int_equal(buf.len, 0);
        gox_buf_fini(&buf);
        if (asked < n)
            return;
    }
    fail_msg("%s never has enough memory", format->name);
}

static int write_image(const struct gox_format *format,
        const struct gox_image *img, const struct gox_format_options *opts,
        struct gox_buf *buf, struct gox_format_report *report,
        struct gox_error *err)
{
    gox_buf_init(buf, 0);
    struct gox_output *out = gox_output_open_memory(buf, err);
    assert_non_null(out);
    int rc = gox_format_write(img, format, out, opts, report, NULL, err);
    gox_output_close(out);
    return rc;
}

void write_ok(const struct gox_format *format, const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_buf *buf,
        struct gox_format_report *report)
{
    struct gox_error err = {.offset = -1};
    if (write_image(format, img, opts, buf, report, &err) != 0)
        fail_msg("%s: %s", format->name, err.text);
}

void assert_write_fails(const struct gox_format *format,
        const struct gox_image *img, int code, const char *part)
{
    struct gox_error err = {.offset = -1};
    struct gox_buf buf;
    assert_int_equal(write_image(format, img, NULL, &buf, NULL, &err), code);
    assert_int_equal(buf.len, 0);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
    gox_buf_fini(&buf);
}

void put_voxel(struct gox_layer *layer, int x, int y, int z, uint32_t rgb)
{
    gox_rgba c = gox_rgba_make(
            (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb, 255);
    assert_int_equal(
            gox_volume_set(layer->volume, gox_pos_make(x, y, z), c), 0);
}

struct gox_image *make_image(unsigned seed)
{
    struct gox_image *img = gox_image_new();
    assert_non_null(img);
    struct gox_layer *layer = img->layers[0];
    uint32_t random = seed * 2654435761u + 1;
    for (int i = 0; i < 400; i++) {
        random = random * 1664525u + 1013904223u;
        int x = (int)(random >> 8 & 15) - 9, y = (int)(random >> 14 & 7) - 3;
        int z = (int)(random >> 18 & 31) - 12;
        put_voxel(layer, x, y, z, 0x404040u * (random >> 28 & 3));
    }
    for (int i = 0; i < 64; i++)
        put_voxel(layer, i & 3, i >> 2 & 3, i >> 4, 0x00ff55);
    return img;
}

static gox_volume *composite(const struct gox_image *img)
{
    gox_volume *vol = NULL;
    assert_int_equal(gox_image_composite(img, &vol, NULL, NULL), 0);
    return vol;
}

long voxel_at(const struct gox_image *img, int x, int y, int z)
{
    gox_volume *vol = composite(img);
    gox_rgba c = gox_volume_get(vol, gox_pos_make(x, y, z));
    gox_volume_free(vol);
    if (gox_rgba_a(c) == 0)
        return -1;
    return (long)gox_rgba_r(c) << 16 | (long)gox_rgba_g(c) << 8 | gox_rgba_b(c);
}

uint64_t count_voxels(const struct gox_image *img)
{
    gox_volume *vol = composite(img);
    uint64_t count = gox_volume_solid(vol);
    gox_volume_free(vol);
    return count;
}

/* Makes all voxels white, so that only their places differ. */
static void whiten(gox_volume *vol)
{
    size_t count = 0;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    for (size_t i = 0; i < count; i++) {
        gox_rgba colors[GOX_BLOCK_VOXELS];
        gox_block_decode(blocks[i].block, colors);
        for (size_t k = 0; k < GOX_BLOCK_VOXELS; k++)
            colors[k] = colors[k] != 0 ? 0xffffffffu : 0;
        assert_int_equal(gox_volume_set_block(vol, blocks[i].pos, colors), 0);
    }
    gox_free(blocks);
}

void assert_same_voxels(
        const struct gox_image *a, const struct gox_image *b, bool colors)
{
    gox_volume *va = composite(a), *vb = composite(b);
    if (!colors) {
        whiten(va);
        whiten(vb);
    }
    assert_int_equal(gox_volume_solid(va), gox_volume_solid(vb));
    assert_true(gox_volume_equals(va, vb));
    gox_volume_free(va);
    gox_volume_free(vb);
}

bool load_corpus(const char *name, struct gox_buf *buf)
{
    const char *corpus = getenv("GOX_CORPUS");
    const char *source = getenv("GOX_SOURCE_DIR");
    char path[1024];
    snprintf(path, sizeof(path), "%s%s/%s",
            corpus != NULL   ? corpus
            : source != NULL ? source
                             : ".",
            corpus != NULL ? "" : "/../shared/corpus", name);
    struct gox_input in;
    if (gox_input_read_file(&in, path, 0, NULL) < 0) {
        print_message("skipped: no file %s (set GOX_CORPUS)\n", path);
        return false;
    }
    gox_buf_init(buf, 0);
    gox_buf_put(buf, in.data, in.len);
    gox_input_fini(&in);
    assert_int_equal(gox_buf_error(buf), 0);
    return true;
}
