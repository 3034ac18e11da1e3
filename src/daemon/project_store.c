/* SPDX-License-Identifier: Apache-2.0
 * Projects and their files: opening, making, closing and deleting on a worker,
 * closing idle ones when memory is short, and all of them at the end.
 *
 * Invariant: a project has at most one job, and while it has one nobody else
 * touches its file; what a job made belongs to the job until its end is seen by
 * the loop thread. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/project_internal.h"
#include "platform/os.h"

#include <stddef.h>

/* Edits that can be undone at once after opening; more come on demand. */
#define UNDO_AT_OPEN 1000
/* What an open project costs beside its voxels, about. */
#define OPEN_BYTES (300u << 10)

enum job_kind { JOB_OPEN, JOB_CREATE, JOB_CLOSE };

struct gox_project_job {
    struct gox_work work;
    gox_projects *projects;
    gox_project *project;
    enum job_kind kind;
    bool may_create;            /* OPEN: when there is none */
    enum gox_project_drop drop; /* CLOSE: and then */
    uint64_t revision;          /* CREATE: of the image */
    struct gox_image *image;    /* CREATE: to write; OPEN: what was read */
    gox_history *history;       /* OPEN */
    gox_store *store;
    struct gox_store_report report;
    struct gox_error err;
};

static struct gox_project_job *job_of(struct gox_work *work)
{
    return (struct gox_project_job *)(void *)((char *)work -
                                              offsetof(struct gox_project_job,
                                                      work));
}

void gox__project_free_job(gox_project *p)
{
    struct gox_project_job *job = p->job;
    if (job == NULL)
        return;
    gox_store_close(job->store);
    gox_image_free(job->image);
    gox_history_free(job->history);
    gox_free(job);
    p->job = NULL;
}

/* ---- on a worker ---- */

static int open_or_create(struct gox_project_job *job)
{
    gox_stores *stores = job->projects->config.own_stores;
    const char *name = job->project->name;
    int code = gox_store_open(
            stores, name, &job->store, &job->image, &job->report, &job->err);
    if (code != GOX_ERR_NOT_FOUND || !job->may_create)
        return code;
    job->image = gox_image_new();
    if (job->image == NULL)
        return GOX_ERR_NOMEM;
    return gox_store_create(
            stores, name, job->image, 0, &job->store, &job->err);
}

static int run_open(struct gox_project_job *job)
{
    int code = open_or_create(job);
    if (code < 0)
        return code;
    job->history = gox_history_new(job->projects->config.max_undo_bytes);
    if (job->history == NULL)
        return GOX_ERR_NOMEM;
    /* Without memory for old edits fewer of them can be undone. */
    code = gox_store_attach(
            job->store, job->history, job->image, UNDO_AT_OPEN, &job->err);
    return code == GOX_ERR_NOMEM ? 0 : code;
}

static int run_close(struct gox_project_job *job)
{
    gox_stores *stores = job->projects->config.own_stores;
    const char *name = job->project->name;
    gox_store_close(job->store);
    job->store = NULL;
    if (job->drop == GOX_PROJECT_CLOSE)
        return 0;
    int code = gox_stores_delete(stores, name, &job->err);
    return code == 0 && job->drop == GOX_PROJECT_PURGE
                   ? gox_stores_purge(stores, name, &job->err)
                   : code;
}

static void run_job(struct gox_work *work)
{
    struct gox_project_job *job = job_of(work);
    int code = 0;
    switch (job->kind) {
    case JOB_OPEN:
        code = run_open(job);
        break;
    case JOB_CREATE:
        code = gox_store_create(job->projects->config.own_stores,
                job->project->name, job->image, job->revision, &job->store,
                &job->err);
        break;
    case JOB_CLOSE:
        code = run_close(job);
        break;
    }
    if (code < 0 && job->err.code == 0)
        gox_error_set(&job->err, code, "project \"%s\": %s", job->project->name,
                gox_error_text(code));
    job->err.code = code;
}

/* ---- back on the loop thread ---- */

static void end_open(struct gox_project_job *job)
{
    gox_project *p = job->project;
    struct gox_edit_info last;
    gox_image_free(p->image);
    gox_history_free(p->history);
    p->image = job->image;
    p->history = job->history;
    p->store = job->store;
    job->image = NULL;
    job->history = NULL;
    job->store = NULL;
    p->saved_revision = gox_history_revision(p->history);
    p->replayed = job->report.replayed;
    p->replay_ms = job->report.duration_ms;
    if (gox_history_get_edit(p->history, 0, &last))
        p->modified_ms = last.at_ms;
    if (!job->report.is_damaged)
        return;
    job->projects->damaged++;
    job->err = job->report.damage;
    job->err.code = GOX_ERR_FORMAT;
}

