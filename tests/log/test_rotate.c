/* SPDX-License-Identifier: Apache-2.0
 * The rotating file: where it splits, what it keeps, what a full disk costs. */
#include "base/alloc.h"
#include "base/time.h"
#include "gox_test.h"
#include "log/compress.h"
#include "log/log_test.h"
#include "log/rotate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define DAY_MS INT64_C(86400000)

static gox_rotate *open_file(void **state, const struct gox_rotate_config *c)
{
    struct gox_error err = {0};
    gox_rotate *r = gox_rotate_open(log_test_path(state, "x.log"), c, &err);
    if (r == NULL)
        fail_msg("%s", err.text);
    return r;
}

static void put(gox_rotate *r, const char *text)
{
    assert_int_equal(
            gox_rotate_write(r, text, strlen(text), gox_time_wall_ms()), 0);
}

static void check_text(const char *path, const char *expected)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    if (!log_test_read(path, &text))
        fail_msg("%s is not there", path);
    assert_string_equal(gox_buf_text(&text), expected);
    gox_buf_fini(&text);
}

static void check_gone(const char *path)
{
    if (access(path, F_OK) == 0)
        fail_msg("%s is there", path);
}

/* Rows: what is written in pieces, the limit, and what the files hold. */
static const struct {
    const char *name;
    uint64_t max;
    const char *pieces[6];
    const char *live, *first, *second;
} splits[] = {
        {"fits", 100, {"one\n", "two\n"}, "one\ntwo\n", NULL, NULL},
        {"by size", 8, {"one\n", "two\n", "tri\n"}, "tri\n", "one\ntwo\n",
                NULL},
        {"in one piece", 8, {"one\ntwo\ntri\nfor\nfiv\n"}, "fiv\n",
                "tri\nfor\n", "one\ntwo\n"},
        {"a line in pieces stays together", 8, {"one\ntw", "oo", "oo\n", "x\n"},
                "x\n", "one\ntwoooo\n", NULL},
        {"longer than a file", 8, {"a\n", "0123456789\n", "b\n"}, "b\n",
                "0123456789\n", "a\n"},
        {"a line without end is split", 4, {"0123456789ab"}, "89ab", "01234567",
                NULL},
};

static void test_splits(void **state)
{
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        struct gox_rotate_config c = {
                .is_enabled = true, .max_bytes = splits[i].max, .max_files = 5};
        print_message("%s\n", splits[i].name);
        gox_rotate *r = open_file(state, &c);
        for (size_t k = 0; k < 6 && splits[i].pieces[k] != NULL; k++)
            put(r, splits[i].pieces[k]);
        gox_rotate_close(r);
        check_text(log_test_path(state, "x.log"), splits[i].live);
        if (splits[i].first != NULL)
            check_text(log_test_path(state, "x.log.1"), splits[i].first);
        else
            check_gone(log_test_path(state, "x.log.1"));
        if (splits[i].second != NULL)
            check_text(log_test_path(state, "x.log.2"), splits[i].second);
        unlink(log_test_path(state, "x.log"));
        unlink(log_test_path(state, "x.log.1"));
        unlink(log_test_path(state, "x.log.2"));
    }
}

static void test_keeps_max_files(void **state)
{
    struct gox_rotate_config c = {
            .is_enabled = true, .max_bytes = 4, .max_files = 3};
    char line[16];
    gox_rotate *r = open_file(state, &c);
    for (int i = 0; i < 20; i++) {
        snprintf(line, sizeof line, "%03d\n", i);
        put(r, line);
    }
    check_text(log_test_path(state, "x.log"), "019\n");
    check_text(log_test_path(state, "x.log.1"), "018\n");
    check_text(log_test_path(state, "x.log.3"), "016\n");
    check_gone(log_test_path(state, "x.log.4"));
    /* Fewer by a reload: the rest goes at once. */
    c.max_files = 1;
    gox_rotate_set_config(r, &c);
    check_text(log_test_path(state, "x.log.1"), "018\n");
    check_gone(log_test_path(state, "x.log.2"));
    check_gone(log_test_path(state, "x.log.3"));
    gox_rotate_close(r);
}

