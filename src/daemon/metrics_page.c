/* SPDX-License-Identifier: Apache-2.0
 * A sample of everything, and its three forms: JSON, Prometheus text, and the
 * table of the documentation. */
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/health.h"
#include "daemon/http_api.h"
#include "daemon/metrics.h"
#include "daemon/metrics_rows.h"
#include "goxel/version.h"
#include "http/http.h"
#include "log/log.h"
#include "platform/os.h"

#include <math.h>
#include <stdio.h>

struct sample {
#define FIELD(member, type, name, scale, when, help) double member;
    GOX_METRIC_LIST(FIELD)
#undef FIELD
};

enum type { COUNTER, GAUGE, HISTOGRAM };
static const char *const type_names[] = {"counter", "gauge", "histogram"};
enum when { ALWAYS, COUNTED };

struct row {
    const char *member, *name;
    enum type type;
    enum when when;
    size_t offset;
    double scale;
    const char *help;
};
static const struct row rows[] = {
#define ROW(member, type, name, scale, when, help)                             \
    {#member, name, type, when, offsetof(struct sample, member), scale, help},
        GOX_METRIC_LIST(ROW)
#undef ROW
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

enum family_id {
#define FAMILY_ENUM(id, type, name, labels, when, help) FAMILY_##id,
    GOX_METRIC_FAMILY_LIST(FAMILY_ENUM)
#undef FAMILY_ENUM
};
static const struct family {
    const char *name, *labels;
    enum type type;
    enum when when;
    const char *help;
} families[] = {
#define FAMILY_ROW(id, type, name, labels, when, help)                         \
    {name, labels, type, when, help},
        GOX_METRIC_FAMILY_LIST(FAMILY_ROW)
#undef FAMILY_ROW
};
#define FAMILY_COUNT (sizeof families / sizeof families[0])

/* ---- the sample ---- */

static void sample_counts(struct sample *s, const gox_daemon *d)
{
    const struct gox_metrics *m = &d->metrics;
    s->requests = (double)d->stats.requests;
    s->errors = (double)d->stats.errors;
    s->notifications = (double)d->stats.notifications;
    s->batches = (double)d->stats.batches;
    s->connections = (double)d->stats.connections;
    s->connections_refused = (double)d->stats.refused;
    s->slow_clients_cut = (double)d->stats.slow_cut;
    s->long_started = (double)d->stats.long_started;
    s->long_cancelled = (double)d->stats.long_cancelled;
    s->bytes_in = (double)m->bytes_in;
    s->bytes_out = (double)m->bytes_out;
    s->store_commits = (double)m->commits;
    s->store_failures = (double)m->commit_failures;
}

static void sample_access(struct sample *s, const gox_daemon *d)
{
    struct gox_access_stats a;
    gox_access_get_stats(d->access, &a);
    s->rate_limited = (double)a.rate_limited;
    s->auth_failures = (double)a.auth_failures;
    s->forbidden = (double)a.forbidden;
    s->peers_refused = (double)a.refused;
    s->memory_refused = (double)a.out_of_memory;
}

static void sample_pool(struct sample *s, const gox_daemon *d)
{
    struct gox_pool_stats pool;
    gox_pool_get_stats(d->pool, &pool);
    s->queue_depth = (double)pool.depth;
    s->queue_capacity = (double)pool.capacity;
    s->queue_oldest_ms = (double)(pool.oldest_ns / GOX_NS_PER_MS);
    s->workers = pool.max_threads;
    s->workers_busy = pool.busy;
    s->long_finished = (double)pool.finished;
    s->long_average_ms = (double)(pool.average_ns / 1000) / 1000;
}

static void sample_projects(struct sample *s, const gox_daemon *d)
{
    struct gox_store_stats store;
    gox_projects_get_closed(d->projects, &store);
    s->store_syncs = (double)store.syncs;
    s->store_checkpoints = (double)store.checkpoints;
    s->store_snapshots = (double)store.snapshots;
    for (gox_project *p = gox_projects_next(d->projects, NULL); p != NULL;
            p = gox_projects_next(d->projects, p)) {
        if (p->stage != GOX_PROJECT_OPEN)
            continue; /* a worker has it */
        s->projects++;
        s->voxels += (double)gox_image_solid(p->image);
        if (p->store == NULL)
            continue;
        gox_store_get_stats(p->store, &store);
        s->journal_bytes += (double)store.journal_bytes;
        s->wal_bytes += (double)store.wal_bytes;
        s->store_syncs += (double)store.syncs;
        s->store_checkpoints += (double)store.checkpoints;
        s->store_snapshots += (double)store.snapshots;
        s->store_unsafe += !store.is_safe;
    }
    s->projects_evicted = (double)gox_projects_evicted(d->projects);
    s->projects_damaged = (double)gox_projects_damaged(d->projects);
}

static void sample_http(struct sample *s, const gox_daemon *d)
{
    struct gox_http_stats http;
    gox__http_api_get_stats(d, &http);
    s->http_requests = (double)http.requests;
    s->http_refused = (double)http.refused;
    s->http_timed_out = (double)http.timed_out;
    s->http_connections = (double)http.open;
}

static void sample_process(struct sample *s, gox_daemon *d)
{
    struct gox_health_report health;
    struct gox_log_stats log = {0};
    gox__health_look(d, &health);
    gox_log_get_stats(d->log, &log);
    s->uptime_seconds =
            (double)((gox_time_now_ns() - d->start_at_ns) / GOX_NS_PER_MS) /
            1000;
    s->start_time_seconds = (double)d->start_wall_ms / 1000;
    s->health = health.verdict;
    s->ready = health.is_ready;
    s->connections_open = (double)health.connections;
    s->connections_max = (double)health.connections_max;
    s->disk_free_bytes = (double)health.disk_free_bytes;
    s->rss_bytes = (double)health.rss_bytes;
    s->memory_limit_bytes = (double)health.memory_limit_bytes;
    s->loop_lag_ms = (double)health.lag_ms;
    s->cpu_seconds = (double)(gox_os_cpu_ns() / GOX_NS_PER_MS) / 1000;
    s->fds = gox_os_fd_count();
    s->threads = gox_os_thread_count();
    s->log_records = (double)log.records;
    s->log_drops = (double)log.dropped;
}

static void take_sample(struct sample *s, gox_daemon *d)
{
    *s = (struct sample){0};
    sample_counts(s, d);
    sample_access(s, d);
    sample_pool(s, d);
    sample_projects(s, d);
    sample_http(s, d);
    sample_process(s, d);
}

static double value_of(const struct row *row, const struct sample *s)
{
    return *(const double *)(const void *)((const char *)s + row->offset);
}

/* ---- JSON ---- */

static void put_histogram_json(
        struct gox_writer *w, const char *key, const struct gox_histogram *h)
{
    uint64_t count = gox_histogram_count(h);
    double mean = count > 0 ? (double)h->sum_ns / (double)count : 0;
    gox_writer_object(w, key);
    gox_writer_uint(w, "count", count);
    gox_writer_number(w, "mean_us", round(mean / 10) / 100);
    gox_writer_number(
            w, "p50_us", round(gox_histogram_quantile(h, 0.5) / 10) / 100);
    gox_writer_number(
            w, "p99_us", round(gox_histogram_quantile(h, 0.99) / 10) / 100);
}

static const char *method_name(const struct gox_method_metrics *m)
{
    return m->method != NULL ? m->method->name : "unknown";
}

static void put_methods_json(
        struct gox_writer *w, const struct gox_metrics *metrics)
{
    char code[24];
    gox_writer_object(w, "methods");
    for (size_t i = 0; i < metrics->method_count; i++) {
        const struct gox_method_metrics *m = &metrics->methods[i];
        if (gox_histogram_count(&m->latency) == 0)
            continue;
        put_histogram_json(w, method_name(m), &m->latency);
        if (m->errors[0].code != 0) {
            gox_writer_object(w, "errors");
            for (size_t k = 0; k < GOX_METRICS_CODES && m->errors[k].code != 0;
                    k++) {
                snprintf(code, sizeof code, "%d", m->errors[k].code);
                gox_writer_uint(w, code, m->errors[k].count);
            }
            gox_writer_end_object(w);
        }
        gox_writer_end_object(w);
    }
    gox_writer_end_object(w);
}

void gox_metrics_put_json(gox_daemon *d, struct gox_writer *w)
{
    struct sample s;
    take_sample(&s, d);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_bool(w, "enabled", d->metrics.is_on);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        double value = value_of(&rows[i], &s);
        if (value >= 0 && (d->metrics.is_on || rows[i].when == ALWAYS))
            gox_writer_number(w, rows[i].member, value);
    }
    if (d->metrics.is_on) {
        put_histogram_json(w, "queue_wait", &d->metrics.queue_wait);
        gox_writer_end_object(w);
        put_histogram_json(w, "store_commit", &d->metrics.commit);
        gox_writer_end_object(w);
        put_methods_json(w, &d->metrics);
    }
    gox_writer_end_object(w);
}

/* ---- Prometheus ---- */

static void put_value(struct gox_buf *out, double value)
{
    if (value == floor(value) && fabs(value) < 9e15)
        gox_buf_put_int(out, (int64_t)value);
    else
        gox_buf_printf(out, "%.15g", value);
    gox_buf_put_byte(out, '\n');
}

static void put_head(
        struct gox_buf *out, const char *name, enum type type, const char *help)
{
    gox_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
            type_names[type]);
}

