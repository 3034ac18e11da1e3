/* SPDX-License-Identifier: Apache-2.0
 * Samples of manager and daemon, and their picture in plain text. */
#include "cli/top.h"

#include "base/time.h"
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS  100
#define MAX_METHODS 64

void gox_top_init(
        struct gox_top *top, const struct gox_cli *cli, const char *instance)
{
    memset(top, 0, sizeof *top);
    top->cli = cli;
    top->instance = instance;
}

static void drop(struct gox_top_sample *s)
{
    json_decref(s->status);
    json_decref(s->metrics);
    json_decref(s->events);
    memset(s, 0, sizeof *s);
}

void gox_top_fini(struct gox_top *top)
{
    drop(&top->now);
    drop(&top->before);
    gox_keeper_close(&top->keeper);
    gox_session_close(&top->daemon);
}

/* ---- sampling ---- */

static bool is_connected(const struct gox_cli_session *session)
{
    return session->client != NULL && gox_client_get_fd(session->client) >= 0;
}

static void ask_manager(struct gox_top *top, struct gox_top_sample *s)
{
    struct gox_error err = {0};
    json_t *events = NULL;
    if (!is_connected(&top->keeper.session)) {
        gox_keeper_close(&top->keeper);
        if (gox_keeper_try(&top->keeper, top->cli, top->instance, &err) != 0)
            return;
    }
    if (gox_keeper_call(
                &top->keeper, "manager.status", NULL, &s->status, &err) != 0)
        return;
    if (gox_keeper_call(&top->keeper, "manager.events",
                json_pack("{s:i}", "last", MAX_EVENTS), &events, &err) == 0)
        s->events = json_incref(json_object_get(events, "events"));
    json_decref(events);
}

static void ask_daemon(struct gox_top *top, struct gox_top_sample *s)
{
    struct gox_error err = {0};
    /* A connection to a held socket would wait while no daemon is there. */
    if (s->status != NULL && !json_is_true(json_object_get(s->status, "ready")))
        return;
    if (!is_connected(&top->daemon)) {
        gox_session_close(&top->daemon);
        memset(&top->daemon, 0, sizeof top->daemon);
        top->daemon.cli = top->cli;
        top->daemon.client = gox_client_connect(top->keeper.socket, 1000, &err);
        if (top->daemon.client == NULL ||
                gox_session_authenticate(&top->daemon) != 0)
            return;
    }
    (void)gox_session_call(
            &top->daemon, "daemon.metrics", NULL, &s->metrics, &err);
}

void gox_top_sample(struct gox_top *top)
{
    drop(&top->before);
    top->before = top->now;
    memset(&top->now, 0, sizeof top->now);
    ask_manager(top, &top->now);
    ask_daemon(top, &top->now);
    top->now.at_ns = gox_time_now_ns();
}

/* ---- figures ---- */

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Both samples are of one process: it did not begin anew in between. */
static bool has_span(const struct gox_top *top)
{
    return top->before.metrics != NULL && top->now.metrics != NULL &&
           number(top->now.metrics, "start_time_seconds") ==
                   number(top->before.metrics, "start_time_seconds");
}

static double seconds(const struct gox_top *top)
{
    return (double)(top->now.at_ns - top->before.at_ns) / 1e9;
}

static double rate(const struct gox_top *top, const char *key)
{
    double more =
            number(top->now.metrics, key) - number(top->before.metrics, key);
    return more > 0 ? more / seconds(top) : 0;
}

struct method {
    const char *name;
    double per_second, mean_us; /* in this span */
    double p99_us, count;       /* since the start */
};

