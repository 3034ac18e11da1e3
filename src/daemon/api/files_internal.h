/* SPDX-License-Identifier: Apache-2.0
 * What the methods on model files share: one call's file, from its path to what
 * was read of it.
 *
 * Invariant: the job is the call's state; it is dropped with the call. */
#ifndef GOX_DAEMON_API_FILES_INTERNAL_H
#define GOX_DAEMON_API_FILES_INTERNAL_H

#include "daemon/api/files.h"

#define GOX__FILE_READ_OPTIONS                                                 \
    "{voxelize_size: longest side in voxels of a mesh}"

/* What the three steps of one call share. */
struct gox__file_job {
    struct gox_format_options opts;
    struct gox_format_report report;
    const struct gox_format *format;
    const char *path;        /* as the client gave it */
    char *dir;               /* that with a slash at its end, or "" */
    char *base;              /* its name without directory and extension */
    struct gox_image *image; /* what was read, owned */
    uint64_t bytes, revision;
};

/* The call's job on the file at path: its state from now on. */
int gox__file_job_start(struct gox_call *call, const char *path,
        struct gox__file_job **result) GOX_MUST_CHECK;
void gox__file_job_drop(struct gox_call *call);
/* The format that parameter i names; NULL when it was not given. */
int gox__file_read_format(struct gox_call *call, size_t i,
        const struct gox_format **format) GOX_MUST_CHECK;
/* Reads the file into job->image, on a worker. */
int gox__file_read(struct gox_call *call);

/* ---- import.c ---- */
#define GOX__IMPORT_PARAM_COUNT 5
extern const struct gox_param gox__import_params[GOX__IMPORT_PARAM_COUNT];
int gox__import_start(struct gox_call *call);
int gox__import_work(struct gox_call *call);
int gox__import_finish(struct gox_call *call);

#endif