/* label: "method=\"x\"" or "". */
static void put_histogram_text(struct gox_buf *out, const char *name,
        const char *label, const struct gox_histogram *h)
{
    const char *comma = label[0] != '\0' ? "," : "";
    uint64_t below = 0;
    for (int i = 0; i < GOX_HISTOGRAM_BUCKETS; i++) {
        below += h->counts[i];
        gox_buf_printf(out, "%s_bucket{%s%sle=\"", name, label, comma);
        if (i < GOX_HISTOGRAM_BUCKETS - 1)
            gox_buf_printf(out, "%.9g\"} ", ldexp(1024, i) / 1e9);
        else
            gox_buf_put_str(out, "+Inf\"} ");
        gox_buf_put_uint(out, below);
        gox_buf_put_byte(out, '\n');
    }
    bool has_label = label[0] != '\0';
    gox_buf_printf(out, "%s_sum%s%s%s ", name, has_label ? "{" : "", label,
            has_label ? "}" : "");
    put_value(out, (double)h->sum_ns / 1e9);
    gox_buf_printf(out, "%s_count%s%s%s %llu\n", name, has_label ? "{" : "",
            label, has_label ? "}" : "", (unsigned long long)below);
}

static void put_requests(struct gox_buf *out, const char *name,
        const struct gox_method_metrics *m)
{
    uint64_t good = gox_histogram_count(&m->latency);
    for (size_t i = 0; i < GOX_METRICS_CODES && m->errors[i].code != 0; i++) {
        good -= m->errors[i].count;
        gox_buf_printf(out, "%s{method=\"%s\",code=\"%d\"} %llu\n", name,
                method_name(m), m->errors[i].code,
                (unsigned long long)m->errors[i].count);
    }
    gox_buf_printf(out, "%s{method=\"%s\",code=\"0\"} %llu\n", name,
            method_name(m), (unsigned long long)good);
}

