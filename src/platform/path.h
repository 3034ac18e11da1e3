/* SPDX-License-Identifier: Apache-2.0
 * Which files a client may touch: those below the allowed directories, by the
 * system's own resolution, so that neither ".." nor a symbolic link leads out.
 *
 * Invariants: a file is reached only through the descriptor of its root; the
 * text of a path alone never decides. Const after the last add: any thread may
 * open. */
#ifndef GOX_PLATFORM_PATH_H
#define GOX_PLATFORM_PATH_H

#include "base/buf.h"

#include <stdbool.h>

typedef struct gox_paths gox_paths;

/* Relative paths of clients start at base_dir (absolute). NULL: no memory. */
gox_paths *gox_paths_new(const char *base_dir);
void gox_paths_free(gox_paths *paths);
/* Allows what is below dir (absolute, must exist). */
int gox_paths_add(gox_paths *paths, const char *dir,
        struct gox_error *err) GOX_MUST_CHECK;
/* Allows everything that the user may access. */
int gox_paths_add_all(gox_paths *paths, struct gox_error *err) GOX_MUST_CHECK;

/* Opens for reading, without blocking on a FIFO. GOX_ERR_FORBIDDEN (the
 * message lists the allowed directories), GOX_ERR_NOT_FOUND, GOX_ERR_IO. */
int gox_paths_open_read(const gox_paths *paths, const char *path, int *fd,
        struct gox_error *err) GOX_MUST_CHECK;
/* Opens the directory that holds (or will hold) path; *name points to the last
 * component, inside path. */
int gox_paths_open_parent(const gox_paths *paths, const char *path, int *dir_fd,
        const char **name, struct gox_error *err) GOX_MUST_CHECK;
/* The absolute path it means, by the text alone ("." and ".." folded). */
int gox_paths_full(const gox_paths *paths, const char *path,
        struct gox_buf *out) GOX_MUST_CHECK;

/* For tests: resolve by the portable walk instead of openat2. */
void gox_paths_use_walk(gox_paths *paths, bool use_walk);

#endif
