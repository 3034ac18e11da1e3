/* SPDX-License-Identifier: Apache-2.0
 * The names of what was put aside, as the rotating file sees them. */
#ifndef GOX_LOG_ROTATE_INTERNAL_H
#define GOX_LOG_ROTATE_INTERNAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* "path.number" plus suffix, in name (emptied first); NULL: no memory. */
const char *gox__rotate_name(struct gox_buf *name, const char *path,
        unsigned number, const char *suffix);
/* Moves each file one number up, path itself to number 1; what would be above
 * max_files goes. False when path itself could not be moved. */
bool gox__rotate_shift(const char *path, unsigned max_files);
/* Removes what has a number above max_files, or was last written more than
 * max_age_ms (0: no limit) before now_ms, or was left by a crash. */
void gox__rotate_sweep(const char *path, unsigned max_files, int64_t max_age_ms,
        int64_t now_ms);

#endif
