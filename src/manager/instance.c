/* SPDX-License-Identifier: Apache-2.0
 * Carrying out what the state table says. */
#include "base/alloc.h"
#include "base/time.h"
#include "manager/manager_internal.h"
#include "platform/os.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A process that does not answer is not given the whole time to drain. */
#define DEAD_GRACE_MS 2000
/* After SIGKILL: how often the tree is looked at again. */
#define KILL_AGAIN_MS 200
/* A daemon that does not tell the end of a reload has this long. */
#define RELOAD_MS 5000

int64_t gox__instance_pid(const gox_instance *i)
{
    if (i->state == GOX_STATE_ATTACHED || i->attached_pid > 0)
        return i->attached_pid;
    return i->process.id.pid > 0 && !i->process.has_ended ? i->process.id.pid
                                                          : 0;
}

void gox__instance_began(gox_instance *i)
{
    struct gox_proc_info info = {.age_ms = 0};
    int64_t pid = gox__instance_pid(i);
    int64_t age_ms =
            pid > 0 && gox_proc_info_read(pid, 0, &info) == 0 ? info.age_ms : 0;
    i->started_at_ns = gox_time_now_ns() - age_ms * GOX_NS_PER_MS;
    i->started_wall_ms = gox_time_wall_ms() - age_ms;
    i->ready_at_ns = i->started_at_ns;
}

/* ---- events that belong to a change ---- */

static void tell_ready(gox_instance *i)
{
    gox_free(i->previous_binary); /* an upgrade has succeeded */
    i->previous_binary = NULL;
    char members[160];
    int64_t pid = gox__instance_pid(i);
    snprintf(members, sizeof members, "\"pid\":%lld,\"after_ms\":%lld",
            (long long)pid,
            (long long)((i->ready_at_ns - i->started_at_ns) / GOX_NS_PER_MS));
    gox__manager_tell(i->manager, GOX_EVENT_READY, i, members);
    if (i->restart_cause == GOX_CAUSE_NONE || i->ended_at_ns == 0)
        return;
    i->restarts++;
    snprintf(members, sizeof members,
            "\"pid\":%lld,\"cause\":\"%s\",\"down_ms\":%lld,\"total\":%llu",
            (long long)pid, gox_cause_name(i->restart_cause),
            (long long)((i->ready_at_ns - i->ended_at_ns) / GOX_NS_PER_MS),
            (unsigned long long)i->restarts);
    gox__manager_tell(i->manager, GOX_EVENT_RESTARTED, i, members);
    if (i->restart_cause == GOX_CAUSE_UPGRADE) {
        struct gox_buf text;
        struct gox_writer w;
        gox_buf_init(&text, 0);
        gox_writer_init(&w, &text);
        gox_writer_string(&w, "what", "daemon");
        gox_writer_string(&w, "binary", i->config.binary);
        gox_writer_int(&w, "pid", pid);
        gox__manager_tell(
                i->manager, GOX_EVENT_UPGRADED, i, gox_buf_text(&text));
        gox_buf_fini(&text);
    }
}

