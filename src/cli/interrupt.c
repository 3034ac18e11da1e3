/* SPDX-License-Identifier: Apache-2.0
 * Signals through a pipe (the poll would otherwise miss one that comes just
 * before it sleeps).
 *
 * The state is static: a signal handler has no other way to reach it. */
#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int pipe_fds[2] = {-1, -1};

static void on_signal(int number)
{
    int keep = errno;
    ssize_t ignored;

    caught = number;
    /* A full pipe wakes as well. */
    ignored = write(pipe_fds[1], "", 1);
    (void)ignored;
    errno = keep;
}

int gox_cli_catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    if (pipe_fds[0] >= 0)
        return 0;
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction old;
        /* What was ignored (nohup) stays ignored. */
        if (sigaction(signals[i], NULL, &old) != 0 || old.sa_handler == SIG_IGN)
            continue;
        if (sigaction(signals[i], &action, NULL) != 0)
            return -1;
    }
    return 0;
}

int gox_cli_interrupted(void)
{
    return caught;
}

int gox_cli_interrupt_fd(void)
{
    return pipe_fds[0];
}

int gox_cli_end(int code)
{
    int number = caught;

    if (number == 0)
        return code;
    signal(number, SIG_DFL);
    raise(number);
    return 128 + number;
}
