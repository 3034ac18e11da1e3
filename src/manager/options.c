/* SPDX-License-Identifier: Apache-2.0
 * The flags of goxel-manager, and building the instances from them and from the
 * settings. */
#include "base/alloc.h"
#include "manager/options_internal.h"
#include "platform/os.h"
#include "platform/user.h"
#include "rpc/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct gox__flag_row gox__flags[FLAG_COUNT] = {
#define FLAG_ROW(name, flag, value, help) {flag, value, help},
        FLAG_LIST(FLAG_ROW)
#undef FLAG_ROW
};

void gox_manager_options_help(void)
{
    printf("usage: goxel-manager [options] [-- arguments of the daemon]\n\n"
           "Keeps goxel-daemon running and reachable.\n\n");
    for (size_t k = 0; k < FLAG_COUNT; k++)
        printf("  --%s%s%s\n        %s\n", gox__flags[k].name,
                gox__flags[k].value != NULL ? " " : "",
                gox__flags[k].value != NULL ? gox__flags[k].value : "",
                gox__flags[k].help);
    printf("\nThe sections daemon, auto_start and logging of the settings are "
           "used here, too:\nsee goxel-daemon --help. Steer it with goxelctl.\n"
           "Exit codes: 0 stopped, 2 usage, 75 try again later, 78 bad "
           "configuration.\n");
}

/* ---- the command line ---- */

static int fail_flag(const char *arg, struct gox_error *err)
{
    struct gox_suggest suggest;
    size_t len;
    struct gox_slice wanted = {arg, strcspn(arg, "=")};
    while (wanted.len > 0 && wanted.data[0] == '-') {
        wanted.data++;
        wanted.len--;
    }
    gox_suggest_init(&suggest, wanted);
    for (size_t k = 0; k < FLAG_COUNT; k++)
        gox_suggest_offer(
                &suggest, gox__flags[k].name, strlen(gox__flags[k].name));
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_error_set(err, GOX_ERR_PARAMS,
            "unknown option %.80s%s%s%s; --help lists all, and what follows "
            "\"--\" goes to the daemon",
            arg, best != NULL ? " (did you mean --" : "",
            best != NULL ? best : "", best != NULL ? "?)" : "");
}

static int add_hook(struct gox_manager_options *o, const char *events,
        size_t len, const char *command, const char *instance,
        struct gox_error *err)
{
    uint32_t kinds = 0;
    for (const char *p = events; p < events + len;) {
        const char *comma = memchr(p, ',', (size_t)(events + len - p));
        size_t part = (size_t)((comma != NULL ? comma : events + len) - p);
        enum gox_event_kind kind = gox_event_find(p, part);
        if (part == 3 && memcmp(p, "all", 3) == 0)
            kinds = UINT32_MAX;
        else if (kind == GOX_EVENT_COUNT)
            return gox_error_set(err, GOX_ERR_PARAMS,
                    "%s: there is no event \"%.*s\"",
                    instance != NULL ? "auto_start.hooks" : "--hook",
                    (int)(part < 60 ? part : 60), p);
        else
            kinds |= (uint32_t)1 << kind;
        p += part + (comma != NULL);
    }
    size_t capacity = o->hook_count;
    if (!gox_grow(&o->hooks, &capacity, o->hook_count + 1, sizeof *o->hooks))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    o->hooks[o->hook_count] =
            (struct gox_hook){kinds, gox_strdup(command), instance};
    if (o->hooks[o->hook_count++].command == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    return 0;
}

static int take_hook(
        struct gox_manager_options *o, const char *text, struct gox_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals[1] == '\0')
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--hook takes EVENT=COMMAND, got \"%.80s\"", text);
    return add_hook(o, text, (size_t)(equals - text), equals + 1, NULL, err);
}

/* Those of the settings, for events of that instance. */
static int take_hooks(struct gox_manager_options *o, struct gox_error *err)
{
    int code = 0;
    for (size_t k = 0; k < o->instance_count && code == 0; k++) {
        const struct gox_manager_instance *in = &o->instances[k];
        const struct gox_setting_map *map = &in->settings.auto_start_hooks;
        for (size_t n = 0; n < map->count && code == 0; n++)
            code = add_hook(o, map->items[2 * n], strlen(map->items[2 * n]),
                    map->items[2 * n + 1], in->name, err);
    }
    return code;
}

