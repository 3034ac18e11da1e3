/* SPDX-License-Identifier: Apache-2.0
 * What the daemon counts and measures, and the one table from which
 * daemon.metrics, the Prometheus page and docs/monitoring.md are made.
 *
 * Counting is on the loop thread, a few stores a request; a sample of
 * everything is taken only when somebody asks.
 *
 * Invariant: while it is off nothing is counted and no clock is read. */
#ifndef GOX_DAEMON_METRICS_H
#define GOX_DAEMON_METRICS_H

#include "base/time.h"
#include "rpc/registry.h"
#include "rpc/writer.h"

#include <stdbool.h>

typedef struct gox_daemon gox_daemon;

/* Bucket i holds what took at most 2^(10+i) ns: 1 us, 2 us ... 17 s; the last
 * one the rest. */
#define GOX_HISTOGRAM_BUCKETS 26
struct gox_histogram {
    uint64_t counts[GOX_HISTOGRAM_BUCKETS];
    uint64_t sum_ns;
};

static inline void gox_histogram_add(struct gox_histogram *h, int64_t ns)
{
    unsigned i = 0;
    if (ns > 1024)
        i = 54 - (unsigned)__builtin_clzll((uint64_t)ns - 1);
    h->counts[i < GOX_HISTOGRAM_BUCKETS ? i : GOX_HISTOGRAM_BUCKETS - 1]++;
    h->sum_ns += ns > 0 ? (uint64_t)ns : 0;
}
uint64_t gox_histogram_count(const struct gox_histogram *h);
/* About the value below which this part (0 ... 1) lies, in ns; 0: empty. */
double gox_histogram_quantile(const struct gox_histogram *h, double part);

/* Rates of failure are low: the codes of a method are in a short list. */
#define GOX_METRICS_CODES 12
struct gox_method_metrics {
    const struct gox_method *method; /* NULL: requests without a known one */
    struct gox_histogram latency;    /* of all requests */
    struct {
        int code;
        uint64_t count;
    } errors[GOX_METRICS_CODES]; /* by code on the wire; 0: free; the last one
                                    also takes what has no place */
};

struct gox_metrics {
    bool is_on;
    uint64_t bytes_in, bytes_out;      /* of connections */
    uint64_t commits, commit_failures; /* of turns of the loop */
    struct gox_histogram queue_wait, commit;
    struct gox_method_metrics *methods; /* owned; method_count */
    size_t method_count;
    uint16_t *slots; /* owned: hash of the method's address to its index + 1 */
    unsigned slot_shift;
};

/* Off. GOX_ERR_NOMEM. */
int gox_metrics_init(
        struct gox_metrics *m, const gox_registry *registry) GOX_MUST_CHECK;
void gox_metrics_fini(struct gox_metrics *m);
/* Turned on again, all begins at 0. */
void gox_metrics_set_on(struct gox_metrics *m, bool is_on);

/* ---- counting ---- */
/* The time to give to gox_metrics_add_request; 0 when off. */
static inline int64_t gox_metrics_now(const struct gox_metrics *m)
{
    return m->is_on ? gox_time_now_ns() : 0;
}
/* A request was answered. method NULL: unknown; code: on the wire, 0: success;
 * begin_at_ns 0: nothing is counted. */
void gox_metrics_add_request(struct gox_metrics *m,
        const struct gox_method *method, int code, int64_t begin_at_ns);
static inline void gox_metrics_add_in(struct gox_metrics *m, size_t bytes)
{
    m->bytes_in += m->is_on ? bytes : 0;
}
static inline void gox_metrics_add_out(struct gox_metrics *m, size_t bytes)
{
    m->bytes_out += m->is_on ? bytes : 0;
}
/* A long request waited for a worker. */
void gox_metrics_add_queue_wait(struct gox_metrics *m, int64_t ns);
/* A turn's edits were committed (or not) in this time, with the fsync if there
 * was one. */
void gox_metrics_add_commit(struct gox_metrics *m, int64_t ns, bool has_failed);

/* ---- reading ---- */
/* One object, for daemon.metrics. */
void gox_metrics_put_json(gox_daemon *daemon, struct gox_writer *w);
/* The Prometheus text format. */
#define GOX_METRICS_MIME "text/plain; version=0.0.4; charset=utf-8"
void gox_metrics_put_text(gox_daemon *daemon, struct gox_buf *out);
/* The table for docs/monitoring.md. */
void gox_metrics_put_table(struct gox_buf *out);

#endif
