/* SPDX-License-Identifier: Apache-2.0
 * Methods about the server's own interface: small talk, the list of methods,
 * the OpenRPC document, and cancelling. */
#include "base/time.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "daemon/openrpc.h"
#include "daemon/session.h"
#include "goxel/version.h"
#include "platform/os.h"

#include <time.h>

static int echo(struct gox_call *call)
{
    struct gox_slice value = gox_call_slice(call, 0);
    if (value.data == NULL)
        value = (struct gox_slice){"{}", 2};
    gox_writer_raw(call->out, NULL, value.data, value.len);
    return 0;
}

static int version(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_string(call->out, "version", GOX_VERSION);
    gox_writer_string(call->out, "type", "daemon");
    gox_writer_string(call->out, "protocol", "JSON-RPC 2.0");
    gox_writer_end_object(call->out);
    return 0;
}

static int ping(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "pong", true);
    gox_writer_int(call->out, "timestamp", gox_time_wall_ms() / 1000);
    gox_writer_end_object(call->out);
    return 0;
}

static int status(struct gox_call *call)
{
    gox_daemon *d = call->daemon;
    struct gox_writer *w = call->out;
    char text[256];
    struct tm local;
    time_t now = time(NULL);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "status", d->is_stopping ? "stopping" : "running");
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_int(w, "pid", gox_os_pid());
    if (localtime_r(&now, &local) != NULL &&
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) > 0)
        gox_writer_string(w, "current_time", text);
    gox_os_hostname(text, sizeof text);
    gox_writer_string(w, "hostname", text);
    gox_writer_bool(w, "goxel_initialized", true);
    gox_writer_uint(w, "methods_available", gox_registry_count(d->registry));
    gox_writer_uint(w, "memory_allocated", gox_os_rss_bytes());
    gox_writer_int(w, "uptime_seconds",
            (gox_time_now_ns() - d->start_at_ns) / GOX_NS_PER_S);
    gox_writer_uint(w, "projects", gox_projects_count(d->projects));
    gox_writer_string(
            w, "sandbox", d->sandbox.text[0] != '\0' ? d->sandbox.text : "off");
    gox_writer_end_object(w);
    return 0;
}

static int list_methods(struct gox_call *call)
{
    const gox_registry *reg = call->daemon->registry;
    struct gox_writer *w = call->out;
    gox_writer_object(w, NULL);
    gox_writer_uint(w, "count", gox_registry_count(reg));
    gox_writer_array(w, "methods");
    for (size_t i = 0; i < gox_registry_count(reg); i++) {
        const struct gox_method *m = gox_registry_get(reg, i);
        gox_writer_object(w, NULL);
        gox_writer_string(w, "method", m->name);
        gox_writer_string(w, "description", m->summary);
        gox_writer_string(w, "group", m->group);
        gox_writer_end_object(w);
    }
    gox_writer_end_array(w);
    gox_writer_end_object(w);
    return 0;
}

static int discover(struct gox_call *call)
{
    gox_openrpc_put(call->daemon->registry, call->out);
    return 0;
}

static int cancel(struct gox_call *call)
{
    struct gox_slice id = gox_call_slice(call, 0);
    bool is_done =
            call->session != NULL && gox__session_cancel(call->session, id);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "cancelled", is_done);
    gox_writer_end_object(call->out);
    return 0;
}

static const struct gox_param ECHO_PARAMS[] = {
        {.name = "params",
                .type = GOX_PARAM_JSON,
                .flags = GOX_PARAM_WHOLE,
                .help = "anything; comes back as it is"},
};
static const struct gox_param CANCEL_PARAMS[] = {
        {.name = "id",
                .type = GOX_PARAM_JSON,
                .flags = GOX_PARAM_REQUIRED,
                .help = "the id of a request of this connection"},
};

// clang-format off
const struct gox_method gox_api_core[] = {
        {.name = "echo", .aliases = "goxel.echo", .group = "core", .flags = GOX_METHOD_SAFE,
         GOX_PARAMS(ECHO_PARAMS), .result = "any",
         .summary = "Answers the parameters as they came.", .run = echo},
        {.name = "version", .aliases = "goxel.get_version", .group = "core", .flags = GOX_METHOD_SAFE,
         .result = "version:string type:string protocol:string",
         .summary = "The version of the server.", .run = version},
        {.name = "status",
         .aliases = "goxel.get_daemon_status|daemon.status", .group = "core",
         .flags = GOX_METHOD_HEALTH | GOX_METHOD_SAFE,
         .result = "status:string version:string pid:int current_time:string? "
                   "hostname:string goxel_initialized:bool "
                   "methods_available:int memory_allocated:int "
                   "uptime_seconds:int projects:int sandbox:string",
         .summary = "The state of the process.", .run = status},
        {.name = "ping", .aliases = "goxel.ping", .group = "core",
         .flags = GOX_METHOD_HEALTH | GOX_METHOD_SAFE, .result = "pong:bool timestamp:int",
         .summary = "Answers at once, with the server's time in seconds.",
         .run = ping},
        {.name = "list_methods", .aliases = "goxel.list_methods",
         .group = "core", .flags = GOX_METHOD_SAFE, .result = "count:int methods:array",
         .summary = "All methods with one sentence each.",
         .run = list_methods},
        {.name = "rpc.discover", .group = "core", .flags = GOX_METHOD_SAFE, .result = "any",
         .summary = "The OpenRPC document of all methods.", .run = discover},
        {.name = "rpc.cancel", .group = "core", GOX_PARAMS(CANCEL_PARAMS),
         .result = "cancelled:bool",
         .summary = "Ends an earlier request of this connection, at once even "
                    "while it runs.",
         .run = cancel},
        {.name = NULL},
};
// clang-format on
