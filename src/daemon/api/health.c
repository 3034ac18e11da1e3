/* SPDX-License-Identifier: Apache-2.0
 * How the server is doing: health with verdicts, numbers for machines, and
 * asking it to end. All answered on the loop thread, ahead
 * of the queue of long work. */
#include "base/time.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "goxel/version.h"
#include "platform/os.h"

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

enum { AS_JSON, AS_PROMETHEUS };
static const char *const formats[] = {"json", "prometheus", NULL};
static const struct gox_param METRICS_PARAMS[] = {
        {.name = "format",
                .type = GOX_PARAM_ENUM,
                .names = formats,
                .fallback = "\"json\"",
                .help = "json, or prometheus: the same in that text format, "
                        "as content_type and text"},
};

static int metrics(struct gox_call *call)
{
    struct gox_buf text;
    if (gox_call_enum(call, 0) == AS_JSON) {
        gox_metrics_put_json(call->daemon, call->out);
        return 0;
    }
    gox_buf_init(&text, 0);
    gox_metrics_put_text(call->daemon, &text);
    int rc = gox_buf_error(&text);
    if (rc == 0) {
        gox_writer_object(call->out, NULL);
        gox_writer_string(call->out, "content_type", GOX_METRICS_MIME);
        gox_writer_text(call->out, "text", (const char *)text.data, text.len);
        gox_writer_end_object(call->out);
    } else {
        rc = gox_call_fail(call, GOX_ERR_NOMEM, "out of memory for the text");
    }
    gox_buf_fini(&text);
    return rc;
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

// clang-format off
const struct gox_method gox_api_health[] = {
        {.name = "daemon.health", .aliases = "goxel.health_check",
         .group = "daemon", .flags = GOX_METHOD_HEALTH | GOX_METHOD_SAFE,
         .result = "status:string timestamp:string uptime_seconds:int "
                   "version:string pid:int checks:object",
         .summary = "Healthy, degraded or unhealthy, with what was looked at.",
         .run = health},
        {.name = "daemon.ready", .group = "daemon",
         .flags = GOX_METHOD_HEALTH | GOX_METHOD_SAFE, .result = "ready:bool",
         .summary = "Whether requests are taken.", .run = ready},
        {.name = "daemon.metrics",
         .aliases = "goxel.get_performance_metrics", .group = "daemon",
         .flags = GOX_METHOD_HEALTH | GOX_METHOD_SAFE,
         GOX_PARAMS(METRICS_PARAMS), .result = "any",
         .summary = "Counters and sizes since the start.", .run = metrics},
        {.name = "daemon.shutdown", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, .result = "success:bool message:string",
         .summary = "Finishes what is under way and ends the process.",
         .run = shut_down},
        {.name = NULL},
};
// clang-format on
