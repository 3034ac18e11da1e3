/* SPDX-License-Identifier: Apache-2.0
 * What the tests of processes share: waiting with a limit, the helper program,
 * counting descriptors, and children that must not leave through cmocka. */
#ifndef GOX_TESTS_PLATFORM_TEST_H
#define GOX_TESTS_PLATFORM_TEST_H

#include "gox_test.h"
#include "platform/os.h"
#include "platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WAIT_LIMIT_MS 10000

/* Looks at the condition each millisecond until it holds; fails after the
 * limit. */
#define wait_until(condition)                                                  \
    do {                                                                       \
        bool holds = false;                                                    \
        for (int ms = 0; ms < WAIT_LIMIT_MS && !holds; ms++) {                 \
            holds = (condition);                                               \
            if (!holds)                                                        \
                poll(NULL, 0, 1);                                              \
        }                                                                      \
        if (!holds)                                                            \
            fail_msg("not within %d ms: %s", WAIT_LIMIT_MS, #condition);       \
    } while (0)

/* The path of a program that was built beside this one. */
static inline const char *beside(char path[512], const char *name)
{
    ssize_t len = readlink("/proc/self/exe", path, 400);
    assert_true(len > 0);
    path[len] = '\0';
    strcpy(strrchr(path, '/') + 1, name);
    return path;
}

/* In a forked child: 0 when all is well, else the line that went wrong, as the
 * exit code. */
#define child_check(condition)                                                 \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__,      \
                    #condition, errno);                                        \
            fflush(NULL);                                                      \
            _exit(99);                                                         \
        }                                                                      \
    } while (0)

/* Runs body in a child; its exit code, or 256 + signal. */
static inline int run_forked(void (*body)(void *), void *ctx)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body(ctx);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static inline bool is_running(int64_t pid)
{
    struct gox_proc_info info;
    return gox_proc_info_read(pid, 0, &info) == 0 && info.state != 'Z' &&
           info.state != 'X';
}

#endif
