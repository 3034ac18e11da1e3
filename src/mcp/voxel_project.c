/* SPDX-License-Identifier: Apache-2.0
 * voxel_project, voxel_layers and voxel_history: tools whose actions are each
 * one method of the daemon. */
#include "base/alloc.h"
#include "mcp/voxel_internal.h"

#include <string.h>

/* ---- projects ---- */

static void on_opened(struct gox_mcp_call *call, json_t *result)
{
    const char *name = json_string_value(json_object_get(result, "project"));
    gox__vox_set_project(gox__vox_of(call)->app, name);
    gox_mcp_changed(call->server, GOX_MCP_RESOURCES_CHANGED, NULL);
    gox__vox_show(call, result);
}

static void on_gone(struct gox_mcp_call *call, json_t *result)
{
    struct gox_vox_app *app = gox__vox_of(call)->app;
    const char *name = json_string_value(json_object_get(result, "project"));
    if (name != NULL && app->project != NULL &&
            strcmp(name, app->project) == 0) {
        gox_free(app->project);
        app->project = NULL;
    }
    gox_mcp_changed(call->server, GOX_MCP_RESOURCES_CHANGED, NULL);
    gox__vox_show(call, result);
}

static const struct gox__vox_action PROJECT_ACTIONS[] = {
        {"new", "goxel.create_project", GOX_BACKEND_ONCE, NULL},
        {"list", "goxel.list_projects", GOX_BACKEND_READ, NULL},
        {"info", "goxel.get_status", GOX_BACKEND_READ, NULL},
        {"open", "goxel.get_status", GOX_BACKEND_READ, NULL},
        {"save", "goxel.save_project", GOX_BACKEND_READ, NULL},
        {"copy", "goxel.copy_project", GOX_BACKEND_ONCE, NULL},
        {"close", "goxel.close_project", GOX_BACKEND_ONCE, NULL},
        {"delete", "goxel.delete_project", GOX_BACKEND_ONCE, NULL},
        {NULL, NULL, GOX_BACKEND_READ, NULL},
};

static void put(json_t *params, const struct gox_mcp_call *call,
        const char *from, const char *to)
{
    json_t *value = json_object_get(call->args, from);
    if (value != NULL)
        json_object_set(params, to, value);
}

static void put_size(json_t *params, const struct gox_mcp_call *call)
{
    static const char *const names[] = {"width", "height", "depth"};
    const json_t *size = json_object_get(call->args, "size");
    for (size_t i = 0; i < 3 && json_array_size(size) == 3; i++)
        json_object_set(params, names[i], json_array_get(size, i));
}

/* new, and open of a file. */
static void start_new(
        struct gox_mcp_call *call, const struct gox__vox_action *row)
{
    json_t *params = json_object();
    if (strcmp(row->name, "open") == 0 && gox__vox_str(call, "path") != NULL) {
        put(params, call, "path", "path");
        gox__vox_ask_long(call, "goxel.load_project", params, GOX_BACKEND_ONCE,
                on_opened);
        return;
    }
    put(params, call, "name", "name");
    put(params, call, "overwrite", "overwrite");
    put_size(params, call);
    gox__vox_ask(call, row->method, params, row->kind, on_opened);
}

/* The others name a project, or mean the one in use. */
static void begin_project(struct gox_mcp_call *call)
{
    const struct gox__vox_action *row =
            gox__vox_find_action(call, PROJECT_ACTIONS);
    const char *name = gox__vox_str(call, "name");
    json_t *params = json_object();
    bool by_name = row->kind == GOX_BACKEND_ONCE;
    if (name == NULL)
        name = gox__vox_of(call)->project;
    json_object_set_new(
            params, by_name ? "name" : "project", json_string(name));
    if (strcmp(row->name, "save") == 0)
        put(params, call, "path", "path");
    put(params, call, "to", "to");
    if (gox__vox_bool(call, "discard"))
        json_object_set_new(params,
                strcmp(row->name, "delete") == 0 ? "purge" : "discard",
                json_true());
    if (strcmp(row->name, "save") == 0)
        gox__vox_ask_long(call, row->method, params, row->kind, gox__vox_show);
    else
        gox__vox_ask(call, row->method, params, row->kind,
                strcmp(row->name, "open") == 0   ? on_opened
                : strcmp(row->name, "copy") == 0 ? gox__vox_show
                : by_name                        ? on_gone
                                                 : gox__vox_show);
}

