/* SPDX-License-Identifier: Apache-2.0
 * Which paths a client reaches: the same list by the kernel's resolution and
 * by the portable walk. */
#include "gox_test.h"
#include "platform/os.h"
#include "platform/path.h"

#include <fcntl.h>
#include <sys/stat.h>

struct tree {
    char dir[64];
    gox_paths *paths;
};

static void put_file(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("hello", file);
    fclose(file);
}

static void put_link(const char *dir, const char *name, const char *target)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(symlink(target, path), 0);
}

static void put_dir(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void setup(struct tree *t, bool use_walk)
{
    struct gox_error err;
    char path[256];
    gox_test_dir(t->dir);
    put_dir(t->dir, "in");
    put_dir(t->dir, "in/sub");
    put_dir(t->dir, "out");
    put_file(t->dir, "in/a.gox");
    put_file(t->dir, "in/sub/b.gox");
    put_file(t->dir, "out/secret");
    put_link(t->dir, "in/ok", "sub/b.gox");
    put_link(t->dir, "in/okdir", "sub");
    put_link(t->dir, "in/chain", "okdir/../ok");
    put_link(t->dir, "in/up", "../out/secret");
    put_link(t->dir, "in/updir", "../out");
    put_link(t->dir, "in/abs", "/etc/passwd");
    put_link(t->dir, "in/absdir", "/etc");
    put_link(t->dir, "in/loop", "loop");
    put_link(t->dir, "in/sub/rise", "../../out/secret");
    put_link(t->dir, "alias", "in");
    snprintf(path, sizeof path, "%s/in", t->dir);
    t->paths = gox_paths_new(path);
    assert_non_null(t->paths);
    /* Given by its alias: both names must work. */
    snprintf(path, sizeof path, "%s/alias", t->dir);
    assert_int_equal(gox_paths_add(t->paths, path, &err), 0);
    gox_paths_use_walk(t->paths, use_walk);
}

static void teardown(struct tree *t)
{
    gox_paths_free(t->paths);
    gox_test_dir_remove(t->dir);
}

/* 0 when it opened and holds "hello", else the error; %s of path is the
 * directory. */
static int open_read(const struct tree *t, const char *fmt)
{
    char path[300];
    char text[8] = "";
    struct gox_error err;
    int fd;
    snprintf(path, sizeof path, fmt, t->dir);
    int code = gox_paths_open_read(t->paths, path, &fd, &err);
    if (code < 0) {
        assert_int_equal(err.code, code);
        return code;
    }
    assert_int_equal(read(fd, text, 5), 5);
    assert_string_equal(text, "hello");
    close(fd);
    return 0;
}

static const struct {
    const char *path;
    int code;
} reads[] = {
        {"a.gox", 0},
        {"./sub/../a.gox", 0},
        {"sub//b.gox", 0},
        {"%s/in/a.gox", 0},
        {"%s/alias/a.gox", 0},
        {"%s/in/./sub/b.gox", 0},
        {"ok", 0},
        {"okdir/b.gox", 0},
        {"chain", 0},
        {"../out/secret", GOX_ERR_FORBIDDEN},
        {"sub/../../out/secret", GOX_ERR_FORBIDDEN},
        {"up", GOX_ERR_FORBIDDEN},
        {"updir/secret", GOX_ERR_FORBIDDEN},
        {"sub/rise", GOX_ERR_FORBIDDEN},
        {"abs", GOX_ERR_FORBIDDEN},
        {"absdir/passwd", GOX_ERR_FORBIDDEN},
        {"/etc/passwd", GOX_ERR_FORBIDDEN},
        {"%s/out/secret", GOX_ERR_FORBIDDEN},
        {"%s/in/../out/secret", GOX_ERR_FORBIDDEN},
        {"%s/inside/a.gox", GOX_ERR_FORBIDDEN},
        {"missing", GOX_ERR_NOT_FOUND},
        {"missing/a.gox", GOX_ERR_NOT_FOUND},
        {"a.gox/b", GOX_ERR_NOT_FOUND},
        {"loop", GOX_ERR_IO},
        {"", GOX_ERR_NOT_FOUND},
};

static void check_reads(bool use_walk)
{
    struct tree t;
    setup(&t, use_walk);
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        int code = open_read(&t, reads[i].path);
        if (code != reads[i].code)
            fail_msg("%s%s: %d instead of %d", reads[i].path,
                    use_walk ? " by the walk" : "", code, reads[i].code);
    }
    teardown(&t);
}

