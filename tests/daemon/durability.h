/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the durable store against the real daemon share: killing
 * and starting it again on the same data, a small file system of its own,
 * faults of the system below it, and a look at its files with plain SQLite.
 *
 * Invariant: a data directory is looked at only while no daemon has it, and
 * then in a copy, so that the daemon's own recovery is what is tested. */
#ifndef GOX_TESTS_DURABILITY_H
#define GOX_TESTS_DURABILITY_H

#include "daemon/api_client.h"
#include "daemon/fault_shim.h"
#include "daemon/wire.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DURABLE_IS_SANITIZED true
#else
#define DURABLE_IS_SANITIZED false
#endif

/* SIGKILL, and waits until it is gone. */
void durable_kill(struct wire *w);
/* SIGKILL and a start with the same arguments. */
void durable_restart(struct wire *w, const char *const *args);
/* A connection whose results are checked. Ends with api_stop. */
void durable_join(struct api *api, const struct wire *w);
/* `number` of the environment, or fallback. */
long durable_number(const char *name, long fallback);

/* DATA/projects/NAME.goxdb; data is the data directory. */
void durable_file(char path[200], const char *data, const char *name);
/* Whether both files have the same bytes. */
bool durable_is_same(const char *path, const char *other);
/* PRAGMA integrity_check of all projects, in copies of their files and logs,
 * made in `scratch`. Fails the test with what SQLite says. */
void durable_check_files(const char *data, const char *scratch);

/* All that can be read of a project: {history, voxels}. */
json_t *durable_take_state(struct api *api, const char *project);
void durable_expect_state(
        struct api *api, const char *project, const json_t *expected);
/* Kills, starts again: all is the same. */
void durable_expect_after_restart(struct api *api, struct wire *w,
        const char *const *args, const char *project);
/* The parameters of an edit of count voxels whose colours do not compress. */
json_t *durable_many_voxels(const char *project, int count, unsigned seed);
/* Tries an edit; its error message, "" when it was stored. Borrowed until the
 * next call. */
const char *durable_try_edit(
        struct api *api, const char *method, json_t *own_params);

/* A tmpfs at path (made); false when this user may not mount. */
bool durable_mount(const char *path, int mib);
void durable_unmount(const char *path);

/* ---- faults below the daemon: tests/daemon/fault_shim.c ---- */

/* The daemons that are started from now on are subject to *faults, which is in
 * dir/faults; durable_end_faults: those started later are not. */
struct durable_faults *durable_begin_faults(const char *dir);
void durable_end_faults(struct durable_faults *faults);

#endif
