/* SPDX-License-Identifier: Apache-2.0
 * Resources below goxel://project/, their completion, and telling who watches
 * them that a project changed.
 *
 *     goxel://project/{id}                   what it holds
 *     goxel://project/{id}/layers            its layers
 *     goxel://project/{id}/palette           its colours
 *     goxel://project/{id}/slice/{axis}/{n}  one slice as letters
 *     goxel://project/{id}/render/{view}     a PNG
 *     goxel://project/{id}/export/{format}   a file of that format           */
#include "base/alloc.h"
#include "base/io.h"
#include "mcp/voxel_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "goxel://project/"

// clang-format off
const struct gox_mcp_resource gox__vox_resources[] = {
        {"goxel://formats", "formats", "File formats", "What can be imported and exported", "application/json"},
        {"goxel://projects", "projects", "Projects", "All projects of the daemon", "application/json"},
        {HEAD "{id}", "project", "Project", "Size, revision and counts of a project", "application/json"},
        {HEAD "{id}/layers", "layers", "Layers", "The layers, bottom first", "application/json"},
        {HEAD "{id}/palette", "palette", "Palette", "The colours in use, the most frequent first", "application/json"},
        {HEAD "{id}/slice/{axis}/{n}", "slice", "Slice", "One slice as rows of palette letters, with its axes", "text/plain"},
        {HEAD "{id}/render/{view}", "render", "Picture", "A view: front, back, left, right, top, bottom, isometric or sheet", "image/png"},
        {HEAD "{id}/export/{format}", "export", "Export", "The model as a file of a format, such as vox, glb, obj or txt", "application/octet-stream"},
        {NULL, NULL, NULL, NULL, NULL},
};
// clang-format on

/* ---- texts in a URI ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The part up to the next slash, decoded; NULL: out of memory. */
static char *take_part(const char **at)
{
    size_t len = strcspn(*at, "/"), out = 0;
    char *part = gox_malloc(len + 1);
    for (size_t i = 0; part != NULL && i < len; i++) {
        const char *c = *at + i;
        if (c[0] == '%' && i + 2 < len && hex(c[1]) >= 0 && hex(c[2]) >= 0) {
            part[out++] = (char)(hex(c[1]) << 4 | hex(c[2]));
            i += 2;
        } else {
            part[out++] = c[0];
        }
    }
    if (part != NULL)
        part[out] = '\0';
    *at += len;
    if (**at == '/')
        (*at)++;
    return part;
}

static void put_encoded(struct gox_buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                "uvwxyz0123456789-_.~";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            gox_buf_put_byte(out, (uint8_t)*text);
        else
            gox_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

void gox__vox_put_uri(struct gox_buf *out, const char *project)
{
    gox_buf_put_str(out, HEAD);
    put_encoded(out, project);
}

/* ---- the list ---- */

static void put_projects(struct gox_mcp_call *call, json_t *result)
{
    json_t *list = json_object_get(result, "projects");
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        struct gox_buf uri;
        if (name == NULL)
            continue;
        gox_buf_init(&uri, 0);
        gox__vox_put_uri(&uri, name);
        if (gox_buf_text(&uri) != NULL)
            gox_mcp_put_resource(
                    call, &(struct gox_mcp_resource){gox_buf_text(&uri), name,
                                  NULL, "a voxel project", "application/json"});
        gox_buf_fini(&uri);
    }
    gox_mcp_finish(call);
}

/* Without a daemon there are no projects to list. */
static void put_nothing(struct gox_mcp_call *call, json_t *unused)
{
    (void)unused;
    gox_mcp_finish(call);
}

int gox__vox_list_resources(struct gox_mcp_call *call)
{
    if (gox__vox_new(call) == NULL)
        return GOX_MCP_DONE;
    gox__vox_of(call)->otherwise = put_nothing;
    gox__vox_ask(call, "goxel.list_projects", json_object(), GOX_BACKEND_READ,
            put_projects);
    return GOX_MCP_LATER;
}

