/* SPDX-License-Identifier: Apache-2.0
 * journald's native protocol against a socket of the test's own. */
#include "base/alloc.h"
#include "gox_test.h"
#include "log/log.h"
#include "log/log_test.h"
#include "platform/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* One datagram, or the memory file that came with an empty one (*file). */
static void receive(int fd, struct gox_buf *entry, int *file)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 5000), 1);
    gox_buf_init(entry, 0);
    uint8_t *room = gox_buf_reserve(entry, 1 << 20);
    struct iovec part = {room, 1 << 20};
    struct msghdr message = {.msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = control.bytes,
            .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(fd, &message, 0);
    assert_true(got >= 0);
    gox_buf_commit(entry, (size_t)got);
    *file = -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head != NULL)
        memcpy(file, CMSG_DATA(head), sizeof *file);
}

static void expect(const struct gox_buf *entry, const char *line)
{
    if (memmem(entry->data, entry->len, line, strlen(line)) == NULL)
        fail_msg("no %s in %.*s", line, (int)entry->len, (char *)entry->data);
}

static void test_entry(void **state)
{
    struct gox_log_config config;
    struct gox_error err;
    struct gox_buf entry;
    int file;
    const char *path = log_test_path(state, "socket");
    int fd = listen_at(path);
    gox_log_config_init(&config);
    config.format = GOX_LOG_JOURNALD;
    gox_log *log = gox_log_open("", "goxel-test", path, &config, &err);
    assert_non_null(log);
    assert_int_equal(gox_log_get_format(log), GOX_LOG_JOURNALD);
    struct gox_log_field fields[] = {gox_log_int("exit_code", 7),
            gox_log_text("path", "a\nb"), gox_log_secret("token")};
    gox_log_put_fields(
            log, GOX_LOG_WARN, GOX_LOG_C_STORE, fields, 3, "two\nlines");
    receive(fd, &entry, &file);
    assert_int_equal(file, -1);
    assert_memory_equal(entry.data, "PRIORITY=4\n", 11);
    static const char message[] = "MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n";
    assert_non_null(memmem(entry.data, entry.len, message, sizeof message - 1));
    static const char value[] = "GOXEL_PATH\n\x03\0\0\0\0\0\0\0a\nb\n";
    assert_non_null(memmem(entry.data, entry.len, value, sizeof value - 1));
    expect(&entry, "\nSYSLOG_IDENTIFIER=goxel-test\n");
    expect(&entry, "\nGOXEL_COMPONENT=store\n");
    expect(&entry, "\nGOXEL_EXIT_CODE=7\n");
    expect(&entry, "\nGOXEL_TOKEN=[secret]\n");
    expect(&entry, "\nTID=");
    gox_buf_fini(&entry);
    gox_log_put(log, GOX_LOG_DEBUG, GOX_LOG_C_STORE, "not this");
    gox_log_put(log, GOX_LOG_ERROR, GOX_LOG_C_STORE, "plain");
    receive(fd, &entry, &file);
    expect(&entry, "PRIORITY=3\nMESSAGE=plain\n");
    gox_buf_fini(&entry);
    gox_log_close(log);
    close(fd);
}

/* More than a datagram holds: a sealed memory file. */
static void test_memfd(void **state)
{
    struct gox_buf entry;
    struct stat st;
    int file, fd, size = 400000;
    char *data = malloc((size_t)size);
    memset(data, 'x', (size_t)size);
    memcpy(data, "MESSAGE=", 8);
    data[size - 1] = '\n';
    const char *path = log_test_path(state, "socket");
    int server = listen_at(path);
    assert_int_equal(gox_journal_open(path, &fd), 0);
    assert_int_equal(gox_journal_send(fd, path, data, (size_t)size), 0);
    receive(server, &entry, &file);
    assert_int_equal(entry.len, 0);
    assert_true(file >= 0);
    assert_int_equal(fcntl(file, F_GET_SEALS),
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    assert_int_equal(fstat(file, &st), 0);
    assert_int_equal(st.st_size, size);
    char *back = malloc((size_t)size);
    assert_int_equal(pread(file, back, (size_t)size, 0), size);
    assert_memory_equal(back, data, (size_t)size);
    free(back);
    free(data);
    close(file);
    close(fd);
    close(server);
    gox_buf_fini(&entry);
}

/* journald is stopped: the log goes on, counts, and tells. */
static void test_stopped(void **state)
{
    struct gox_log_config config;
    struct gox_error err;
    struct gox_log_stats stats = {0};
    struct gox_buf entry;
    int file;
    const char *path = log_test_path(state, "socket");
    int fd = listen_at(path);
    gox_log_config_init(&config);
    config.format = GOX_LOG_JOURNALD;
    gox_log *log = gox_log_open("", "goxel-test", path, &config, &err);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "one");
    receive(fd, &entry, &file);
    gox_buf_fini(&entry);
    close(fd);
    unlink(path);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "nobody hears this");
    assert_true(gox_log_flush(log, 5000));
    gox_log_get_stats(log, &stats);
    assert_int_equal(stats.dropped, 1);
    fd = listen_at(path);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "again");
    receive(fd, &entry, &file);
    expect(&entry, "MESSAGE=again\n");
    gox_buf_fini(&entry);
    receive(fd, &entry, &file);
    expect(&entry, "MESSAGE=1 records dropped\n");
    expect(&entry, "GOXEL_DROPPED=1\n");
    gox_buf_fini(&entry);
    gox_log_close(log);
    close(fd);
}

/* Auto: only when JOURNAL_STREAM is this very standard error. */
static void test_auto(void **state)
{
    struct gox_log_config config;
    struct gox_error err;
    struct stat st;
    char text[64];
    const char *path = log_test_path(state, "socket");
    int fd = listen_at(path);
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    gox_log_config_init(&config);
    const struct {
        unsigned long long dev, inode;
        const char *extra;
        bool is_journal;
    } rows[] = {
            {st.st_dev, st.st_ino, "", true},
            {st.st_dev, st.st_ino + 1, "", false},
            {st.st_dev + 1, st.st_ino, "", false},
            {st.st_dev, st.st_ino, ":1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "%llu:%llu%s", rows[i].dev, rows[i].inode,
                rows[i].extra);
        setenv("JOURNAL_STREAM", text, 1);
        gox_log *log = gox_log_open("", "x", path, &config, &err);
        assert_int_equal(gox_log_get_format(log) == GOX_LOG_JOURNALD,
                rows[i].is_journal);
        gox_log_close(log);
    }
    unsetenv("JOURNAL_STREAM");
    gox_log *log = gox_log_open("", "x", path, &config, &err);
    assert_int_not_equal(gox_log_get_format(log), GOX_LOG_JOURNALD);
    gox_log_close(log);
    /* Asked for, but there is none. */
    config.format = GOX_LOG_JOURNALD;
    log = gox_log_open("", "x", log_test_path(state, "none"), &config, &err);
    assert_int_equal(gox_log_get_format(log), GOX_LOG_JSON);
    gox_log_close(log);
    close(fd);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, log_test_setup, log_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_entry),
            TEST(test_memfd),
            TEST(test_stopped),
            TEST(test_auto),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
