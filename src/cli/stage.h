/* SPDX-License-Identifier: Apache-2.0
 * Outputs that appear whole or not at all, whoever writes them: the daemon
 * writes into a hidden directory beside the place, and only what it finished is
 * moved there. A child that crashes half way leaves nothing behind.
 *
 * Invariant: until gox_stage_publish succeeded, what was at the place is
 * unchanged; after it or gox_stage_discard the directory is gone. */
#ifndef GOX_CLI_STAGE_H
#define GOX_CLI_STAGE_H

#include "base/error.h"

#include <stdbool.h>

struct gox_stage {
    char *target; /* absolute path of the output */
    char *dir;    /* the hidden directory; NULL: not open */
    char *path;   /* dir and the target's last component: write here */
};

/* Opens a stage for target. GOX_ERR_IO (no such directory, no permission,
 * target is a directory), GOX_ERR_NOMEM. */
int gox_stage_open(struct gox_stage *stage, const char *target,
        struct gox_error *err) GOX_MUST_CHECK;

/* Moves the output, and files that were written beside it (a .mtl), to its
 * place. GOX_ERR_EXISTS when something is there and may_replace is false. The
 * stage is discarded in any case. */
int gox_stage_publish(struct gox_stage *stage, bool may_replace,
        struct gox_error *err) GOX_MUST_CHECK;

/* Copies what is staged in one into the other, which may be on another file
 * system. GOX_ERR_IO, GOX_ERR_NOMEM; the other is then to be discarded. */
int gox_stage_copy(const struct gox_stage *from, const struct gox_stage *to,
        struct gox_error *err) GOX_MUST_CHECK;

/* Copies a file into the stage under its own name, for the one to read who may
 * enter the stage. */
int gox_stage_take(const struct gox_stage *stage, const char *file,
        struct gox_error *err) GOX_MUST_CHECK;

/* Root gives the stage to whom the directory `beside` belongs; for others,
 * nothing. Last, since that user may then exchange what is in it. */
int gox_stage_give(const struct gox_stage *stage, const char *beside,
        struct gox_error *err) GOX_MUST_CHECK;

/* Removes all that was staged; no stage is fine. */
void gox_stage_discard(struct gox_stage *stage);

/* The absolute form of a path that need not exist; NULL when out of memory or
 * when the working directory is gone. Free with gox_free. */
char *gox_cli_absolute(const char *path);

#endif
