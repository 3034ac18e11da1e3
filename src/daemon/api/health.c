/* SPDX-License-Identifier: Apache-2.0
 * How the server is doing: health with verdicts, numbers for machines, the
 * settings in use, and asking it to end. All answered on the loop thread, ahead
 * of the queue of long work. */
#include "base/time.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "goxel/version.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <string.h>

/* A turn of the loop or a wait in the queue above these is worth a word. */
#define SLOW_LOOP_MS  1000
#define SLOW_QUEUE_MS 30000
#define LOW_DISK      (INT64_C(64) << 20)

enum verdict { HEALTHY, DEGRADED, UNHEALTHY };
static const char *const verdicts[] = {"healthy", "degraded", "unhealthy"};

static enum verdict worst(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

static enum verdict put_loop(struct gox_writer *w, gox_daemon *d)
{
    int64_t lag_ms = gox_loop_lag_ns(d->loop) / GOX_NS_PER_MS;
    enum verdict v = lag_ms > SLOW_LOOP_MS ? DEGRADED : HEALTHY;
    gox_writer_object(w, "loop");
    gox_writer_string(w, "status", verdicts[v]);
    gox_writer_int(w, "lag_ms", lag_ms);
    gox_writer_end_object(w);
    return v;
}

static enum verdict put_queue(
        struct gox_writer *w, const struct gox_pool_stats *s)
{
    int64_t oldest_ms = s->oldest_ns / GOX_NS_PER_MS;
    enum verdict v = s->depth >= s->capacity || oldest_ms > SLOW_QUEUE_MS
                             ? DEGRADED
                             : HEALTHY;
    gox_writer_object(w, "queue");
    gox_writer_string(w, "status", verdicts[v]);
    gox_writer_uint(w, "depth", s->depth);
    gox_writer_uint(w, "capacity", s->capacity);
    gox_writer_int(w, "oldest_ms", oldest_ms);
    gox_writer_uint(w, "workers", s->max_threads);
    gox_writer_uint(w, "busy", s->busy);
    gox_writer_end_object(w);
    return v;
}

static enum verdict put_store(struct gox_writer *w, gox_daemon *d)
{
    int64_t free_bytes = gox_os_disk_free(d->settings.paths_data_dir);
    enum verdict v =
            free_bytes >= 0 && free_bytes < LOW_DISK ? DEGRADED : HEALTHY;
    gox_writer_object(w, "store");
    gox_writer_string(w, "status", verdicts[v]);
    gox_writer_string(w, "kind", "memory");
    gox_writer_uint(w, "projects", gox_projects_count(d->projects));
    if (free_bytes >= 0)
        gox_writer_int(w, "disk_free_bytes", free_bytes);
    gox_writer_end_object(w);
    return v;
}

static enum verdict put_connections(struct gox_writer *w, gox_daemon *d)
{
    size_t max = (size_t)d->settings.server_max_connections;
    enum verdict v = d->session_count >= max ? DEGRADED : HEALTHY;
    gox_writer_object(w, "connections");
    gox_writer_string(w, "status", verdicts[v]);
    gox_writer_uint(w, "current", d->session_count);
    gox_writer_uint(w, "max", max);
    gox_writer_end_object(w);
    return v;
}

/* The checks, as a member; the worst verdict. */
static enum verdict put_checks(struct gox_writer *w, gox_daemon *d)
{
    struct gox_pool_stats stats;
    gox_pool_get_stats(d->pool, &stats);
    gox_writer_object(w, "checks");
    enum verdict v = put_loop(w, d);
    v = worst(v, put_queue(w, &stats));
    v = worst(v, put_store(w, d));
    gox_writer_object(w, "memory");
    gox_writer_string(w, "status", verdicts[HEALTHY]);
    gox_writer_uint(w, "rss_bytes", gox_os_rss_bytes());
    gox_writer_end_object(w);
    v = worst(v, put_connections(w, d));
    gox_writer_end_object(w);
    return d->is_stopping ? UNHEALTHY : v;
}

static int64_t uptime(const gox_daemon *d)
{
    return (gox_time_now_ns() - d->start_at_ns) / GOX_NS_PER_S;
}

static int health(struct gox_call *call)
{
    struct gox_writer *w = call->out;
    char at[GOX_TIME_TEXT_BYTES];
    gox_time_format(gox_time_wall_ms(), at);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "timestamp", at);
    gox_writer_int(w, "uptime_seconds", uptime(call->daemon));
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_int(w, "pid", gox_os_pid());
    enum verdict v = put_checks(w, call->daemon);
    gox_writer_string(w, "status", verdicts[v]);
    gox_writer_end_object(w);
    return 0;
}

static int ready(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "ready", !call->daemon->is_stopping);
    gox_writer_end_object(call->out);
    return 0;
}

