/* SPDX-License-Identifier: Apache-2.0
 * One round of checks: socket, call, process, log, event; then the verdict.
 *
 * Each round makes a connection of its own, so that it tests what a new client
 * would meet. At most one is under way. A round that began in one state is
 * dropped when the process is gone, never judged against the next process. */
#include "base/alloc.h"
#include "base/time.h"
#include "manager/control.h"
#include "manager/manager_internal.h"
#include "platform/socket.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.health\"}\n";

#define MAX_ANSWER_BYTES 65536
/* A timer that comes later than this says that we were starved. */
#define LATE_MS 1000
/* The wall clock moved against the other by this: suspended, or set. */
#define SKEW_MS        2000
#define FOLLOW_MS      5000
#define FOLLOW_SOON_MS 50
/* While a daemon without a held socket starts. */
#define STARTING_AGAIN_MS 20
/* Errors in the log of one interval that are worth a warning. */
#define LOG_ERRORS_WARN 10
/* The answer of a daemon that is well comes in less. */
#define BRISK_NS (GOX_NS_PER_MS / 2)

static int64_t skew_ms(void)
{
    return gox_time_wall_ms() - gox_time_now_ns() / GOX_NS_PER_MS;
}

static void set_stage(gox_instance *i, enum gox_stage stage,
        enum gox_finding finding, const char *text)
{
    struct gox_stage_result *r = &i->probe.round.stages[stage];
    r->finding = finding;
    /* Stages come one after the other. */
    int64_t now_ns = gox_time_now_ns();
    r->took_ns = now_ns - i->probe.stage_at_ns;
    i->probe.stage_at_ns = now_ns;
    snprintf(r->text, sizeof r->text, "%s", text);
}

static void drop_stream(gox_instance *i)
{
    if (i->probe.stream != NULL)
        gox_stream_close(i->probe.stream);
    i->probe.stream = NULL;
    gox_timer_stop(i->probe.deadline);
}

static void schedule(gox_instance *i, int64_t ms)
{
    i->probe.due_at_ns = gox_time_now_ns() + ms * GOX_NS_PER_MS;
    gox_timer_start(i->probe.next, (uint64_t)ms, 0);
}

/* The interval with 10 % of chance, so that many do not check in step. */
static void schedule_next(gox_instance *i)
{
    int64_t ms = i->config.health_interval_ms;
    /* Somebody else's daemon is known by its socket alone. */
    if (!i->backend->owns_process && (ms == 0 || ms > FOLLOW_MS))
        ms = FOLLOW_MS;
    if (!i->backend->owns_process &&
            (i->state == GOX_STATE_STARTING || i->state == GOX_STATE_STOPPING ||
                    i->bounce_pid > 0))
        ms = FOLLOW_SOON_MS;
    if (ms == 0)
        return;
    uint32_t random = gox__manager_random(i->manager) % 201;
    schedule(i, ms * (900 + (int64_t)random) / 1000);
}

/* ---- the stages after the call ---- */

static void look_at_process(gox_instance *i)
{
    struct gox_probe *p = &i->probe;
    int64_t pid = gox__instance_pid(i);
    char text[96];
    p->has_info = pid > 0 &&
                  gox_proc_info_read(pid, GOX_PROC_WANT_FDS, &p->info) == 0;
    if (!p->has_info) {
        set_stage(i, GOX_STAGE_PROCESS, GOX_FINDING_SKIP, "");
        return;
    }
    if (p->info.state == 'T')
        p->round.doubt |= GOX_DOUBT_STOPPED;
    if (p->info.state == 't')
        p->round.doubt |= GOX_DOUBT_TRACED;
    if (p->info.state == 'D')
        p->round.doubt |= GOX_DOUBT_FROZEN;
    if (i->config.memory_soft_bytes > 0 &&
            p->info.rss_bytes > i->config.memory_soft_bytes) {
        snprintf(text, sizeof text, "%llu MiB of memory, the limit is %llu",
                (unsigned long long)(p->info.rss_bytes >> 20),
                (unsigned long long)(i->config.memory_soft_bytes >> 20));
        set_stage(i, GOX_STAGE_PROCESS, GOX_FINDING_WARN, text);
        return;
    }
    set_stage(i, GOX_STAGE_PROCESS, GOX_FINDING_PASS, "");
}

