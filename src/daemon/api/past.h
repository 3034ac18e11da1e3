/* SPDX-License-Identifier: Apache-2.0
 * Earlier states of a project, as restore and diff take them.
 *
 * Invariant: img is a copy of its own; edits of the project do not reach it. */
#ifndef GOX_DAEMON_API_PAST_H
#define GOX_DAEMON_API_PAST_H

#include "daemon/api.h"

/* What a parameter means by a label or a revision number. */
struct gox__past {
    bool is_wanted, is_label;
    char label[64];
    uint64_t revision, now_revision;
    struct gox_image *img; /* found; owned */
    struct gox_image *now; /* to walk back from, in the file; owned */
};

/* The image that parameter i means: 0; GOX_CALL_WORK when gox__past_work must
 * look for it in the file; GOX_CALL_WAIT; an error. All of past is zero before,
 * and goes to gox__past_fini after. */
int gox__past_find(
        struct gox_call *call, size_t i, struct gox__past *past) GOX_MUST_CHECK;
/* On a worker: finds in the file what memory did not have. */
int gox__past_work(
        struct gox_call *call, struct gox__past *past) GOX_MUST_CHECK;
void gox__past_fini(struct gox__past *past);

#endif
