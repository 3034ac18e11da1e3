/* SPDX-License-Identifier: Apache-2.0
 * Counting. */
#include "daemon/metrics.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

uint64_t gox_histogram_count(const struct gox_histogram *h)
{
    uint64_t count = 0;
    for (size_t i = 0; i < GOX_HISTOGRAM_BUCKETS; i++)
        count += h->counts[i];
    return count;
}

double gox_histogram_quantile(const struct gox_histogram *h, double part)
{
    double wanted = part * (double)gox_histogram_count(h);
    double below = 0;
    for (size_t i = 0; i < GOX_HISTOGRAM_BUCKETS; i++) {
        double here = (double)h->counts[i];
        double high = ldexp(1024, (int)i);
        double low = i > 0 ? high / 2 : 0;
        if (here > 0 && below + here >= wanted)
            return low + (high - low) * (wanted - below) / here;
        below += here;
    }
    return 0;
}

/* ---- methods ---- */

static size_t slot_of(
        const struct gox_metrics *m, const struct gox_method *method)
{
    return (size_t)(((uint64_t)(uintptr_t)method *
                            UINT64_C(0x9e3779b97f4a7c15)) >>
                    m->slot_shift);
}

static void add_slot(struct gox_metrics *m, size_t index)
{
    size_t mask = ((size_t)1 << (64 - m->slot_shift)) - 1;
    size_t slot = slot_of(m, m->methods[index].method);
    while (m->slots[slot] != 0)
        slot = (slot + 1) & mask;
    m->slots[slot] = (uint16_t)(index + 1);
}

static struct gox_method_metrics *find(
        struct gox_metrics *m, const struct gox_method *method)
{
    size_t mask = ((size_t)1 << (64 - m->slot_shift)) - 1;
    size_t slot = slot_of(m, method);
    while (m->slots[slot] != 0) {
        struct gox_method_metrics *at = &m->methods[m->slots[slot] - 1];
        if (at->method == method)
            return at;
        slot = (slot + 1) & mask;
    }
    return &m->methods[0];
}

int gox_metrics_init(struct gox_metrics *m, const gox_registry *registry)
{
    *m = (struct gox_metrics){.is_on = false};
    m->method_count = gox_registry_count(registry) + 1;
    m->slot_shift = 64 - 4;
    while (((size_t)1 << (64 - m->slot_shift)) < m->method_count * 2)
        m->slot_shift--;
    m->methods = gox_calloc(m->method_count, sizeof *m->methods);
    m->slots = gox_calloc((size_t)1 << (64 - m->slot_shift), sizeof *m->slots);
    if (m->methods == NULL || m->slots == NULL) {
        gox_metrics_fini(m);
        return GOX_ERR_NOMEM;
    }
    for (size_t i = 1; i < m->method_count; i++) {
        m->methods[i].method = gox_registry_get(registry, i - 1);
        add_slot(m, i);
    }
    return 0;
}

void gox_metrics_fini(struct gox_metrics *m)
{
    gox_free(m->methods);
    gox_free(m->slots);
    m->methods = NULL;
    m->slots = NULL;
}

void gox_metrics_set_on(struct gox_metrics *m, bool is_on)
{
    if (m->is_on == is_on)
        return;
    if (is_on) {
        for (size_t i = 0; i < m->method_count; i++)
            m->methods[i] =
                    (struct gox_method_metrics){.method = m->methods[i].method};
        *m = (struct gox_metrics){.methods = m->methods,
                .method_count = m->method_count,
                .slots = m->slots,
                .slot_shift = m->slot_shift};
    }
    m->is_on = is_on;
}

static void add_error(struct gox_method_metrics *at, int code)
{
    size_t i = 0;
    while (i < GOX_METRICS_CODES - 1 && at->errors[i].code != 0 &&
            at->errors[i].code != code)
        i++;
    if (at->errors[i].code == 0)
        at->errors[i].code = code;
    at->errors[i].count++;
}

void gox_metrics_add_request(struct gox_metrics *m,
        const struct gox_method *method, int code, int64_t begin_at_ns)
{
    if (begin_at_ns == 0 || !m->is_on)
        return;
    struct gox_method_metrics *at =
            method != NULL ? find(m, method) : &m->methods[0];
    gox_histogram_add(&at->latency, gox_time_now_ns() - begin_at_ns);
    if (code != 0)
        add_error(at, code);
}

void gox_metrics_add_queue_wait(struct gox_metrics *m, int64_t ns)
{
    if (m->is_on)
        gox_histogram_add(&m->queue_wait, ns);
}

void gox_metrics_add_commit(struct gox_metrics *m, int64_t ns, bool has_failed)
{
    if (!m->is_on)
        return;
    m->commits++;
    m->commit_failures += has_failed;
    gox_histogram_add(&m->commit, ns);
}