static void test_reads(void **state)
{
    (void)state;
    check_reads(false);
    check_reads(true);
}

static void test_message_lists_directories(void **state)
{
    struct tree t;
    struct gox_error err;
    int fd;
    (void)state;
    setup(&t, false);
    assert_int_equal(gox_paths_open_read(t.paths, "/etc/passwd", &fd, &err),
            GOX_ERR_FORBIDDEN);
    assert_non_null(strstr(err.text, "/alias"));
    assert_non_null(strstr(err.text, "/etc/passwd"));
    teardown(&t);
}

static int open_parent(
        const struct tree *t, const char *fmt, const char *expected)
{
    char path[300];
    struct gox_error err;
    const char *name;
    int fd;
    snprintf(path, sizeof path, fmt, t->dir);
    int code = gox_paths_open_parent(t->paths, path, &fd, &name, &err);
    if (code < 0)
        return code;
    assert_string_equal(name, expected);
    close(fd);
    return 0;
}

static void test_parents(void **state)
{
    (void)state;
    for (int use_walk = 0; use_walk < 2; use_walk++) {
        struct tree t;
        setup(&t, use_walk != 0);
        assert_int_equal(open_parent(&t, "new.gox", "new.gox"), 0);
        assert_int_equal(open_parent(&t, "sub/new.gox", "new.gox"), 0);
        assert_int_equal(open_parent(&t, "%s/in/okdir/x", "x"), 0);
        assert_int_equal(open_parent(&t, "up", "up"), 0);
        assert_int_equal(open_parent(&t, "updir/x", "x"), GOX_ERR_FORBIDDEN);
        assert_int_equal(open_parent(&t, "../out/x", "x"), GOX_ERR_FORBIDDEN);
        assert_int_equal(open_parent(&t, "/x", "x"), GOX_ERR_FORBIDDEN);
        assert_int_equal(open_parent(&t, "nodir/x", "x"), GOX_ERR_NOT_FOUND);
        assert_int_equal(open_parent(&t, "sub/", ""), GOX_ERR_IO);
        assert_int_equal(open_parent(&t, "..", ""), GOX_ERR_IO);
        teardown(&t);
    }
}

static void test_fifo_does_not_block(void **state)
{
    struct tree t;
    struct gox_error err;
    struct gox_buf full;
    char path[200];
    int fd;
    (void)state;
    setup(&t, false);
    snprintf(path, sizeof path, "%s/in/fifo", t.dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(gox_paths_open_read(t.paths, "fifo", &fd, &err), 0);
    close(fd);
    gox_buf_init(&full, 0);
    assert_int_equal(gox_paths_full(t.paths, "sub/../x", &full), 0);
    snprintf(path, sizeof path, "%s/in/x", t.dir);
    assert_string_equal(gox_buf_text(&full), path);
    gox_buf_fini(&full);
    teardown(&t);
}

static void test_all(void **state)
{
    struct gox_error err;
    int fd;
    (void)state;
    gox_paths *paths = gox_paths_new("/etc");
    assert_int_equal(gox_paths_add_all(paths, &err), 0);
    assert_int_equal(gox_paths_open_read(paths, "passwd", &fd, &err), 0);
    close(fd);
    assert_int_equal(gox_paths_open_read(paths, "../etc/passwd", &fd, &err), 0);
    close(fd);
    gox_paths_free(paths);
}

static void test_absolute(void **state)
{
    static const char *const pairs[][2] = {{"/", "/"}, {"/a//b/", "/a/b"},
            {"/a/./b/../c", "/a/c"}, {"/../..", "/"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct gox_buf out;
        gox_buf_init(&out, 0);
        assert_int_equal(gox_os_absolute(pairs[i][0], &out), 0);
        assert_string_equal(gox_buf_text(&out), pairs[i][1]);
        gox_buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_reads),
            cmocka_unit_test(test_message_lists_directories),
            cmocka_unit_test(test_parents),
            cmocka_unit_test(test_fifo_does_not_block),
            cmocka_unit_test(test_all),
            cmocka_unit_test(test_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