static int end_create(struct gox_project_job *job)
{
    gox_project *p = job->project;
    int code = gox_store_attach(job->store, p->history, p->image, 0, &job->err);
    if (code < 0)
        return code;
    p->store = job->store;
    job->store = NULL;
    return 0;
}

/* ---- memory ---- */

struct load {
    size_t count;     /* of projects; not of those on their way out */
    uint64_t bytes;   /* what these take, about */
    uint64_t leaving; /* and those on their way out */
};

static uint64_t bytes_of(const gox_project *p)
{
    return p->stage != GOX_PROJECT_OPENING ? OPEN_BYTES + gox_project_bytes(p)
                                           : 0;
}

static struct load measure(const gox_projects *projects)
{
    struct load load = {0};
    bool has_bound = projects->config.max_memory_bytes > 0;
    for (gox_project *p = projects->first; p != NULL; p = p->next) {
        bool is_leaving = p->stage == GOX_PROJECT_CLOSING;
        uint64_t bytes = has_bound ? bytes_of(p) : 0;
        load.count += !is_leaving;
        *(is_leaving ? &load.leaving : &load.bytes) += bytes;
    }
    return load;
}

/* How much must go. What is counted here is not all that projects take, and
 * edits are refused by what the system says: so that counts too, but for what
 * will be free soon. */
static uint64_t excess_of(const struct gox_projects_config *c,
        const struct load *load, uint64_t more_bytes)
{
    if (c->max_memory_bytes == 0)
        return 0;
    uint64_t rss = gox_os_rss_bytes();
    uint64_t used = rss > load->leaving ? rss - load->leaving : 0;
    used = used > load->bytes ? used : load->bytes;
    used += more_bytes;
    return used > c->max_memory_bytes ? used - c->max_memory_bytes : 0;
}

/* Edits are refused by what the system says is in use: the allocator must not
 * keep what closed projects had. */
static void return_memory(const gox_projects *projects)
{
    uint64_t bound = projects->config.max_memory_bytes;
    if (bound == 0 || gox_os_rss_bytes() <= bound / 4 * 3)
        return;
    /* Once for all that are closed at a time. */
    for (const gox_project *p = projects->first; p != NULL; p = p->next)
        if (p->stage == GOX_PROJECT_CLOSING)
            return;
    gox_os_trim_memory();
}

/* ---- the end of a job ---- */

/* The project has no job any more; err says what came of it. */
static void settle(gox_projects *projects, gox_project *p, enum job_kind kind,
        const struct gox_error *err)
{
    struct gox_error failed = *err;
    gox_project_ref(p);
    bool is_wanted = kind == JOB_CLOSE && p->waiting_first != NULL;
    if (is_wanted)
        is_wanted = gox__project_begin_open(projects, p, false, &failed) == 0;
    bool is_open = p->stage == GOX_PROJECT_OPEN;
    if (!is_open && !is_wanted)
        gox__projects_remove(projects, p);
    projects->config.ready(projects->config.ctx, p, &failed);
    gox_project_unref(p);
    if (is_open)
        gox_projects_evict(projects);
    else
        return_memory(projects);
}

static void end_job(struct gox_work *work)
{
    struct gox_project_job *job = job_of(work);
    gox_projects *projects = job->projects;
    gox_project *p = job->project;
    enum job_kind kind = job->kind;
    int code = job->err.code;
    if (code == 0 && kind == JOB_CREATE)
        code = end_create(job);
    else if (code == 0 && kind == JOB_OPEN)
        end_open(job);
    if (code == 0 && kind != JOB_CLOSE)
        p->stage = GOX_PROJECT_OPEN;
    struct gox_error err = job->err;
    gox__project_free_job(p);
    settle(projects, p, kind, &err);
}