static void put_family(
        struct gox_buf *out, const gox_daemon *d, enum family_id id)
{
    const struct gox_metrics *m = &d->metrics;
    const char *name = families[id].name;
    char label[128];
    put_head(out, name, families[id].type, families[id].help);
    if (id == FAMILY_BUILD_INFO)
        gox_buf_printf(out, "%s{version=\"%s\",os=\"%s\"} 1\n", name,
                GOX_VERSION, gox_os_name());
    else if (id == FAMILY_QUEUE_WAIT)
        put_histogram_text(out, name, "", &m->queue_wait);
    else if (id == FAMILY_COMMIT)
        put_histogram_text(out, name, "", &m->commit);
    else
        for (size_t i = 0; i < m->method_count; i++) {
            const struct gox_method_metrics *each = &m->methods[i];
            if (gox_histogram_count(&each->latency) == 0)
                continue;
            snprintf(label, sizeof label, "method=\"%s\"", method_name(each));
            if (id == FAMILY_REQUESTS)
                put_requests(out, name, each);
            else
                put_histogram_text(out, name, label, &each->latency);
        }
}

void gox_metrics_put_text(gox_daemon *d, struct gox_buf *out)
{
    struct sample s;
    take_sample(&s, d);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        double value = value_of(&rows[i], &s);
        if (value < 0 || (!d->metrics.is_on && rows[i].when == COUNTED))
            continue;
        put_head(out, rows[i].name, rows[i].type, rows[i].help);
        gox_buf_put_str(out, rows[i].name);
        gox_buf_put_byte(out, ' ');
        put_value(out, value * rows[i].scale);
    }
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        if (d->metrics.is_on || families[i].when == ALWAYS)
            put_family(out, d, (enum family_id)i);
}

/* ---- documentation ---- */

void gox_metrics_put_table(struct gox_buf *out)
{
    gox_buf_put_str(out, "| Prometheus | `daemon.metrics` | type | meaning |\n"
                         "|---|---|---|---|\n");
    for (size_t i = 0; i < ROW_COUNT; i++)
        gox_buf_printf(out, "| `%s` | `%s` | %s | %s%s |\n", rows[i].name,
                rows[i].member, type_names[rows[i].type], rows[i].help,
                rows[i].when == COUNTED ? " *" : "");
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        gox_buf_printf(out, "| `%s`%s%s%s |  | %s | %s%s |\n", families[i].name,
                families[i].labels[0] != '\0' ? " {" : "", families[i].labels,
                families[i].labels[0] != '\0' ? "}" : "",
                type_names[families[i].type], families[i].help,
                families[i].when == COUNTED ? " *" : "");
}
