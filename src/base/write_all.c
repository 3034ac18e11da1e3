/* SPDX-License-Identifier: Apache-2.0
 * write(2) until all is out. */
#include "base/io.h"

#include <errno.h>
#include <unistd.h>

size_t gox_write_all(int fd, const void *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t put = write(fd, (const uint8_t *)data + done, len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = ENOSPC;
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    return done;
}
