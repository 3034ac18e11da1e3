/* SPDX-License-Identifier: Apache-2.0
 * daemon.config and daemon.reload: the settings in use and reading them again.
 * Both are answered on the loop thread. */
#include "config/generate.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "daemon/lifecycle.h"
#include "rpc/suggest.h"

#include <string.h>

static int config(struct gox_call *call)
{
    const struct gox_settings *s = gox_call_settings(call);
    const char *key = gox_call_str(call, 0);
    struct gox_suggest suggest;
    size_t found = 0, len;
    if (key != NULL)
        gox_suggest_init(&suggest, (struct gox_slice){key, strlen(key)});
    gox_writer_object(call->out, NULL);
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        if (key != NULL)
            gox_suggest_offer(&suggest, name, strlen(name));
        if (key != NULL && strcmp(key, name) != 0)
            continue;
        gox_settings_put_row(s, i, call->out);
        found++;
    }
    gox_writer_end_object(call->out);
    if (found > 0)
        return 0;
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "there is no setting %s%s%s%s", key,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

static int reload(struct gox_call *call)
{
    bool is_dry_run = gox_call_bool(call, 0);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "reloaded", !is_dry_run);
    int code = gox__reload(call->daemon, is_dry_run, call->out, &call->err);
    gox_writer_end_object(call->out);
    return code;
}

static const struct gox_param CONFIG_PARAMS[] = {
        {.name = "key",
                .type = GOX_PARAM_STRING,
                .help = "one setting, such as server.workers; absent: all"},
};
static const struct gox_param RELOAD_PARAMS[] = {
        {.name = "dry_run",
                .type = GOX_PARAM_BOOL,
                .help = "only tell what would change"},
};

// clang-format off
const struct gox_method gox_api_config[] = {
        {.name = "daemon.config", .group = "daemon", .flags = GOX_METHOD_SAFE,
         GOX_PARAMS(CONFIG_PARAMS), .result = "any",
         .summary = "The settings in use and where each came from.",
         .run = config},
        {.name = "daemon.reload", .group = "daemon",
         .flags = GOX_METHOD_ADMIN, GOX_PARAMS(RELOAD_PARAMS),
         .result = "reloaded:bool file:string|null changed:array "
                   "needs_restart:array changes:array errors:array "
                   "warnings:array",
         .summary = "Reads the settings again, uses those that can change "
                    "while the daemon runs, and names those that cannot. With "
                    "a mistake in them nothing changes.",
         .run = reload},
        {.name = NULL},
};
// clang-format on
