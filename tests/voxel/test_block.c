/* SPDX-License-Identifier: Apache-2.0
 * Blocks in all five forms against a plain array of 4096 colours. */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/block.h"
#include "voxel/block_internal.h"

#include <string.h>

static gox_rgba color_of(unsigned n)
{
    return gox_rgba_make((uint8_t)n, (uint8_t)(n >> 8), 7, 255);
}

/* The block must show exactly these colours through every reader. */
static void assert_block(
        const gox_block *b, const gox_rgba want[GOX_BLOCK_VOXELS])
{
    gox_rgba got[GOX_BLOCK_VOXELS];
    uint64_t mask[64];
    struct gox_bbox box = {0};
    unsigned solid = 0;

    assert_true(gox_block_is_sane(b));
    gox_block_decode(b, got);
    assert_memory_equal(got, want, sizeof(got));
    gox_block_mask(b, mask);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        assert_int_equal(gox_block_get(b, i), want[i]);
        assert_int_equal(mask[i / 64] >> (i % 64) & 1, want[i] != 0);
        solid += want[i] != 0;
        if (want[i] != 0)
            box = gox_bbox_add(box,
                    gox_pos_make((int)i & 15, (int)i >> 4 & 15, (int)i >> 8));
    }
    assert_int_equal(gox_block_solid(b), solid);
    struct gox_bbox found = gox_block_bbox(b);
    assert_memory_equal(&found, &box, sizeof(box));
}

/* Number of colours, and the bytes of the form that holds them. */
static const struct {
    unsigned colors;
    size_t max_bytes;
} forms[] = {{1, 32}, {2, 560}, {3, 1100}, {4, 1100}, {5, 2200}, {16, 2200},
        {17, 5200}, {256, 5200}, {257, 16500}, {4096, 16500}};

static void test_smallest_form(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        gox_rgba colors[GOX_BLOCK_VOXELS];
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            colors[i] = color_of((i * 2654435761U >> 7) % forms[f].colors);
        for (unsigned i = 0; i < forms[f].colors; i++)
            colors[i] = color_of(i);
        gox_block *b = gox_block_new(colors);
        assert_non_null(b);
        assert_block(b, colors);
        assert_true(gox_block_bytes(b) <= forms[f].max_bytes);
        assert_int_equal(gox_block_is_uniform(b, NULL), forms[f].colors == 1);
        gox_block_unref(b);
    }
}

static void test_alpha_zero_is_nothing(void **state)
{
    gox_rgba colors[GOX_BLOCK_VOXELS], want[GOX_BLOCK_VOXELS];
    gox_rgba color = 1;

    (void)state;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        colors[i] = i; /* alpha 0, 4096 different colours */
        want[i] = 0;
    }
    gox_block *b = gox_block_new(colors);
    assert_block(b, want);
    assert_true(gox_block_is_uniform(b, &color));
    assert_int_equal(color, 0);
    gox_block_unref(b);
    b = gox_block_new_uniform(0x00ffffff);
    assert_block(b, want);
    gox_block_unref(b);
}

static void test_new_box(void **state)
{
    struct random r = {11};

    (void)state;
    for (int round = 0; round < 300; round++) {
        int lo[3], hi[3];
        for (int i = 0; i < 3; i++) {
            lo[i] = (int)random_below(&r, 16);
            hi[i] = lo[i] + 1 + (int)random_below(&r, 16 - (uint32_t)lo[i]);
        }
        struct gox_bbox box = {{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}};
        gox_rgba out = round % 3 == 0 ? 0 : color_of(1);
        gox_rgba in = round % 5 == 0 ? 0 : color_of(random_below(&r, 2));
        gox_rgba want[GOX_BLOCK_VOXELS];
        for (int i = 0; i < GOX_BLOCK_VOXELS; i++)
            want[i] = gox_bbox_contains(
                              box, gox_pos_make(i & 15, i >> 4 & 15, i >> 8))
                              ? in
                              : out;
        gox_block *b = gox__block_new_box(out, in, box);
        assert_block(b, want);
        gox_block_unref(b);
    }
}

/* Random sets with few and with many colours; another holder of the block
 * appears now and then and must never see a change. */
