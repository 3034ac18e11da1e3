/* SPDX-License-Identifier: Apache-2.0
 * Where projects are kept: the data directory's store by the settings, and what
 * was deleted long ago goes from its trash. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/takeover.h"
#include "platform/os.h"

#include <stddef.h>

/* Opening and closing wait for the disk more than they compute. */
#define FILE_THREADS   4
#define FILE_QUEUE     100000
#define FDS_OF_PROJECT 4
#define MS_OF_DAY      (INT64_C(24) * 3600 * 1000)

static enum gox_durability durability_of(int64_t choice)
{
    switch (choice) {
    case GOX_SETTING_DURABILITY_ALWAYS:
        return GOX_DURABILITY_ALWAYS;
    case GOX_SETTING_DURABILITY_NONE:
        return GOX_DURABILITY_NONE;
    default:
        return GOX_DURABILITY_INTERVAL;
    }
}

static int open_stores(
        gox_daemon *d, gox_stores **stores, struct gox_error *err)
{
    const struct gox_settings *s = &d->settings;
    struct gox_store_settings settings = {
            .durability = durability_of(s->performance_durability),
            .interval_ms = (int)s->performance_durability_interval_ms,
            /* 0 would be the store's own default. */
            .history_max_bytes =
                    ((uint64_t)s->performance_history_max_mb << 20) | 1};
    struct gox_takeover takeover;
    gox__takeover_begin(&takeover, d);
    int code;
    do
        code = gox_stores_open(s->paths_data_dir, &settings, stores, err);
    while (code == GOX_ERR_BUSY && gox__takeover_wait(&takeover, &code, err));
    gox__takeover_end(&takeover);
    return code;
}

int gox__daemon_open_projects(gox_daemon *d, struct gox_error *err)
{
    const struct gox_settings *s = &d->settings;
    struct gox_projects_config config = {
            .max_undo_bytes = (size_t)s->performance_max_undo_mb << 20,
            .max_memory_bytes = (uint64_t)s->performance_max_memory_mb << 20,
            .max_open = (size_t)s->performance_max_open_projects,
            .ready = gox__dispatch_ready,
            .ctx = d};
    if (!s->is_stdio || s->is_stored) {
        int code = open_stores(d, &config.own_stores, err);
        if (code < 0)
            return code;
        d->file_pool = gox_pool_new(d->loop, FILE_THREADS, FILE_QUEUE);
        config.pool = d->file_pool;
    }
    d->projects = gox_projects_new(&config);
    if (d->projects == NULL ||
            (config.own_stores != NULL && d->file_pool == NULL))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    return 0;
}

unsigned gox__daemon_project_fds(const gox_daemon *d)
{
    return (unsigned)d->settings.performance_max_open_projects * FDS_OF_PROJECT;
}

/* ---- the trash ---- */

struct gox_sweep {
    struct gox_work work;
    gox_daemon *daemon;
    bool is_under_way;
    int removed; /* or an error */
    struct gox_error err;
    int64_t days; /* a reload may change the setting meanwhile */
};

static struct gox_sweep *sweep_of(struct gox_work *work)
{
    return (struct gox_sweep *)(void *)((char *)work -
                                        offsetof(struct gox_sweep, work));
}

static void run_sweep(struct gox_work *work)
{
    struct gox_sweep *sweep = sweep_of(work);
    int64_t before = gox_time_wall_ms() - sweep->days * MS_OF_DAY;
    sweep->removed = gox_stores_empty_trash(
            gox_projects_stores(sweep->daemon->projects), before, &sweep->err);
}

static void end_sweep(struct gox_work *work)
{
    struct gox_sweep *sweep = sweep_of(work);
    gox_daemon *d = sweep->daemon;
    sweep->is_under_way = false;
    if (sweep->removed < 0)
        gox_log_put(
                d->log, GOX_LOG_WARN, GOX_LOG_C_STORE, "%s", sweep->err.text);
    else if (sweep->removed > 0)
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_STORE,
                "%d projects were in the trash for %lld days and are removed",
                sweep->removed, (long long)sweep->days);
}

void gox__daemon_sweep_trash(gox_daemon *d)
{
    if (d->settings.performance_trash_days == 0 ||
            !gox_projects_are_stored(d->projects))
        return;
    if (d->sweep == NULL)
        d->sweep = gox_calloc(1, sizeof *d->sweep);
    if (d->sweep == NULL || d->sweep->is_under_way)
        return;
    d->sweep->daemon = d;
    d->sweep->days = d->settings.performance_trash_days;
    d->sweep->work = (struct gox_work){.run = run_sweep, .done = end_sweep};
    d->sweep->is_under_way = gox_pool_put(d->file_pool, &d->sweep->work) == 0;
}