/* ---- reading ---- */

static void show_json(struct gox_mcp_call *call, json_t *result)
{
    char *text;
    json_object_del(result, "success");
    text = json_dumps(result, JSON_INDENT(1));
    gox_mcp_contents(
            call, call->name, "application/json", text ? text : "{}", NULL);
    free(text);
    gox_mcp_finish(call);
}

static void not_found(struct gox_mcp_call *call, json_t *message)
{
    (void)gox_mcp_refuse(call, call->is_modern ? -32602 : -32002,
            json_pack("{s:s}", "uri", call->name), "%.300s",
            message != NULL ? json_string_value(message)
                            : "the daemon cannot be reached");
    gox_mcp_finish(call);
}

static void show_slice(struct gox_mcp_call *call, json_t *result)
{
    json_t *axes = json_object_get(result, "axes");
    json_t *rows = json_object_get(
            json_array_get(json_object_get(result, "slices"), 0), "rows");
    struct gox_buf text;
    const char *letter;
    size_t i;
    json_t *one;
    gox_buf_init(&text, 0);
    gox_buf_printf(&text, "columns go %s, rows go %s down; lowest corner [",
            json_string_value(json_object_get(axes, "columns")),
            json_string_value(json_object_get(axes, "rows")));
    json_array_foreach(json_object_get(result, "origin"), i, one)
    {
        gox_buf_printf(&text, "%s%lld", i ? ", " : "",
                (long long)json_integer_value(one));
    }
    gox_buf_put_str(&text, "]; '.' is empty\n");
    json_object_foreach(json_object_get(result, "palette"), letter, one)
    {
        gox_buf_printf(&text, "%s %s\n", letter, json_string_value(one));
    }
    json_array_foreach(rows, i, one)
    {
        gox_buf_printf(&text, "%s\n", json_string_value(one));
    }
    gox_mcp_contents(call, call->name, "text/plain",
            gox_buf_text(&text) ? gox_buf_text(&text) : "", NULL);
    gox_buf_fini(&text);
    gox_mcp_finish(call);
}

static void show_picture(struct gox_mcp_call *call, json_t *result)
{
    gox_mcp_contents(call, call->name, "image/png", NULL,
            json_string_value(json_object_get(result, "data")));
    gox_mcp_finish(call);
}

/* The daemon writes the file where both may; it is read back and removed. */
static void show_file(struct gox_mcp_call *call, json_t *result)
{
    const char *path = json_string_value(json_object_get(result, "path"));
    struct gox_input file = {0};
    struct gox_error err = {.offset = -1};
    struct gox_buf base64;
    struct gox_writer w;
    int rc = path != NULL ? gox_input_read_file(&file, path, 64u << 20, &err)
                          : GOX_ERR_IO;
    if (path != NULL)
        unlink(path);
    if (rc != 0) {
        (void)gox_mcp_refuse(call, -32603, NULL,
                "the exported file cannot be read: %s", err.text);
        gox_mcp_finish(call);
        return;
    }
    gox_buf_init(&base64, 0);
    gox_writer_init(&w, &base64);
    gox_writer_base64(&w, NULL, file.data, file.len);
    gox_input_fini(&file);
    /* Without the quotes. */
    if (gox_buf_text(&base64) != NULL && base64.len >= 2) {
        base64.data[base64.len - 1] = '\0';
        gox_mcp_contents(call, call->name, "application/octet-stream", NULL,
                (const char *)base64.data + 1);
    }
    gox_buf_fini(&base64);
    gox_mcp_finish(call);
}

static bool is_word(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.")] == '\0';
}

