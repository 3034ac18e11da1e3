/* SPDX-License-Identifier: Apache-2.0
 * The rows of the settings as a table, and putting values in.
 *
 * Invariant: a value that does not fit its row changes nothing. */
#include "daemon/settings.h"

#include "base/alloc.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};

// clang-format off
#define ROW(section, key, kind, flag_, env_, def, min_, max_, help_)           \
    {.name = #section "." #key, .type = GOX_SETTING_##kind, .flag = flag_,     \
     .env = env_, .fallback = def, .min = min_, .max = max_,                   \
     .offset = offsetof(struct gox_settings, section##_##key), .help = help_},
const struct gox_setting gox_setting_rows[] = {GOX_SETTING_LIST(ROW)};
#undef ROW
// clang-format on
const size_t gox_setting_count =
        sizeof gox_setting_rows / sizeof gox_setting_rows[0];

static int64_t *int_at(struct gox_settings *s, const struct gox_setting *row)
{
    return (int64_t *)(void *)((char *)s + row->offset);
}

static char **text_at(struct gox_settings *s, const struct gox_setting *row)
{
    return (char **)(void *)((char *)s + row->offset);
}

static int fail_value(const struct gox_setting *row, const char *value,
        const char *expected, struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_PARAMS, "%s: expected %s, got \"%.60s\"",
            row->name, expected, value);
}

static int set_number(struct gox_settings *s, const struct gox_setting *row,
        const char *value, int base, struct gox_error *err)
{
    char *end;
    char expected[80];
    long long number = strtoll(value, &end, base);
    if (*value == '\0' || *end != '\0' || *value == ' ' || number < row->min ||
            number > row->max) {
        snprintf(expected, sizeof expected,
                base == 8 ? "an octal number from %llo to %llo"
                          : "an integer from %lld to %lld",
                (long long)row->min, (long long)row->max);
        return fail_value(row, value, expected, err);
    }
    *int_at(s, row) = number;
    return 0;
}

static int set_level(struct gox_settings *s, const struct gox_setting *row,
        const char *value, struct gox_error *err)
{
    for (int i = 0; i < 4; i++) {
        if (strcmp(value, level_names[i]) == 0) {
            *int_at(s, row) = i;
            return 0;
        }
    }
    return fail_value(row, value, "error, warn, info or debug", err);
}

static int set_text(struct gox_settings *s, const struct gox_setting *row,
        const char *value, struct gox_error *err)
{
    char expected[60];
    if (strlen(value) > (size_t)row->max) {
        snprintf(expected, sizeof expected, "at most %lld bytes",
                (long long)row->max);
        return fail_value(row, value, expected, err);
    }
    char *copy = gox_strdup(value);
    if (copy == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_free(*text_at(s, row));
    *text_at(s, row) = copy;
    return 0;
}

static int set_row(struct gox_settings *s, size_t i, const char *value,
        const char *origin, struct gox_error *err)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    int code = 0;
    switch (row->type) {
    case GOX_SETTING_INT:
        code = set_number(s, row, value, 10, err);
        break;
    case GOX_SETTING_OCTAL:
        code = set_number(s, row, value, 8, err);
        break;
    case GOX_SETTING_LEVEL:
        code = set_level(s, row, value, err);
        break;
    case GOX_SETTING_TEXT:
        code = set_text(s, row, value, err);
        break;
    }
    if (code == 0)
        s->origins[i] = origin;
    return code;
}

int gox_settings_init(struct gox_settings *s)
{
    int code = 0;
    *s = (struct gox_settings){.is_stdio = false};
    for (size_t i = 0; i < gox_setting_count && code == 0; i++)
        code = set_row(s, i, gox_setting_rows[i].fallback, "default", NULL);
    if (code < 0)
        gox_settings_fini(s);
    return code;
}

void gox_settings_fini(struct gox_settings *s)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        if (gox_setting_rows[i].type != GOX_SETTING_TEXT)
            continue;
        gox_free(*text_at(s, &gox_setting_rows[i]));
        *text_at(s, &gox_setting_rows[i]) = NULL;
    }
}

