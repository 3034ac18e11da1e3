/* SPDX-License-Identifier: Apache-2.0
 * Running hooks: four slots and a queue. */
#include "manager/hooks.h"

#include "base/alloc.h"
#include "base/time.h"
#include "loop/watch.h"
#include "manager/manager_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct waiting {
    const struct gox_hook *hook;
    char *line;     /* owned */
    char *instance; /* owned */
    enum gox_event_kind kind;
};
struct slot {
    struct gox_hooks *owner;
    struct gox_process process;
    gox_watch *watch;
    gox_timer *limit;
    const struct gox_hook *hook;
    bool is_used;
};
struct gox_hooks {
    gox_manager *manager;
    const struct gox_hook *hooks;
    size_t count;
    int64_t limit_ms;
    struct slot slots[GOX_HOOKS_RUNNING];
    struct waiting queue[GOX_HOOKS_WAITING]; /* a ring */
    size_t first, waiting;
    /* Starting a process takes its time, and what the event is about (a daemon
     * to start again) goes first: so a hook begins in the next turn. */
    gox_timer *kick;
    struct gox_hooks_stats stats;
};

static void run_waiting(struct gox_hooks *h);

static void end_slot(struct slot *s)
{
    gox_watch_close(s->watch);
    s->watch = NULL;
    gox_timer_stop(s->limit);
    gox_process_close(&s->process);
    gox_process_init(&s->process);
    s->is_used = false;
}

static void look(struct slot *s)
{
    char text[GOX_PROCESS_EXIT_TEXT_BYTES];
    if (!s->is_used || gox_process_check(&s->process) != 1)
        return;
    struct gox_process_exit ended = s->process.exit;
    end_slot(s);
    if (!ended.is_known || ended.is_signal || ended.code != 0) {
        s->owner->stats.failed++;
        gox_process_exit_format(&ended, text);
        gox__manager_say(s->owner->manager, GOX__WARN, "the hook \"%.100s\" %s",
                s->hook->command, text);
    }
    run_waiting(s->owner);
}

static void on_process(void *ctx, short events)
{
    (void)events;
    look(ctx);
}

static void on_limit(void *ctx)
{
    struct slot *s = ctx;
    struct gox_process_set set;
    if (!s->is_used)
        return;
    s->owner->stats.killed++;
    gox__manager_say(s->owner->manager, GOX__WARN,
            "the hook \"%.100s\" ran for %lld ms and is killed",
            s->hook->command, (long long)s->owner->limit_ms);
    if (gox__manager_set(s->owner->manager, &set) == 0) {
        int left = gox_process_kill_tree(&s->process, NULL, &set);
        (void)left; /* the watch tells when it has ended */
    }
    gox_free((void *)set.items);
    gox_timer_start(s->limit, 1000, 0);
}

/* "NAME=value" in new memory. */
static char *variable(const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 2;
    char *text = gox_malloc(size);
    if (text != NULL)
        snprintf(text, size, "%s=%s", name, value);
    return text;
}

static int start(struct slot *s, const struct waiting *w)
{
    struct gox_error err = {.offset = -1};
    const char *argv[] = {"/bin/sh", "-c", w->hook->command, NULL};
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    const char **env = gox_calloc(count + 4, sizeof *env);
    char *own[3] = {variable("GOXEL_EVENT", gox_event_name(w->kind)),
            variable("GOXEL_EVENT_JSON", w->line),
            variable("GOXEL_INSTANCE", w->instance)};
    int code = GOX_ERR_NOMEM;
    if (env == NULL || own[0] == NULL || own[1] == NULL || own[2] == NULL)
        goto out;
    memcpy(env, environ, count * sizeof *env);
    memcpy(env + count, own, sizeof own);
    struct gox_process_spec spec = {.program = "/bin/sh",
            .argv = argv,
            .env = env,
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_NULL,
            .err = GOX_STREAM_SAME};
    code = gox_process_start(&s->process, &spec, &err);
    if (code < 0)
        gox__manager_say(s->owner->manager, GOX__WARN,
                "the hook \"%.100s\" was not run: %s", w->hook->command,
                err.text);
out:
    for (size_t k = 0; k < 3; k++)
        gox_free(own[k]);
    gox_free(env);
    return code;
}