static int take(struct gox_manager_options *o, struct gox__raw *raw,
        enum gox__flag flag, const char *value, struct gox_error *err)
{
    raw->values[flag] = value;
    if (flag == FLAG_HOOK)
        return take_hook(o, value, err);
    if ((flag == FLAG_SET || flag == FLAG_INSTANCE) &&
            strchr(value, '=') == NULL)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--%s takes %s, got \"%.80s\"", gox__flags[flag].name,
                gox__flags[flag].value, value);
    if (flag == FLAG_SET) {
        if (raw->set_count == GOX__MAX_SETS)
            return gox_error_set(err, GOX_ERR_RANGE,
                    "at most %d times --set; a file has room for more",
                    GOX__MAX_SETS);
        raw->sets[raw->set_count++] = value;
    }
    if (flag == FLAG_INSTANCE) {
        if (raw->instance_count == GOX__MAX_INSTANCES)
            return gox_error_set(err, GOX_ERR_RANGE, "at most %d instances",
                    GOX__MAX_INSTANCES);
        raw->instances[raw->instance_count++] = value;
    }
    return 0;
}

/* Takes argv[i]; how many arguments were used, or an error. */
static int take_arg(struct gox_manager_options *o, struct gox__raw *raw,
        char **argv, int i, struct gox_error *err)
{
    static const char *const shorts[][2] = {{"-s", "--socket"},
            {"-c", "--config"}, {"-h", "--help"}, {"-v", "--version"},
            {"-f", "--foreground"}};
    const char *arg = argv[i];
    for (size_t k = 0; k < sizeof shorts / sizeof shorts[0]; k++)
        if (strcmp(arg, shorts[k][0]) == 0)
            arg = shorts[k][1];
    size_t flag = 0;
    size_t len = strncmp(arg, "--", 2) == 0 ? strcspn(arg + 2, "=") : 0;
    while (flag < FLAG_COUNT &&
            (strlen(gox__flags[flag].name) != len ||
                    memcmp(gox__flags[flag].name, arg + 2, len)))
        flag++;
    if (flag == FLAG_COUNT)
        return fail_flag(arg, err);
    const char *value = arg[len + 2] == '=' ? arg + len + 3 : NULL;
    int used = 1;
    if (gox__flags[flag].value == NULL) {
        if (value != NULL)
            return gox_error_set(err, GOX_ERR_PARAMS, "--%s takes no value",
                    gox__flags[flag].name);
        value = "";
    } else if (value == NULL) {
        value = argv[i + 1];
        used = 2;
    }
    if (value == NULL)
        return gox_error_set(err, GOX_ERR_PARAMS, "--%s needs a value (%s)",
                gox__flags[flag].name, gox__flags[flag].value);
    int code = take(o, raw, (enum gox__flag)flag, value, err);
    return code < 0 ? code : used;
}

static int take_args(struct gox_manager_options *o, struct gox__raw *raw,
        int argc, char **argv, struct gox_error *err)
{
    int i = 1;
    while (i < argc) {
        if (strcmp(argv[i], "--") == 0) {
            raw->rest = argv + i + 1;
            raw->rest_count = argc - i - 1;
            return 0;
        }
        int used = take_arg(o, raw, argv, i, err);
        if (used < 0)
            return used;
        i += used;
    }
    return 0;
}

static int nomem(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

/* ---- all together ---- */

static int absolute(const char *path, char **out, struct gox_error *err)
{
    struct gox_buf full;
    gox_buf_init(&full, 0);
    if (gox_os_absolute(path, &full) == 0)
        *out = gox_strdup(gox_buf_text(&full));
    gox_buf_fini(&full);
    return *out != NULL ? 0 : nomem(err);
}

/* FNV-1a: two sockets, two directories. */
static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h;
}

static int choose_places(struct gox_manager_options *o,
        const struct gox__raw *raw, struct gox_error *err)
{
    const struct gox_manager_instance *first = &o->instances[0];
    struct gox_buf text;
    int code = 0;
    gox_buf_init(&text, 0);
    if (raw->values[FLAG_CONTROL] != NULL)
        gox_buf_put_str(&text, raw->values[FLAG_CONTROL]);
    else
        gox_buf_printf(&text, "%s.ctl", first->config.socket_path);
    code = gox_buf_text(&text) == NULL
                   ? nomem(err)
                   : absolute(gox_buf_text(&text), &o->control_path, err);
    gox_buf_reset(&text);
    if (code == 0 && raw->values[FLAG_STATE_DIR] != NULL) {
        code = absolute(raw->values[FLAG_STATE_DIR], &o->state_dir, err);
    } else if (code == 0) {
        bool is_usual = first->config.is_usual_socket;
        code = gox_os_state_dir(&text);
        gox_buf_put_str(&text, "/manager");
        if (!is_usual)
            gox_buf_printf(&text, "-%016llx",
                    (unsigned long long)hash(first->config.socket_path));
        o->state_dir = code == 0 && gox_buf_text(&text) != NULL
                               ? gox_strdup(gox_buf_text(&text))
                               : NULL;
        if (o->state_dir == NULL)
            code = nomem(err);
    }
    gox_buf_fini(&text);
    if (code == 0 && strlen(o->state_dir) > 380)
        code = gox_error_set(err, GOX_ERR_PARAMS,
                "--state-dir: %.60s... is longer than 380 bytes", o->state_dir);
    return code;
}

