/* SPDX-License-Identifier: Apache-2.0
 * The methods of the control socket: one row each, the handler above it.
 *
 * Every row begins with the parameter `name`, which the dispatcher looks up. */
#include "manager/methods.h"

#include "base/alloc.h"
#include "base/time.h"
#include "goxel/version.h"
#include "platform/os.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_PARAMS                                                            \
    GOX__NAME_PARAM,                                                           \
            {.name = "wait",                                                   \
                    .type = GOX_PARAM_BOOL,                                    \
                    .fallback = "true",                                        \
                    .help = "answer when it is done"},                         \
    {                                                                          \
        .name = "timeout_ms", .type = GOX_PARAM_INT, .min = 1, .max = 3600000, \
        .help = "give up waiting after this; absent: what the "                \
                "settings allow"                                               \
    }

enum { P_WAIT = GOX__P_NAME + 1, P_TIMEOUT };

static const struct gox_param ONLY_NAME[] = {GOX__NAME_PARAM};
static const struct gox_param WAITS[] = {WAIT_PARAMS};

/* ---- start, stop, restart ---- */

/* After the request was taken: the answer now, or when the goal is reached. */
static int wait_for(struct gox_call *call, enum gox__goal goal)
{
    const struct gox_instance_config *c = &call->instance->config;
    if (!call->args[P_WAIT].b) {
        gox__status_put(call->instance, call->out);
        return 0;
    }
    call->goal = goal;
    call->timeout_ms =
            call->args[P_TIMEOUT].is_set
                    ? call->args[P_TIMEOUT].i
                    : c->startup_timeout_ms + c->shutdown_timeout_ms + 5000;
    return GOX__CALL_WAIT;
}

static int start(struct gox_call *call)
{
    int code = gox__instance_start(call->instance, &call->err);
    return code < 0 ? code : wait_for(call, GOX__GOAL_UP);
}

static int stop(struct gox_call *call)
{
    int code = gox__instance_stop(call->instance, &call->err);
    return code < 0 ? code : wait_for(call, GOX__GOAL_DOWN);
}

static int restart(struct gox_call *call)
{
    int code = gox__instance_restart(call->instance, &call->err);
    return code < 0 ? code : wait_for(call, GOX__GOAL_UP);
}

static int reset(struct gox_call *call)
{
    int code = gox__instance_step(call->instance, GOX_INPUT_RESET, &call->err);
    if (code == 0)
        gox__status_put(call->instance, call->out);
    return code;
}

/* ---- reload, upgrade ---- */

static const struct gox_param RELOAD[] = {
        GOX__NAME_PARAM, {.name = "timeout_ms",
                                 .type = GOX_PARAM_INT,
                                 .min = 1,
                                 .max = 3600000,
                                 .fallback = "10000",
                                 .help = "give up waiting after this"}};

static int reload(struct gox_call *call)
{
    int code = gox__instance_reload(call->instance, &call->err);
    if (code < 0)
        return code;
    call->goal = GOX__GOAL_RELOADED;
    call->timeout_ms = call->args[1].i;
    return GOX__CALL_WAIT;
}

static const char *const what_names[] = {"daemon", "manager", NULL};
enum { P_WHAT = 3, P_BINARY };
static const struct gox_param UPGRADE[] = {WAIT_PARAMS,
        {.name = "what",
                .type = GOX_PARAM_ENUM,
                .names = what_names,
                .fallback = "\"daemon\"",
                .help = "which program"},
        {.name = "binary",
                .type = GOX_PARAM_STRING,
                .help = "the new program; absent: the same path again"}};

static int upgrade(struct gox_call *call)
{
    const char *binary =
            call->args[P_BINARY].is_set ? call->args[P_BINARY].text.data : NULL;
    if (call->args[P_WHAT].i == 1) {
        int code = gox__manager_exec(call->manager, binary, &call->err);
        if (code == 0)
            gox__status_put(call->instance, call->out);
        return code;
    }
    int code = gox__instance_upgrade(call->instance, binary, &call->err);
    if (code < 0)
        return code;
    if (call->instance->state == GOX_STATE_STOPPED) {
        gox__status_put(call->instance, call->out);
        return 0;
    }
    return wait_for(call, GOX__GOAL_UPGRADED);
}

