/* SPDX-License-Identifier: Apache-2.0
 * What people and programs are told about an instance: status and health as
 * JSON, all of it as metrics. */
#include "base/time.h"
#include "goxel/version.h"
#include "manager/control.h"
#include "manager/manager_internal.h"
#include "platform/os.h"

#include <stdio.h>

static void put_time(struct gox_writer *w, const char *key, int64_t wall_ms)
{
    char text[GOX_TIME_TEXT_BYTES];
    if (wall_ms == 0) {
        gox_writer_null(w, key);
        return;
    }
    gox_time_format(wall_ms, text);
    gox_writer_string(w, key, text);
}

static void put_ms(struct gox_writer *w, const char *key, int64_t ns)
{
    gox_writer_number(w, key, (double)(ns / 1000) / 1000.0);
}

static void put_process(gox_instance *i, struct gox_writer *w)
{
    struct gox_proc_info info;
    int64_t pid = gox__instance_pid(i);
    if (pid == 0 || gox_proc_info_read(pid, GOX_PROC_WANT_FDS, &info) < 0) {
        gox_writer_null(w, "process");
        return;
    }
    gox_writer_object(w, "process");
    gox_writer_text(w, "state", &info.state, 1);
    gox_writer_uint(w, "rss_bytes", info.rss_bytes);
    gox_writer_int(w, "cpu_ms", info.cpu_ns / GOX_NS_PER_MS);
    gox_writer_int(w, "fds", info.fd_count);
    gox_writer_int(w, "threads", info.thread_count);
    gox_writer_end_object(w);
}