static void look_at_log(gox_instance *i)
{
    char text[96];
    struct gox_capture *c = &i->capture;
    uint64_t fresh = c->errors - c->errors_seen;
    c->errors_seen = c->errors;
    if (fresh < LOG_ERRORS_WARN) {
        set_stage(i, GOX_STAGE_LOG, GOX_FINDING_PASS, "");
        return;
    }
    snprintf(text, sizeof text, "%llu errors since the last round",
            (unsigned long long)fresh);
    set_stage(i, GOX_STAGE_LOG, GOX_FINDING_WARN, text);
}

static void tell_round(gox_instance *i)
{
    struct gox_buf members;
    struct gox_writer w;
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_string(&w, "status",
            gox_health_name(gox_health_shown(&i->health, i->state)));
    gox_writer_number(
            &w, "took_ms", (double)i->probe.took_ns / (double)GOX_NS_PER_MS);
    gox_writer_string(&w, "reason", i->health.reason);
    gox__manager_tell(
            i->manager, GOX_EVENT_HEALTH_CHECK, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

/* ---- the verdict ---- */

static void step(gox_instance *i, enum gox_state_input input)
{
    struct gox_error err;
    if (gox__instance_step(i, input, &err) < 0)
        gox__manager_say(i->manager, GOX__WARN, "%s", err.text);
}

static void act(gox_instance *i, const struct gox_health_change *change)
{
    bool is_ours = i->backend->owns_process;
    if (change->began_flapping)
        gox__manager_trouble(i->manager, i,
                "its health changes too often; it counts as degraded until it "
                "has been calm for a while");
    if (change->has_input)
        step(i, change->input);
    if (i->state == GOX_STATE_UNHEALTHY && is_ours && i->config.policy.is_on)
        gox__instance_bounce(
                i, change->is_watchdog ? GOX_CAUSE_WATCHDOG : GOX_CAUSE_PROBE);
    else if (gox_state_is_up(i->state) && is_ours && i->config.policy.is_on &&
             i->probe.has_info && i->config.memory_soft_bytes > 0 &&
             i->probe.info.rss_bytes > i->config.memory_soft_bytes)
        gox__instance_bounce(i, GOX_CAUSE_MEMORY);
}

/* A restart that was passed on is done when another process answers; true: it
 * is not done, and a socket that is gone meanwhile means nothing. */
static bool follow_bounce(gox_instance *i, bool answers)
{
    bool is_late = gox_time_now_ns() > i->bounce_end_ns;
    bool is_done = answers && i->attached_pid != i->bounce_pid;
    if (i->bounce_pid == 0)
        return false;
    if (!is_done && !is_late)
        return true;
    i->bounce_pid = 0;
    if (is_done)
        gox__instance_began(i);
    gox__manager_changed(i->manager, i);
    return false;
}

/* Somebody else's daemon: is it there? */
static void follow(gox_instance *i)
{
    bool is_there =
            i->probe.round.stages[GOX_STAGE_SOCKET].finding == GOX_FINDING_PASS;
    bool answers =
            i->probe.round.stages[GOX_STAGE_RPC].finding == GOX_FINDING_PASS ||
            i->probe.round.stages[GOX_STAGE_RPC].finding == GOX_FINDING_WARN;
    if (i->state == GOX_STATE_ATTACHED && follow_bounce(i, answers))
        return;
    if ((i->state == GOX_STATE_ATTACHED || i->state == GOX_STATE_STOPPING) &&
            !is_there) {
        i->attached_pid = i->bounce_pid = 0;
        step(i, GOX_INPUT_LOST);
    } else if (i->state != GOX_STATE_ATTACHED &&
               i->state != GOX_STATE_STOPPING && answers) {
        gox__instance_began(i);
        step(i, GOX_INPUT_ATTACH);
    }
}

static void finish_starting(gox_instance *i)
{
    enum gox_finding rpc = i->probe.round.stages[GOX_STAGE_RPC].finding;
    if (rpc == GOX_FINDING_PASS || rpc == GOX_FINDING_WARN)
        step(i, GOX_INPUT_READY);
    else
        schedule(i, STARTING_AGAIN_MS);
}

static void finish(gox_instance *i)
{
    struct gox_probe *p = &i->probe;
    drop_stream(i);
    look_at_process(i);
    look_at_log(i);
    p->is_active = false;
    p->took_ns = gox_time_now_ns() - p->begin_at_ns;
    p->at_wall_ms = gox_time_wall_ms();
    /* A deadline that came late, or a loop that was held up in between. */
    if (p->took_ns > (i->config.health_timeout_ms + LATE_MS) * GOX_NS_PER_MS)
        p->round.doubt |= GOX_DOUBT_LATE;
    p->round.is_watchdog_late = i->config.watchdog_ms > 0 &&
                                i->backend->owns_process &&
                                gox_time_now_ns() - i->watchdog_at_ns >
                                        i->config.watchdog_ms * GOX_NS_PER_MS;
    set_stage(i, GOX_STAGE_EVENT, GOX_FINDING_PASS, "");
    if (i->state == GOX_STATE_STARTING && i->backend->owns_process) {
        finish_starting(i);
        return;
    }
    if (!i->backend->owns_process) {
        follow(i);
        gox__control_changed(i->manager, i); /* who waited for the first look */
    }
    if (gox_state_is_up(i->state) || i->state == GOX_STATE_UNHEALTHY) {
        struct gox_health_change change = gox_health_judge(
                &i->health, &i->config.health, &p->round, gox_time_now_ns());
        tell_round(i);
        act(i, &change);
    }
    /* What act did may have ended the rounds. */
    if (gox_state_is_up(i->state) || i->state == GOX_STATE_UNHEALTHY ||
            !i->backend->owns_process)
        schedule_next(i);
    if (p->is_asked_for) {
        p->is_asked_for = false;
        gox__control_health_done(i->manager, i);
    }
}

/* ---- the call ---- */

static void keep_answer(gox_instance *i, struct gox_slice raw)
{
    char *copy = gox_strndup(raw.data, raw.len);
    gox_free(i->probe.answer);
    i->probe.answer = copy;
}

/* Behind a socket that was passed on, the kernel names who made that: systemd,
 * until the daemon listens itself. A unit's daemon is on this system, so what
 * it says counts; one behind any socket may be in a container and is not asked.
 */
static void keep_pid(gox_instance *i, int64_t pid)
{
    bool is_unit = i->backend->choice == GOX_BACKEND_SYSTEMD ||
                   i->backend->choice == GOX_BACKEND_SYSTEMD_USER;
    if (is_unit && pid > 1)
        i->attached_pid = pid;
}

/* The members of a result that matter here. */
static void read_result(
        gox_instance *i, struct gox_slice result, struct gox_slice *status)
{
    struct gox_reader r;
    struct gox_slice key;
    gox_reader_init(&r, result.data, result.len, NULL);
    if (gox_reader_peek(&r) != GOX_JSON_OBJECT)
        return;
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        if (gox_slice_equals_json(key, "pid")) {
            keep_pid(i, gox_reader_int(&r, 0, INT32_MAX));
            continue;
        }
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_equals_json(key, "status") && value.len > 2)
            *status = (struct gox_slice){value.data + 1, value.len - 2};
    }
}