/* ---- looking ---- */

static int status(struct gox_call *call)
{
    gox__status_put(call->instance, call->out);
    return 0;
}

static int list(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "instances");
    for (size_t k = 0; k < call->manager->instance_count; k++)
        gox__status_put(call->manager->instances[k], call->out);
    gox_writer_end_array(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

static const struct gox_param HEALTH[] = {
        GOX__NAME_PARAM, {.name = "check",
                                 .type = GOX_PARAM_BOOL,
                                 .fallback = "true",
                                 .help = "make a round of checks now"}};

static int health(struct gox_call *call)
{
    gox_instance *i = call->instance;
    bool has_somebody = gox__instance_pid(i) > 0 || !i->backend->owns_process;
    if (!call->args[1].b || !has_somebody || i->state == GOX_STATE_STOPPING) {
        gox__health_put(i, call->out);
        return 0;
    }
    i->probe.is_asked_for = true;
    call->goal = GOX__GOAL_HEALTH;
    call->timeout_ms =
            i->config.health_timeout_ms + i->config.startup_timeout_ms + 1000;
    /* A round under way already is as good as a new one. The answer must not
     * come before the call waits, so a new one begins with the next turn. */
    gox__probe_soon(i);
    return GOX__CALL_WAIT;
}

static const char *const level_names[] = {"error", "all", NULL};
static const struct gox_param LOGS[] = {GOX__NAME_PARAM,
        {.name = "lines",
                .type = GOX_PARAM_INT,
                .min = 1,
                .max = 10000,
                .fallback = "100",
                .help = "how many of the last ones"},
        {.name = "level",
                .type = GOX_PARAM_ENUM,
                .names = level_names,
                .fallback = "\"all\"",
                .help = "only records of this level"}};

/* The last `count` lines of text; the first of the ring may be cut. */
static void put_lines(struct gox_writer *w, const char *text, size_t len,
        int64_t count, bool only_errors)
{
    size_t begin = len;
    while (begin > 0 && count > 0) {
        size_t end = begin - (text[begin - 1] == '\n');
        size_t at = end;
        while (at > 0 && text[at - 1] != '\n')
            at--;
        if (!only_errors || gox__capture_is_error(text + at, end - at))
            count--;
        begin = at;
    }
    while (begin < len) {
        const char *end = memchr(text + begin, '\n', len - begin);
        size_t part = end != NULL ? (size_t)(end - text) - begin : len - begin;
        if (!only_errors || gox__capture_is_error(text + begin, part))
            gox_writer_text(w, NULL, text + begin, part);
        begin += part + 1;
    }
}

static int logs(struct gox_call *call)
{
    gox_instance *i = call->instance;
    struct gox_buf tail;
    char path[GOX_INSTANCE_PATH + 32];
    gox_buf_init(&tail, 0);
    int code = gox__capture_tail(i, GOX_CAPTURE_RING_BYTES, &tail);
    if (code == 0) {
        gox_writer_object(call->out, NULL);
        gox_writer_array(call->out, "lines");
        if (tail.len > 0)
            put_lines(call->out, (const char *)tail.data, tail.len,
                    call->args[1].i, call->args[2].i == 0);
        gox_writer_end_array(call->out);
        gox_writer_uint(call->out, "dropped", i->capture.lost_lines);
        snprintf(path, sizeof path, "%s/daemon.log", i->dir);
        gox_writer_string(call->out, "file", path);
        gox_writer_end_object(call->out);
    } else {
        gox_error_set(&call->err, code, "out of memory");
    }
    gox_buf_fini(&tail);
    return code;
}

/* ---- metrics, settings, the end ---- */

static int metrics(struct gox_call *call)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox__metrics_put(call->manager, &text);
    int code = gox_buf_error(&text);
    if (code == 0) {
        gox_writer_object(call->out, NULL);
        gox_writer_string(call->out, "content_type",
                "text/plain; version=0.0.4; charset=utf-8");
        gox_writer_text(call->out, "text", (const char *)text.data, text.len);
        gox_writer_end_object(call->out);
    } else {
        gox_error_set(&call->err, code, "out of memory");
    }
    gox_buf_fini(&text);
    return code;
}