static bool read_export(struct gox_mcp_call *call, const char *format)
{
    struct gox__vox *vox = gox__vox_of(call);
    char name[160];
    size_t len = strlen(format);
    if (len > 4 && strcmp(format + len - 4, ".png") == 0 &&
            strncmp(format, "slices", 6) != 0)
        return false;
    if (!is_word(format) || len > 40)
        return false;
    snprintf(name, sizeof name, "mcp-export-%d-%u.%s", (int)getpid(),
            ++vox->app->last_copy, format);
    gox__vox_ask_long(call, "goxel.export_model",
            json_pack("{s:s,s:s}", "project", vox->project, "path", name),
            GOX_BACKEND_READ, show_file);
    return true;
}

static bool read_view(struct gox_mcp_call *call, char *view)
{
    struct gox__vox *vox = gox__vox_of(call);
    size_t len = strlen(view);
    json_t *params = json_pack("{s:s,s:i,s:i,s:{s:s}}", "project", vox->project,
            "width", GOX__VOX_PIXELS, "height", GOX__VOX_PIXELS, "options",
            "return_mode", "base64");
    if (len > 4 && strcmp(view + len - 4, ".png") == 0)
        view[len - 4] = '\0';
    if (strcmp(view, "sheet") == 0)
        json_object_set_new(params, "views",
                json_pack("[s,s,s,s]", "isometric", "front", "right", "top"));
    else
        json_object_set_new(params, "camera_preset", json_string(view));
    gox__vox_ask_long(
            call, "goxel.render_scene", params, GOX_BACKEND_READ, show_picture);
    return true;
}

static bool read_slice(
        struct gox_mcp_call *call, const char *axis, const char *number)
{
    char *end = NULL;
    long n = strtol(number, &end, 10);
    if (strlen(axis) != 1 || strchr("xyz", axis[0]) == NULL ||
            number[0] == '\0' || *end != '\0')
        return false;
    gox__vox_ask_long(call, "goxel.read_slices",
            json_pack("{s:s,s:s,s:I,s:i}", "project",
                    gox__vox_of(call)->project, "axis", axis, "index",
                    (json_int_t)n, "layer", -1),
            GOX_BACKEND_READ, show_slice);
    return true;
}

/* What follows the project's name. False: there is no such resource. */
static bool read_part(struct gox_mcp_call *call, const char *rest)
{
    struct gox__vox *vox = gox__vox_of(call);
    char *what = take_part(&rest), *a = take_part(&rest);
    char *b = take_part(&rest);
    bool is_known = what != NULL && a != NULL && b != NULL;
    vox->otherwise = not_found;
    if (is_known && what[0] == '\0')
        gox__vox_ask(call, "goxel.get_status",
                json_pack("{s:s}", "project", vox->project), GOX_BACKEND_READ,
                show_json);
    else if (is_known && strcmp(what, "layers") == 0 && a[0] == '\0')
        gox__vox_ask(call, "goxel.list_layers",
                json_pack("{s:s}", "project", vox->project), GOX_BACKEND_READ,
                show_json);
    else if (is_known && strcmp(what, "palette") == 0 && a[0] == '\0')
        gox__vox_ask(call, "goxel.get_unique_colors",
                json_pack("{s:s,s:i,s:b}", "project", vox->project, "layer", -1,
                        "sort_by_count", 1),
                GOX_BACKEND_READ, show_json);
    else if (is_known && strcmp(what, "slice") == 0)
        is_known = read_slice(call, a, b);
    else if (is_known && strcmp(what, "render") == 0 && a[0] != '\0')
        is_known = read_view(call, a);
    else if (is_known && strcmp(what, "export") == 0)
        is_known = read_export(call, a);
    else
        is_known = false;
    gox_free(what);
    gox_free(a);
    gox_free(b);
    return is_known;
}

