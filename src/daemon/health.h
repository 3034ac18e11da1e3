/* SPDX-License-Identifier: Apache-2.0
 * How the daemon is doing: one look, with a verdict for each part; and a look
 * from time to time, which logs when the verdict changes.
 *
 * Invariant: everything in a report was measured; a verdict never depends on
 * who asks. Loop thread. */
#ifndef GOX_DAEMON_HEALTH_H
#define GOX_DAEMON_HEALTH_H

#include "rpc/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gox_daemon gox_daemon;

enum gox_health { GOX_HEALTHY, GOX_DEGRADED, GOX_UNHEALTHY };

struct gox_health_report {
    enum gox_health verdict; /* the worst of the following */
    enum gox_health loop, queue, store, memory, clients;
    bool is_ready; /* requests are taken */
    int64_t lag_ms;
    size_t queue_depth, queue_capacity;
    int64_t queue_oldest_ms;
    unsigned workers, workers_busy;
    bool is_stored;          /* else projects live in memory only */
    size_t projects, unsafe; /* open; of these, after a failed fsync */
    int64_t last_commit_ms;  /* how long the last one took; -1: none yet */
    int64_t since_commit_ms; /* -1: none yet */
    bool has_commit_failed;  /* the last one */
    int64_t disk_free_bytes; /* -1: not known */
    uint64_t rss_bytes, memory_limit_bytes; /* limit 0: none */
    size_t connections, connections_max;
};

void gox__health_look(gox_daemon *daemon, struct gox_health_report *report);
const char *gox__health_name(enum gox_health verdict);
/* The answer of daemon.health; the verdict. */
enum gox_health gox__health_put(gox_daemon *daemon, struct gox_writer *w);

/* Starts, moves or stops the look from time to time, as the settings say; also
 * after a reload. GOX_ERR_NOMEM. */
int gox__health_configure(gox_daemon *daemon);
void gox__health_close(gox_daemon *daemon);
/* Whether the service manager's watchdog may be told that all is well: false
 * only when a restart would help. */
bool gox__health_feeds_watchdog(gox_daemon *daemon);

#endif
