/* SPDX-License-Identifier: Apache-2.0
 * Reading the settings again while the daemon serves.
 *
 * Invariant: the new settings are read and checked whole before the first one
 * is used; a mistake leaves all of them as they were. A setting that is read by
 * workers is never changed here: its row says START. */
#include "config/generate.h"
#include "daemon/access.h"
#include "daemon/daemon_internal.h"
#include "daemon/http_api.h"
#include "daemon/lifecycle.h"
#include "daemon/logging.h"
#include "daemon/session.h"

#include <stdio.h>
#include <string.h>

/* ---- what must be told of new values ---- */

static void apply_log(gox_daemon *d)
{
    gox__logging_configure(d->log, &d->settings);
}

static void apply_monitoring(gox_daemon *d)
{
    gox_metrics_set_on(&d->metrics, d->settings.monitoring_enable_metrics);
    gox__http_api_configure(d);
    if (gox__health_configure(d) < 0)
        gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_HEALTH,
                "no memory for the timer of the health check; it stays off");
}

static void apply_pool(gox_daemon *d)
{
    gox_pool_configure(d->pool, (size_t)d->settings.server_queue_size,
            d->settings.server_enable_priority_queue);
}

static void apply_sessions(gox_daemon *d)
{
    for (gox_session *s = d->sessions; s != NULL; s = s->next)
        gox__session_configure(s);
    gox__daemon_raise_fd_limit(d);
}

static void apply_access(gox_daemon *d)
{
    struct gox_error err = {.offset = -1};
    if (gox_access_reload(d->access, &err) < 0)
        gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_ACCESS,
                "the old tokens stay: %s", err.text);
}

static void apply_storage(gox_daemon *d)
{
    gox_projects_set_bounds(d->projects,
            (uint64_t)d->settings.performance_max_memory_mb << 20,
            (size_t)d->settings.performance_max_open_projects);
    gox_projects_evict(d->projects);
    gox__daemon_sweep_trash(d);
}

/* Each is called once after any change; in this order. */
static void (*const hooks[])(gox_daemon *daemon) = {
        apply_log,
        apply_pool,
        apply_sessions,
        apply_monitoring,
        apply_access,
        apply_storage,
};

/* ---- the answer ---- */

static void put_names(struct gox_writer *w, const char *key,
        const bool *is_changed, enum gox_apply apply)
{
    gox_writer_array(w, key);
    for (size_t i = 0; i < gox_setting_count; i++)
        if (is_changed[i] && gox_setting_rows[i].apply == apply)
            gox_writer_string(w, NULL, gox_setting_rows[i].name);
    gox_writer_end_array(w);
}

static void put_result(struct gox_writer *w, const struct gox_settings *old,
        const struct gox_settings *new, const bool *is_changed)
{
    gox_writer_string(w, "file", new->file);
    put_names(w, "changed", is_changed, GOX_APPLY_LIVE);
    put_names(w, "needs_restart", is_changed, GOX_APPLY_START);
    gox_writer_array(w, "changes");
    for (size_t i = 0; i < gox_setting_count; i++)
        if (is_changed[i])
            gox_settings_put_change(old, new, i, w);
    gox_writer_end_array(w);
}

/* All mistakes, as many as fit into a message. */
static int fail(const struct gox_config_errors *errors, struct gox_error *err)
{
    struct gox_buf text;
    if (errors->is_out_of_memory)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_buf_init(&text, 0);
    gox_config_errors_put(errors, &text);
    const char *all = gox_buf_text(&text);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\n')
            text.data[i] = i + 1 < text.len ? ';' : ' ';
    int code = gox_error_set(err, GOX_ERR_PARAMS,
            "the settings stay as they are, because the new ones have %zu "
            "mistake%s: %s",
            errors->error_count, errors->error_count == 1 ? "" : "s",
            all != NULL ? all : "out of memory");
    gox_buf_fini(&text);
    return code;
}

/* ---- the change ---- */

static void log_change(gox_daemon *d, const struct gox_settings *new, size_t i,
        bool needs_restart)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_settings_put_value(new, i, &text);
    const struct gox_log_field fields[] = {
            gox_log_text("setting", gox_setting_rows[i].name),
            gox_log_bytes("value", (const char *)text.data, text.len),
    };
    gox_log_put_fields(d->log, GOX_LOG_INFO, GOX_LOG_C_CONFIG, fields, 2,
            needs_restart ? "setting %s was changed and needs a restart"
                          : "setting %s was changed",
            gox_setting_rows[i].name);
    gox_buf_fini(&text);
}

static void apply(
        gox_daemon *d, struct gox_settings *new, const bool *is_changed)
{
    size_t count = 0;
    d->restart_count = 0;
    for (size_t i = 0; i < gox_setting_count; i++) {
        bool needs_restart = gox_setting_rows[i].apply == GOX_APPLY_START;
        if (!is_changed[i])
            continue;
        count++;
        d->restart_count += needs_restart;
        log_change(d, new, i, needs_restart);
        if (!needs_restart)
            gox_settings_swap(&d->settings, new, i);
    }
    for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++)
        hooks[i](d);
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_CONFIG,
            "settings read again, %zu changed", count);
}

int gox__reload(gox_daemon *d, bool is_dry_run, struct gox_writer *w,
        struct gox_error *err)
{
    struct gox_config_errors errors;
    struct gox_settings new;
    bool is_changed[GOX_SETTING_COUNT] = {false};
    if (d->life == NULL)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "this server has no settings to read again");
    gox_config_errors_init(&errors);
    if (gox_options_load(d->life->options, &new, &errors) < 0) {
        int code = fail(&errors, err);
        gox_config_errors_fini(&errors);
        return code;
    }
    for (size_t i = 0; i < gox_setting_count; i++)
        is_changed[i] = !gox_settings_is_equal(&d->settings, &new, i);
    if (w != NULL)
        put_result(w, &d->settings, &new, is_changed);
    if (w != NULL)
        gox_config_errors_put_json(&errors, w);
    if (!is_dry_run)
        apply(d, &new, is_changed);
    gox_settings_fini(&new);
    gox_config_errors_fini(&errors);
    return 0;
}