static int begin(gox_projects *projects, gox_project *p,
        const struct gox_project_job *like, struct gox_error *err)
{
    struct gox_project_job *job = gox_malloc(sizeof *job);
    if (job == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    *job = *like;
    job->projects = projects;
    job->project = p;
    job->work = (struct gox_work){.run = run_job, .done = end_job};
    int code = gox_pool_put(projects->config.pool, &job->work);
    if (code < 0) {
        gox_free(job);
        return gox_error_set(err, code,
                "project \"%s\": too many projects are being opened and "
                "closed; try again",
                p->name);
    }
    p->job = job;
    p->stage =
            like->kind == JOB_CLOSE ? GOX_PROJECT_CLOSING : GOX_PROJECT_OPENING;
    return 0;
}

int gox__project_begin_open(gox_projects *projects, gox_project *p,
        bool may_create, struct gox_error *err)
{
    struct gox_project_job job = {.kind = JOB_OPEN, .may_create = may_create};
    return begin(projects, p, &job, err);
}

int gox__project_begin_create(
        gox_projects *projects, gox_project *p, struct gox_error *err)
{
    struct gox_project_job job = {.kind = JOB_CREATE,
            .image = gox_image_dup(p->image),
            .revision = gox_project_revision(p)};
    if (job.image == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int code = begin(projects, p, &job, err);
    if (code < 0)
        gox_image_free(job.image);
    return code;
}

int gox__project_begin_close(gox_projects *projects, gox_project *p,
        enum gox_project_drop how, struct gox_error *err)
{
    struct gox_project_job job = {
            .kind = JOB_CLOSE, .drop = how, .store = p->store};
    struct gox_store_stats stats;
    gox_store_get_stats(p->store, &stats);
    /* Before a worker may see it; attached again it would be for nothing. */
    gox_store_detach(p->store);
    int code = begin(projects, p, &job, err);
    if (code == 0) {
        p->store = NULL;
        projects->closed.syncs += stats.syncs;
        projects->closed.checkpoints += stats.checkpoints;
        projects->closed.snapshots += stats.snapshots;
        return 0;
    }
    struct gox_error ignored;
    int again = gox_store_attach(
            p->store, p->history, p->image, UNDO_AT_OPEN, &ignored);
    return again < 0 && again != GOX_ERR_NOMEM ? again : code;
}

/* ---- idle projects ---- */

static bool is_idle(const gox_project *p)
{
    return p->stage == GOX_PROJECT_OPEN && !p->is_dirty && p->turn == NULL &&
           p->waiting_first == NULL && p->refs == 1 + p->sessions;
}

static gox_project *find_oldest_idle(const gox_projects *projects)
{
    gox_project *oldest = NULL;
    for (gox_project *p = projects->first; p != NULL; p = p->next)
        if (is_idle(p) &&
                (oldest == NULL || p->used_at_ns < oldest->used_at_ns))
            oldest = p;
    return oldest;
}

void gox_projects_make_room(gox_projects *projects, uint64_t more_bytes)
{
    const struct gox_projects_config *c = &projects->config;
    if (c->own_stores == NULL)
        return;
    struct load load = measure(projects);
    uint64_t excess = excess_of(c, &load, more_bytes);
    while (excess > 0 || (c->max_open > 0 && load.count > c->max_open)) {
        gox_project *p = find_oldest_idle(projects);
        if (p == NULL)
            return;
        uint64_t own = bytes_of(p);
        struct gox_error err;
        if (gox__project_begin_close(projects, p, GOX_PROJECT_CLOSE, &err) < 0)
            return;
        projects->evicted++;
        excess -= own < excess ? own : excess;
        load.count--;
    }
}

void gox_projects_set_bounds(
        gox_projects *projects, uint64_t max_memory_bytes, size_t max_open)
{
    projects->config.max_memory_bytes = max_memory_bytes;
    projects->config.max_open = max_open;
}

void gox_projects_evict(gox_projects *projects)
{
    gox_projects_make_room(projects, 0);
}

void gox_projects_keep_up(gox_projects *projects, int idle_ms)
{
    gox_projects_evict(projects);
    for (gox_project *p = projects->first; p != NULL; p = p->next) {
        if (p->stage != GOX_PROJECT_OPEN || p->store == NULL || p->is_dirty ||
                !gox_store_wants_idle_snapshot(p->store, idle_ms))
            continue;
        /* BUSY: one is being written already. */
        int code = gox_store_start_snapshot(p->store, NULL);
        (void)code;
    }
}

/* ---- the end ---- */

static int close_one(void *ctx, size_t i, unsigned thread)
{
    gox_store **list = ctx;
    (void)thread;
    gox_store_close(list[i]);
    return 0;
}

static void close_all(gox_projects *projects)
{
    size_t count = 0;
    gox_store **list = gox_malloc_array(projects->count, sizeof(gox_store *));
    for (gox_project *p = projects->first; p != NULL; p = p->next) {
        if (p->store == NULL)
            continue;
        gox_store_detach(p->store);
        if (list != NULL)
            list[count++] = p->store;
        else
            gox_store_close(p->store);
        p->store = NULL;
    }
    struct gox_task task;
    gox_task_init(&task);
    /* They wait for the disk, not for a core. */
    task.threads = count < 8 ? (unsigned)count : 8;
    int code = count > 0 ? gox_parallel_for(&task, count, close_one, list) : 0;
    (void)code; /* closing tells of no failure */
    gox_free(list);
}

void gox_projects_free(gox_projects *projects)
{
    if (projects == NULL)
        return;
    if (projects->count > 0)
        close_all(projects);
    while (projects->first != NULL)
        gox__projects_remove(projects, projects->first);
    gox_stores_close(projects->config.own_stores);
    gox_free(projects->buckets);
    gox_free(projects);
}