int gox_settings_set(struct gox_settings *s, const char *name, size_t name_len,
        const char *value, const char *origin, struct gox_error *err)
{
    struct gox_suggest suggest;
    size_t len;
    gox_suggest_init(&suggest, (struct gox_slice){name, name_len});
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *have = gox_setting_rows[i].name;
        if (strlen(have) == name_len && memcmp(have, name, name_len) == 0)
            return set_row(s, i, value, origin, err);
        gox_suggest_offer(&suggest, have, strlen(have));
    }
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "there is no setting %.*s%s%s%s", (int)name_len, name,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "; --print-config lists them");
}

int gox_settings_read_env(struct gox_settings *s, struct gox_error *err)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *value = getenv(gox_setting_rows[i].env);
        if (value == NULL)
            continue;
        int code = set_row(s, i, value, "environment", err);
        if (code < 0) {
            gox_error_prefix(err, "%s", gox_setting_rows[i].env);
            return code;
        }
    }
    return 0;
}

/* Replaces an owned text by base/rest, or by its own absolute form. */
static int fill_path(char **text, const char *base, const char *rest)
{
    struct gox_buf joined;
    struct gox_buf full;
    int code = GOX_ERR_NOMEM;
    gox_buf_init(&joined, 0);
    gox_buf_init(&full, 0);
    if ((*text)[0] == '\0')
        gox_buf_printf(&joined, "%s/%s", base, rest);
    else
        gox_buf_put_str(&joined, *text);
    const char *path = gox_buf_text(&joined);
    if (path != NULL && gox_os_absolute(path, &full) == 0) {
        char *copy = gox_strdup(gox_buf_text(&full));
        if (copy != NULL) {
            gox_free(*text);
            *text = copy;
            code = 0;
        }
    }
    gox_buf_fini(&joined);
    gox_buf_fini(&full);
    return code;
}

static int fill_paths(struct gox_settings *s)
{
    struct gox_buf dir;
    gox_buf_init(&dir, 0);
    int code = gox_os_runtime_dir(&dir);
    if (code == 0)
        code = fill_path(&s->daemon_socket_path, gox_buf_text(&dir),
                "goxel-daemon.sock");
    if (code == 0)
        code = gox_os_state_dir(&dir);
    if (code == 0)
        code = fill_path(&s->paths_data_dir, gox_buf_text(&dir), "");
    if (code == 0)
        code = fill_path(&s->render_dir, s->paths_data_dir, "renders");
    if (code == 0 && s->daemon_pid_file[0] != '\0')
        code = fill_path(&s->daemon_pid_file, "", "");
    if (code == 0 && s->daemon_log_file[0] != '\0')
        code = fill_path(&s->daemon_log_file, "", "");
    gox_buf_fini(&dir);
    return code;
}

int gox_settings_finish(struct gox_settings *s, struct gox_error *err)
{
    if (fill_paths(s) < 0)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (strlen(s->daemon_socket_path) > 107)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "daemon.socket_path: \"%.120s\" is longer than 107 bytes, "
                "which the system has no room for",
                s->daemon_socket_path);
    if (s->server_workers == 0) {
        unsigned cores = gox_os_cpu_count();
        s->server_workers = cores > 2 ? (int64_t)cores : 2;
    }
    return 0;
}

void gox_settings_put_value(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    const void *at = (const char *)s + row->offset;
    int64_t number = 0;
    if (row->type == GOX_SETTING_TEXT) {
        gox_buf_put_str(out, *(char *const *)at);
        return;
    }
    number = *(const int64_t *)at;
    if (row->type == GOX_SETTING_OCTAL)
        gox_buf_printf(out, "%llo", (unsigned long long)number);
    else if (row->type == GOX_SETTING_LEVEL)
        gox_buf_put_str(out, level_names[number]);
    else
        gox_buf_put_int(out, number);
}
