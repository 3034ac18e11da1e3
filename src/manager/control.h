/* SPDX-License-Identifier: Apache-2.0
 * The control socket: JSON-RPC for whoever steers the manager.
 *
 * Invariants: a request has exactly one answer, also one that waits for a
 * daemon; a client that does not read is cut off and never waited for. */
#ifndef GOX_MANAGER_CONTROL_H
#define GOX_MANAGER_CONTROL_H

#include "manager/events.h"
#include "manager/instance.h"

struct gox_control;

#define GOX_CONTROL_CLIENTS       64
#define GOX_CONTROL_PENDING_BYTES (4 << 20)

/* Listens at path; gid: the group that may connect, -1: this user only. Says
 * GOX_ERR_EXISTS when another manager answers there. */
struct gox_control *gox_control_open(
        gox_manager *m, const char *path, int64_t gid, struct gox_error *err);
/* Takes over a socket that listens already (after --exec). */
struct gox_control *gox_control_adopt(gox_manager *m, const char *path,
        int own_fd, int own_lock_fd, struct gox_error *err);
/* Closes all; keep_path: a successor listens there. What is left is freed by
 * gox_control_free, after the loop has ended. NULL is fine for both. */
void gox_control_close(struct gox_control *c, bool keep_path);
void gox_control_free(struct gox_control *c);
int gox_control_fd(const struct gox_control *c);
int gox_control_lock_fd(const struct gox_control *c);
/* Nothing waits to be written. */
bool gox_control_is_drained(const struct gox_control *c);

void gox__control_event(gox_manager *m, enum gox_event_kind kind,
        const char *instance, const char *line, size_t len);
void gox__control_changed(gox_manager *m, gox_instance *i);
void gox__control_health_done(gox_manager *m, gox_instance *i);
void gox__control_log_line(
        gox_manager *m, gox_instance *i, const char *line, size_t len);

#endif