/* "degraded: disk" from daemon.health's own words. */
static void judge_answer(gox_instance *i, struct gox_slice line)
{
    struct gox_reader r;
    struct gox_slice key, result = {NULL, 0}, status = {NULL, 0};
    bool is_error = false;
    gox_reader_init(&r, line.data, line.len, NULL);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_equals_json(key, "result"))
            result = value;
        is_error = is_error || gox_slice_equals_json(key, "error");
    }
    if (gox_reader_error(&r) != 0 || (result.data == NULL && !is_error)) {
        set_stage(i, GOX_STAGE_RPC, GOX_FINDING_FAIL, "the answer is no reply");
        return;
    }
    if (is_error) {
        /* It answered, so it lives; too many clients is the usual reason. */
        set_stage(i, GOX_STAGE_RPC, GOX_FINDING_PASS, "answered an error");
        return;
    }
    keep_answer(i, result);
    read_result(i, result, &status);
    bool is_well = status.data == NULL || gox_slice_is(status, "healthy") ||
                   gox_slice_is(status, "ok");
    char text[96] = "";
    if (!is_well)
        snprintf(text, sizeof text, "the daemon says: %.*s",
                (int)(status.len < 60 ? status.len : 60), status.data);
    set_stage(i, GOX_STAGE_RPC, is_well ? GOX_FINDING_PASS : GOX_FINDING_WARN,
            text);
}

