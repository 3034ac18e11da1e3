/* SPDX-License-Identifier: Apache-2.0
 * Where lines leave the process. A pipe whose reader does not read makes the
 * writer thread wait, so the ring fills and drops: nobody else waits. */
#include "log/log_internal.h"
#include "platform/journal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 200

/* Until fd takes bytes; false when it never will, or nobody may wait. */
static bool wait_for_room(struct gox__sink *sink)
{
    struct pollfd room = {.fd = sink->fd, .events = POLLOUT};
    for (;;) {
        bool is_hurried = atomic_load(&sink->is_hurried);
        int got = poll(&room, 1, is_hurried ? 0 : WAIT_MS);
        if (got > 0)
            return (room.revents & POLLOUT) != 0;
        if (is_hurried || (got < 0 && errno != EINTR))
            return false;
    }
}

/* Bytes that went out. */
static size_t put_bytes(struct gox__sink *sink, const char *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        size_t part = len - done;
        /* A pipe with any room has room for so much: the write then does not
         * block, and is_hurried is looked at in between. */
        if (!sink->is_stream && part > PIPE_BUF)
            part = PIPE_BUF;
        if (!sink->is_stream && !wait_for_room(sink))
            break;
        ssize_t put = write(sink->fd, data + done, part);
        if (put < 0 && (errno == EINTR || errno == EAGAIN)) {
            if (errno == EAGAIN && !wait_for_room(sink))
                break;
            continue;
        }
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    return done;
}

static uint64_t lines_in(const char *data, size_t len)
{
    uint64_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += data[i] == '\n';
    return count;
}

uint64_t gox__sink_write(struct gox__sink *sink, const void *data, size_t len,
        uint64_t count, int64_t now_ms)
{
    if (sink->file != NULL) {
        int code = gox_rotate_write(sink->file, data, len, now_ms);
        return code < 0 ? gox_rotate_take_lost(sink->file) : 0;
    }
    if (sink->is_torn && put_bytes(sink, "\n", 1) != 1)
        return count;
    sink->is_torn = false;
    size_t done = put_bytes(sink, data, len);
    if (done == len)
        return 0;
    const char *text = data;
    sink->is_torn = done > 0 && text[done - 1] != '\n';
    return count - lines_in(text, done);
}

bool gox__sink_send(struct gox__sink *sink, const void *data, size_t len)
{
    return gox_journal_send(sink->journal_fd, sink->journal_path, data, len) ==
           0;
}
