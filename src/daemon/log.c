/* SPDX-License-Identifier: Apache-2.0
 * Writing log lines. A line that cannot be written is lost: the log must never
 * stop the work. */
#include "daemon/log.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int gox_log_open(struct gox_log *log, const char *path,
        enum gox_log_level level, struct gox_error *err)
{
    *log = (struct gox_log){.fd = STDERR_FILENO, .level = level};
    if (path[0] == '\0')
        return 0;
    int fd = open(
            path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the log file %s cannot be opened", path);
    log->fd = fd;
    log->owns_fd = true;
    return 0;
}

void gox_log_close(struct gox_log *log)
{
    if (log->owns_fd)
        close(log->fd);
    log->owns_fd = false;
    log->fd = STDERR_FILENO;
}

void gox_log_put(
        struct gox_log *log, enum gox_log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    char line[1024];
    char at[GOX_TIME_TEXT_BYTES];
    if (level > log->level)
        return;
    gox_time_format(gox_time_wall_ms(), at);
    int used = snprintf(line, sizeof line, "%s %-5s ", at, names[level]);
    va_list args;
    va_start(args, fmt);
    int more =
            vsnprintf(line + used, sizeof line - (size_t)used - 1, fmt, args);
    va_end(args);
    size_t len = (size_t)used + (more > 0 ? (size_t)more : 0);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    line[len++] = '\n';
    ssize_t put = write(log->fd, line, len);
    (void)put;
}
