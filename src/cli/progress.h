/* SPDX-License-Identifier: Apache-2.0
 * One line on a terminal's standard error that tells how far the work is, how
 * fast it goes and when it will be done.
 *
 * Invariants: nothing is written when standard error is no terminal; the line
 * is gone before anything else is written (gox_cli_clear_progress). */
#ifndef GOX_CLI_PROGRESS_H
#define GOX_CLI_PROGRESS_H

#include "base/buf.h"
#include "cli/cli.h"

#include <stdint.h>

struct gox_progress {
    bool is_shown;
    const char *unit; /* "files"; NULL: only the part of one piece of work */
    uint64_t total;
    int64_t begin_ns, last_ns;
};

/* unit is static text. */
void gox_progress_init(struct gox_progress *bar, const struct gox_cli *cli,
        uint64_t total, const char *unit);
/* done of total are finished (with fractions of those under way), `failed` of
 * them without success. Draws at most ten times a second, and nothing in the
 * first moments. */
void gox_progress_update(
        struct gox_progress *bar, double done, uint64_t failed);
void gox_cli_clear_progress(void);

/* The line itself, for an elapsed time; for tests. */
void gox_progress_put(struct gox_buf *out, const struct gox_progress *bar,
        double done, uint64_t failed, double seconds);

#endif
