/* SPDX-License-Identifier: Apache-2.0
 * The chain from a tool's call to the daemon and back, and the words for what
 * went wrong on the way. */
#include "base/alloc.h"
#include "mcp/voxel_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct gox__vox *gox__vox_of(const struct gox_mcp_call *call)
{
    return call->state;
}

static void on_cancel(struct gox_mcp_call *call)
{
    struct gox__vox *vox = gox__vox_of(call);
    if (vox->pending != NULL)
        gox_backend_cancel(vox->pending);
    vox->pending = NULL;
}

static void drop(struct gox_mcp_call *call)
{
    struct gox__vox *vox = gox__vox_of(call);
    gox_free(vox->project);
    gox_free(vox->other);
    json_decref(vox->kept);
    gox_free(vox);
}

struct gox__vox *gox__vox_new(struct gox_mcp_call *call)
{
    struct gox__vox *vox = gox_calloc(1, sizeof *vox);
    if (vox == NULL) {
        (void)gox_mcp_refuse(call, -32603, NULL, "out of memory");
        return NULL;
    }
    vox->app = call->app;
    call->state = vox;
    call->drop = drop;
    call->cancel = on_cancel;
    return vox;
}

const char *gox__vox_str(const struct gox_mcp_call *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

bool gox__vox_bool(const struct gox_mcp_call *call, const char *name)
{
    return json_is_true(json_object_get(call->args, name));
}

void gox__vox_set_project(struct gox_vox_app *app, const char *name)
{
    char *copy;
    if (name == NULL || (app->project && strcmp(app->project, name) == 0))
        return;
    copy = gox_strdup(name);
    if (copy == NULL)
        return;
    gox_free(app->project);
    app->project = copy;
}

/* ---- failures ---- */

/* The daemon's texts name its methods; a model knows our tools. */
static const char *const WORDS[][2] = {
        {"goxel.list_projects lists them",
                "voxel_project with action \"list\" lists them, \"new\" makes "
                "one"},
        {"goxel.list_formats", "the resource goxel://formats"},
        {"goxel.list_layers", "voxel_layers with action \"list\""},
        {"goxel.history", "voxel_history with action \"list\""},
        {"\"shape_type\"", "\"shape\""},
        {"\"layer_id\"", "\"layer\""},
};

static void put_words(struct gox_buf *out, const char *text)
{
    while (*text != '\0') {
        size_t i = 0, count = sizeof WORDS / sizeof WORDS[0];
        while (i < count && strncmp(text, WORDS[i][0], strlen(WORDS[i][0])))
            i++;
        if (i < count) {
            gox_buf_put_str(out, WORDS[i][1]);
            text += strlen(WORDS[i][0]);
        } else {
            gox_buf_put_byte(out, (uint8_t)*text++);
        }
    }
}

void gox__vox_fail(struct gox_mcp_call *call, const char *fmt, ...)
{
    char text[900];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (call->tool != NULL)
        (void)gox_mcp_fail(call, "%s", text);
    else
        (void)gox_mcp_refuse(call, -32603, NULL, "%s", text);
    gox_mcp_finish(call);
}

static const char *advice(int code)
{
    switch (code) {
    case GOX_ERR_CONFLICT:
        return " Read the project again, then repeat the edit with the new "
               "revision.";
    case GOX_ERR_TIMEOUT:
        return " Nothing is left running; try a smaller piece of work.";
    case GOX_ERR_BUSY:
        return " Wait a second and call again.";
    case GOX_ERR_LOCKED:
        return " Unlock the layer with voxel_layers {action: \"set\", locked: "
               "false}, or name another.";
    case GOX_ERR_FORBIDDEN:
        return " Use a path below one of these directories.";
    default:
        return "";
    }
}

static void on_refused(struct gox_mcp_call *call, const struct gox_error *err)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    put_words(&text, err->text);
    if (text.len > 0 && text.data[text.len - 1] != '.')
        gox_buf_put_byte(&text, '.');
    if (strstr(err->text, "there is no project") != NULL &&
            strstr(err->text, "goxel.list_projects") == NULL)
        gox_buf_put_str(&text, " voxel_project {action: \"list\"} tells which "
                               "there are, \"new\" makes one.");
    gox_buf_put_str(&text, advice(err->code));
    const char *full = gox_buf_text(&text);
    gox__vox_fail(call, "%s", full != NULL ? full : err->text);
    gox_buf_fini(&text);
}

/* ---- the chain ---- */

static void on_outcome(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct gox_mcp_call *call = ctx;
    struct gox__vox *vox = gox__vox_of(call);
    gox__vox_fn *otherwise = vox->otherwise;
    vox->pending = NULL;
    vox->otherwise = NULL;
    if (result != NULL)
        vox->then(call, result);
    else if (otherwise != NULL)
        otherwise(call, json_object_get(error, "message"));
    else
        on_refused(call, err);
}

static void on_progress(void *ctx, double fraction)
{
    struct gox_mcp_call *call = ctx;
    gox_mcp_progress(call, fraction * 100, 100, NULL);
}