static int config(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_object(call->out, "settings");
    gox__options_put(call->manager->options, call->instance, call->out);
    gox_writer_end_object(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

static const struct gox_param SHUTDOWN[] = {GOX__NAME_PARAM,
        {.name = "leave",
                .type = GOX_PARAM_BOOL,
                .fallback = "false",
                .help = "leave the daemons running, for the next manager"}};

static int shut_down(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "stopping", true);
    gox_writer_end_object(call->out);
    gox__manager_stop(call->manager, call->args[1].b);
    return 0;
}

static int discover(struct gox_call *call)
{
    gox__discover_put(call->out);
    return 0;
}

// clang-format off
const struct gox_method gox_manager_methods[] = {
    {.name = "manager.start", GOX_PARAMS(WAITS), .result = "any", .run = start,
     .summary = "Starts the daemon, also one that was given up."},
    {.name = "manager.stop", GOX_PARAMS(WAITS), .result = "any", .run = stop,
     .summary = "Stops the daemon; it stays down."},
    {.name = "manager.restart", GOX_PARAMS(WAITS), .result = "any",
     .run = restart, .summary = "Stops the daemon and starts it again."},
    {.name = "manager.reload", GOX_PARAMS(RELOAD),
     .result = "reloaded:bool message:string", .run = reload,
     .summary = "Lets the daemon read its configuration again."},
    {.name = "manager.status", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(ONLY_NAME), .result = "any",
     .run = status, .summary = "What the daemon and the manager do."},
    {.name = "manager.list", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(ONLY_NAME), .result = "instances:array",
     .run = list, .summary = "The status of all instances."},
    {.name = "manager.health", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(HEALTH), .result = "any",
     .run = health, .summary = "The checks and their verdict."},
    {.name = "manager.upgrade", GOX_PARAMS(UPGRADE), .result = "any",
     .run = upgrade,
     .summary = "Changes to another program without refusing a client."},
    {.name = "manager.reset", GOX_PARAMS(ONLY_NAME), .result = "any",
     .run = reset, .summary = "Forgets failures; starts what was given up."},
    {.name = "manager.logs", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(LOGS),
     .result = "lines:array dropped:int file:string", .run = logs,
     .summary = "The last lines that the daemon wrote."},
    {.name = "manager.events", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(gox__events_params),
     .result = "events:array next:int oldest:int latest:int missed:int",
     .run = gox__method_events, .summary = "Stored events after a number."},
    {.name = "manager.subscribe", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(gox__subscribe_params), .result = "latest:int",
     .run = gox__method_subscribe, .summary = "Sends events as they happen."},
    {.name = "manager.metrics", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(ONLY_NAME),
     .result = "content_type:string text:string", .run = metrics,
     .summary = "Counters as Prometheus text."},
    {.name = "manager.config", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(ONLY_NAME),
     .result = "settings:object", .run = config,
     .summary = "The settings in use and where each came from."},
    {.name = "manager.shutdown", GOX_PARAMS(SHUTDOWN), .result = "stopping:bool",
     .run = shut_down, .summary = "Ends this manager."},
    {.name = "rpc.discover", .flags = GOX_METHOD_SAFE,
     GOX_PARAMS(ONLY_NAME), .result = "any",
     .run = discover, .summary = "These methods as an OpenRPC document."},
    {.name = NULL}};
// clang-format on
