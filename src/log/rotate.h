/* SPDX-License-Identifier: Apache-2.0
 * A file that records are appended to, which is put aside when it is too large
 * or too old: "x.log" becomes "x.log.1", that becomes "x.log.2", and so on;
 * what was put aside is compressed to "x.log.1.gz" a slice at a time.
 *
 * Invariants: a line is in one file, whole, or counted as lost (but for a line
 * longer than the limit of a file); no call waits for anything but the disk;
 * after a failed write (a full disk) lines are counted as lost for a second,
 * then writing is tried again.
 *
 * Threads: one at a time. */
#ifndef GOX_LOG_ROTATE_H
#define GOX_LOG_ROTATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gox_rotate_config {
    bool is_enabled;    /* false: the file only grows */
    uint64_t max_bytes; /* of one file; 0: no limit */
    unsigned max_files; /* put aside, besides the live one; 0: none is kept */
    int64_t max_age_ms; /* of the oldest record kept; 0: no limit */
    /* Age of the live file; 0: chosen so that max_files of them go back
     * max_age_ms, at least a day. */
    int64_t rotate_ms;
    bool is_compressed;
};

typedef struct gox_rotate gox_rotate;

/* Opens or makes the file (mode 0640), and appends. What is no regular file is
 * never rotated. NULL with err set (GOX_ERR_IO, GOX_ERR_NOMEM). */
gox_rotate *gox_rotate_open(const char *path,
        const struct gox_rotate_config *config, struct gox_error *err);
/* Gives up compressing: the plain file stays, and is compressed after the next
 * open. NULL is fine. */
void gox_rotate_close(gox_rotate *rotate);
void gox_rotate_set_config(
        gox_rotate *rotate, const struct gox_rotate_config *config);

/* Appends bytes, which need not end with a whole line. now_ms is the wall
 * clock. GOX_ERR_IO when something of it was lost (see gox_rotate_take_lost).
 */
int gox_rotate_write(gox_rotate *rotate, const void *data, size_t len,
        int64_t now_ms) GOX_MUST_CHECK;
/* How many lines were lost since the last time it was asked. */
uint64_t gox_rotate_take_lost(gox_rotate *rotate);
/* Opens the path anew, after somebody else has moved the file away. The old
 * one stays in use when that fails. */
int gox_rotate_reopen(gox_rotate *rotate) GOX_MUST_CHECK;
/* Puts the file aside now. */
void gox_rotate_now(gox_rotate *rotate, int64_t now_ms);

/* Compresses one slice of what was put aside: some milliseconds. True while
 * there is more to do. */
bool gox_rotate_work(gox_rotate *rotate);

int gox_rotate_fd(const gox_rotate *rotate); /* borrowed; changes */
bool gox_rotate_is_file(const gox_rotate *rotate);

#endif
