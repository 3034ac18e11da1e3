/* SPDX-License-Identifier: Apache-2.0
 * What the files of the voxel tools share: a call to a tool is a chain of calls
 * to the daemon, each of which goes on in a function.
 *
 * Invariant: in such a function either the next call of the chain is started,
 * or gox_mcp_finish ends the tool's call. */
#ifndef GOX_MCP_VOXEL_INTERNAL_H
#define GOX_MCP_VOXEL_INTERNAL_H

#include "mcp/voxel.h"

/* Longest side of a picture and most bytes of its PNG. */
#define GOX__VOX_MAX_PIXELS 1024
#define GOX__VOX_PIXELS     768
#define GOX__VOX_MAX_PNG    (1000 * 1000)
/* After this long a call becomes a task, where the client can take one. */
#define GOX__VOX_TASK_MS 3000

struct gox__vox_action;
typedef void gox__vox_fn(struct gox_mcp_call *call, json_t *result);

struct gox__vox {
    struct gox_vox_app *app;
    gox_backend_call *pending;
    gox__vox_fn *then;
    /* When the daemon says no; NULL: the tool fails with its reason. */
    gox__vox_fn *otherwise;
    char *project; /* that the call is about; NULL: not known yet */
    char *other;   /* a trial copy, to be deleted */
    json_t *kept;  /* what a later step needs */
    int width, height;
    void (*begin)(struct gox_mcp_call *call); /* once the project is known */
    const struct gox__vox_action *action;
};

/* Makes the state. NULL: no memory, and the call was refused. */
struct gox__vox *gox__vox_new(struct gox_mcp_call *call);
struct gox__vox *gox__vox_of(const struct gox_mcp_call *call);

/* Asks the daemon; then comes with the result. Takes params over. */
void gox__vox_ask(struct gox_mcp_call *call, const char *method,
        json_t *own_params, enum gox_backend_kind kind, gox__vox_fn *then);
/* The same for work that may take long: progress is passed on, and the call may
 * become a task. */
void gox__vox_ask_long(struct gox_mcp_call *call, const char *method,
        json_t *own_params, enum gox_backend_kind kind, gox__vox_fn *then);
/* Finds out which project the call is about (the argument, else the most recent
 * one), then begins. LATER. */
int gox__vox_begin(
        struct gox_mcp_call *call, void (*begin)(struct gox_mcp_call *call));

/* The arguments without `drop` ("action|render"), some renamed
 * ("layer>layer_id|into>target"), with the project. */
json_t *gox__vox_params(
        struct gox_mcp_call *call, const char *drop, const char *renames);
const char *gox__vox_str(const struct gox_mcp_call *call, const char *name);
bool gox__vox_bool(const struct gox_mcp_call *call, const char *name);
void gox__vox_set_project(struct gox_vox_app *app, const char *name);
/* The tool failed; ends the call. */
void gox__vox_fail(struct gox_mcp_call *call, const char *fmt, ...)
        GOX_PRINTF(2, 3);
/* The daemon's result as it is, without "success". Ends the call. */
void gox__vox_show(struct gox_mcp_call *call, json_t *result);

/* An action of a tool that is one method of the daemon. */
struct gox__vox_action {
    const char *name, *method;
    enum gox_backend_kind kind;
    const char *renames;
};
/* The row for args.action in a list that ends with a NULL name; the schema saw
 * to it that there is one. */
const struct gox__vox_action *gox__vox_find_action(
        const struct gox_mcp_call *call, const struct gox__vox_action *actions);
/* Starts the daemon's method of the row; the result is shown. */
void gox__vox_act(struct gox_mcp_call *call, const struct gox__vox_action *row);

/* voxel_render.c: a picture of `project` as content, with a line of text (taken
 * from kept when that is a string); ends the call. */
void gox__vox_render(struct gox_mcp_call *call, const char *project);

/* voxel_expand.c: one operation of the tools into operations of the daemon.
 * False: why tells. */
bool gox__vox_expand(const json_t *operation, const json_t *layer,
        json_t *operations, struct gox_buf *why);

/* The URI of a project's resource. */
void gox__vox_put_uri(struct gox_buf *out, const char *project);
/* The page ui://goxel/viewer.html (viewer.html). */
extern const char gox__vox_viewer[];
#define GOX__VOX_VIEWER_URI "ui://goxel/viewer.html"

int gox__vox_project(struct gox_mcp_call *call);
int gox__vox_edit(struct gox_mcp_call *call);
int gox__vox_shapes(struct gox_mcp_call *call);
int gox__vox_write(struct gox_mcp_call *call);
int gox__vox_read(struct gox_mcp_call *call);
int gox__vox_render_tool(struct gox_mcp_call *call);
int gox__vox_view_3d(struct gox_mcp_call *call);
int gox__vox_layers(struct gox_mcp_call *call);
int gox__vox_palette(struct gox_mcp_call *call);
int gox__vox_transform(struct gox_mcp_call *call);
int gox__vox_history(struct gox_mcp_call *call);
int gox__vox_check(struct gox_mcp_call *call);
int gox__vox_import(struct gox_mcp_call *call);
int gox__vox_export(struct gox_mcp_call *call);
int gox__vox_script(struct gox_mcp_call *call);

int gox__vox_list_resources(struct gox_mcp_call *call);
int gox__vox_read_resource(struct gox_mcp_call *call);
int gox__vox_complete(struct gox_mcp_call *call);
void gox__vox_watch(void *app, const char *uri);
extern const struct gox_mcp_resource gox__vox_resources[];
extern const struct gox_mcp_prompt gox__vox_prompts[];
extern const struct gox_mcp_tool gox__vox_tools[];

#endif
