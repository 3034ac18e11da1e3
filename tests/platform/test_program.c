/* SPDX-License-Identifier: Apache-2.0
 * Where executables are found, and where not. */
#include "gox_test.h"
#include "platform/program.h"

#include <sys/stat.h>

static char dir[64];

static void put(const char *name, unsigned mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_beside(void **state)
{
    char file[128], path[256], wanted[128];
    (void)state;
    put("tool", 0755);
    put("text", 0644);
    snprintf(file, sizeof file, "%s/whatever", dir);
    snprintf(wanted, sizeof wanted, "%s/tool", dir);
    assert_true(gox_program_beside(file, "tool", path, sizeof path));
    assert_string_equal(path, wanted);
    assert_false(gox_program_beside(file, "text", path, sizeof path));
    assert_false(gox_program_beside(file, "nothing", path, sizeof path));
    assert_false(gox_program_beside("whatever", "tool", path, sizeof path));
    assert_false(gox_program_beside(NULL, "tool", path, sizeof path));
    assert_false(gox_program_beside(file, "tool", path, 8)); /* cut off */
}

static void test_beside_own(void **state)
{
    char path[4096];
    (void)state;
    assert_true(
            gox_program_beside_own("test_platform_program", path, sizeof path));
    assert_false(gox_program_beside_own("nothing", path, sizeof path));
}

static void test_on_path(void **state)
{
    static const struct {
        const char *list; /* % is the directory */
        bool is_found;
    } rows[] = {{"%", true}, {"/nowhere:%", true}, {":%", true},
            {"%:/nowhere", true}, {"/nowhere", false}, {"", false},
            {":", false}, {"::/nowhere:", false}};
    char list[256], path[256], wanted[128], here[4096];
    (void)state;
    put("tool", 0755);
    snprintf(wanted, sizeof wanted, "%s/tool", dir);
    /* What lies in the current directory is not found. */
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(dir), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *mark = strchr(rows[i].list, '%');
        size_t before = mark != NULL ? (size_t)(mark - rows[i].list)
                                     : strlen(rows[i].list);
        snprintf(list, sizeof list, "%.*s%s%s", (int)before, rows[i].list,
                mark != NULL ? dir : "", mark != NULL ? mark + 1 : "");
        setenv("PATH", list, 1);
        bool is_found = gox_program_on_path("tool", path, sizeof path);
        if (is_found != rows[i].is_found)
            fail_msg("PATH=\"%s\"", list);
        if (is_found)
            assert_string_equal(path, wanted);
    }
    unsetenv("PATH");
    assert_false(gox_program_on_path("tool", path, sizeof path));
    assert_int_equal(chdir(here), 0);
}

static int setup(void **state)
{
    (void)state;
    gox_test_dir(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    setenv("PATH", "/usr/bin:/bin", 1);
    gox_test_dir_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
            cmocka_unit_test_setup_teardown(test_beside_own, setup, teardown),
            cmocka_unit_test_setup_teardown(test_on_path, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