static int metrics(struct gox_call *call)
{
    gox_daemon *d = call->daemon;
    struct gox_writer *w = call->out;
    const struct gox_stats *s = &d->stats;
    struct gox_pool_stats pool;
    gox_pool_get_stats(d->pool, &pool);
    gox_writer_object(w, NULL);
    gox_writer_int(w, "uptime_seconds", uptime(d));
    gox_writer_uint(w, "requests", s->requests);
    gox_writer_uint(w, "errors", s->errors);
    gox_writer_uint(w, "notifications", s->notifications);
    gox_writer_uint(w, "batches", s->batches);
    gox_writer_uint(w, "connections", s->connections);
    gox_writer_uint(w, "connections_open", d->session_count);
    gox_writer_uint(w, "connections_refused", s->refused);
    gox_writer_uint(w, "slow_clients_cut", s->slow_cut);
    gox_writer_uint(w, "long_started", s->long_started);
    gox_writer_uint(w, "long_finished", pool.finished);
    gox_writer_uint(w, "long_cancelled", s->long_cancelled);
    gox_writer_uint(w, "queue_depth", pool.depth);
    gox_writer_uint(w, "workers_busy", pool.busy);
    gox_writer_number(
            w, "long_average_ms", (double)(pool.average_ns / 1000) / 1000.0);
    gox_writer_number(w, "loop_lag_ms",
            (double)(gox_loop_lag_ns(d->loop) / GOX_NS_PER_MS));
    gox_writer_number(w, "cpu_seconds",
            (double)(gox_os_cpu_ns() / GOX_NS_PER_MS) / 1000.0);
    gox_writer_uint(w, "rss_bytes", gox_os_rss_bytes());
    gox_writer_int(w, "fds", gox_os_fd_count());
    gox_writer_int(w, "threads", gox_os_thread_count());
    gox_writer_uint(w, "projects", gox_projects_count(d->projects));
    gox_writer_end_object(w);
    return 0;
}

static void put_setting(
        struct gox_writer *w, const struct gox_settings *s, size_t i)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_writer_object(w, gox_setting_rows[i].name);
    gox_settings_put_json(s, i, &text);
    if (gox_buf_text(&text) != NULL)
        gox_writer_raw(w, "value", (const char *)text.data, text.len);
    gox_buf_reset(&text);
    gox_settings_put_origin(s, i, &text);
    gox_writer_text(w, "origin", (const char *)text.data, text.len);
    gox_writer_end_object(w);
    gox_buf_fini(&text);
}

static int config(struct gox_call *call)
{
    const struct gox_settings *s = gox_call_settings(call);
    const char *key = gox_call_str(call, 0);
    struct gox_suggest suggest;
    size_t found = 0;
    if (key != NULL)
        gox_suggest_init(&suggest, (struct gox_slice){key, strlen(key)});
    gox_writer_object(call->out, NULL);
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        if (key != NULL)
            gox_suggest_offer(&suggest, name, strlen(name));
        if (key != NULL && strcmp(key, name) != 0)
            continue;
        put_setting(call->out, s, i);
        found++;
    }
    gox_writer_end_object(call->out);
    if (found > 0)
        return 0;
    size_t len;
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "there is no setting %s%s%s%s", key,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

static int reload(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "reloaded", false);
    gox_writer_string(call->out, "message",
            "settings come from the command line and the environment and are "
            "read at start; restart to change them");
    gox_writer_end_object(call->out);
    return 0;
}

static int shut_down(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "message", "stopping");
    gox_writer_end_object(call->out);
    gox_log_put(call->daemon->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
            "asked to stop by daemon.shutdown");
    gox_daemon_stop(call->daemon);
    return 0;
}

static const struct gox_param CONFIG_PARAMS[] = {
        {.name = "key",
                .type = GOX_PARAM_STRING,
                .help = "one setting, such as server.workers; absent: all"},
};

// clang-format off
const struct gox_method gox_api_health[] = {
        {.name = "daemon.health", .aliases = "goxel.health_check",
         .group = "daemon", .flags = GOX_METHOD_HEALTH,
         .result = "status:string timestamp:string uptime_seconds:int "
                   "version:string pid:int checks:object",
         .summary = "Healthy, degraded or unhealthy, with what was looked at.",
         .run = health},
        {.name = "daemon.ready", .group = "daemon",
         .flags = GOX_METHOD_HEALTH, .result = "ready:bool",
         .summary = "Whether requests are taken.", .run = ready},
        {.name = "daemon.metrics",
         .aliases = "goxel.get_performance_metrics", .group = "daemon",
         .flags = GOX_METHOD_HEALTH, .result = "any",
         .summary = "Counters and sizes since the start.", .run = metrics},
        {.name = "daemon.config", .group = "daemon",
         GOX_PARAMS(CONFIG_PARAMS), .result = "any",
         .summary = "The settings in use and where each came from.",
         .run = config},
        {.name = "daemon.reload", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, .result = "reloaded:bool message:string",
         .summary = "Reads the settings again, as far as they can change.",
         .run = reload},
        {.name = "daemon.shutdown", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, .result = "success:bool message:string",
         .summary = "Finishes what is under way and ends the process.",
         .run = shut_down},
        {.name = NULL},
};
// clang-format on