static int by_rate(const void *a, const void *b)
{
    const struct method *x = a, *y = b;
    if (x->per_second != y->per_second)
        return x->per_second < y->per_second ? 1 : -1;
    return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static size_t get_methods(const struct gox_top *top, struct method *rows)
{
    const char *name;
    json_t *row;
    size_t n = 0;
    const json_t *old = json_object_get(top->before.metrics, "methods");
    json_object_foreach(json_object_get(top->now.metrics, "methods"), name, row)
    {
        const json_t *was = has_span(top) ? json_object_get(old, name) : NULL;
        double count = number(row, "count") - number(was, "count");
        double sum = number(row, "count") * number(row, "mean_us") -
                     number(was, "count") * number(was, "mean_us");
        if (n == MAX_METHODS)
            break;
        rows[n++] = (struct method){.name = name,
                .per_second = has_span(top) ? count / seconds(top) : 0,
                .mean_us = count > 0 ? sum / count : 0,
                .p99_us = number(row, "p99_us"),
                .count = number(row, "count")};
    }
    qsort(rows, n, sizeof *rows, by_rate);
    return n;
}

/* Of all requests in this span; -1 when there were none. */
static double mean_us(const struct method *rows, size_t n)
{
    double sum = 0, calls = 0;
    for (size_t k = 0; k < n; k++) {
        sum += rows[k].per_second * rows[k].mean_us;
        calls += rows[k].per_second;
    }
    return calls > 0 ? sum / calls : -1;
}

json_t *gox_top_json(const struct gox_top *top)
{
    struct method rows[MAX_METHODS];
    size_t n = get_methods(top, rows);
    double mean = mean_us(rows, n);
    json_t *all = json_pack("{s:O?,s:O?,s:O?}", "status", top->now.status,
            "metrics", top->now.metrics, "events", top->now.events);
    bool is_known = has_span(top);
    json_object_set_new(all, "requests_per_second",
            is_known ? json_real(rate(top, "requests")) : json_null());
    json_object_set_new(all, "errors_per_second",
            is_known ? json_real(rate(top, "errors")) : json_null());
    json_object_set_new(all, "mean_us",
            is_known && mean >= 0 ? json_real(mean) : json_null());
    return all;
}

/* ---- drawing ---- */

static void put_head(const struct gox_top *top, struct gox_buf *out)
{
    const json_t *s = top->now.status;
    const char *health = s != NULL ? gox_keeper_text(s, "health")
                         : top->now.metrics == NULL ? "not_running"
                         : number(top->now.metrics, "health") == 0 ? "healthy"
                         : number(top->now.metrics, "health") == 1
                                 ? "degraded"
                                 : "unhealthy";
    gox_keeper_put_head(top->cli, out, gox_keeper_text(s, "name"), health,
            s != NULL                  ? gox_keeper_text(s, "state")
            : top->now.metrics != NULL ? "without a manager"
                                       : "stopped",
            gox_keeper_text(s, "reason"));
}

static void put_load(const struct gox_top *top, struct gox_buf *out,
        const struct method *rows, size_t n)
{
    const json_t *m = top->now.metrics;
    char in[GOX_CLI_FIGURE], sent[GOX_CLI_FIGURE];
    double mean = mean_us(rows, n);
    if (m == NULL) {
        gox_keeper_put_line(out, 9, "requests", "the daemon does not answer");
        return;
    }
    if (!has_span(top)) {
        gox_keeper_put_line(out, 9, "requests", "%.0f since its start",
                number(m, "requests"));
    } else {
        char latency[48] = "none";
        if (mean >= 0)
            snprintf(latency, sizeof latency, "%.1f us on average", mean);
        gox_keeper_put_line(out, 9, "requests",
                "%.1f/s, errors %.1f/s, in %s/s, out %s/s",
                rate(top, "requests"), rate(top, "errors"),
                gox_cli_bytes(in, rate(top, "bytes_in")),
                gox_cli_bytes(sent, rate(top, "bytes_out")));
        gox_keeper_put_line(out, 9, "latency",
                "%s; commit p99 %.0f us, queue wait p99 %.0f us", latency,
                number(json_object_get(m, "store_commit"), "p99_us"),
                number(json_object_get(m, "queue_wait"), "p99_us"));
    }
    gox_keeper_put_line(out, 9, "queue",
            "%.0f of %.0f, oldest %.0f ms; workers busy %.0f of %.0f",
            number(m, "queue_depth"), number(m, "queue_capacity"),
            number(m, "queue_oldest_ms"), number(m, "workers_busy"),
            number(m, "workers"));
    gox_keeper_put_line(out, 9, "clients", "%.0f of %.0f; projects %.0f",
            number(m, "connections_open"), number(m, "connections_max"),
            number(m, "projects"));
}

static void put_process(const struct gox_top *top, struct gox_buf *out)
{
    const json_t *s = top->now.status, *m = top->now.metrics;
    const json_t *manager = json_object_get(s, "manager");
    const json_t *restarts = json_object_get(s, "restarts");
    char rss[GOX_CLI_FIGURE], own[GOX_CLI_FIGURE], up[32];
    if (m != NULL)
        gox_keeper_put_line(out, 9, "memory",
                "%s, %.0f threads, %.0f descriptors, processor %.1f %%",
                gox_cli_bytes(rss, number(m, "rss_bytes")),
                number(m, "threads"), number(m, "fds"),
                has_span(top) ? rate(top, "cpu_seconds") * 100 : 0.0);
    if (m != NULL)
        gox_keeper_put_line(out, 9, "uptime", "%s",
                gox_keeper_span(
                        up, (int64_t)(number(m, "uptime_seconds") * 1000)));
    if (s == NULL)
        return;
    gox_keeper_put_line(out, 9, "restarts", "%lld%s%s",
            (long long)gox_keeper_number(restarts, "total"),
            gox_keeper_text(restarts, "last_cause")[0] ? ", last cause: " : "",
            gox_keeper_text(restarts, "last_cause"));
    gox_keeper_put_line(out, 9, "manager", "pid %lld, %s, %s",
            (long long)gox_keeper_number(manager, "pid"),
            gox_cli_bytes(own, number(manager, "rss_bytes")),
            gox_keeper_text(s, "backend"));
}

static void put_methods(const struct gox_top *top, struct gox_buf *out,
        const struct method *rows, size_t n, size_t room)
{
    char name[64];
    if (n == 0 || room < 3)
        return;
    gox_buf_printf(out, "\n%s  %-28s %10s %10s %10s %10s%s\n",
            top->cli->has_color ? "\33[1m" : "", "method", "calls/s", "mean us",
            "p99 us", "calls", gox_keeper_plain(top->cli));
    for (size_t k = 0; k < n && k + 2 < room; k++) {
        gox_cli_clean(name, sizeof name, rows[k].name);
        gox_buf_printf(out, "  %-28.28s %10.1f %10.1f %10.1f %10.0f\n", name,
                rows[k].per_second, rows[k].mean_us, rows[k].p99_us,
                rows[k].count);
    }
}

static void put_events(const struct gox_top *top, struct gox_buf *out,
        int columns, size_t room)
{
    size_t n = json_array_size(top->now.events);
    size_t first = room > 2 && n > room - 2 ? n - (room - 2) : 0;
    if (n == 0 || room < 3)
        return;
    gox_buf_printf(out, "\n%s  events%s\n", top->cli->has_color ? "\33[1m" : "",
            gox_keeper_plain(top->cli));
    for (size_t k = first; k < n; k++) {
        gox_buf_put_str(out, "  ");
        gox_keeper_put_event(top->cli, out, json_array_get(top->now.events, k),
                columns > 2 ? (size_t)columns - 2 : 0);
    }
}

static size_t lines_in(const struct gox_buf *out)
{
    size_t n = 0;
    for (size_t k = 0; k < out->len; k++)
        n += out->data[k] == '\n';
    return n;
}

void gox_top_draw(
        const struct gox_top *top, struct gox_buf *out, int columns, int rows)
{
    struct method methods[MAX_METHODS];
    size_t n = get_methods(top, methods);
    size_t all = rows > 0 ? (size_t)rows : 60;
    put_head(top, out);
    gox_keeper_put_line(out, 9, "socket", "%s", top->keeper.socket);
    put_load(top, out, methods, n);
    put_process(top, out);
    size_t used = lines_in(out) + 1;
    size_t left = all > used ? all - used : 0;
    put_methods(top, out, methods, n, left / 2);
    used = lines_in(out) + 1;
    put_events(top, out, columns, all > used ? all - used : 0);
}
