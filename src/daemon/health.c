/* SPDX-License-Identifier: Apache-2.0
 * Looking at the loop, the queue, the store, memory and clients.
 *
 * Unhealthy is only what a restart can mend: a manager restarts on it. A full
 * disk, a full queue and too many clients would be the same after a restart,
 * so they are degraded. */
#include "daemon/health.h"

#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "goxel/version.h"
#include "platform/os.h"

#define SLOW_LOOP_MS  1000
#define SLOW_QUEUE_MS 30000
#define LOW_DISK      (INT64_C(64) << 20)

static const char *const names[] = {"healthy", "degraded", "unhealthy"};

const char *gox__health_name(enum gox_health verdict)
{
    return names[verdict];
}

static void look_at_queue(gox_daemon *d, struct gox_health_report *r)
{
    struct gox_pool_stats s;
    gox_pool_get_stats(d->pool, &s);
    r->queue_depth = s.depth;
    r->queue_capacity = s.capacity;
    r->queue_oldest_ms = s.oldest_ns / GOX_NS_PER_MS;
    r->workers = s.max_threads;
    r->workers_busy = s.busy;
    r->queue = s.depth >= s.capacity || r->queue_oldest_ms > SLOW_QUEUE_MS
                       ? GOX_DEGRADED
                       : GOX_HEALTHY;
}

static void look_at_store(gox_daemon *d, struct gox_health_report *r)
{
    const struct gox_turn_state *t = &d->turn;
    r->is_stored = gox_projects_are_stored(d->projects);
    r->projects = gox_projects_count(d->projects);
    for (gox_project *p = gox_projects_next(d->projects, NULL); p != NULL;
            p = gox_projects_next(d->projects, p)) {
        struct gox_store_stats s;
        if (p->stage != GOX_PROJECT_OPEN || p->store == NULL)
            continue;
        gox_store_get_stats(p->store, &s);
        r->unsafe += !s.is_safe;
    }
    bool has_commits = r->is_stored && t->commits > 0;
    r->last_commit_ms = has_commits ? t->commit_ns / GOX_NS_PER_MS : -1;
    r->since_commit_ms =
            has_commits ? (gox_time_now_ns() - t->commit_at_ns) / GOX_NS_PER_MS
                        : -1;
    r->has_commit_failed = r->is_stored && t->err.code < 0;
    r->disk_free_bytes = gox_os_disk_free(d->settings.paths_data_dir);
    if (r->unsafe > 0)
        r->store = GOX_UNHEALTHY;
    else if (r->has_commit_failed ||
             (r->disk_free_bytes >= 0 && r->disk_free_bytes < LOW_DISK))
        r->store = GOX_DEGRADED;
}

static void look_at_memory(gox_daemon *d, struct gox_health_report *r)
{
    r->rss_bytes = gox_os_rss_bytes();
    r->memory_limit_bytes = (uint64_t)d->settings.performance_max_memory_mb
                            << 20;
    if (r->memory_limit_bytes > 0 &&
            r->rss_bytes > r->memory_limit_bytes / 10 * 9)
        r->memory = GOX_DEGRADED;
}

void gox__health_look(gox_daemon *d, struct gox_health_report *r)
{
    *r = (struct gox_health_report){.is_ready = !d->is_stopping};
    r->lag_ms = gox_loop_lag_ns(d->loop) / GOX_NS_PER_MS;
    r->loop = r->lag_ms > SLOW_LOOP_MS ? GOX_DEGRADED : GOX_HEALTHY;
    look_at_queue(d, r);
    look_at_store(d, r);
    look_at_memory(d, r);
    r->connections = d->session_count;
    r->connections_max = (size_t)d->settings.server_max_connections;
    r->clients =
            r->connections >= r->connections_max ? GOX_DEGRADED : GOX_HEALTHY;
    const enum gox_health parts[] = {
            r->loop, r->queue, r->store, r->memory, r->clients};
    r->verdict = d->is_stopping ? GOX_UNHEALTHY : GOX_HEALTHY;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] > r->verdict)
            r->verdict = parts[i];
}

/* ---- the answer ---- */

static void begin_check(
        struct gox_writer *w, const char *key, enum gox_health verdict)
{
    gox_writer_object(w, key);
    gox_writer_string(w, "status", names[verdict]);
}

static void put_store(struct gox_writer *w, const struct gox_health_report *r)
{
    begin_check(w, "store", r->store);
    gox_writer_string(w, "kind", r->is_stored ? "file" : "memory");
    gox_writer_uint(w, "projects", r->projects);
    if (r->unsafe > 0)
        gox_writer_uint(w, "unsafe_projects", r->unsafe);
    if (r->last_commit_ms >= 0) {
        gox_writer_int(w, "last_commit_ms", r->last_commit_ms);
        gox_writer_int(w, "since_commit_ms", r->since_commit_ms);
    } else {
        gox_writer_null(w, "last_commit_ms");
    }
    if (r->has_commit_failed)
        gox_writer_bool(w, "last_commit_failed", true);
    if (r->disk_free_bytes >= 0)
        gox_writer_int(w, "disk_free_bytes", r->disk_free_bytes);
    gox_writer_end_object(w);
}

