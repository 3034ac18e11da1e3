/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of a conversion run share: the children, each with one
 * file at a time, and the pool that they take files from. */
#ifndef GOX_CLI_CONVERT_INTERNAL_H
#define GOX_CLI_CONVERT_INTERNAL_H

#include "cli/convert.h"
#include "cli/session.h"
#include "cli/stage.h"

struct gox__convert_pool;

struct gox__convert_child {
    struct gox__convert_pool *pool;
    struct gox_cli_session session;
    struct gox_job *job; /* NULL: idle */
    struct gox_stage stage;
    int64_t begin_ns;
    int64_t call_id; /* of the job's step under way */
    double fraction; /* of the job */
    bool is_exporting;
    bool is_lost;      /* dead, or to be replaced */
    char project[256]; /* what the daemon calls the loaded file */
};

struct gox__convert_pool {
    struct gox_convert *convert;
    struct gox__convert_child *children;
    size_t count;
    size_t next; /* the first job that nobody looked at */
    struct gox_progress progress;
    bool has_answered; /* any child, anything */
    bool is_unusable;  /* children end before they answer anything */
};

/* Gives the child the next file that waits, if there is one. Files that fail
 * before the daemon is asked are ended on the way. */
void gox__convert_start_job(struct gox__convert_child *child);

/* Ends the child's job as failed; what it staged is removed. */
void gox__convert_fail_job(
        struct gox__convert_child *child, const char *message);

#endif