int gox__vox_read_resource(struct gox_mcp_call *call)
{
    const char *rest = call->name;
    bool is_formats = strcmp(rest, "goxel://formats") == 0;
    if (strcmp(rest, GOX__VOX_VIEWER_URI) == 0) {
        gox_mcp_contents(
                call, rest, "text/html;profile=mcp-app", gox__vox_viewer, NULL);
        return GOX_MCP_DONE;
    }
    if (is_formats || strcmp(rest, "goxel://projects") == 0) {
        if (gox__vox_new(call) == NULL)
            return GOX_MCP_DONE;
        gox__vox_ask(call,
                is_formats ? "goxel.list_formats" : "goxel.list_projects",
                json_object(), GOX_BACKEND_READ, show_json);
        return GOX_MCP_LATER;
    }
    if (strncmp(rest, HEAD, sizeof HEAD - 1) != 0)
        return gox_mcp_no_resource(call);
    rest += sizeof HEAD - 1;
    if (gox__vox_new(call) == NULL)
        return GOX_MCP_DONE;
    gox__vox_of(call)->project = take_part(&rest);
    if (gox__vox_of(call)->project == NULL ||
            gox__vox_of(call)->project[0] == '\0' || !read_part(call, rest))
        return gox_mcp_no_resource(call);
    return GOX_MCP_LATER;
}

/* ---- completion ---- */

static bool starts(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

static void put_names(struct gox_mcp_call *call, json_t *result)
{
    const char *begin = json_string_value(json_object_get(
            json_object_get(call->params, "argument"), "value"));
    json_t *list = json_object_get(result, "projects");
    size_t i, count = 0;
    json_t *one;
    if (list == NULL)
        list = json_object_get(result, "formats");
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name != NULL && starts(name, begin) && count++ < 100)
            gox_mcp_value(call, name);
    }
    gox_mcp_finish(call);
}

int gox__vox_complete(struct gox_mcp_call *call)
{
    static const char *const views[] = {"front", "back", "left", "right", "top",
            "bottom", "isometric", "sheet"};
    const json_t *argument = json_object_get(call->params, "argument");
    const char *name = json_string_value(json_object_get(argument, "name"));
    const char *begin = json_string_value(json_object_get(argument, "value"));
    bool is_project = strcmp(name, "id") == 0 || strcmp(name, "project") == 0;
    if (strcmp(name, "view") == 0)
        for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
            if (starts(views[i], begin))
                gox_mcp_value(call, views[i]);
    if (strcmp(name, "axis") == 0)
        for (const char *axis = "x\0y\0z\0"; *axis != '\0'; axis += 2)
            if (starts(axis, begin))
                gox_mcp_value(call, axis);
    if (!is_project && strcmp(name, "format") != 0)
        return GOX_MCP_DONE;
    if (gox__vox_new(call) == NULL)
        return GOX_MCP_DONE;
    gox__vox_of(call)->otherwise = put_nothing;
    gox__vox_ask(call,
            is_project ? "goxel.list_projects" : "goxel.list_formats",
            json_object(), GOX_BACKEND_READ, put_names);
    return GOX_MCP_LATER;
}

/* ---- changes ---- */

void gox__vox_watch(void *ctx, const char *uri)
{
    struct gox_vox_app *app = ctx;
    const char *rest = uri + sizeof HEAD - 1;
    char *project;
    if (strncmp(uri, HEAD, sizeof HEAD - 1) != 0)
        return;
    project = take_part(&rest);
    if (project != NULL)
        gox_backend_watch(app->backend, project);
    gox_free(project);
}

static void on_change(void *ctx, const char *project)
{
    struct gox_vox_app *app = ctx;
    struct gox_buf uri;
    gox_buf_init(&uri, 0);
    gox__vox_put_uri(&uri, project);
    if (gox_buf_text(&uri) != NULL)
        gox_mcp_changed(app->server, 0, gox_buf_text(&uri));
    gox_buf_fini(&uri);
}

void gox_vox_app_start(struct gox_vox_app *app, gox_mcp_server *server)
{
    app->server = server;
    gox_backend_on_change(app->backend, on_change, app);
}
