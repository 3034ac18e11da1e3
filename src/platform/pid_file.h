/* SPDX-License-Identifier: Apache-2.0
 * The PID file: output for people and scripts ("kill $(cat file)"), and a lock
 * that tells a second instance who the first one is.
 *
 * Invariants: the file at the path always holds one whole number and a newline;
 * it is locked as long as its process lives, so a number in a file that is not
 * locked means nothing, whatever process has it now; only the holder of the
 * lock replaces or removes it. */
#ifndef GOX_PLATFORM_PID_FILE_H
#define GOX_PLATFORM_PID_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct gox_pid_file {
    int fd;     /* holds the lock; -1: none */
    char *path; /* absolute */
};

/* Writes the number of this process (call it in the process that stays), mode
 * 0644, by a temporary file beside it. GOX_ERR_EXISTS: another process holds
 * it; *holder_pid (may be NULL) is its number, or -1 when it cannot be told.
 * GOX_ERR_IO also for something at the path that is no regular file, which
 * stays; GOX_ERR_NOMEM. */
int gox_pid_file_create(struct gox_pid_file *file, const char *path,
        int64_t *holder_pid, struct gox_error *err) GOX_MUST_CHECK;
/* Removes it when the path still leads to our file, and gives up the lock.
 * Fine on a zeroed or failed one that has fd -1. */
void gox_pid_file_remove(struct gox_pid_file *file);

struct gox_pid_file_info {
    int64_t pid;          /* as written */
    uint64_t start_ticks; /* of the process that has this number now; 0: none */
    bool is_locked;       /* its writer, or a copy of its descriptor, lives */
    /* Locked, and there is a process of that number: it may be used. */
    bool is_alive;
};
/* Takes no lock, so it never disturbs a start. GOX_ERR_NOT_FOUND,
 * GOX_ERR_FORMAT (no number in it), GOX_ERR_IO. */
int gox_pid_file_read(const char *path, struct gox_pid_file_info *info,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