static void tell_text(gox_instance *i, enum gox_event_kind kind,
        const char *key, const char *text)
{
    struct gox_buf members;
    struct gox_writer w;
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_string(&w, key, text);
    gox__manager_tell(i->manager, kind, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

static void tell_failed(gox_instance *i)
{
    struct gox_buf members;
    struct gox_writer w;
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_string(&w, "cause", gox_cause_name(i->exit_cause));
    gox_writer_string(&w, "text", i->exit_text);
    if (i->retry_at_ns > 0)
        gox_writer_int(&w, "retry_in_ms",
                (i->retry_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS);
    else
        gox_writer_null(&w, "retry_in_ms");
    gox__manager_tell(i->manager, GOX_EVENT_FAILED, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

static void tell_attached(gox_instance *i, bool is_adopted)
{
    char members[160];
    snprintf(members, sizeof members,
            "\"pid\":%lld,\"adopted\":%s,\"backend\":\"%s\"",
            (long long)gox__instance_pid(i), is_adopted ? "true" : "false",
            gox_backend_name(i->backend->choice));
    gox__manager_tell(i->manager, GOX_EVENT_ATTACHED, i, members);
}

static void tell_change(
        gox_instance *i, enum gox_state old, enum gox_state_input input)
{
    if (input == GOX_INPUT_READY && old == GOX_STATE_STARTING)
        tell_ready(i);
    else if (i->state == GOX_STATE_FAILED)
        tell_failed(i);
    else if (i->state == GOX_STATE_STOPPED)
        tell_text(i, GOX_EVENT_STOPPED, "text",
                i->has_exit ? i->exit_text : "it is down");
    else if (input == GOX_INPUT_ADOPT || i->state == GOX_STATE_ATTACHED)
        tell_attached(i, input == GOX_INPUT_ADOPT);
    else if (input == GOX_INPUT_WARN || input == GOX_INPUT_DEAD)
        tell_text(i, GOX_EVENT_DEGRADED, "reason", i->health.reason);
    else if (input == GOX_INPUT_PASS)
        tell_text(i, GOX_EVENT_RECOVERED, "reason", "the checks pass again");
}

/* ---- effects ---- */

static void arm(gox_instance *i, int64_t ms)
{
    gox_timer_start(i->timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

static void do_term(gox_instance *i)
{
    struct gox_error err = {.offset = -1};
    int64_t ms = i->config.shutdown_timeout_ms;
    bool is_dead = i->asked == GOX_CAUSE_PROBE ||
                   i->asked == GOX_CAUSE_WATCHDOG ||
                   i->asked == GOX_CAUSE_STARTUP;
    if (is_dead && ms > DEAD_GRACE_MS)
        ms = DEAD_GRACE_MS;
    i->is_term_sent = true;
    arm(i, ms);
    if (i->backend->stop != NULL && i->backend->stop(i, &err) < 0)
        gox__manager_trouble(i->manager, i, "%s", err.text);
    if (!i->backend->owns_process)
        gox__probe_soon(i); /* to see it go */
}

static void do_spawn(gox_instance *i)
{
    struct gox_error err = {.offset = -1};
    i->retry_at_ns = 0;
    i->asked = GOX_CAUSE_NONE;
    i->is_term_sent = i->is_kill_sent = i->is_adopted = false;
    i->ready_at_ns = i->extended_to_ns = 0;
    i->status_text[0] = '\0';
    gox_health_init(&i->health);
    arm(i, i->config.startup_timeout_ms);
    int code = i->backend->start != NULL
                       ? i->backend->start(i, &err)
                       : gox_error_set(&err, GOX_ERR_UNSUPPORTED,
                                 "the backend %s cannot start a daemon",
                                 gox_backend_name(i->backend->choice));
    if (code == 0) {
        i->starts++;
        return;
    }
    gox__instance_tell_exit(i);
    snprintf(i->exit_text, sizeof i->exit_text, "%.250s", err.text);
    gox__manager_trouble(i->manager, i, "%s", err.text);
    gox__instance_ended(
            i, code == GOX_ERR_NOT_FOUND || code == GOX_ERR_FORBIDDEN
                       ? GOX_CAUSE_CONFIG
                       : GOX_CAUSE_STARTUP);
}

static void do_bounce(gox_instance *i)
{
    struct gox_error err = {.offset = -1};
    int code = i->backend->restart != NULL
                       ? i->backend->restart(i, &err)
                       : gox_error_set(&err, GOX_ERR_UNSUPPORTED,
                                 "who started this daemon must restart it");
    if (code < 0)
        gox__manager_trouble(i->manager, i, "%s", err.text);
    i->bounce_pid = code < 0 ? 0 : i->attached_pid;
    i->bounce_end_ns =
            gox_time_now_ns() +
            (i->config.startup_timeout_ms + i->config.shutdown_timeout_ms) *
                    GOX_NS_PER_MS;
}

static void carry_out(gox_instance *i, unsigned effects)
{
    if ((effects & GOX_EFFECT_CANCEL) != 0)
        gox_timer_stop(i->timer);
    if ((effects & GOX_EFFECT_CALM) != 0)
        gox__probe_end(i);
    if ((effects & GOX_EFFECT_FORGET) != 0)
        gox_policy_reset(&i->policy);
    if ((effects & GOX_EFFECT_TERM) != 0)
        do_term(i);
    if ((effects & GOX_EFFECT_KILL) != 0) {
        i->is_kill_sent = true;
        if (i->backend->kill != NULL)
            i->backend->kill(i);
        arm(i, KILL_AGAIN_MS);
    }
    if ((effects & GOX_EFFECT_SPAWN) != 0)
        do_spawn(i);
    if ((effects & GOX_EFFECT_PROBE) != 0)
        gox__probe_begin(i);
    if ((effects & (GOX_EFFECT_WAIT | GOX_EFFECT_SLOW)) != 0 &&
            i->retry_at_ns > 0)
        arm(i, (i->retry_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS);
    if ((effects & GOX_EFFECT_BUNDLE) != 0)
        gox__bundle_write(i, i->health.reason);
    if ((effects & GOX_EFFECT_BOUNCE) != 0)
        do_bounce(i);
}

int gox__instance_step(
        gox_instance *i, enum gox_state_input input, struct gox_error *err)
{
    enum gox_state old = i->state;
    struct gox_step step = gox_state_step(old, input);
    if ((step.effects & GOX_EFFECT_REFUSE) != 0)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s: this cannot be done while it is %s: somebody else runs "
                "this daemon (backend %s)",
                i->config.name, gox_state_name(old),
                gox_backend_name(i->backend->choice));
    i->state = step.next;
    if (input == GOX_INPUT_READY && old == GOX_STATE_STARTING)
        i->ready_at_ns = gox_time_now_ns();
    if (step.next != old) {
        gox__manager_say(i->manager, GOX__DEBUG, "%s: %s -> %s (%s)",
                i->config.name, gox_state_name(old), gox_state_name(step.next),
                gox_input_name(input));
        tell_change(i, old, input);
    }
    carry_out(i, step.effects);
    if (i->state != old)
        gox__manager_changed(i->manager, i);
    return 0;
}

void gox__instance_advance(gox_instance *i, enum gox_state_input input)
{
    struct gox_error err;
    int code = gox__instance_step(i, input, &err);
    if (code < 0)
        gox__manager_say(i->manager, GOX__WARN, "%s", err.text);
}

void gox__instance_bounce(gox_instance *i, enum gox_cause cause)
{
    if (i->asked == GOX_CAUSE_NONE)
        i->asked = cause;
    gox__instance_advance(i, GOX_INPUT_RESTART);
}

/* ---- timers ---- */

static bool is_held(const gox_instance *i)
{
    struct gox_proc_info info;
    return gox__instance_pid(i) > 0 &&
           gox_proc_info_read(gox__instance_pid(i), 0, &info) == 0 &&
           gox_proc_info_is_held(&info);
}

static void on_timer(void *ctx)
{
    gox_instance *i = ctx;
    int64_t now = gox_time_now_ns();
    switch (i->state) {
    case GOX_STATE_STARTING:
        /* More time was asked for, or somebody holds it with SIGSTOP. */
        if (i->extended_to_ns > now)
            arm(i, (i->extended_to_ns - now) / GOX_NS_PER_MS + 1);
        else if (is_held(i))
            arm(i, 1000);
        else {
            i->asked = GOX_CAUSE_STARTUP;
            snprintf(i->health.reason, sizeof i->health.reason,
                    "not ready after %lld ms",
                    (long long)i->config.startup_timeout_ms);
            gox__instance_advance(i, GOX_INPUT_START_LATE);
        }
        break;
    case GOX_STATE_STOPPING:
    case GOX_STATE_UPGRADING:
        if (!i->is_kill_sent && i->extended_to_ns > now)
            arm(i, (i->extended_to_ns - now) / GOX_NS_PER_MS + 1);
        else
            gox__instance_advance(i, GOX_INPUT_STOP_LATE);
        break;
    case GOX_STATE_BACKOFF:
    case GOX_STATE_FAILED:
        gox__instance_advance(i, GOX_INPUT_RETRY);
        break;
    default:
        break;
    }
}

/* ---- the operator ---- */

static void drop_previous(gox_instance *i)
{
    gox_free(i->previous_binary);
    i->previous_binary = NULL;
}

int gox__instance_start(gox_instance *i, struct gox_error *err)
{
    if (gox__instance_is_unseen(i))
        return 0; /* the first look tells */
    if (i->backend->start == NULL && i->state != GOX_STATE_ATTACHED)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s: who runs this daemon must start it (backend %s)",
                i->config.name, gox_backend_name(i->backend->choice));
    i->is_wanted = true;
    if (!gox_state_has_process(i->state))
        i->restart_cause = GOX_CAUSE_NONE;
    return gox__instance_step(i, GOX_INPUT_START, err);
}

int gox__instance_stop(gox_instance *i, struct gox_error *err)
{
    i->is_wanted = false;
    i->asked = GOX_CAUSE_OPERATOR;
    return gox__instance_step(i, GOX_INPUT_STOP, err);
}

int gox__instance_restart(gox_instance *i, struct gox_error *err)
{
    i->is_wanted = true;
    i->asked = GOX_CAUSE_OPERATOR;
    return gox__instance_step(i, GOX_INPUT_RESTART, err);
}

int gox__instance_upgrade(
        gox_instance *i, const char *binary, struct gox_error *err)
{
    if (i->state == GOX_STATE_ATTACHED)
        return gox__instance_step(i, GOX_INPUT_UPGRADE, err);
    if (binary != NULL) {
        if (access(binary, X_OK) != 0)
            return gox_error_set_errno(err, GOX_ERR_NOT_FOUND, errno,
                    "%s cannot be run; the daemon stays as it is", binary);
        char *copy = gox_strdup(binary);
        if (copy == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        gox_free(i->previous_binary);
        i->previous_binary = i->config.binary;
        i->config.binary = copy;
        /* Only what could be used is worth going back to. */
        if (!gox_state_is_up(i->state))
            drop_previous(i);
    }
    i->is_rolled_back = false;
    i->is_wanted = i->is_wanted || gox_state_has_process(i->state);
    i->asked = GOX_CAUSE_UPGRADE;
    return gox__instance_step(i, GOX_INPUT_UPGRADE, err);
}

/* ---- reload ---- */

void gox__instance_reloaded(gox_instance *i, bool has_failed, const char *text)
{
    i->is_reloading = false;
    i->is_reload_failed = has_failed;
    snprintf(i->reload_text, sizeof i->reload_text, "%s", text);
    gox_timer_stop(i->reload_timer);
    tell_text(i, has_failed ? GOX_EVENT_RELOAD_FAILED : GOX_EVENT_RELOADED,
            "message", i->reload_text);
    gox__manager_changed(i->manager, i);
}

/* A daemon that never says RELOADING=1 does not speak that part of the
 * protocol; it has the signal, and it is alive. */
static void on_reload_late(void *ctx)
{
    gox_instance *i = ctx;
    if (i->is_reloading)
        gox__instance_reloaded(i, i->has_said_reloading,
                i->has_said_reloading
                        ? "the daemon did not say that the reload is done"
                        : "SIGHUP was sent; the daemon does not tell what "
                          "came of it");
}

int gox__instance_reload(gox_instance *i, struct gox_error *err)
{
    if (!gox_state_is_up(i->state))
        return gox_error_set(err, GOX_ERR_CLOSED,
                "%s is %s; it reads its configuration when it starts",
                i->config.name, gox_state_name(i->state));
    if (i->backend->reload == NULL)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "the backend %s cannot reload",
                gox_backend_name(i->backend->choice));
    int code = i->backend->reload(i, err);
    if (code < 0)
        return code;
    i->has_said_reloading = false;
    if (code == 1) {
        gox__instance_reloaded(
                i, false, "the service manager says that it is done");
        return 0;
    }
    i->is_reloading = true;
    gox_timer_start(i->reload_timer, RELOAD_MS, 0);
    return 0;
}

/* ---- making and ending ---- */

void gox_instance_config_fini(struct gox_instance_config *c)
{
    char **lists[] = {c->args, c->env};
    for (size_t k = 0; k < 2; k++) {
        for (char **p = lists[k]; p != NULL && *p != NULL; p++)
            gox_free(*p);
        gox_free(lists[k]);
    }
    gox_free(c->name);
    gox_free(c->socket_path);
    gox_free(c->binary);
    gox_free(c->config_file);
    gox_free(c->working_dir);
    gox_free(c->unit);
    *c = (struct gox_instance_config){.name = NULL};
}

gox_instance *gox__instance_new(gox_manager *m,
        struct gox_instance_config *own_config, struct gox_error *err)
{
    gox_instance *i = gox_calloc(1, sizeof *i);
    if (i == NULL) {
        gox_instance_config_fini(own_config);
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    i->manager = m;
    i->config = *own_config;
    i->state = GOX_STATE_STOPPED;
    i->listen_fd = i->lock_fd = i->notify.fd = -1;
    i->cgroup.dir_fd = -1;
    gox_process_init(&i->process);
    gox_policy_reset(&i->policy);
    gox_health_init(&i->health);
    snprintf(i->dir, sizeof i->dir, "%.400s/%.80s", m->options->state_dir,
            i->config.name);
    int code = gox_os_make_dirs(i->dir, err);
    if (code == 0) {
        i->timer = gox_timer_new(m->loop, on_timer, i);
        i->reload_timer = gox_timer_new(m->loop, on_reload_late, i);
        code = i->timer == NULL || i->reload_timer == NULL ? GOX_ERR_NOMEM
                                                           : gox__probe_init(i);
        if (code == 0)
            code = gox__capture_init(i);
        if (code < 0)
            gox_error_set(err, code, "out of memory");
    }
    if (code == 0)
        return i;
    gox__instance_free(i);
    return NULL;
}

void gox__instance_free(gox_instance *i)
{
    if (i == NULL)
        return;
    if (i->backend != NULL && i->backend->close != NULL)
        i->backend->close(i);
    gox__probe_fini(i);
    gox__capture_fini(i);
    gox_timer_close(i->timer);
    gox_timer_close(i->reload_timer);
    gox_process_close(&i->process);
    drop_previous(i);
    gox_instance_config_fini(&i->config);
    gox_free(i);
}
