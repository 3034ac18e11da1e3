/* SPDX-License-Identifier: Apache-2.0
 * What the daemon adds to log/. */
#include "daemon/logging.h"

#include "daemon/session.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define MS_PER_DAY (INT64_C(24) * 60 * 60 * 1000)
#define ID_MAX     128

static unsigned shown(const struct gox_settings *s)
{
    return GOX_LOG_WITH_COMPONENT |
           (s->logging_include_timestamps ? GOX_LOG_WITH_TIMESTAMP : 0) |
           (s->logging_include_pid ? GOX_LOG_WITH_PID : 0) |
           (s->logging_include_thread_id ? GOX_LOG_WITH_TID : 0) |
           (s->logging_include_request_id ? GOX_LOG_WITH_REQUEST : 0);
}

static void make_config(
        struct gox_log_config *config, const struct gox_settings *s)
{
    gox_log_config_init(config);
    config->format = (enum gox_log_format)s->logging_format;
    config->level = (enum gox_log_level)s->logging_level;
    memcpy(config->levels, s->logging_levels.of, sizeof config->levels);
    config->with = shown(s);
    config->rotation = (struct gox_rotate_config){
            .is_enabled = s->logging_rotation_enabled,
            .max_bytes = (uint64_t)s->logging_rotation_max_size_mb << 20,
            .max_files = (unsigned)s->logging_rotation_max_files,
            .max_age_ms = s->logging_rotation_max_age_days * MS_PER_DAY,
            .is_compressed = s->logging_rotation_compress};
}

gox_log *gox__logging_open(const struct gox_settings *s, struct gox_error *err)
{
    struct gox_log_config config;
    make_config(&config, s);
    gox_log *log = gox_log_open(
            s->daemon_log_file, "goxel-daemon", NULL, &config, err);
    if (log != NULL)
        gox_log_hold(log);
    return log;
}

void gox__logging_configure(gox_log *log, const struct gox_settings *s)
{
    struct gox_log_config config;
    make_config(&config, s);
    gox_log_configure(log, &config);
}

/* ---- requests ---- */

static bool is_own_failure(int code)
{
    return code == GOX_ERR_INTERNAL || code == GOX_ERR_NOMEM ||
           code == GOX_ERR_IO;
}

/* The id without the quotes of a text. */
static struct gox_log_field id_field(struct gox_slice id)
{
    bool is_text = id.len >= 2 && id.data[0] == '"';
    const char *data = is_text ? id.data + 1 : id.data;
    size_t len = is_text ? id.len - 2 : id.len;
    return gox_log_bytes("request_id", data,
            data == NULL   ? 0
            : len < ID_MAX ? len
                           : ID_MAX);
}

void gox__logging_request(gox_log *log, const struct gox_call_internal *c)
{
    int code = c->call.err.code;
    enum gox_log_level level =
            is_own_failure(code) ? GOX_LOG_WARN : GOX_LOG_DEBUG;
    if (!gox_log_wants(log, level, GOX_LOG_C_RPC))
        return;
    const struct gox_method *m = c->call.method;
    const gox_session *s = c->call.session;
    struct gox_log_field fields[] = {
            gox_log_text("method", m != NULL ? m->name : ""),
            gox_log_uint("connection", s != NULL ? s->number : 0),
            gox_log_text("code", code < 0 ? gox_error_name(code) : "OK"),
            id_field(c->request.id),
    };
    gox_log_put_fields(log, level, GOX_LOG_C_RPC, fields, 4, "%s",
            code < 0 ? c->call.err.text : "answered");
}

/* ---- faults ---- */

/* A signal handler has no argument of its own, so this one pointer is static.
 */
static _Atomic(gox_log *) fault_log;

static void on_fault(int number)
{
    gox_log *log = atomic_exchange(&fault_log, NULL);
    if (log != NULL)
        gox_log_flush_crash(log, number);
    /* SA_RESETHAND: this time with the system's own effect. */
    raise(number);
}

void gox__logging_watch_faults(gox_log *log)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    atomic_store(&fault_log, log);
    for (size_t i = 0; log != NULL && i < sizeof numbers / sizeof *numbers;
            i++) {
        struct sigaction old;
        struct sigaction action = {
                .sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        /* A sanitizer or debugger that waits for it goes first. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
    }
}
