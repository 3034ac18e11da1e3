/* SPDX-License-Identifier: Apache-2.0
 * What is the same for every way to hold a process. */
#include "platform/process.h"

#include "base/time.h"

#include <poll.h>
#include <unistd.h>

void gox_process_init(struct gox_process *p)
{
    *p = (struct gox_process){.pidfd = -1, .out_fd = -1, .err_fd = -1};
}

int gox_process_wait(struct gox_process *p, int timeout_ms)
{
    int64_t end_at_ns = gox_time_now_ns() + (int64_t)timeout_ms * GOX_NS_PER_MS;
    int code = gox_process_check(p);
    while (code == 0) {
        struct pollfd ended = {.fd = p->pidfd, .events = POLLIN};
        int64_t left_ms = (end_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
        if (timeout_ms >= 0 && left_ms <= 0)
            return GOX_ERR_TIMEOUT;
        poll(&ended, 1, timeout_ms < 0 ? -1 : (int)left_ms + 1);
        code = gox_process_check(p);
    }
    return code;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void gox_process_close(struct gox_process *p)
{
    close_fd(&p->pidfd);
    close_fd(&p->out_fd);
    close_fd(&p->err_fd);
    gox_process_init(p);
}