static void on_data(void *ctx, const char *data, size_t len)
{
    gox_instance *i = ctx;
    struct gox_slice line;
    if (i->probe.stream == NULL)
        return;
    bool is_bad = gox_frame_feed(&i->probe.frame, data, len) < 0;
    enum gox_frame_result got =
            is_bad ? GOX_FRAME_NOMEM : gox_frame_next(&i->probe.frame, &line);
    if (got == GOX_FRAME_NONE) {
        is_bad = gox_frame_keep(&i->probe.frame) < 0;
        if (!is_bad)
            return;
    }
    if (got == GOX_FRAME_LINE)
        judge_answer(i, line);
    else
        set_stage(i, GOX_STAGE_RPC, GOX_FINDING_UNKNOWN,
                "the answer could not be kept");
    finish(i);
}

static void on_lost(gox_instance *i)
{
    if (i->probe.stream == NULL)
        return;
    set_stage(i, GOX_STAGE_RPC, GOX_FINDING_FAIL,
            "the connection was closed without an answer");
    finish(i);
}

static void on_end(void *ctx, int code)
{
    (void)code;
    on_lost(ctx);
}

static void on_broken(void *ctx)
{
    on_lost(ctx);
}

static void on_nothing(void *ctx)
{
    (void)ctx;
}

static const struct gox_stream_events stream_events = {.data = on_data,
        .end = on_end,
        .drained = on_nothing,
        .broken = on_broken,
        .closed = on_nothing};

static void on_deadline(void *ctx)
{
    gox_instance *i = ctx;
    char text[96];
    snprintf(text, sizeof text, "no answer within %lld ms",
            (long long)i->config.health_timeout_ms);
    set_stage(i, GOX_STAGE_RPC, GOX_FINDING_FAIL, text);
    finish(i);
}

/* ---- beginning ---- */

static void note_doubt(gox_instance *i, int64_t now)
{
    struct gox_probe *p = &i->probe;
    int64_t skew = skew_ms();
    int64_t moved = skew - p->clock_skew_ms;
    if (p->due_at_ns != 0 && now - p->due_at_ns > LATE_MS * GOX_NS_PER_MS)
        p->round.doubt |= GOX_DOUBT_LATE;
    if (moved > SKEW_MS || moved < -SKEW_MS)
        p->round.doubt |= GOX_DOUBT_SUSPEND;
    p->clock_skew_ms = skew;
    p->due_at_ns = 0;
}

/* Sleeping and being woken takes longer than the answer does: looking for it
 * that long, and letting others run meanwhile, makes a round one wakeup instead
 * of two. What has not come by then the loop waits for. */
static void await_briefly(int fd)
{
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    int64_t end_ns = gox_time_now_ns() + BRISK_NS;
    while (poll(&answer, 1, 0) == 0 && gox_time_now_ns() < end_ns)
        sched_yield();
}

