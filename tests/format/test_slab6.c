/* SPDX-License-Identifier: Apache-2.0
 * The headerless .vox files of SLAB6: found by their length, upright, with the
 * full range of colours. */
#include "format/format_test.h"

#include <string.h>

static void test_headerless_files(void **state)
{
    (void)state;
    uint8_t file[12 + 24 + 768];
    memset(file, 255, sizeof(file));
    memset(file + 12 + 24, 0, 768);
    static const uint8_t sizes[12] = {2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0};
    memcpy(file, sizes, 12);
    file[12 + 1 * 12 + 2 * 4 + 3] = 7; /* x 1, y 2, z 3 */
    memcpy(file + 36 + 3 * 7, (const uint8_t[]){63, 0, 32}, 3);
    assert_ptr_equal(
            gox_format_detect(file, sizeof(file), "a.vox"), ft_format("slab6"));
    struct gox_image *img = ft_read("slab6", file, sizeof(file));
    assert_int_equal(gox_image_solid(img), 1);
    assert_int_equal(
            gox_volume_get(img->layers[0]->volume, gox_pos_make(0, -1, -2)),
            gox_rgba_make(255, 0, 129, 255));
    gox_image_free(img);
    assert_int_equal(
            ft_truncate_all("slab6", file, sizeof(file), sizeof(file)), 0);
    ft_fail_allocations_reading("slab6", file, sizeof(file));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_headerless_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
