/* SPDX-License-Identifier: Apache-2.0
 * Pictures for a model to look at: one view or several in one labelled sheet,
 * small enough for every client.
 *
 * Invariant: no picture of more than GOX__VOX_MAX_PNG bytes is sent; one that
 * comes out larger is drawn again at half the size. */
#include "base/alloc.h"
#include "mcp/voxel_internal.h"

#include <stdlib.h>
#include <string.h>

static json_t *render_params(struct gox_mcp_call *call, const char *project)
{
    struct gox__vox *vox = gox__vox_of(call);
    json_t *views = json_object_get(call->args, "views");
    json_t *options = json_pack("{s:s}", "return_mode", "base64");
    json_t *params = json_pack("{s:s,s:i,s:i}", "project", project, "width",
            vox->width, "height", vox->height);
    static const char *const words[] = {"edges", "shadows", "transparent"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (json_object_get(call->args, words[i]) != NULL)
            json_object_set(
                    options, words[i], json_object_get(call->args, words[i]));
    if (json_object_get(call->args, "background") != NULL)
        json_object_set(options, "background_color",
                json_object_get(call->args, "background"));
    json_object_set_new(params, "options", options);
    if (json_object_get(call->args, "camera") != NULL)
        json_object_set(
                params, "camera", json_object_get(call->args, "camera"));
    else if (json_array_size(views) == 1)
        json_object_set(params, "camera_preset", json_array_get(views, 0));
    else if (json_array_size(views) > 1)
        json_object_set(params, "views", views);
    else
        json_object_set_new(params, "views",
                json_pack("[s,s,s,s]", "isometric", "front", "right", "top"));
    /* An edit's layer is where it draws, not what it shows. */
    if (json_object_get(call->args, "layer") != NULL && call->tool != NULL &&
            strcmp(call->tool->name, "voxel_render") == 0)
        json_object_set(params, "layer", json_object_get(call->args, "layer"));
    return params;
}

static void end_render(struct gox_mcp_call *call, json_t *unused)
{
    (void)unused;
    gox_mcp_finish(call);
}

/* What the viewer shows. */
static void put_link(struct gox_mcp_call *call, const char *project)
{
    struct gox_buf uri;
    gox_buf_init(&uri, 0);
    gox__vox_put_uri(&uri, project);
    if (gox_buf_text(&uri) != NULL)
        gox_mcp_link(call, gox_buf_text(&uri), project, "application/json",
                "the project");
    gox_buf_fini(&uri);
}

static void on_picture(struct gox_mcp_call *call, json_t *result)
{
    struct gox__vox *vox = gox__vox_of(call);
    const json_t *data = json_object_get(result, "data");
    size_t len = json_string_length(data);
    if (len / 4 * 3 > GOX__VOX_MAX_PNG && vox->width > 64 && vox->height > 64) {
        vox->width /= 2;
        vox->height /= 2;
        gox__vox_render(call, vox->other ? vox->other : vox->project);
        return;
    }
    if (vox->kept != NULL && !json_is_string(vox->kept)) {
        char *text = json_dumps(vox->kept, JSON_COMPACT);
        gox_mcp_text(call, "%s", text ? text : "");
        free(text);
    } else if (json_is_string(vox->kept)) {
        gox_mcp_text(call, "%s", json_string_value(vox->kept));
    } else {
        gox_mcp_text(call, "%s, %d x %d pixels, all views fitted to the model.",
                vox->project, vox->width, vox->height);
    }
    gox_mcp_media(call, "image", "image/png", json_string_value(data), len);
    if (call->tool != NULL && strcmp(call->tool->name, "voxel_view_3d") == 0)
        put_link(call, vox->project);
    if (vox->other == NULL) {
        gox_mcp_finish(call);
        return;
    }
    vox->otherwise = end_render;
    gox__vox_ask(call, "goxel.delete_project",
            json_pack("{s:s,s:b}", "name", vox->other, "purge", 1),
            GOX_BACKEND_ONCE, end_render);
}

static int pixels(const struct gox_mcp_call *call, const char *name)
{
    const json_t *value = json_object_get(call->args, name);
    return json_is_integer(value) ? (int)json_integer_value(value)
                                  : GOX__VOX_PIXELS;
}

void gox__vox_render(struct gox_mcp_call *call, const char *project)
{
    struct gox__vox *vox = gox__vox_of(call);
    if (vox->width == 0) {
        vox->width = pixels(call, "width");
        vox->height = pixels(call, "height");
    }
    gox__vox_ask_long(call, "goxel.render_scene", render_params(call, project),
            GOX_BACKEND_READ, on_picture);
}

static void begin_render(struct gox_mcp_call *call)
{
    gox__vox_render(call, gox__vox_of(call)->project);
}

int gox__vox_render_tool(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_render);
}

static void begin_view(struct gox_mcp_call *call)
{
    gox__vox_of(call)->kept = json_sprintf(
            "The 3D viewer shows \"%s\" where the client has one; the picture "
            "is for all others.",
            gox__vox_of(call)->project);
    gox__vox_render(call, gox__vox_of(call)->project);
}

int gox__vox_view_3d(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_view);
}