static void put_restarts(const gox_instance *i, struct gox_writer *w)
{
    gox_writer_object(w, "restarts");
    gox_writer_uint(w, "total", i->restarts);
    if (i->restart_cause != GOX_CAUSE_NONE)
        gox_writer_string(w, "last_cause", gox_cause_name(i->restart_cause));
    else
        gox_writer_null(w, "last_cause");
    gox_writer_uint(w, "failures", i->policy.failures);
    if (i->retry_at_ns > 0)
        gox_writer_int(w, "next_in_ms",
                (i->retry_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS);
    else
        gox_writer_null(w, "next_in_ms");
    gox_writer_bool(w, "given_up", i->state == GOX_STATE_FAILED);
    gox_writer_end_object(w);
}

static void put_exit(const gox_instance *i, struct gox_writer *w)
{
    if (!i->has_exit) {
        gox_writer_null(w, "last_exit");
        return;
    }
    gox_writer_object(w, "last_exit");
    gox_writer_string(w, "cause", gox_cause_name(i->exit_cause));
    gox_writer_string(w, "text", i->exit_text);
    if (i->exit.is_known && !i->exit.is_signal)
        gox_writer_int(w, "code", i->exit.code);
    else
        gox_writer_null(w, "code");
    if (i->exit.is_known && i->exit.is_signal)
        gox_writer_int(w, "signal", i->exit.code);
    else
        gox_writer_null(w, "signal");
    put_time(w, "at", i->exit_wall_ms);
    gox_writer_string(w, "bundle", i->bundle[0] != '\0' ? i->bundle : NULL);
    gox_writer_end_object(w);
}

static void put_manager(gox_manager *m, struct gox_writer *w)
{
    struct gox_events_stats stats;
    gox_events_get_stats(m->events, &stats);
    gox_writer_object(w, "manager");
    gox_writer_int(w, "pid", gox_os_pid());
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_int(w, "uptime_ms",
            (gox_time_now_ns() - m->start_at_ns) / GOX_NS_PER_MS);
    gox_writer_uint(w, "rss_bytes", gox_os_rss_bytes());
    gox_writer_uint(w, "latest_event", stats.last);
    gox_writer_uint(w, "lost_events", stats.lost);
    gox_writer_end_object(w);
}

/* While it starts, what the daemon says that it does. */
static const char *reason_of(const gox_instance *i)
{
    return i->state == GOX_STATE_STARTING ? i->status_text : i->health.reason;
}

static void put_places(const gox_instance *i, struct gox_writer *w)
{
    char path[GOX_INSTANCE_PATH + 32];
    snprintf(path, sizeof path, "%s/daemon.log", i->dir);
    gox_writer_string(w, "socket", i->config.socket_path);
    gox_writer_string(w, "control", i->manager->options->control_path);
    gox_writer_bool(w, "holds_socket", i->listen_fd >= 0);
    gox_writer_string(w, "binary", i->config.binary);
    gox_writer_string(w, "log_file", path);
    gox_writer_string(w, "state_dir", i->dir);
}

void gox__status_put(gox_instance *i, struct gox_writer *w)
{
    int64_t pid = gox__instance_pid(i);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", i->config.name);
    gox_writer_string(w, "state", gox_state_name(i->state));
    gox_writer_string(w, "health",
            gox_health_name(gox_health_shown(&i->health, i->state)));
    gox_writer_string(w, "reason", reason_of(i));
    if (pid > 0)
        gox_writer_int(w, "pid", pid);
    else
        gox_writer_null(w, "pid");
    gox_writer_bool(w, "ready", gox_state_is_up(i->state));
    gox_writer_bool(w, "adopted", i->is_adopted);
    if (pid > 0)
        gox_writer_int(w, "uptime_ms",
                (gox_time_now_ns() - i->started_at_ns) / GOX_NS_PER_MS);
    else
        gox_writer_null(w, "uptime_ms");
    put_time(w, "started_at", pid > 0 ? i->started_wall_ms : 0);
    gox_writer_string(w, "backend", gox_backend_name(i->backend->choice));
    gox_writer_string(w, "backend_reason", i->backend_reason);
    put_places(i, w);
    put_restarts(i, w);
    put_exit(i, w);
    put_process(i, w);
    put_manager(i->manager, w);
    gox_writer_end_object(w);
}

void gox__health_put(gox_instance *i, struct gox_writer *w)
{
    const struct gox_probe *p = &i->probe;
    const struct gox_health *h = &i->health;
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", i->config.name);
    gox_writer_string(
            w, "status", gox_health_name(gox_health_shown(h, i->state)));
    gox_writer_string(w, "state", gox_state_name(i->state));
    gox_writer_string(w, "reason", reason_of(i));
    put_time(w, "at", p->at_wall_ms);
    put_ms(w, "took_ms", p->took_ns);
    gox_writer_uint(w, "rounds", h->rounds);
    gox_writer_uint(w, "failed", h->failed_rounds);
    gox_writer_uint(w, "unknown", h->unknown_rounds);
    gox_writer_bool(w, "flapping", h->is_flapping);
    gox_writer_array(w, "stages");
    for (size_t s = 0; s < GOX_STAGE_COUNT; s++) {
        const struct gox_stage_result *r = &p->round.stages[s];
        gox_writer_object(w, NULL);
        gox_writer_string(w, "name", gox_stage_rows[s].name);
        gox_writer_string(w, "finding", gox_finding_name(r->finding));
        put_ms(w, "took_ms", r->took_ns);
        gox_writer_string(w, "text", r->text);
        gox_writer_end_object(w);
    }
    gox_writer_end_array(w);
    if (p->answer != NULL && gox__instance_pid(i) > 0)
        gox_writer_raw(w, "daemon", p->answer, strlen(p->answer));
    else
        gox_writer_null(w, "daemon");
    gox_writer_end_object(w);
}

/* ---- metrics ---- */

static void put_head(struct gox_buf *out, const char *name, const char *type,
        const char *help)
{
    gox_buf_printf(out, "# HELP goxel_manager_%s %s\n", name, help);
    gox_buf_printf(out, "# TYPE goxel_manager_%s %s\n", name, type);
}

static void put_one(struct gox_buf *out, const char *name,
        const gox_instance *i, uint64_t value)
{
    gox_buf_printf(out, "goxel_manager_%s{name=\"%s\"} %llu\n", name,
            i->config.name, (unsigned long long)value);
}

static uint64_t up(const gox_instance *i)
{
    return gox_state_is_up(i->state);
}
static uint64_t starts(const gox_instance *i)
{
    return i->starts;
}
static uint64_t restarts(const gox_instance *i)
{
    return i->restarts;
}
static uint64_t rounds(const gox_instance *i)
{
    return i->health.rounds;
}
static uint64_t failed_rounds(const gox_instance *i)
{
    return i->health.failed_rounds;
}
static uint64_t unknown_rounds(const gox_instance *i)
{
    return i->health.unknown_rounds;
}
static uint64_t lost_lines(const gox_instance *i)
{
    return i->capture.lost_lines;
}
static uint64_t log_errors(const gox_instance *i)
{
    return i->capture.errors;
}
static uint64_t rss(const gox_instance *i)
{
    return i->probe.has_info && gox__instance_pid(i) > 0
                   ? i->probe.info.rss_bytes
                   : 0;
}

static const struct {
    const char *name, *type, *help;
    uint64_t (*value)(const gox_instance *i);
} metric_rows[] = {
        {"up", "gauge", "1 when the daemon can be used.", up},
        {"starts_total", "counter", "Processes started.", starts},
        {"restarts_total", "counter", "Restarts that became ready.", restarts},
        {"checks_total", "counter", "Rounds of checks of this process.",
                rounds},
        {"checks_failed_total", "counter", "Rounds that failed.",
                failed_rounds},
        {"checks_unknown_total", "counter", "Rounds in doubt.", unknown_rounds},
        {"log_lost_lines_total", "counter", "Log lines that were not stored.",
                lost_lines},
        {"log_errors_total", "counter", "Records at level error.", log_errors},
        {"daemon_rss_bytes", "gauge", "Memory at the last round.", rss},
};

void gox__metrics_put(gox_manager *m, struct gox_buf *out)
{
    struct gox_events_stats events;
    struct gox_hooks_stats hooks;
    for (size_t r = 0; r < sizeof metric_rows / sizeof metric_rows[0]; r++) {
        put_head(out, metric_rows[r].name, metric_rows[r].type,
                metric_rows[r].help);
        for (size_t k = 0; k < m->instance_count; k++)
            put_one(out, metric_rows[r].name, m->instances[k],
                    metric_rows[r].value(m->instances[k]));
    }
    put_head(out, "state", "gauge", "1 for the state that it is in.");
    for (size_t k = 0; k < m->instance_count; k++)
        for (int s = 1; s < GOX_STATE_COUNT; s++)
            gox_buf_printf(out,
                    "goxel_manager_state{name=\"%s\",state=\"%s\"} %d\n",
                    m->instances[k]->config.name,
                    gox_state_name((enum gox_state)s),
                    m->instances[k]->state == (enum gox_state)s);
    gox_events_get_stats(m->events, &events);
    gox_hooks_get_stats(m->hooks, &hooks);
    put_head(out, "events_total", "counter", "Events stored, by number.");
    gox_buf_printf(out, "goxel_manager_events_total %llu\n",
            (unsigned long long)events.last);
    put_head(out, "events_lost_total", "counter", "Events not stored.");
    gox_buf_printf(out, "goxel_manager_events_lost_total %llu\n",
            (unsigned long long)events.lost);
    put_head(out, "hooks_dropped_total", "counter", "Hooks that were not run.");
    gox_buf_printf(out, "goxel_manager_hooks_dropped_total %llu\n",
            (unsigned long long)hooks.dropped);
    put_head(out, "rss_bytes", "gauge", "Memory of this manager.");
    gox_buf_printf(out, "goxel_manager_rss_bytes %llu\n",
            (unsigned long long)gox_os_rss_bytes());
}