static void run(struct slot *s, const struct waiting *w)
{
    struct gox_hooks *h = s->owner;
    if (start(s, w) < 0) {
        gox_process_init(&s->process);
        h->stats.failed++;
        return;
    }
    h->stats.started++;
    s->is_used = true;
    s->hook = w->hook;
    if (s->process.pidfd >= 0)
        s->watch =
                gox__manager_watch(h->manager, s->process.pidfd, on_process, s);
    gox_timer_start(s->limit, (uint64_t)h->limit_ms, 0);
}

static void free_waiting(struct waiting *w)
{
    gox_free(w->line);
    gox_free(w->instance);
    *w = (struct waiting){.hook = NULL};
}

static void run_waiting(struct gox_hooks *h)
{
    for (size_t k = 0; k < GOX_HOOKS_RUNNING && h->waiting > 0; k++) {
        if (h->slots[k].is_used)
            continue;
        struct waiting *w = &h->queue[h->first];
        run(&h->slots[k], w);
        free_waiting(w);
        h->first = (h->first + 1) % GOX_HOOKS_WAITING;
        h->waiting--;
    }
}

void gox_hooks_on_event(struct gox_hooks *h, enum gox_event_kind kind,
        const char *instance, const char *line, size_t len)
{
    for (size_t k = 0; k < h->count; k++) {
        const char *only = h->hooks[k].instance;
        if ((h->hooks[k].kinds & (uint32_t)1 << kind) == 0 ||
                (only != NULL && strcmp(only, instance) != 0))
            continue;
        if (h->waiting == GOX_HOOKS_WAITING) {
            h->stats.dropped++;
            continue;
        }
        struct waiting w = {.hook = &h->hooks[k],
                .line = gox_strndup(line, len),
                .instance = gox_strdup(instance),
                .kind = kind};
        if (w.line == NULL || w.instance == NULL) {
            h->stats.dropped++;
            free_waiting(&w);
            continue;
        }
        h->queue[(h->first + h->waiting++) % GOX_HOOKS_WAITING] = w;
    }
    if (h->waiting > 0)
        gox_timer_start(h->kick, 0, 0);
}

static void on_kick(void *ctx)
{
    run_waiting(ctx);
}

struct gox_hooks *gox_hooks_new(struct gox_manager *m,
        const struct gox_hook *hooks, size_t count, int64_t limit_ms)
{
    struct gox_hooks *h = gox_calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    *h = (struct gox_hooks){
            .manager = m, .hooks = hooks, .count = count, .limit_ms = limit_ms};
    h->kick = gox_timer_new(m->loop, on_kick, h);
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++) {
        h->slots[k].owner = h;
        gox_process_init(&h->slots[k].process);
        h->slots[k].limit = gox_timer_new(m->loop, on_limit, &h->slots[k]);
        if (h->kick == NULL || h->slots[k].limit == NULL) {
            gox_hooks_free(h);
            return NULL;
        }
    }
    return h;
}

/* What still runs has had its event; nobody would end it later. */
static void kill_slot(struct slot *s)
{
    struct gox_process *items[] = {&s->process};
    struct gox_process_set set = {.items = items, .count = 1};
    if (!s->is_used)
        return;
    int left = gox_process_kill_tree(&s->process, NULL, &set);
    if (left > 0)
        gox__manager_say(s->owner->manager, GOX__INFO,
                "the hook \"%.100s\" was killed with this manager's end",
                s->hook->command);
}

void gox_hooks_free(struct gox_hooks *h)
{
    if (h == NULL)
        return;
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++)
        kill_slot(&h->slots[k]);
    gox_timer_close(h->kick);
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++) {
        gox_watch_close(h->slots[k].watch);
        gox_timer_close(h->slots[k].limit);
        gox_process_close(&h->slots[k].process);
    }
    for (size_t k = 0; k < h->waiting; k++)
        free_waiting(&h->queue[(h->first + k) % GOX_HOOKS_WAITING]);
    gox_free(h);
}

size_t gox_hooks_processes(struct gox_hooks *h, struct gox_process **items)
{
    size_t count = 0;
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++)
        if (h->slots[k].is_used)
            items[count++] = &h->slots[k].process;
    return count;
}

void gox_hooks_look(struct gox_hooks *h)
{
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++)
        look(&h->slots[k]);
}

bool gox_hooks_is_idle(const struct gox_hooks *h)
{
    for (size_t k = 0; k < GOX_HOOKS_RUNNING; k++)
        if (h->slots[k].is_used)
            return false;
    return h->waiting == 0;
}

void gox_hooks_get_stats(
        const struct gox_hooks *h, struct gox_hooks_stats *stats)
{
    *stats = h->stats;
}