int gox__vox_project(struct gox_mcp_call *call)
{
    const struct gox__vox_action *row =
            gox__vox_find_action(call, PROJECT_ACTIONS);
    bool is_list = strcmp(row->name, "list") == 0;
    bool is_new = strcmp(row->name, "new") == 0 ||
                  (strcmp(row->name, "open") == 0 &&
                          gox__vox_str(call, "path") != NULL);
    if (!is_list && !is_new)
        return gox__vox_begin(call, begin_project);
    if (gox__vox_new(call) == NULL)
        return GOX_MCP_DONE;
    if (is_list)
        gox__vox_act(call, row);
    else
        start_new(call, row);
    return GOX_MCP_LATER;
}

/* ---- layers ---- */

static const struct gox__vox_action LAYER_ACTIONS[] = {
        {"list", "goxel.list_layers", GOX_BACKEND_READ, NULL},
        {"create", "goxel.create_layer", GOX_BACKEND_EDIT, NULL},
        {"delete", "goxel.delete_layer", GOX_BACKEND_EDIT, NULL},
        {"rename", "goxel.rename_layer", GOX_BACKEND_EDIT, NULL},
        {"move", "goxel.move_layer", GOX_BACKEND_EDIT, NULL},
        {"duplicate", "goxel.duplicate_layer", GOX_BACKEND_EDIT, NULL},
        {"merge", "goxel.merge_layers", GOX_BACKEND_EDIT,
                "layer>source|into>target"},
        {"clear", "goxel.clear_layer", GOX_BACKEND_EDIT, NULL},
        {"activate", "goxel.set_active_layer", GOX_BACKEND_EDIT, NULL},
        {"set", "goxel.set_layer", GOX_BACKEND_EDIT, "blend>mode"},
        {NULL, NULL, GOX_BACKEND_READ, NULL},
};

static void begin_layers(struct gox_mcp_call *call)
{
    gox__vox_act(call, gox__vox_find_action(call, LAYER_ACTIONS));
}

int gox__vox_layers(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_layers);
}

/* ---- history ---- */

static const struct gox__vox_action HISTORY_ACTIONS[] = {
        {"list", "goxel.history", GOX_BACKEND_READ, NULL},
        {"undo", "goxel.undo", GOX_BACKEND_EDIT, NULL},
        {"redo", "goxel.redo", GOX_BACKEND_EDIT, NULL},
        {"checkpoint", "goxel.checkpoint", GOX_BACKEND_READ, NULL},
        {"restore", "goxel.restore", GOX_BACKEND_EDIT, NULL},
        {"diff", "goxel.diff", GOX_BACKEND_READ, NULL},
        {NULL, NULL, GOX_BACKEND_READ, NULL},
};

static void begin_history(struct gox_mcp_call *call)
{
    const struct gox__vox_action *row =
            gox__vox_find_action(call, HISTORY_ACTIONS);
    json_t *params = gox__vox_params(call, "action", NULL);
    /* Long lists cost the model more than they tell it. */
    if (json_object_get(params, "limit") == NULL &&
            (strcmp(row->name, "list") == 0 || strcmp(row->name, "diff") == 0))
        json_object_set_new(params, "limit", json_integer(50));
    gox__vox_ask(call, row->method, params, row->kind, gox__vox_show);
}

int gox__vox_history(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_history);
}
