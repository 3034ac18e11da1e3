/* SPDX-License-Identifier: Apache-2.0
 * Undo and redo against images kept whole: every state of a random session
 * must come back exactly, within the bounds of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/history.h"

static const gox_rgba RED = 0xff0000ff;

static bool is_same_image(const struct gox_image *a, const struct gox_image *b)
{
    if (a->layer_count != b->layer_count || a->active != b->active)
        return false;
    for (size_t i = 0; i < a->layer_count; i++) {
        const struct gox_layer *x = a->layers[i], *y = b->layers[i];
        if (x->id != y->id || strcmp(x->name, y->name) != 0 ||
                x->is_visible != y->is_visible ||
                !gox_volume_equals(x->volume, y->volume))
            return false;
    }
    return true;
}

static struct gox_layer *any_layer(struct random *r, struct gox_image *img)
{
    return img->layers[random_below(r, (uint32_t)img->layer_count)];
}

static int write_voxels(struct random *r, struct gox_image *img)
{
    uint32_t count = random_below(r, 8) == 0 ? 600 : 1 + random_below(r, 50);
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        struct gox_layer *layer = any_layer(r, img);
        uint32_t side = random_below(r, 2) ? 40 : 4;
        struct gox_pos p = {(int)random_below(r, side) - 8,
                (int)random_below(r, side), (int)random_below(r, side)};
        gox_rgba c = random_below(r, 3) ? 0xff000000 | random_below(r, 300) : 0;
        if (random_below(r, 100) == 0)
            rc = gox_volume_fill(layer->volume,
                    (struct gox_bbox){p, {p.x + 9, p.y + 20, p.z + 9}}, c);
        else
            rc = gox_volume_set(layer->volume, p, c);
    }
    return rc;
}

static int change_structure(struct random *r, struct gox_image *img)
{
    uint32_t n = (uint32_t)img->layer_count;

    switch (random_below(r, 6)) {
    case 0:
        return gox_image_add_layer(img, "new") == NULL ? GOX_ERR_NOMEM : 0;
    case 1:
        return n == 1 ? 0 : gox_image_delete_layer(img, random_below(r, n));
    case 2:
        return gox_image_move_layer(
                img, random_below(r, n), random_below(r, n));
    case 3:
        any_layer(r, img)->is_visible ^= true;
        return 0;
    case 4:
        img->active = random_below(r, n);
        return 0;
    default:
        gox_layer_set_name(any_layer(r, img), "renamed", 7);
        return write_voxels(r, img);
    }
}

/* One random edit; 1 when it made a revision. */
static int edit(struct random *r, gox_history *h, struct gox_image *img)
{
    bool is_voxels = random_below(r, 4) > 0;

    assert_int_equal(
            gox_history_begin(h, img,
                    is_voxels ? GOX_EDIT_VOXELS : GOX_EDIT_STRUCTURE, "edit"),
            0);
    assert_int_equal(
            is_voxels ? write_voxels(r, img) : change_structure(r, img), 0);
    if (random_below(r, 6) == 0) {
        gox_history_rollback(h);
        return 0;
    }
    return gox_history_commit(h, 5, NULL);
}

/* Counts as the history should, from two whole images. */
static uint64_t count_changes(
        const struct gox_image *a, const struct gox_image *b)
{
    uint64_t n = 0;

    for (size_t i = 0; i < a->layer_count; i++) {
        for (int k = 0; k < 64 * 64 * 64; k++) {
            struct gox_pos p = {(k & 63) - 16, k >> 6 & 63, k >> 12};
            n += gox_volume_get(a->layers[i]->volume, p) !=
                 gox_volume_get(b->layers[i]->volume, p);
        }
    }
    return n;
}

#define MAX_STATES 400

/* states[0 ... current] can be undone to, up to `top` redone to. */
struct session {
    struct gox_image *states[MAX_STATES];
    uint64_t revisions[MAX_STATES];
    size_t current, top;
};

static void keep_state(
        struct session *s, gox_history *h, const struct gox_image *img)
{
    for (size_t i = s->current + 1; i <= s->top; i++)
        gox_image_free(s->states[i]);
    s->current++;
    s->top = s->current;
    s->states[s->current] = gox_image_dup(img);
    s->revisions[s->current] = gox_history_revision(h);
}

static void walk_about(struct random *r, struct session *s, gox_history *h,
        struct gox_image **img)
{
    int steps = 1 + (int)random_below(r, 5);
    uint64_t revision = gox_history_revision(h);
    bool is_undo = random_below(r, 2);
    int room = (int)(is_undo ? s->current : s->top - s->current);
    int want = steps < room ? steps : room;
    int done = is_undo ? gox_history_undo(h, img, steps, 6, NULL)
                       : gox_history_redo(h, img, steps, 6, NULL);

