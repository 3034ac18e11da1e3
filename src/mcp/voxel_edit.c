/* SPDX-License-Identifier: Apache-2.0
 * voxel_edit and voxel_shapes: many operations as one step of history, tried on
 * a copy first when that is asked for, with a picture when that is.
 * voxel_write and voxel_transform: other edits. */
#include "base/alloc.h"
#include "mcp/voxel_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- edit and shapes ---- */

#define MAX_RESULTS 100

/* All of them, unless repeat made thousands; failures are always told. */
static void put_results(json_t *out, json_t *results)
{
    json_t *shown = json_array(), *one;
    size_t i, left = 0;
    json_array_foreach(results, i, one)
    {
        if (i < MAX_RESULTS || json_is_false(json_object_get(one, "success")))
            json_array_append(shown, one);
        else
            left++;
    }
    json_object_set_new(out, "results", shown);
    if (left > 0)
        json_object_set_new(
                out, "results_left_out", json_integer((json_int_t)left));
}

/* The results of the operations, shortened: what all of them have is left out.
 */
static json_t *summary(struct gox_mcp_call *call, json_t *result)
{
    json_t *results = json_object_get(result, "results");
    json_t *out = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(results, i, one)
    {
        if (json_is_true(json_object_get(one, "success")))
            json_object_del(one, "success");
        json_object_del(one, "color");
    }
    if (gox__vox_of(call)->other != NULL)
        json_object_set_new(out, "dry_run", json_true());
    json_object_set_new(
            out, "project", json_string(gox__vox_of(call)->project));
    if (gox__vox_of(call)->other == NULL)
        json_object_set(out, "revision", json_object_get(result, "revision"));
    if (json_is_true(json_object_get(result, "recovered")))
        json_object_set_new(out, "note",
                json_string("the daemon was restarted during this edit; it was "
                            "made, its details are lost"));
    else
        put_results(out, results);
    return out;
}

static void show_kept(struct gox_mcp_call *call, json_t *unused)
{
    struct gox__vox *vox = gox__vox_of(call);
    (void)unused;
    gox_mcp_structured(call, vox->kept);
    vox->kept = NULL;
    gox_mcp_finish(call);
}

/* The trial copy goes; what it showed stays. */
static void end_trial(struct gox_mcp_call *call)
{
    struct gox__vox *vox = gox__vox_of(call);
    vox->otherwise = show_kept;
    gox__vox_ask(call, "goxel.delete_project",
            json_pack("{s:s,s:b}", "name", vox->other, "purge", 1),
            GOX_BACKEND_ONCE, show_kept);
}

static void on_edited(struct gox_mcp_call *call, json_t *result)
{
    struct gox__vox *vox = gox__vox_of(call);
    json_decref(vox->kept);
    vox->kept = summary(call, result);
    if (gox__vox_bool(call, "render"))
        gox__vox_render(call, vox->other ? vox->other : vox->project);
    else if (vox->other != NULL)
        end_trial(call);
    else
        show_kept(call, NULL);
}

static void fail_kept(struct gox_mcp_call *call, json_t *unused)
{
    (void)unused;
    gox__vox_fail(call, "%s",
            json_string_value(gox__vox_of(call)->kept)
                    ? json_string_value(gox__vox_of(call)->kept)
                    : "The edit is not possible.");
}

/* The trial failed: the copy goes, the reason stays. */
static void on_trial_refused(struct gox_mcp_call *call, json_t *message)
{
    struct gox__vox *vox = gox__vox_of(call);
    char text[700];
    snprintf(text, sizeof text, "Dry run: %s.",
            message != NULL ? json_string_value(message) : "it failed");
    json_decref(vox->kept);
    vox->kept = json_string(text);
    vox->otherwise = fail_kept;
    gox__vox_ask(call, "goxel.delete_project",
            json_pack("{s:s,s:b}", "name", vox->other, "purge", 1),
            GOX_BACKEND_ONCE, fail_kept);
}

static void edit_copy(struct gox_mcp_call *call, json_t *unused)
{
    struct gox__vox *vox = gox__vox_of(call);
    json_t *params = vox->kept;
    (void)unused;
    vox->kept = NULL;
    json_object_del(params, "if_revision");
    json_object_set_new(params, "project", json_string(vox->other));
    vox->otherwise = on_trial_refused;
    gox__vox_ask_long(call, "goxel.batch_operations", params, GOX_BACKEND_EDIT,
            on_edited);
}

