/* SPDX-License-Identifier: Apache-2.0
 * What every cmocka test needs: the includes in the order cmocka wants, and a
 * directory of its own. */
#ifndef GOX_TESTS_GOX_TEST_H
#define GOX_TESTS_GOX_TEST_H

/* cmocka.h needs the other four before it. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Makes a new empty directory and puts its path in dir. */
static inline void gox_test_dir(char dir[64])
{
    strcpy(dir, "/tmp/gox-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
}

/* Removes a directory made by gox_test_dir with all that is in it. */
static inline void gox_test_dir_remove(const char *dir)
{
    char command[128];
    assert_in_range(snprintf(command, sizeof command, "rm -rf '%s'", dir), 1,
            sizeof command - 1);
    assert_int_equal(system(command), 0);
}

#endif