    assert_int_equal(done, want);
    assert_int_equal(gox_history_revision(h), revision + (done > 0));
    s->current =
            is_undo ? s->current - (size_t)done : s->current + (size_t)done;
    assert_int_equal(gox_history_undo_count(h), s->current);
    assert_int_equal(gox_history_redo_count(h), s->top - s->current);
}

static void check_revision(struct random *r, const struct session *s,
        gox_history *h, const struct gox_image *img)
{
    size_t i = random_below(r, (uint32_t)s->top + 1);
    struct gox_image *old;

    assert_int_equal(gox_history_image_at(h, img, s->revisions[i], &old), 0);
    assert_true(is_same_image(old, s->states[i]));
    assert_true(gox_image_is_sane(old));
    gox_image_free(old);
    assert_int_equal(
            gox_history_image_at(h, img, gox_history_revision(h), &old), 0);
    assert_true(is_same_image(old, img));
    gox_image_free(old);
}

static void test_random_session(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 6; seed++) {
        struct random r = {seed * 7919};
        struct session s = {.current = 0};
        struct gox_image *img = gox_image_new();
        gox_history *h = gox_history_new(SIZE_MAX);
        s.states[0] = gox_image_dup(img);
        for (int n = 0; n < 250; n++) {
            uint32_t what = random_below(&r, 10);
            if (what < 7 && edit(&r, h, img) == 1)
                keep_state(&s, h, img);
            else if (what >= 7)
                walk_about(&r, &s, h, &img);
            assert_true(gox_image_is_sane(img));
            assert_true(is_same_image(img, s.states[s.current]));
            if (n % 10 == 0)
                check_revision(&r, &s, h, img);
        }
        for (size_t i = 0; i <= s.top; i++)
            gox_image_free(s.states[i]);
        gox_history_free(h);
        gox_image_free(img);
    }
}

static void test_info(void **state)
{
    struct random r = {123};
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(SIZE_MAX);
    struct gox_edit_info info;
    uint64_t revision = 0;

    (void)state;
    assert_int_equal(gox_history_commit(
                             (assert_int_equal(gox_history_begin(h, img,
                                                       GOX_EDIT_VOXELS, "none"),
                                      0),
                                     h),
                             1, &info),
            0);
    assert_int_equal(gox_history_revision(h), 0);
    for (int n = 0; n < 24; n++) {
        struct gox_image *before = gox_image_dup(img);
        assert_int_equal(
                gox_history_begin(h, img,
                        n % 3 ? GOX_EDIT_VOXELS : GOX_EDIT_STRUCTURE, "label"),
                0);
        assert_true(gox_history_is_open(h));
        assert_int_equal(write_voxels(&r, img), 0);
        uint64_t want = count_changes(before, img);
        int rc = gox_history_commit(h, 77, &info);
        assert_int_equal(rc, want > 0);
        assert_int_equal(info.voxels_changed, want);
        if (rc == 1) {
            revision++;
            assert_int_equal(info.layer_id, 1);
            assert_int_equal(info.at_ms, 77);
            assert_string_equal(info.label, "label");
            struct gox_edit_info same;
            assert_true(gox_history_get_edit(h, 0, &same));
            assert_int_equal(same.revision, revision);
        }
        assert_int_equal(info.revision, revision);
        gox_image_free(before);
    }
    assert_false(gox_history_get_edit(h, revision, &info));
    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_STRUCTURE, "x"), 0);
    gox_history_free(h); /* with an edit open */
    gox_image_free(img);
}

static void add_voxel(gox_history *h, struct gox_image *img, struct gox_pos p,
        gox_rgba c, struct gox_edit_info *info)
{
    assert_int_equal(
            gox_history_begin(h, img, GOX_EDIT_VOXELS, "add_voxel"), 0);
    assert_int_equal(gox_volume_set(img->layers[0]->volume, p, c), 0);
    assert_int_equal(gox_history_commit(h, 1, info), 1);
}

static void test_box_and_multi_step(void **state)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(SIZE_MAX);
    struct gox_edit_info info;
    struct gox_bbox first = {{0, 0, 0}, {16, 16, 16}};
    struct gox_bbox both = {{0, 0, 0}, {48, 16, 16}};

    (void)state;
    add_voxel(h, img, gox_pos_make(1, 2, 3), RED, &info);
    assert_memory_equal(&info.box, &first, sizeof(first));
    add_voxel(h, img, gox_pos_make(40, 2, 3), RED, &info);
    assert_int_equal(gox_history_undo(h, &img, 9, 4, &info), 2);
    assert_int_equal(info.revision, 3);
    assert_int_equal(info.voxels_changed, 2);
    assert_memory_equal(&info.box, &both, sizeof(both));
    assert_int_equal(gox_history_undo(h, &img, 1, 4, &info), 0);
    assert_int_equal(gox_history_redo(h, &img, 2, 4, &info), 2);
    assert_int_equal(gox_image_solid(img), 2);
    add_voxel(h, img, gox_pos_make(0, 0, 0), RED, &info);
    assert_int_equal(gox_history_redo_count(h), 0);
    gox_history_free(h);
    gox_image_free(img);
}