static void start(struct gox_mcp_call *call, const char *method,
        json_t *own_params, enum gox_backend_kind kind, gox__vox_fn *then,
        bool is_long)
{
    struct gox__vox *vox = gox__vox_of(call);
    struct gox_backend_request request = {.method = method,
            .own_params = own_params,
            .kind = kind,
            .fn = on_outcome,
            .progress = is_long && gox_mcp_wants_progress(call) ? on_progress
                                                                : NULL,
            .ctx = call};
    vox->then = then;
    vox->pending = gox_backend_start(vox->app->backend, &request);
    if (vox->pending == NULL)
        gox__vox_fail(call, "Out of memory; nothing was done.");
}

void gox__vox_ask(struct gox_mcp_call *call, const char *method,
        json_t *own_params, enum gox_backend_kind kind, gox__vox_fn *then)
{
    start(call, method, own_params, kind, then, false);
}

static void become_task(struct gox_mcp_call *call)
{
    gox_mcp_make_task(call, "still working");
}

void gox__vox_ask_long(struct gox_mcp_call *call, const char *method,
        json_t *own_params, enum gox_backend_kind kind, gox__vox_fn *then)
{
    if (gox_mcp_can_task(call))
        gox_mcp_after(call, GOX__VOX_TASK_MS, become_task);
    start(call, method, own_params, kind, then, true);
}

/* Of several projects the one that was changed last. */
static void choose_project(struct gox_mcp_call *call, json_t *result)
{
    struct gox__vox *vox = gox__vox_of(call);
    json_t *list = json_object_get(result, "projects");
    const char *best = NULL, *best_at = "";
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *at = json_string_value(json_object_get(one, "modified_at"));
        if (name != NULL && (best == NULL || (at && strcmp(at, best_at) > 0))) {
            best = name;
            best_at = at != NULL ? at : "";
        }
    }
    if (best == NULL) {
        gox__vox_fail(call, "There is no project yet. Make one with "
                            "voxel_project {\"action\": \"new\", \"name\": "
                            "...}, then call again.");
        return;
    }
    gox__vox_set_project(vox->app, best);
    vox->project = gox_strdup(best);
    vox->begin(call);
}

int gox__vox_begin(
        struct gox_mcp_call *call, void (*begin)(struct gox_mcp_call *call))
{
    const char *named = gox__vox_str(call, "project");
    struct gox__vox *vox = gox__vox_new(call);
    if (vox == NULL)
        return GOX_MCP_DONE;
    vox->begin = begin;
    gox__vox_set_project(vox->app, named);
    if (vox->app->project == NULL) {
        gox__vox_ask(call, "goxel.list_projects", json_object(),
                GOX_BACKEND_READ, choose_project);
        return GOX_MCP_LATER;
    }
    vox->project = gox_strdup(vox->app->project);
    begin(call);
    return GOX_MCP_LATER;
}

/* ---- parameters ---- */

static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0';) {
        const char *bar = strchr(at, '|');
        size_t part = bar != NULL ? (size_t)(bar - at) : strlen(at);
        if (part == len && memcmp(at, name, len) == 0)
            return true;
        at = bar != NULL ? bar + 1 : NULL;
    }
    return false;
}

/* The new name in "old>new|old>new". */
static bool renamed(
        const char *renames, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    for (const char *at = renames; at != NULL && *at != '\0';) {
        const char *bar = strchr(at, '|');
        if (strncmp(at, name, len) == 0 && at[len] == '>') {
            const char *to = at + len + 1;
            snprintf(out, size, "%.*s",
                    bar != NULL ? (int)(bar - to) : (int)strlen(to), to);
            return true;
        }
        at = bar != NULL ? bar + 1 : NULL;
    }
    return false;
}

json_t *gox__vox_params(
        struct gox_mcp_call *call, const char *drop_list, const char *renames)
{
    const struct gox__vox *vox = gox__vox_of(call);
    json_t *params = json_object();
    const char *key;
    json_t *value;
    char other[64];
    json_object_foreach(call->args, key, value)
    {
        if (in_list(drop_list, key))
            continue;
        json_object_set(params,
                renamed(renames, key, other, sizeof other) ? other : key,
                value);
    }
    if (vox->project != NULL)
        json_object_set_new(params, "project", json_string(vox->project));
    return params;
}

void gox__vox_show(struct gox_mcp_call *call, json_t *result)
{
    if (json_is_object(result))
        json_object_del(result, "success");
    if (json_is_true(json_object_get(result, "recovered")))
        json_object_set_new(result, "note",
                json_string("the daemon was restarted during this edit; the "
                            "edit was made, its details are lost"));
    gox_mcp_structured(call, json_incref(result));
    gox_mcp_finish(call);
}

const struct gox__vox_action *gox__vox_find_action(
        const struct gox_mcp_call *call, const struct gox__vox_action *actions)
{
    const char *name = gox__vox_str(call, "action");
    while (actions->name != NULL && strcmp(actions->name, name) != 0)
        actions++;
    return actions;
}

void gox__vox_act(struct gox_mcp_call *call, const struct gox__vox_action *row)
{
    gox__vox_ask(call, row->method,
            gox__vox_params(call, "action", row->renames), row->kind,
            gox__vox_show);
}

/* ---- the app ---- */

struct gox_vox_app *gox_vox_app_new(gox_backend *backend)
{
    struct gox_vox_app *app = gox_calloc(1, sizeof *app);
    if (app != NULL)
        app->backend = backend;
    return app;
}

void gox_vox_app_free(struct gox_vox_app *app)
{
    if (app == NULL)
        return;
    gox_free(app->project);
    gox_free(app);
}
