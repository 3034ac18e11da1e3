/* SPDX-License-Identifier: Apache-2.0
 * How the server is doing: health with verdicts, numbers for machines, the
 * settings in use, and asking it to end. All answered on the loop thread, ahead
 * of the queue of long work. */
#include "base/time.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "goxel/version.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <string.h>

static int health(struct gox_call *call)
{
    gox__health_put(call->daemon, call->out);
    return 0;
}

static int ready(struct gox_call *call)
{
    struct gox_health_report report;
    gox__health_look(call->daemon, &report);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "ready", report.is_ready);
    gox_writer_end_object(call->out);
    return 0;
}

static int metrics(struct gox_call *call)
{
    gox_metrics_put_json(call->daemon, call->out);
    return 0;
}

static void put_setting(
        struct gox_writer *w, const struct gox_settings *s, size_t i)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_writer_object(w, gox_setting_rows[i].name);
    gox_settings_put_json(s, i, &text);
    if (gox_buf_text(&text) != NULL)
        gox_writer_raw(w, "value", (const char *)text.data, text.len);
    gox_buf_reset(&text);
    gox_settings_put_origin(s, i, &text);
    gox_writer_text(w, "origin", (const char *)text.data, text.len);
    gox_writer_end_object(w);
    gox_buf_fini(&text);
}

static int config(struct gox_call *call)
{
    const struct gox_settings *s = gox_call_settings(call);
    const char *key = gox_call_str(call, 0);
    struct gox_suggest suggest;
    size_t found = 0;
    if (key != NULL)
        gox_suggest_init(&suggest, (struct gox_slice){key, strlen(key)});
    gox_writer_object(call->out, NULL);
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        if (key != NULL)
            gox_suggest_offer(&suggest, name, strlen(name));
        if (key != NULL && strcmp(key, name) != 0)
            continue;
        put_setting(call->out, s, i);
        found++;
    }
    gox_writer_end_object(call->out);
    if (found > 0)
        return 0;
    size_t len;
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "there is no setting %s%s%s%s", key,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

static int reload(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "reloaded", false);
    gox_writer_string(call->out, "message",
            "settings come from the command line and the environment and are "
            "read at start; restart to change them");
    gox_writer_end_object(call->out);
    return 0;
}

static int shut_down(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "message", "stopping");
    gox_writer_end_object(call->out);
    gox_log_put(call->daemon->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
            "asked to stop by daemon.shutdown");
    gox_daemon_stop(call->daemon);
    return 0;
}

static const struct gox_param CONFIG_PARAMS[] = {
        {.name = "key",
                .type = GOX_PARAM_STRING,
                .help = "one setting, such as server.workers; absent: all"},
};

// clang-format off
const struct gox_method gox_api_health[] = {
        {.name = "daemon.health", .aliases = "goxel.health_check",
         .group = "daemon", .flags = GOX_METHOD_HEALTH,
         .result = "status:string timestamp:string uptime_seconds:int "
                   "version:string pid:int checks:object",
         .summary = "Healthy, degraded or unhealthy, with what was looked at.",
         .run = health},
        {.name = "daemon.ready", .group = "daemon",
         .flags = GOX_METHOD_HEALTH, .result = "ready:bool",
         .summary = "Whether requests are taken.", .run = ready},
        {.name = "daemon.metrics",
         .aliases = "goxel.get_performance_metrics", .group = "daemon",
         .flags = GOX_METHOD_HEALTH, .result = "any",
         .summary = "Counters and sizes since the start.", .run = metrics},
        {.name = "daemon.config", .group = "daemon",
         GOX_PARAMS(CONFIG_PARAMS), .result = "any",
         .summary = "The settings in use and where each came from.",
         .run = config},
        {.name = "daemon.reload", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, .result = "reloaded:bool message:string",
         .summary = "Reads the settings again, as far as they can change.",
         .run = reload},
        {.name = "daemon.shutdown", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, .result = "success:bool message:string",
         .summary = "Finishes what is under way and ends the process.",
         .run = shut_down},
        {.name = NULL},
};
// clang-format on