/* A cube of random colours in 100 slices: each edit touches blocks of 16 KiB,
 * of which it replaces a sixteenth. */
static void test_slices_stay_small(void **state)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(SIZE_MAX);
    struct random r = {1};

    (void)state;
    for (int z = 0; z < 100; z++) {
        struct gox_edit_info info;
        assert_int_equal(
                gox_history_begin(h, img, GOX_EDIT_VOXELS, "slice"), 0);
        for (int i = 0; i < 10000; i++)
            assert_int_equal(gox_volume_set(img->layers[0]->volume,
                                     gox_pos_make(i % 100, i / 100, z),
                                     random_next(&r) | 0xff000000),
                    0);
        assert_int_equal(gox_history_commit(h, 1, &info), 1);
        assert_int_equal(info.voxels_changed, 10000);
    }
    assert_true(gox_history_bytes(h) < 1000000);
    struct gox_image *full = gox_image_dup(img);
    assert_int_equal(gox_history_undo(h, &img, 50, 1, NULL), 50);
    assert_int_equal(gox_image_solid(img), 500000);
    assert_int_equal(gox_history_redo(h, &img, 50, 1, NULL), 50);
    assert_true(is_same_image(img, full));
    assert_int_equal(gox_history_undo(h, &img, 100, 1, NULL), 100);
    assert_true(gox_volume_is_empty(img->layers[0]->volume));
    gox_image_free(full);
    gox_history_free(h);
    gox_image_free(img);
}

static void test_bounds(void **state)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(100000);
    struct gox_image *old;

    (void)state;
    for (int n = 1; n <= 2000; n++) {
        add_voxel(h, img, gox_pos_make(n, n % 7, 0), RED, NULL);
        assert_true(gox_history_bytes(h) <= 100000);
    }
    size_t left = gox_history_undo_count(h);
    assert_in_range(left, 50, 1999);
    assert_int_equal(gox_history_image_at(h, img, 1, &old), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_history_image_at(h, img, 2000 - left, &old), 0);
    assert_int_equal(gox_image_solid(old), 2000 - left);
    gox_image_free(old);
    assert_int_equal(gox_history_undo(h, &img, 9999, 1, NULL), (int)left);
    assert_int_equal(gox_image_solid(img), 2000 - left);
    gox_history_free(h);

    h = gox_history_new(0); /* keeps nothing, but edits work */
    add_voxel(h, img, gox_pos_make(-5, 0, 0), RED, NULL);
    assert_int_equal(gox_history_undo_count(h), 0);
    assert_int_equal(gox_history_bytes(h), 0);
    assert_int_equal(gox_history_revision(h), 1);
    gox_history_free(h);
    gox_image_free(img);
}

/* A renamed layer keeps the whole image; what later edits copy because of it
 * is memory of the history, too. */
static void test_copies_are_charged(void **state)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(SIZE_MAX);
    struct random r = {9};

    (void)state;
    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_VOXELS, "fill"), 0);
    for (int i = 0; i < 40000; i++)
        assert_int_equal(
                gox_volume_set(img->layers[0]->volume,
                        gox_pos_make(i % 100, i / 100 % 100, i / 10000),
                        random_next(&r) | 0xff000000),
                0);
    assert_int_equal(gox_history_commit(h, 1, NULL), 1);
    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_STRUCTURE, "name"), 0);
    gox_layer_set_name(img->layers[0], "b", 1);
    assert_int_equal(gox_history_commit(h, 1, NULL), 1);
    size_t bytes = gox_history_bytes(h);
    add_voxel(h, img, gox_pos_make(0, 0, 0), RED, NULL);
    assert_true(gox_history_bytes(h) > bytes + 16000);
    gox_history_free(h);
    gox_image_free(img);
}

