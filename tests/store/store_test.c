/* SPDX-License-Identifier: Apache-2.0
 * Projects, random edits and comparisons for the tests of the store. */
#include "store_test.h"

#include "base/alloc.h"
#include "base/time.h"

uint32_t test_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

gox_stores *test_open_dir(
        const char *dir, const struct gox_store_settings *settings)
{
    gox_stores *stores;
    struct gox_error err = {.text = ""};

    if (gox_stores_open(dir, settings, &stores, &err) < 0)
        fail_msg("%s", err.text);
    return stores;
}

void test_create(gox_stores *stores, const char *name, struct project *p)
{
    struct gox_error err = {.text = ""};

    memset(p, 0, sizeof(*p));
    p->img = gox_image_new();
    p->history = gox_history_new((size_t)64 << 20);
    if (gox_store_create(stores, name, p->img, 0, &p->store, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(
            gox_store_attach(p->store, p->history, p->img, 1000, &err), 0);
}

void test_open(gox_stores *stores, const char *name, struct project *p)
{
    struct gox_error err = {.text = ""};

    memset(p, 0, sizeof(*p));
    if (gox_store_open(stores, name, &p->store, &p->img, &p->report, &err) < 0)
        fail_msg("%s", err.text);
    p->history = gox_history_new((size_t)64 << 20);
    if (gox_store_attach(p->store, p->history, p->img, 1000, &err) < 0)
        fail_msg("%s", err.text);
}

void test_close(struct project *p)
{
    gox_store_close(p->store);
    gox_history_free(p->history);
    gox_image_free(p->img);
    memset(p, 0, sizeof(*p));
}

void test_reopen(gox_stores *stores, const char *name, struct project *p)
{
    test_close(p);
    test_open(stores, name, p);
}

void test_point(struct project *p, int x, int y, int z, gox_rgba color)
{
    assert_int_equal(
            gox_history_begin(p->history, p->img, GOX_EDIT_VOXELS, "set"), 0);
    assert_int_equal(gox_volume_set(gox_image_active_layer(p->img)->volume,
                             gox_pos_make(x, y, z), color),
            0);
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

static gox_rgba random_color(uint64_t *r)
{
    return test_random(r) % 5 == 0 ? 0 : test_random(r) | 0xff000000U;
}

static void edit_voxels(struct project *p, uint64_t *r)
{
    gox_volume *v =
            p->img->layers[test_random(r) % p->img->layer_count]->volume;
    int x = (int)(test_random(r) % 80) - 40,
        y = (int)(test_random(r) % 80) - 40;
    struct gox_pos a = {x, y, (int)(test_random(r) % 40)};
    int rc = 0;

    assert_int_equal(
            gox_history_begin(p->history, p->img, GOX_EDIT_VOXELS, "voxels"),
            0);
    if (test_random(r) % 2 == 0) {
        struct gox_bbox box = {
                a, {a.x + 1 + (int)(test_random(r) % 40),
                           a.y + 1 + (int)(test_random(r) % 40),
                           a.z + 1 + (int)(test_random(r) % 20)}};
        rc = gox_volume_fill(v, box, random_color(r));
    } else {
        unsigned count = 1 + test_random(r) % 60;
        for (unsigned i = 0; rc == 0 && i < count; i++) {
            a.x += (int)(test_random(r) % 3) - 1;
            a.y += (int)(test_random(r) % 3) - 1;
            rc = gox_volume_set(v, a, random_color(r));
        }
    }
    assert_int_equal(rc, 0);
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

static void change_structure(struct gox_image *img, uint64_t *r)
{
    static const struct gox_material gold = {
            .name = "gold", .color = {1, 0.8F, 0, 1}};
    static const struct gox_camera camera = {.name = "front", .distance = 3};
    struct gox_layer *l = img->layers[test_random(r) % img->layer_count];

    switch (test_random(r) % 8) {
    case 0:
        assert_non_null(gox_image_add_layer(img, "more"));
        break;
    case 1:
        if (img->layer_count > 2)
            assert_int_equal(gox_image_delete_layer(img, 0), 0);
        break;
    case 2:
        l->is_visible = !l->is_visible;
        break;
    case 3:
        gox_layer_set_name(l, "other", 5);
        l->opacity = (uint8_t)test_random(r);
        break;
    case 4:
        assert_int_equal(gox_image_add_material(img, &gold), 0);
        break;
    case 5:
        assert_int_equal(gox_image_add_camera(img, &camera), 0);
        break;
    case 6:
        assert_int_equal(gox_image_move_layer(img, 0, img->layer_count - 1), 0);
        break;
    default:
        assert_int_equal(gox_volume_set(l->volume,
                                 gox_pos_make(1, (int)(test_random(r) % 99), 2),
                                 0xff0000ffU),
                0);
        gox_image_add_layer(img, "with voxels");
        img->active = 0;
    }
}

static void edit_structure(struct project *p, uint64_t *r)
{
    assert_int_equal(gox_history_begin(p->history, p->img, GOX_EDIT_STRUCTURE,
                             "structure"),
            0);
    change_structure(p->img, r);
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

void test_random_edit(struct project *p, uint64_t *r)
{
    unsigned what = test_random(r) % 20;

    if (what < 8)
        test_point(p, (int)(test_random(r) % 64), (int)(test_random(r) % 64),
                (int)(test_random(r) % 64), random_color(r));
    else if (what < 13)
        edit_voxels(p, r);
    else if (what < 16)
        edit_structure(p, r);
    else if (what < 18)
        assert_true(gox_history_undo(p->history, &p->img,
                            1 + (int)(test_random(r) % 3), gox_time_wall_ms(),
                            NULL) >= 0);
    else
        assert_true(gox_history_redo(p->history, &p->img,
                            1 + (int)(test_random(r) % 2), gox_time_wall_ms(),
                            NULL) >= 0);
}

void test_commit(struct project *p)
{
    struct gox_error err = {.text = ""};

    if (gox_store_commit(p->store, &err) < 0)
        fail_msg("%s", err.text);
}

static bool layers_equal(const struct gox_layer *a, const struct gox_layer *b)
{
    return a->id == b->id && strcmp(a->name, b->name) == 0 &&
           a->kind == b->kind && a->is_visible == b->is_visible &&
           a->is_locked == b->is_locked && a->opacity == b->opacity &&
           a->blend == b->blend && a->material == b->material &&
           a->base_id == b->base_id &&
           memcmp(&a->mat, &b->mat, sizeof(a->mat)) == 0 &&
           gox_volume_equals(a->volume, b->volume);
}

bool test_images_equal(const struct gox_image *a, const struct gox_image *b)
{
    if (a->layer_count != b->layer_count || a->active != b->active ||
            a->material_count != b->material_count ||
            a->camera_count != b->camera_count || a->has_box != b->has_box ||
            a->active_camera != b->active_camera)
        return false;
    for (size_t i = 0; i < a->layer_count; i++) {
        if (!layers_equal(a->layers[i], b->layers[i]))
            return false;
    }
    for (size_t i = 0; i < a->material_count; i++) {
        if (strcmp(a->materials[i].name, b->materials[i].name) != 0)
            return false;
    }
    return gox_image_is_sane(a) && gox_image_is_sane(b);
}

static uint64_t add(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(1099511628211);
}

uint64_t test_image_sum(const struct gox_image *img)
{
    uint64_t sum = add(14695981039346656037U, img->layer_count);

    sum = add(sum, img->active);
    sum = add(sum, img->material_count * 1000 + img->camera_count);
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *l = img->layers[i];
        size_t count;
        struct gox_block_entry *e = gox_volume_sorted_blocks(l->volume, &count);
        sum = add(sum, (uint64_t)l->id * 1000 + l->opacity + l->is_visible);
        for (size_t b = 0; b < count; b++) {
            gox_rgba colors[GOX_BLOCK_VOXELS];
            gox_block_decode(e[b].block, colors);
            sum = add(sum, (uint64_t)(uint32_t)e[b].pos.x << 32 |
                                   (uint32_t)(e[b].pos.y ^ e[b].pos.z << 16));
            for (size_t v = 0; v < GOX_BLOCK_VOXELS; v++)
                sum = colors[v] == 0 ? sum : add(sum, colors[v] + v);
        }
        gox_free(e);
    }
    return sum;
}
