/* SPDX-License-Identifier: Apache-2.0
 * Outputs appear whole or not at all; inputs are bounded regular files. */
#include "base/alloc.h"
#include "base/io.h"
#include "gox_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char g_dir[64];
static char g_path[128];

static int setup(void **state)
{
    (void)state;
    gox_test_dir(g_dir);
    snprintf(g_path, sizeof g_path, "%s/model.gox", g_dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gox_test_dir_remove(g_dir);
    return 0;
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *dir = opendir(g_dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(dir);
    return count;
}

static void write_file(const char *text)
{
    struct gox_error err;
    struct gox_output *out = gox_output_open_file(g_path, &err);
    assert_non_null(out);
    gox_output_put_str(out, text);
    assert_int_equal(gox_output_commit(out), 0);
    gox_output_close(out);
}

static void assert_content(const char *text)
{
    struct gox_input in;
    assert_int_equal(gox_input_read_file(&in, g_path, 0, NULL), 0);
    assert_int_equal(in.len, strlen(text));
    assert_memory_equal(in.data, text, in.len);
    gox_input_fini(&in);
}

static void test_uncommitted_leaves_the_old_file(void **state)
{
    (void)state;
    write_file("old");
    assert_int_equal(chmod(g_path, 0600), 0);
    /* Only root can give a file away, and must not take it away. */
    bool is_root = geteuid() == 0;
    if (is_root)
        assert_int_equal(chown(g_path, 12345, 23456), 0);
    struct gox_output *out = gox_output_open_file(g_path, NULL);
    gox_output_put_str(out, "new");
    gox_output_close(out);
    assert_content("old");
    write_file("newer");
    assert_content("newer");
    struct stat st;
    assert_int_equal(stat(g_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    if (is_root) {
        assert_int_equal(st.st_uid, 12345);
        assert_int_equal(st.st_gid, 23456);
    }
    assert_int_equal(count_files(), 1);
}

static void test_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    write_file("old");
    /* A file size limit is the disk that is full: write fails with EFBIG. */
    struct rlimit old, small = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct gox_error err = {0};
    struct gox_output *out = gox_output_open_file(g_path, &err);
    char chunk[4096] = {0};
    for (int i = 0; i < 1000; i++)
        gox_output_put(out, chunk, sizeof chunk);
    assert_int_equal(gox_output_commit(out), GOX_ERR_IO);
    gox_output_close(out);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_non_null(strstr(err.text, "model.gox"));
    assert_content("old");
    assert_int_equal(count_files(), 1);
}

static void test_symlink_is_replaced_not_followed(void **state)
{
    (void)state;
    char target[128];
    snprintf(target, sizeof target, "%s/target", g_dir);
    assert_int_equal(symlink(target, g_path), 0);
    write_file("x");
    struct stat st;
    assert_int_equal(lstat(g_path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_not_equal(access(target, F_OK), 0);
}

static void test_bad_targets(void **state)
{
    (void)state;
    struct gox_error err;
    assert_null(gox_output_open_file("/nonexistent-dir/x", &err));
    assert_int_equal(err.code, GOX_ERR_IO);
    assert_non_null(strstr(err.text, "No such file"));
    assert_null(gox_output_open_file("/tmp/", &err));
    assert_null(gox_output_open_file("/tmp", &err));
    assert_non_null(strstr(err.text, "Is a directory"));
}

static void test_memory_output(void **state)
{
    (void)state;
    struct gox_buf dest;
    struct gox_error err;
    gox_buf_init(&dest, 10);
    struct gox_output *out = gox_output_open_memory(&dest, &err);
    gox_output_printf(out, "%d-%d", 12, 34);
    assert_int_equal(dest.len, 0);
    assert_int_equal(gox_output_commit(out), 0);
    gox_output_close(out);
    assert_string_equal(gox_buf_text(&dest), "12-34");

    out = gox_output_open_memory(&dest, &err);
    gox_output_put_str(out, "too long");
    assert_int_equal(gox_output_commit(out), GOX_ERR_TOO_LARGE);
    gox_output_close(out);
    gox_buf_fini(&dest);
}

static void test_large_and_small_writes_keep_their_order(void **state)
{
    (void)state;
    struct gox_buf dest;
    gox_buf_init(&dest, 0);
    struct gox_output *out = gox_output_open_memory(&dest, NULL);
    char *large = malloc(300000);
    memset(large, 'L', 300000);
    for (int i = 0; i < 3; i++) {
        gox_output_put_str(out, "s");
        gox_output_put(out, large, 300000);
        uint8_t *at = gox_output_reserve(out, GOX_OUTPUT_CHUNK);
        at[0] = 'r';
        gox_output_advance(out, 1);
    }
    assert_int_equal(out->written_bytes, 900006);
    assert_int_equal(gox_output_commit(out), 0);
    gox_output_close(out);
    assert_int_equal(dest.len, 900006);
    assert_memory_equal(dest.data + 300000, "LrsL", 4);
    free(large);
    gox_buf_fini(&dest);
}

static void test_input_limits(void **state)
{
    (void)state;
    struct gox_input in;
    struct gox_error err;
    write_file("12345678");
    assert_int_equal(
            gox_input_read_file(&in, g_path, 7, &err), GOX_ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "at most 7"));
    assert_int_equal(gox_input_read_file(&in, g_dir, 0, &err), GOX_ERR_IO);
    assert_non_null(strstr(err.text, "directory"));
    char fifo[128];
    snprintf(fifo, sizeof fifo, "%s/fifo", g_dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(gox_input_read_file(&in, fifo, 0, &err), GOX_ERR_IO);
    gox_alloc_fail_at(1, false);
    assert_int_equal(gox_input_read_file(&in, g_path, 0, &err), GOX_ERR_NOMEM);
    gox_alloc_fail_at(0, false);
    assert_null(in.data);
}

static void test_write_all(void **state)
{
    (void)state;
    char text[] = "all of it", got[32] = "";
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_int_equal(gox_write_all(ends[1], text, sizeof text), sizeof text);
    assert_int_equal(read(ends[0], got, sizeof got), sizeof text);
    assert_string_equal(got, text);
    static char large[1 << 20];
    size_t put = gox_write_all(ends[1], large, sizeof large);
    assert_int_equal(errno, EAGAIN);
    assert_in_range(put, 1, sizeof large - 1);
    close(ends[0]);
    close(ends[1]);
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    assert_int_equal(gox_write_all(full, text, sizeof text), 0);
    assert_int_equal(errno, ENOSPC);
    close(full);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
            TEST(test_uncommitted_leaves_the_old_file),
            TEST(test_full_disk_leaves_the_old_file),
            TEST(test_symlink_is_replaced_not_followed),
            TEST(test_bad_targets),
            TEST(test_memory_output),
            TEST(test_large_and_small_writes_keep_their_order),
            TEST(test_input_limits),
            TEST(test_write_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