static void test_age(void **state)
{
    struct gox_rotate_config c = {
            .is_enabled = true, .max_files = 9, .max_age_ms = 9 * DAY_MS};
    int64_t now = gox_time_wall_ms();
    gox_rotate *r = open_file(state, &c);
    assert_int_equal(gox_rotate_write(r, "a\n", 2, now), 0);
    assert_int_equal(gox_rotate_write(r, "b\n", 2, now + DAY_MS / 2), 0);
    check_gone(log_test_path(state, "x.log.1"));
    assert_int_equal(gox_rotate_write(r, "c\n", 2, now + DAY_MS + 60000), 0);
    check_text(log_test_path(state, "x.log.1"), "a\nb\n");
    check_text(log_test_path(state, "x.log"), "c\n");
    gox_rotate_close(r);
    /* Retention looks at when a file was last written. */
    struct utimbuf old = {time(NULL) - 10 * 86400, time(NULL) - 10 * 86400};
    assert_int_equal(utime(log_test_path(state, "x.log.1"), &old), 0);
    int fd = open(
            log_test_path(state, "x.log.backup"), O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(utime(log_test_path(state, "x.log.backup"), &old), 0);
    r = open_file(state, &c);
    check_gone(log_test_path(state, "x.log.1"));
    check_text(log_test_path(state, "x.log.backup"), ""); /* not ours */
    gox_rotate_close(r);
}

static void test_compresses(void **state)
{
    struct gox_rotate_config c = {.is_enabled = true,
            .max_bytes = 1 << 20,
            .max_files = 9,
            .is_compressed = true};
    struct stat st;
    struct gox_buf all;
    gox_buf_init(&all, 0);
    gox_rotate *r = open_file(state, &c);
    for (int i = 0; i < 100000; i++) {
        char line[64];
        int len = snprintf(line, sizeof line, "this is line number %06d\n", i);
        assert_int_equal(gox_rotate_write(r, line, (size_t)len, 1), 0);
    }
    size_t slices = 0;
    while (gox_rotate_work(r))
        slices++;
    assert_true(slices > 3);
    check_gone(log_test_path(state, "x.log.1"));
    assert_int_equal(stat(log_test_path(state, "x.log.1.gz"), &st), 0);
    assert_true(st.st_size < 400000);
    assert_int_equal(st.st_mode & 0777, 0640);
    gox_rotate_close(r);
    assert_int_equal(
            log_test_read_chain(log_test_path(state, "x.log"), &all), 3);
    assert_int_equal(log_test_count_lines(&all), 100000);
    const char *text = gox_buf_text(&all);
    for (int i = 0; i < 100000; i++, text = strchr(text, '\n') + 1)
        assert_int_equal(atoi(text + 20), i);
    gox_buf_fini(&all);
}

/* A stop does not wait for compressing; the next start does it. */
static void test_compresses_later(void **state)
{
    struct gox_rotate_config c = {.is_enabled = true,
            .max_bytes = 8,
            .max_files = 9,
            .is_compressed = true};
    gox_rotate *r = open_file(state, &c);
    put(r, "first\n");
    put(r, "second\n");
    gox_rotate_close(r);
    check_text(log_test_path(state, "x.log.1"), "first\n");
    check_gone(log_test_path(state, "x.log.1.gz"));
    check_gone(log_test_path(state, "x.log.1.gz.tmp"));
    r = open_file(state, &c);
    while (gox_rotate_work(r))
        ;
    gox_rotate_close(r);
    check_gone(log_test_path(state, "x.log.1"));
    check_text(log_test_path(state, "x.log.1.gz"), "first\n");
}

static void test_leftovers(void **state)
{
    struct gox_rotate_config c = {
            .is_enabled = true, .max_bytes = 100, .max_files = 5};
    FILE *f = fopen(log_test_path(state, "x.log"), "w");
    fputs("whole\ntorn by a cr", f);
    fclose(f);
    f = fopen(log_test_path(state, "x.log.1.gz.tmp"), "w");
    fclose(f);
    gox_rotate *r = open_file(state, &c);
    put(r, "next\n");
    gox_rotate_close(r);
    check_text(log_test_path(state, "x.log"), "whole\ntorn by a cr\nnext\n");
    check_gone(log_test_path(state, "x.log.1.gz.tmp"));
}

static void test_mode_and_reopen(void **state)
{
    struct gox_rotate_config c = {0};
    struct stat st;
    umask(022);
    gox_rotate *r = open_file(state, &c);
    put(r, "one\n");
    assert_int_equal(stat(log_test_path(state, "x.log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    rename(log_test_path(state, "x.log"), log_test_path(state, "moved"));
    put(r, "two\n"); /* still goes to the moved file */
    assert_int_equal(gox_rotate_reopen(r), 0);
    put(r, "three\n");
    check_text(log_test_path(state, "moved"), "one\ntwo\n");
    check_text(log_test_path(state, "x.log"), "three\n");
    gox_rotate_close(r);
}

/* Somebody else's file now has the name: it is not moved. */
static void test_foreign_name(void **state)
{
    struct gox_rotate_config c = {
            .is_enabled = true, .max_bytes = 8, .max_files = 5};
    gox_rotate *r = open_file(state, &c);
    put(r, "one\n");
    rename(log_test_path(state, "x.log"), log_test_path(state, "moved"));
    FILE *f = fopen(log_test_path(state, "x.log"), "w");
    fputs("else\n", f);
    fclose(f);
    put(r, "two\n");
    put(r, "tri\n");
    check_gone(log_test_path(state, "x.log.1"));
    check_text(log_test_path(state, "x.log"), "else\ntri\n");
    gox_rotate_close(r);
}

/* A full disk, by the limit of file sizes. */
static void test_full(void **state)
{
    struct rlimit saved, small;
    struct gox_rotate_config c = {0};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &saved);
    small = saved;
    small.rlim_cur = 10;
    gox_rotate *r = open_file(state, &c);
    assert_int_equal(gox_rotate_write(r, "one\n", 4, 1000), 0);
    setrlimit(RLIMIT_FSIZE, &small);
    int code = gox_rotate_write(r, "two\nthree\nfour\n", 15, 1000);
    int waiting = gox_rotate_write(r, "five\n", 5, 1500);
    setrlimit(RLIMIT_FSIZE, &saved);
    assert_int_equal(code, GOX_ERR_IO);
    assert_int_equal(waiting, GOX_ERR_IO);
    /* three, four, five; and what is in the file is whole. */
    assert_int_equal(gox_rotate_take_lost(r), 3);
    assert_int_equal(gox_rotate_take_lost(r), 0);
    check_text(log_test_path(state, "x.log"), "one\ntwo\n");
    assert_int_equal(gox_rotate_write(r, "six\n", 4, 2100), 0);
    check_text(log_test_path(state, "x.log"), "one\ntwo\nsix\n");
    gox_rotate_close(r);
}

/* The same on a file system that is full, where this may be mounted. */
static void test_full_disk(void **state)
{
    const char *dir = log_test_path(state, "disk");
    char command[512];
    mkdir(dir, 0700);
    snprintf(command, sizeof command,
            "mount -t tmpfs -o size=64k none '%s' 2>/dev/null", dir);
    if (system(command) != 0) {
        print_message("no mount here: not tried\n");
        skip();
    }
    struct gox_rotate_config c = {.is_enabled = true,
            .max_bytes = 20000,
            .max_files = 9,
            .is_compressed = true};
    struct gox_error err;
    gox_rotate *r =
            gox_rotate_open(log_test_path(state, "disk/x.log"), &c, &err);
    uint64_t lost = 0, put_count = 0;
    srand(1);
    for (int i = 0; i < 4000; i++) {
        char line[80];
        int len = snprintf(
                line, sizeof line, "%d %d %d %d\n", i, rand(), rand(), rand());
        int code = gox_rotate_write(r, line, (size_t)len, i);
        (void)code;
        put_count++;
        gox_rotate_work(r);
    }
    lost = gox_rotate_take_lost(r);
    gox_rotate_close(r);
    struct gox_buf all;
    gox_buf_init(&all, 0);
    log_test_read_chain(log_test_path(state, "disk/x.log"), &all);
    uint64_t there = log_test_count_lines(&all);
    gox_buf_fini(&all);
    snprintf(command, sizeof command, "umount '%s'",
            log_test_path(state, "disk"));
    assert_int_equal(system(command), 0);
    assert_true(lost > 0);
    assert_int_equal(there + lost, put_count);
}

static void test_no_memory(void **state)
{
    struct gox_rotate_config c = {.is_enabled = true,
            .max_bytes = 10,
            .max_files = 3,
            .is_compressed = true};
    bool is_done = false;
    for (uint64_t n = 1; !is_done; n++) {
        struct gox_error err = {0};
        gox_alloc_fail_at(n, false);
        gox_rotate *r =
                gox_rotate_open(log_test_path(state, "x.log"), &c, &err);
        is_done = r != NULL;
        if (r == NULL)
            assert_int_equal(err.code, GOX_ERR_NOMEM);
        gox_rotate_close(r);
        gox_alloc_fail_at(0, false);
    }
    /* Rotation without memory: no line is lost, it is tried again later. */
    for (uint64_t n = 1; n < 12; n++) {
        struct gox_buf all;
        gox_buf_init(&all, 0);
        unlink(log_test_path(state, "x.log"));
        unlink(log_test_path(state, "x.log.1"));
        unlink(log_test_path(state, "x.log.1.gz"));
        gox_rotate *r = open_file(state, &c);
        put(r, "123456\n");
        gox_alloc_fail_at(n, false);
        put(r, "234567\n");
        gox_alloc_fail_at(0, false);
        gox_rotate_close(r);
        log_test_read_chain(log_test_path(state, "x.log"), &all);
        assert_string_equal(gox_buf_text(&all), "123456\n234567\n");
        gox_buf_fini(&all);
    }
}

static void test_bad_path(void **state)
{
    struct gox_rotate_config c = {0};
    struct gox_error err = {0};
    assert_null(gox_rotate_open(log_test_path(state, "no/x.log"), &c, &err));
    assert_int_equal(err.code, GOX_ERR_IO);
    assert_non_null(strstr(err.text, "no/x.log"));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, log_test_setup, log_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_splits),
            TEST(test_keeps_max_files),
            TEST(test_age),
            TEST(test_compresses),
            TEST(test_compresses_later),
            TEST(test_leftovers),
            TEST(test_mode_and_reopen),
            TEST(test_foreign_name),
            TEST(test_full),
            TEST(test_full_disk),
            TEST(test_no_memory),
            TEST(test_bad_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
