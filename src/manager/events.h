/* SPDX-License-Identifier: Apache-2.0
 * The event log: what happened, numbered, one JSON object a line, appended to
 * a file that is put aside when it is large, so that all of it is bounded.
 *
 * A number is given once and never again. What stands in the files survives
 * this process at once, and the machine after gox_events_sync. A torn last line
 * (a crash in the middle of a write) is cut off when the log is opened. When
 * the disk is full, events still reach the listener and are counted as lost.
 *
 * Invariants: numbers grow in the order of the file; every line ends with a
 * newline. Threads: the loop's. */
#ifndef GOX_MANAGER_EVENTS_H
#define GOX_MANAGER_EVENTS_H

#include "base/buf.h"
#include "rpc/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, text, is it stored). What comes all the time is not: it would push
 * out what matters. */
#define GOX_EVENT_LIST(X)                                                      \
    X(STARTED, "started", true)                                                \
    X(STOPPED, "stopped", true)                                                \
    X(RESTARTED, "restarted", true)                                            \
    X(EXITED, "exited", true)                                                  \
    X(FAILED, "failed", true)                                                  \
    X(ATTACHED, "attached", true)                                              \
    X(READY, "ready", true)                                                    \
    X(DEGRADED, "degraded", true)                                              \
    X(RECOVERED, "recovered", true)                                            \
    X(HEALTH_CHECK, "health_check", false)                                     \
    X(RELOADED, "reloaded", true)                                              \
    X(RELOAD_FAILED, "reload_failed", true)                                    \
    X(UPGRADED, "upgraded", true)                                              \
    X(LOG, "log", false)                                                       \
    X(ERROR, "error", true)

enum gox_event_kind {
#define GOX_EVENT_ENUM(name, text, stored) GOX_EVENT_##name,
    GOX_EVENT_LIST(GOX_EVENT_ENUM)
#undef GOX_EVENT_ENUM
            GOX_EVENT_COUNT
};
const char *gox_event_name(enum gox_event_kind kind);
/* The kind of a name; GOX_EVENT_COUNT when there is none. */
enum gox_event_kind gox_event_find(const char *name, size_t len);

typedef struct gox_events gox_events;

struct gox_events_config {
    uint64_t max_bytes; /* of one file */
    unsigned max_files; /* all together, at least 1 */
};

/* The line (without newline) is borrowed until it returns. */
typedef void gox_event_fn(void *ctx, enum gox_event_kind kind, uint64_t seq,
        const char *line, size_t len);

/* Opens <dir>/events.jsonl and finds the last number. dir must exist. NULL with
 * err set (GOX_ERR_IO, GOX_ERR_NOMEM). */
gox_events *gox_events_open(const char *dir,
        const struct gox_events_config *config, struct gox_error *err);
void gox_events_close(gox_events *e); /* NULL is fine */
void gox_events_set_listener(gox_events *e, gox_event_fn *fn, void *ctx);

/* Writes and tells the listener. instance: "" for the manager itself. members:
 * more JSON members, such as "\"pid\":12,\"cause\":\"oom\"", or NULL. An event
 * that is not stored has the number 0. Never fails: what cannot be written is
 * counted. Returns the number. */
uint64_t gox_events_put(gox_events *e, enum gox_event_kind kind,
        const char *instance, const char *members, int64_t wall_ms);

/* Calls fn for each stored event with a number above `after`, oldest first,
 * until it returns false. GOX_ERR_IO, GOX_ERR_NOMEM. */
int gox_events_replay(gox_events *e, uint64_t after,
        bool (*fn)(void *ctx, uint64_t seq, const char *line, size_t len),
        void *ctx) GOX_MUST_CHECK;

/* True when something was written since the last sync. */
bool gox_events_is_dirty(const gox_events *e);
void gox_events_sync(gox_events *e);

struct gox_events_stats {
    uint64_t last, oldest; /* numbers; 0: there is none */
    uint64_t lost;         /* not stored since the start: the disk was full */
    uint64_t cut_bytes;    /* of a torn last line, found when opened */
    bool is_failing;       /* the last event was lost */
};
void gox_events_get_stats(gox_events *e, struct gox_events_stats *stats);

#endif