static void put_checks(struct gox_writer *w, const struct gox_health_report *r)
{
    gox_writer_object(w, "checks");
    begin_check(w, "loop", r->loop);
    gox_writer_int(w, "lag_ms", r->lag_ms);
    gox_writer_end_object(w);
    begin_check(w, "queue", r->queue);
    gox_writer_uint(w, "depth", r->queue_depth);
    gox_writer_uint(w, "capacity", r->queue_capacity);
    gox_writer_int(w, "oldest_ms", r->queue_oldest_ms);
    gox_writer_uint(w, "workers", r->workers);
    gox_writer_uint(w, "busy", r->workers_busy);
    gox_writer_end_object(w);
    put_store(w, r);
    begin_check(w, "memory", r->memory);
    gox_writer_uint(w, "rss_bytes", r->rss_bytes);
    if (r->memory_limit_bytes > 0)
        gox_writer_uint(w, "limit_bytes", r->memory_limit_bytes);
    else
        gox_writer_null(w, "limit_bytes");
    gox_writer_end_object(w);
    begin_check(w, "connections", r->clients);
    gox_writer_uint(w, "current", r->connections);
    gox_writer_uint(w, "max", r->connections_max);
    gox_writer_end_object(w);
    gox_writer_end_object(w);
}

enum gox_health gox__health_put(gox_daemon *d, struct gox_writer *w)
{
    struct gox_health_report r;
    char at[GOX_TIME_TEXT_BYTES];
    gox__health_look(d, &r);
    gox_time_format(gox_time_wall_ms(), at);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "status", names[r.verdict]);
    gox_writer_string(w, "timestamp", at);
    gox_writer_int(w, "uptime_seconds",
            (gox_time_now_ns() - d->start_at_ns) / GOX_NS_PER_S);
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_int(w, "pid", gox_os_pid());
    put_checks(w, &r);
    gox_writer_end_object(w);
    return r.verdict;
}

/* ---- from time to time ---- */

/* What made the verdict what it is. */
static const char *find_reason(const struct gox_health_report *r)
{
    return r->verdict == GOX_HEALTHY  ? "all checks pass"
           : r->store == r->verdict   ? "store"
           : r->loop == r->verdict    ? "loop"
           : r->memory == r->verdict  ? "memory"
           : r->queue == r->verdict   ? "queue"
           : r->clients == r->verdict ? "connections"
                                      : "stopping";
}

static void on_check(void *ctx)
{
    gox_daemon *d = ctx;
    struct gox_health_report r;
    gox__health_look(d, &r);
    if (r.verdict == d->health)
        return;
    const struct gox_log_field fields[] = {
            gox_log_text("status", names[r.verdict]),
            gox_log_text("was", names[d->health]),
            gox_log_text("check", find_reason(&r)),
            gox_log_int("lag_ms", r.lag_ms),
            gox_log_int("queue_oldest_ms", r.queue_oldest_ms),
            gox_log_int("disk_free_bytes", r.disk_free_bytes),
            gox_log_uint("rss_bytes", r.rss_bytes),
            gox_log_uint("connections", r.connections),
    };
    gox_log_put_fields(d->log,
            r.verdict == GOX_HEALTHY ? GOX_LOG_INFO : GOX_LOG_WARN,
            GOX_LOG_C_HEALTH, fields, sizeof fields / sizeof fields[0],
            "health went from %s to %s: %s", names[d->health], names[r.verdict],
            find_reason(&r));
    d->health = r.verdict;
}

int gox__health_configure(gox_daemon *d)
{
    const struct gox_settings *s = &d->settings;
    if (!s->monitoring_enable_health_check) {
        if (d->health_timer != NULL)
            gox_timer_stop(d->health_timer);
        return 0;
    }
    if (d->health_timer == NULL)
        d->health_timer = gox_timer_new(d->loop, on_check, d);
    if (d->health_timer == NULL)
        return GOX_ERR_NOMEM;
    uint64_t ms = (uint64_t)s->monitoring_health_check_interval_seconds * 1000;
    gox_timer_start(d->health_timer, ms, ms);
    return 0;
}

void gox__health_close(gox_daemon *d)
{
    gox_timer_close(d->health_timer);
    d->health_timer = NULL;
}

bool gox__health_feeds_watchdog(gox_daemon *d)
{
    struct gox_health_report r;
    if (d->is_stopping || !d->settings.monitoring_enable_health_check)
        return true;
    gox__health_look(d, &r);
    return r.verdict != GOX_UNHEALTHY;
}