static int finish(struct gox_manager_options *o, const struct gox__raw *raw,
        struct gox_error *err)
{
    uint64_t limit = 0;
    uint32_t gid;
    int code = gox__options_instances(o, raw, err);
    if (code == 0) {
        limit = (uint64_t)o->instances[0].settings.auto_start_hook_limit_ms;
        code = gox__options_number(raw, FLAG_HOOK_LIMIT, 3600000, &limit, err);
    }
    o->hook_limit_ms = (int64_t)limit;
    if (code == 0)
        code = take_hooks(o, err);
    if (code == 0)
        code = choose_places(o, raw, err);
    if (code == 0 && raw->values[FLAG_CONTROL_GROUP] != NULL) {
        code = gox_user_find_group(raw->values[FLAG_CONTROL_GROUP], &gid, err);
        o->control_gid = gid;
    }
    return code;
}

int gox_manager_options_read(struct gox_manager_options *o, int argc,
        char **argv, bool *is_usage, struct gox_error *err)
{
    struct gox__raw raw = {.set_count = 0};
    *o = (struct gox_manager_options){.control_gid = -1, .argv = argv};
    *is_usage = true;
    int code = take_args(o, &raw, argc, argv, err);
    if (code < 0)
        return code;
    if (raw.values[FLAG_HELP] != NULL)
        o->action = GOX_MANAGER_HELP;
    else if (raw.values[FLAG_VERSION] != NULL)
        o->action = GOX_MANAGER_VERSION;
    if (o->action != GOX_MANAGER_RUN)
        return 0;
    if (raw.values[FLAG_CHECK] != NULL)
        o->action = GOX_MANAGER_CHECK;
    o->is_daemonize = raw.values[FLAG_DAEMONIZE] != NULL;
    o->is_no_start = raw.values[FLAG_NO_START] != NULL;
    o->is_log_stderr = raw.values[FLAG_LOG_STDERR] != NULL;
    o->is_end_on_config = raw.values[FLAG_END_ON_CONFIG] != NULL;
    o->is_verbose = raw.values[FLAG_VERBOSE] != NULL;
    *is_usage = false;
    return finish(o, &raw, err);
}

void gox_manager_options_fini(struct gox_manager_options *o)
{
    for (size_t k = 0; k < o->instance_count; k++) {
        gox_instance_config_fini(&o->instances[k].config);
        gox_settings_fini(&o->instances[k].settings);
        gox_free(o->instances[k].file);
    }
    for (size_t k = 0; k < o->hook_count; k++)
        gox_free(o->hooks[k].command);
    gox_free(o->instances);
    gox_free(o->hooks);
    gox_free(o->control_path);
    gox_free(o->state_dir);
}

void gox__options_put(const struct gox_manager_options *o,
        const gox_instance *i, struct gox_writer *w)
{
    for (size_t k = 0; k < o->instance_count; k++) {
        const struct gox_manager_instance *in = &o->instances[k];
        if (strcmp(in->name, i->config.name) != 0)
            continue;
        for (size_t row = 0; row < gox_setting_count; row++) {
            struct gox_buf value, origin;
            gox_buf_init(&value, 0);
            gox_buf_init(&origin, 0);
            gox_settings_put_json(&in->settings, row, &value);
            gox_settings_put_origin(&in->settings, row, &origin);
            gox_writer_object(w, gox_setting_rows[row].name);
            gox_writer_raw(w, "value", (const char *)value.data, value.len);
            gox_writer_text(w, "origin", (const char *)origin.data, origin.len);
            gox_writer_end_object(w);
            gox_buf_fini(&value);
            gox_buf_fini(&origin);
        }
    }
}
