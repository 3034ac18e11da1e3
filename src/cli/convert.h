/* SPDX-License-Identifier: Apache-2.0
 * The parts of goxelctl convert: a plan of which file becomes which, a run of
 * it on several private daemons, a report.
 *
 * Invariant: each job ends in exactly one state other than WAITING, and only a
 * job that is DONE has changed anything on disk. */
#ifndef GOX_CLI_CONVERT_H
#define GOX_CLI_CONVERT_H

#include "cli/cli.h"
#include "goxel/client.h"

#include <stdint.h>

enum gox_job_state {
    GOX_JOB_WAITING,
    GOX_JOB_DONE,
    GOX_JOB_FAILED,
    GOX_JOB_SKIPPED, /* --no-clobber, and the output is there */
};

struct gox_job {
    const char *input; /* as given */
    char *output;      /* as shown; NULL when it could not be named */
    enum gox_job_state state;
    char *error; /* FAILED: why */
    char *note;  /* DONE: what the writer remarked, or NULL */
    uint64_t voxels, faces, bytes;
    double seconds;
};

struct gox_convert {
    const struct gox_cli *cli;
    struct gox_job *jobs;
    size_t count;
    const char *format; /* --to; NULL: by the output's extension */
    json_t *load_options, *export_options; /* NULL: none */
    bool may_replace, keeps_existing, is_verbose;
    unsigned workers;
    int job_timeout_ms; /* 0: none */
    size_t done, failed, skipped, noted;
    double seconds;
};

/* Options of the command, by index. */
enum gox_convert_option {
    GOX_CONVERT_TO,
    GOX_CONVERT_OUT_DIR,
    GOX_CONVERT_FACES,
    GOX_CONVERT_UP,
    GOX_CONVERT_SCALE,
    GOX_CONVERT_PIVOT,
    GOX_CONVERT_SIZE,
    GOX_CONVERT_FORCE,
    GOX_CONVERT_NO_CLOBBER,
    GOX_CONVERT_JOBS,
    GOX_CONVERT_JOB_TIMEOUT,
    GOX_CONVERT_VERBOSE,
};

/* Reads the options and names the outputs; 0, or an exit code. Free with
 * gox_convert_fini in any case. */
int gox_convert_plan(struct gox_convert *convert, const struct gox_cli *cli);
void gox_convert_fini(struct gox_convert *convert);

/* Asks a daemon about a format, by name or extension: ext gets the extension of
 * its files. 0; or GOX_CLI_USAGE when it cannot be written or takes not all of
 * export_options; or another exit code. */
int gox_convert_check_format(
        const struct gox_convert *convert, const char *format, char ext[32]);

/* Does all jobs; 0, or an exit code when no daemon could be used at all. Jobs
 * that a signal left undone stay WAITING. */
int gox_convert_run(struct gox_convert *convert);

/* Tells what happened; returns the exit code. */
int gox_convert_report(const struct gox_convert *convert);

/* Ends a job as failed with this text, cleaned. */
void gox_job_fail(
        struct gox_convert *convert, struct gox_job *job, const char *text);

#endif