static void test_set_like_array(void **state)
{
    static const unsigned palettes[] = {1, 2, 4, 5, 16, 17, 250, 300, 5000};
    struct random r = {5};

    (void)state;
    for (size_t k = 0; k < sizeof(palettes) / sizeof(palettes[0]); k++) {
        gox_rgba model[GOX_BLOCK_VOXELS] = {0}, seen[GOX_BLOCK_VOXELS];
        gox_block *b = gox_block_new_uniform(0), *other = NULL;
        for (unsigned n = 0; n < 20000; n++) {
            unsigned i = random_below(&r, n % 2 ? 4096 : 40);
            gox_rgba c = random_below(&r, 4) == 0
                                 ? random_below(&r, 9)
                                 : color_of(random_below(&r, palettes[k]));
            assert_int_equal(gox_block_set(&b, i, c), 0);
            model[i] = gox_rgba_a(c) == 0 ? 0 : c;
            if (n % 997 == 0) {
                if (other != NULL)
                    assert_block(other, seen);
                gox_block_unref(other);
                other = gox_block_ref(b);
                assert_true(gox_block_is_shared(b));
                memcpy(seen, model, sizeof(seen));
            }
        }
        assert_block(other, seen);
        gox_block_unref(other);
        assert_block(b, model);
        gox_block_unref(b);
    }
}

/* One voxel that takes many colours must not make the block large. */
static void test_unused_colors_are_reclaimed(void **state)
{
    gox_block *b = gox_block_new_uniform(color_of(0));

    (void)state;
    for (unsigned n = 1; n < 10000; n++)
        assert_int_equal(gox_block_set(&b, 77, color_of(n)), 0);
    assert_true(gox_block_bytes(b) <= 2200);
    assert_true(gox_block_is_sane(b));
    gox_block_unref(b);
}

static void test_restore_needs_no_memory(void **state)
{
    struct random r = {99};

    (void)state;
    for (int round = 0; round < 400; round++) {
        gox_rgba before[GOX_BLOCK_VOXELS];
        unsigned colors = 1 + random_below(&r, round % 2 ? 20 : 300);
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            before[i] = color_of(random_below(&r, colors));
        gox_block *b = gox_block_new(before);
        struct {
            unsigned index;
            gox_rgba color;
        } log[32];
        unsigned count = 1 + random_below(&r, 32);
        for (unsigned n = 0; n < count; n++) {
            log[n].index = random_below(&r, n % 2 ? 4096 : 8);
            log[n].color = gox_block_get(b, log[n].index);
            gox_rgba c = color_of(1000 + random_below(&r, 40));
            assert_int_equal(gox_block_set(&b, log[n].index, c), 0);
        }
        gox_alloc_fail_at(1, true);
        while (count-- > 0)
            gox__block_restore(b, log[count].index, log[count].color);
        gox_alloc_fail_at(0, false);
        assert_block(b, before);
        gox_block_unref(b);
    }
}

static void test_out_of_memory(void **state)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];

    (void)state;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        colors[i] = color_of(i % 256);
    gox_alloc_fail_at(1, true);
    assert_null(gox_block_new(colors));
    assert_null(gox_block_new_uniform(1));
    gox_alloc_fail_at(0, false);

    gox_block *b = gox_block_new(colors), *same = b;
    gox_alloc_fail_at(1, true);
    assert_int_equal(gox_block_set(&b, 0, color_of(5)), 0); /* in place */
    assert_int_equal(gox_block_set(&b, 1, color_of(999)), GOX_ERR_NOMEM);
    gox_alloc_fail_at(0, false);
    assert_ptr_equal(b, same);
    colors[0] = color_of(5);
    assert_block(b, colors);
    gox_block *other = gox_block_ref(b);
    gox_alloc_fail_at(1, true);
    assert_int_equal(gox_block_set(&b, 2, color_of(5)), GOX_ERR_NOMEM);
    gox_alloc_fail_at(0, false);
    assert_block(b, colors);
    gox_block_unref(other);
    gox_block_unref(b);
    gox_block_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_smallest_form),
            cmocka_unit_test(test_alpha_zero_is_nothing),
            cmocka_unit_test(test_new_box),
            cmocka_unit_test(test_set_like_array),
            cmocka_unit_test(test_unused_colors_are_reclaimed),
            cmocka_unit_test(test_restore_needs_no_memory),
            cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("voxel_block", tests, NULL, NULL);
}