static void begin_trial(struct gox_mcp_call *call, json_t *own_params)
{
    struct gox__vox *vox = gox__vox_of(call);
    char name[80];
    snprintf(name, sizeof name, "dry-run-%d-%u", (int)getpid(),
            ++vox->app->last_copy);
    vox->other = gox_strdup(name);
    vox->kept = own_params;
    gox__vox_ask(call, "goxel.copy_project",
            json_pack("{s:s,s:s}", "name", vox->project, "to", name),
            GOX_BACKEND_ONCE, edit_copy);
}

static void run_operations(struct gox_mcp_call *call, json_t *own_operations)
{
    struct gox__vox *vox = gox__vox_of(call);
    const json_t *guard = json_object_get(call->args, "if_revision");
    json_t *params = json_pack(
            "{s:o,s:s}", "operations", own_operations, "project", vox->project);
    if (guard != NULL)
        json_object_set(params, "if_revision", (json_t *)(uintptr_t)guard);
    if (gox__vox_bool(call, "keep_going"))
        json_object_update_new(params,
                json_pack("{s:b,s:b}", "atomic", 0, "stop_on_error", 0));
    if (gox__vox_bool(call, "dry_run"))
        begin_trial(call, params);
    else
        gox__vox_ask_long(call, "goxel.batch_operations", params,
                GOX_BACKEND_EDIT, on_edited);
}

static void begin_edit(struct gox_mcp_call *call)
{
    bool is_shapes = json_object_get(call->args, "shapes") != NULL;
    json_t *list =
            json_object_get(call->args, is_shapes ? "shapes" : "operations");
    json_t *operations = json_array();
    struct gox_buf why;
    size_t i;
    json_t *one;
    gox_buf_init(&why, 0);
    json_array_foreach(list, i, one)
    {
        if (gox__vox_expand(one, json_object_get(call->args, "layer"),
                    operations, &why))
            continue;
        json_decref(operations);
        gox__vox_fail(call, "%s %zu: %s. Nothing was done.",
                is_shapes ? "Shape" : "Operation", i, gox_buf_text(&why));
        gox_buf_fini(&why);
        return;
    }
    gox_buf_fini(&why);
    run_operations(call, operations);
}

int gox__vox_edit(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_edit);
}

int gox__vox_shapes(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_edit);
}

/* ---- slices ---- */

static void begin_write(struct gox_mcp_call *call)
{
    gox__vox_ask(call, "goxel.write_slices",
            gox__vox_params(call, "render", NULL), GOX_BACKEND_EDIT,
            gox__vox_bool(call, "render") ? on_edited : gox__vox_show);
}

int gox__vox_write(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_write);
}

/* ---- transform ---- */

static void paste(struct gox_mcp_call *call, json_t *result)
{
    json_t *params = gox__vox_params(call,
            "op|region|axis|turns|factor|pivot|offset|from_layer",
            "to>position");
    json_object_set(params, "clip", json_object_get(result, "clip"));
    gox__vox_ask_long(
            call, "goxel.paste", params, GOX_BACKEND_EDIT, gox__vox_show);
}

static void begin_transform(struct gox_mcp_call *call)
{
    const char *op = gox__vox_str(call, "op");
    const json_t *region = json_object_get(call->args, "region");
    bool needs_region = strcmp(op, "copy") == 0 || strcmp(op, "crop") == 0;
    json_t *params;
    if (needs_region && region == NULL) {
        gox__vox_fail(call,
                "\"%s\" needs \"region\": {\"min\": [x, y, z], "
                "\"max\": [x, y, z]}.",
                op);
        return;
    }
    params = json_pack("{s:s}", "project", gox__vox_of(call)->project);
    if (needs_region) {
        json_object_set(params, "min", json_object_get(region, "min"));
        json_object_set(params, "max", json_object_get(region, "max"));
        if (json_object_get(call->args, "layer") != NULL)
            json_object_set(
                    params, "layer", json_object_get(call->args, "layer"));
    }
    if (strcmp(op, "copy") == 0) {
        gox__vox_ask(
                call, "goxel.copy_region", params, GOX_BACKEND_READ, paste);
    } else if (strcmp(op, "crop") == 0) {
        gox__vox_ask_long(
                call, "goxel.crop", params, GOX_BACKEND_EDIT, gox__vox_show);
    } else {
        json_decref(params);
        params = gox__vox_params(call, "to|mode", "turns>quarter_turns");
        if (strcmp(op, "move") == 0)
            json_object_set_new(params, "op", json_string("translate"));
        gox__vox_ask_long(call, "goxel.transform", params, GOX_BACKEND_EDIT,
                gox__vox_show);
    }
}

int gox__vox_transform(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_transform);
}