static void test_replace_and_checkpoints(void **state)
{
    struct gox_image *img = gox_image_new(), *owner = img;
    gox_history *h = gox_history_new(SIZE_MAX);
    struct gox_edit_info info;

    (void)state;
    add_voxel(h, img, gox_pos_make(1, 1, 1), RED, NULL);
    assert_int_equal(gox_history_checkpoint(h, img, "one"), 0);
    assert_int_equal(
            gox_history_replace(h, &img, gox_image_dup(img), "same", 3, &info),
            0);
    assert_int_equal(gox_history_revision(h), 1);
    assert_int_equal(
            gox_history_replace(h, &img, gox_image_new(), "new", 3, &info), 1);
    assert_ptr_equal(img, owner);
    assert_int_equal(info.voxels_changed, 1);
    assert_int_equal(gox_image_solid(img), 0);
    assert_int_equal(gox_history_undo(h, &img, 1, 4, &info), 1);
    assert_string_equal(info.label, "new");
    assert_int_equal(gox_image_solid(img), 1);
    const struct gox_image *point = gox_history_find_checkpoint(h, "oneX", 3);
    assert_non_null(point);
    assert_int_equal(gox_image_solid(point), 1);
    add_voxel(h, img, gox_pos_make(2, 1, 1), RED, NULL);
    assert_int_equal(gox_image_solid(point), 1);
    assert_int_equal(gox_history_checkpoint(h, img, "one"), 0);
    point = gox_history_find_checkpoint(h, "one", 3);
    assert_int_equal(gox_image_solid(point), 2);
    assert_null(gox_history_find_checkpoint(h, "on", 2));
    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_VOXELS, "open"), 0);
    assert_int_equal(gox_history_undo(h, &img, 1, 1, NULL), GOX_ERR_BUSY);
    assert_int_equal(
            gox_history_replace(h, &img, gox_image_new(), "x", 1, NULL),
            GOX_ERR_BUSY);
    gox_history_rollback(h);
    gox_history_free(h);
    gox_image_free(img);
}

static void test_set_revision(void **state)
{
    struct gox_image *img = gox_image_new(), *old;
    gox_history *h = gox_history_new(SIZE_MAX);

    (void)state;
    gox_history_set_revision(h, 41);
    add_voxel(h, img, gox_pos_make(0, 0, 0), RED, NULL);
    assert_int_equal(gox_history_revision(h), 42);
    assert_int_equal(gox_history_image_at(h, img, 41, &old), 0);
    assert_int_equal(gox_image_solid(old), 0);
    gox_image_free(old);
    gox_history_free(h);
    gox_image_free(img);
}

/* Ids of removed layers are not given again, even after an undo. */
static void test_ids_are_not_reused(void **state)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(SIZE_MAX);

    (void)state;
    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_STRUCTURE, "add"), 0);
    assert_int_equal(gox_image_add_layer(img, "b")->id, 2);
    assert_int_equal(gox_history_commit(h, 1, NULL), 1);
    assert_int_equal(gox_history_undo(h, &img, 1, 1, NULL), 1);
    assert_int_equal(img->active, 0);
    assert_int_equal(gox_image_add_layer(img, "c")->id, 3);
    gox_history_free(h);
    gox_image_free(img);
}

/* Every allocation of an edit, an undo and a redo fails once. */
static void test_out_of_memory(void **state)
{
    bool is_done = false;

    (void)state;
    for (uint64_t n = 1; !is_done; n++) {
        struct random r = {55};
        struct gox_image *img = gox_image_new();
        gox_history *h = gox_history_new(SIZE_MAX);
        for (int i = 0; i < 6; i++)
            (void)edit(&r, h, img);
        struct gox_image *before = gox_image_dup(img);
        bool is_voxels = n % 2;
        gox_alloc_fail_at(n / 2 + 1, false);
        int rc = gox_history_begin(h, img,
                is_voxels ? GOX_EDIT_VOXELS : GOX_EDIT_STRUCTURE, "oom");
        if (rc == 0) {
            rc = write_voxels(&r, img);
            if (rc < 0)
                gox_history_rollback(h);
            else
                rc = gox_history_commit(h, 1, NULL);
        }
        if (rc >= 0) {
            rc = gox_history_undo(h, &img, 1, 1, NULL);
            if (rc < 0)
                assert_int_equal(gox_history_undo(h, &img, 1, 1, NULL), 1);
        }
        is_done = gox_alloc_count() < n / 2 + 1;
        gox_alloc_fail_at(0, false);
        assert_true(rc >= 0 || rc == GOX_ERR_NOMEM);
        assert_true(gox_image_is_sane(img));
        assert_true(is_same_image(img, before));
        if (gox_history_redo_count(h) > 0) {
            assert_int_equal(gox_history_redo(h, &img, 1, 1, NULL), 1);
            assert_false(is_same_image(img, before));
        }
        gox_image_free(before);
        gox_history_free(h);
        gox_image_free(img);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_random_session),
            cmocka_unit_test(test_info),
            cmocka_unit_test(test_box_and_multi_step),
            cmocka_unit_test(test_slices_stay_small),
            cmocka_unit_test(test_bounds),
            cmocka_unit_test(test_copies_are_charged),
            cmocka_unit_test(test_replace_and_checkpoints),
            cmocka_unit_test(test_set_revision),
            cmocka_unit_test(test_ids_are_not_reused),
            cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("voxel_history", tests, NULL, NULL);
}
