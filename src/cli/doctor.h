/* SPDX-License-Identifier: Apache-2.0
 * What goxelctl doctor looks at: one row per check, each tells what it found
 * and what to do.
 *
 * Invariant: a check changes nothing, but for a port that is taken for a moment
 * to see whether it is free. */
#ifndef GOX_CLI_DOCTOR_H
#define GOX_CLI_DOCTOR_H

#include "cli/keeper.h"
#include "config/load.h"

enum gox_doctor_finding {
    GOX_DOCTOR_OK,
    GOX_DOCTOR_SKIPPED,
    GOX_DOCTOR_WARN,
    GOX_DOCTOR_FAIL
};

struct gox_doctor {
    struct gox_cli *cli;
    struct gox_keeper keeper; /* its session is open when has_manager */
    bool has_manager, has_daemon, has_settings;
    bool is_forbidden; /* there is a socket, not for this user */
    json_t *status;    /* of the manager; NULL: none */
    struct gox_settings settings;
    json_t *findings; /* array of {check, finding, text, advice} */
    enum gox_doctor_finding worst;
    const char *check; /* that runs now */
};

/* "ok", "skipped", "warn", "fail". */
const char *gox_doctor_word(enum gox_doctor_finding finding);

/* Adds a finding; advice may be NULL. */
void gox_doctor_say(struct gox_doctor *d, enum gox_doctor_finding finding,
        const char *advice, const char *fmt, ...) GOX_PRINTF(4, 5);

struct gox_doctor_check {
    const char *name;
    void (*run)(struct gox_doctor *d);
};
/* In the order in which they are made; a NULL name ends them. The first ones
 * fill in what later ones need. */
extern const struct gox_doctor_check gox_doctor_checks[];

/* doctor_files.c */
void gox_doctor_programs(struct gox_doctor *d);
void gox_doctor_settings(struct gox_doctor *d);
void gox_doctor_socket(struct gox_doctor *d);
void gox_doctor_pid_file(struct gox_doctor *d);
void gox_doctor_port(struct gox_doctor *d);
void gox_doctor_disk(struct gox_doctor *d);

#endif
