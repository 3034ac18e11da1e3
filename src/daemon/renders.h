/* SPDX-License-Identifier: Apache-2.0
 * The render files that the daemon made under names of its own: who may ask
 * for them, how long they live, how much room they take together.
 *
 * Invariants: only a registered file is ever removed; their sizes add up to
 * total_bytes; the list is in order of creation. Threads: the loop's. */
#ifndef GOX_DAEMON_RENDERS_H
#define GOX_DAEMON_RENDERS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define GOX_SHA256_HEX_BYTES 65

struct gox_render_file {
    char *path; /* absolute, owned */
    uint64_t bytes;
    int width, height;
    char checksum[GOX_SHA256_HEX_BYTES];
    int64_t created_ms, expires_ms; /* wall clock */
};

struct gox_renders {
    struct gox_render_file *items; /* owned */
    size_t count, capacity;
    uint64_t total_bytes, max_bytes;
    int64_t ttl_ms;
    uint64_t created_count, expired_count, evicted_count; /* since start */
};

void gox_renders_init(
        struct gox_renders *renders, int64_t ttl_ms, uint64_t max_bytes);
/* Forgets the files without removing them: they may be in use. */
void gox_renders_fini(struct gox_renders *renders);

/* Registers a file that was written; copies what it is given. Older files are
 * removed while all together are larger than max_bytes, never this one. A path
 * that is registered already is replaced. 0 or GOX_ERR_NOMEM. *file is
 * borrowed until the next change. */
int gox_renders_add(struct gox_renders *renders, const char *path,
        uint64_t bytes, int width, int height,
        const char checksum[GOX_SHA256_HEX_BYTES], int64_t now_ms,
        const struct gox_render_file **file) GOX_MUST_CHECK;

/* Borrowed until the next change; NULL when it is not registered. */
const struct gox_render_file *gox_renders_find(
        const struct gox_renders *renders, const char *path);

/* Removes the file and its entry. GOX_ERR_NOT_FOUND, or GOX_ERR_IO when the
 * file is there and cannot be removed (the entry stays). */
int gox_renders_remove(struct gox_renders *renders, const char *path,
        struct gox_error *err) GOX_MUST_CHECK;

/* Removes the files whose time is over; how many. */
size_t gox_renders_expire(struct gox_renders *renders, int64_t now_ms);

#endif