static bool call(gox_instance *i, int fd)
{
    struct gox_probe *p = &i->probe;
    struct gox_peer peer;
    struct gox_buf out;
    if (!i->backend->owns_process && gox_socket_peer(fd, &peer) == 0 &&
            peer.pid > 1)
        i->attached_pid = peer.pid;
    p->stream = gox_stream_open(i->manager->loop, fd);
    if (p->stream == NULL)
        return false;
    gox_stream_set_events(p->stream, &stream_events, i);
    gox_frame_fini(&p->frame);
    gox_frame_init(&p->frame, MAX_ANSWER_BYTES);
    gox_buf_init(&out, 0);
    gox_buf_put_str(&out, request);
    int code = gox_stream_write(p->stream, &out);
    gox_buf_fini(&out);
    gox_stream_start(p->stream);
    if (code == 0 && i->state != GOX_STATE_STARTING)
        await_briefly(fd);
    return code == 0;
}

static void begin(gox_instance *i)
{
    struct gox_probe *p = &i->probe;
    struct gox_error err = {.offset = -1};
    int fd;
    p->is_active = true;
    p->round = (struct gox_round){.doubt = 0};
    p->begin_at_ns = p->stage_at_ns = gox_time_now_ns();
    note_doubt(i, p->begin_at_ns);
    int code = gox_socket_connect_unix(i->config.socket_path, &fd, &err);
    if (code < 0) {
        set_stage(i, GOX_STAGE_SOCKET, GOX_FINDING_FAIL,
                code == GOX_ERR_CLOSED      ? "nobody listens at the socket"
                : code == GOX_ERR_NOT_FOUND ? "the socket is not there"
                : code == GOX_ERR_BUSY      ? "no room for another connection"
                                            : "cannot connect to the socket");
        finish(i);
        return;
    }
    set_stage(i, GOX_STAGE_SOCKET, GOX_FINDING_PASS, "");
    if (!call(i, fd)) {
        set_stage(i, GOX_STAGE_RPC, GOX_FINDING_UNKNOWN,
                "the call could not be made");
        finish(i);
        return;
    }
    int64_t ms = i->config.health_timeout_ms;
    if (i->state == GOX_STATE_STARTING && ms < i->config.startup_timeout_ms)
        ms = i->config.startup_timeout_ms;
    gox_timer_start(p->deadline, (uint64_t)ms, 0);
}

static void on_next(void *ctx)
{
    gox_instance *i = ctx;
    if (!i->probe.is_active)
        begin(i);
}

bool gox__probe_now(gox_instance *i)
{
    if (i->probe.is_active)
        return false;
    gox_timer_stop(i->probe.next);
    i->probe.due_at_ns = 0;
    begin(i);
    return true;
}

void gox__probe_soon(gox_instance *i)
{
    if (!i->probe.is_active)
        schedule(i, 0);
}

void gox__probe_begin(gox_instance *i)
{
    i->probe.clock_skew_ms = skew_ms();
    schedule_next(i);
}

void gox__probe_end(gox_instance *i)
{
    drop_stream(i);
    gox_timer_stop(i->probe.next);
    i->probe.is_active = false;
    i->probe.due_at_ns = 0;
    if (i->probe.is_asked_for) {
        i->probe.is_asked_for = false;
        gox__control_health_done(i->manager, i);
    }
}

int gox__probe_init(gox_instance *i)
{
    struct gox_probe *p = &i->probe;
    gox_frame_init(&p->frame, MAX_ANSWER_BYTES);
    p->next = gox_timer_new(i->manager->loop, on_next, i);
    p->deadline = gox_timer_new(i->manager->loop, on_deadline, i);
    p->clock_skew_ms = skew_ms();
    return p->next == NULL || p->deadline == NULL ? GOX_ERR_NOMEM : 0;
}

void gox__probe_fini(gox_instance *i)
{
    struct gox_probe *p = &i->probe;
    if (p->stream != NULL)
        gox_stream_close(p->stream);
    p->stream = NULL;
    gox_timer_close(p->next);
    gox_timer_close(p->deadline);
    gox_frame_fini(&p->frame);
    gox_free(p->answer);
}
