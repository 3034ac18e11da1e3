/* SPDX-License-Identifier: Apache-2.0
 * voxel_import, voxel_export and voxel_script. */
#include "mcp/voxel_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- files ---- */

static void begin_import(struct gox_mcp_call *call)
{
    json_t *params = gox__vox_params(call, "size", NULL);
    const json_t *size = json_object_get(call->args, "size");
    if (size != NULL)
        json_object_set_new(
                params, "options", json_pack("{s:O}", "voxelize_size", size));
    gox__vox_ask_long(
            call, "goxel.import", params, GOX_BACKEND_EDIT, gox__vox_show);
}

int gox__vox_import(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_import);
}

static void on_exported(struct gox_mcp_call *call, json_t *result)
{
    const char *path = json_string_value(json_object_get(result, "path"));
    const char *name = path != NULL ? strrchr(path, '/') : NULL;
    char uri[4200];
    json_object_del(result, "success");
    gox_mcp_structured(call, json_incref(result));
    if (path != NULL && path[0] == '/' && strlen(path) < 4096 &&
            strpbrk(path, " %#?\"") == NULL) {
        snprintf(uri, sizeof uri, "file://%s", path);
        gox_mcp_link(call, uri, name != NULL ? name + 1 : path, NULL,
                "the exported file");
    }
    gox_mcp_finish(call);
}

static void begin_export(struct gox_mcp_call *call)
{
    static const char *const words[] = {"faces", "up", "scale", "pivot"};
    json_t *params = gox__vox_params(call, "faces|up|scale|pivot", NULL);
    json_t *options = json_object();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (json_object_get(call->args, words[i]) != NULL)
            json_object_set(
                    options, words[i], json_object_get(call->args, words[i]));
    if (json_object_size(options) > 0)
        json_object_set_new(params, "options", options);
    else
        json_decref(options);
    gox__vox_ask_long(
            call, "goxel.export_model", params, GOX_BACKEND_READ, on_exported);
}

int gox__vox_export(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_export);
}

/* ---- scripts ---- */

static void on_script(struct gox_mcp_call *call, json_t *result)
{
    const char *message;
    if (json_is_true(json_object_get(result, "success")) ||
            json_object_get(result, "recovered") != NULL) {
        json_object_del(result, "code");
        json_object_del(result, "message");
        gox__vox_show(call, result);
        return;
    }
    message = json_string_value(json_object_get(result, "message"));
    const char *output = json_string_value(json_object_get(result, "output"));
    bool is_syntax = message != NULL && strstr(message, "SyntaxError") != NULL;
    gox__vox_fail(call,
            "The script failed and nothing was changed: %.500s%s%s%.200s",
            message != NULL ? message : "no reason given",
            is_syntax ? ". Only ES5 is understood: var and function, no let, "
                        "const, => or template strings."
                      : "",
            output != NULL && output[0] != '\0' ? " Output before that: " : "",
            output != NULL ? output : "");
}

static void begin_script(struct gox_mcp_call *call)
{
    gox__vox_ask_long(call, "goxel.execute_script",
            gox__vox_params(call, NULL, NULL), GOX_BACKEND_EDIT, on_script);
}

int gox__vox_script(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_script);
}
