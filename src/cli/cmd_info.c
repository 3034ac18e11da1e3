/* SPDX-License-Identifier: Apache-2.0
 * goxelctl info: what is in a model file. */
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The id that means all visible layers together. */
#define ALL_LAYERS  (-1)
#define COLOR_LINES 8

/* What the daemon says about one file; the parts are owned. */
struct facts {
    json_t *load, *layers, *box, *colors;
};

static int ask(struct gox_cli_session *session, const char *input,
        struct facts *facts, struct gox_error *err)
{
    int rc = gox_model_check(input, err);

    if (rc == 0)
        rc = gox_session_call(session, "goxel.load_project",
                gox_model_load_params(input, NULL), &facts->load, err);
    if (rc == 0)
        rc = gox_session_call(
                session, "goxel.list_layers", NULL, &facts->layers, err);
    if (rc == 0)
        rc = gox_session_call(session, "goxel.get_bounding_box",
                json_pack("{s:i}", "layer_id", ALL_LAYERS), &facts->box, err);
    if (rc == 0)
        rc = gox_session_call(session, "goxel.get_color_histogram",
                json_pack("{s:i,s:i}", "layer_id", ALL_LAYERS, "top_n",
                        COLOR_LINES),
                &facts->colors, err);
    return rc;
}

static void drop(struct gox_cli_session *session, struct facts *facts)
{
    const char *project =
            json_string_value(json_object_get(facts->load, "project"));
    json_t *params = json_pack("{s:s?}", "name", project);

    if (project && params && gox_client_get_fd(session->client) >= 0)
        (void)gox_client_notify(
                session->client, "goxel.close_project", params, NULL);
    json_decref(params);
    json_decref(facts->load);
    json_decref(facts->layers);
    json_decref(facts->box);
    json_decref(facts->colors);
}

static json_int_t int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* "1 x 2 x 3" or "1 2 3" of a list of numbers. */
static void put_numbers(
        char *text, size_t size, const json_t *list, const char *between)
{
    size_t used = 0, i;
    json_t *item;

    text[0] = '\0';
    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        int n = snprintf(text + used, size - used, "%s%lld",
                i > 0 ? between : "", (long long)json_integer_value(item));
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

static void put_box(char *text, size_t size, const json_t *box)
{
    char dimensions[64], min[64], max[64];

    put_numbers(dimensions, sizeof(dimensions),
            json_object_get(box, "dimensions"), " x ");
    put_numbers(min, sizeof(min), json_object_get(box, "min"), " ");
    put_numbers(max, sizeof(max), json_object_get(box, "max"), " ");
    if (!min[0])
        snprintf(text, size, "empty");
    else if (!dimensions[0])
        snprintf(text, size, "%s .. %s", min, max);
    else
        snprintf(text, size, "%s, from %s to %s", dimensions, min, max);
}

/* "hidden locked clone", what is out of the ordinary. */
static void put_state(struct gox_table *table, const json_t *row)
{
    const char *kind = text_of(row, "kind");
    const char *words[] = {
            json_is_false(json_object_get(row, "visible")) ? "hidden" : "",
            json_is_true(json_object_get(row, "active")) ? "active" : "",
            json_is_true(json_object_get(row, "locked")) ? "locked" : "",
            strcmp(kind, "voxels") == 0 ? "" : kind,
    };
    char text[256] = "";

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t used = strlen(text);
        if (words[i][0])
            snprintf(text + used, sizeof(text) - used, "%s%s",
                    used > 0 ? " " : "", words[i]);
    }
    gox_table_put(table, "%s", text);
}

static void put_layers(
        struct gox_buf *out, const json_t *layers, bool has_color)
{
    struct gox_table table;
    char box[256];
    size_t i;
    json_t *row;

    gox_table_init(&table, "rlrll");
    gox_table_put(&table, "ID");
    gox_table_put(&table, "LAYER");
    gox_table_put(&table, "VOXELS");
    gox_table_put(&table, "BOX");
    gox_table_put(&table, "STATE");
    json_array_foreach((json_t *)(uintptr_t)layers, i, row)
    {
        put_box(box, sizeof(box), json_object_get(row, "bbox"));
        gox_table_put(&table, "%lld", (long long)int_of(row, "id"));
        gox_table_put(&table, "%s", text_of(row, "name"));
        gox_table_put(&table, "%lld", (long long)int_of(row, "voxel_count"));
        gox_table_put(&table, "%s", box);
        put_state(&table, row);
    }
    gox_table_print(&table, out, has_color);
    gox_table_fini(&table);
}

static void put_colors(
        struct gox_buf *out, const json_t *colors, bool has_color)
{
    const json_t *list = json_object_get(colors, "histogram");
    size_t i;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        const json_t *rgba = json_object_get(row, "rgba");
        double part = json_number_value(json_object_get(row, "percentage"));
        char text[32];
        gox_cli_clean(text, sizeof(text), text_of(row, "color"));
        gox_buf_put_str(out, "    ");
        if (has_color)
            gox_buf_printf(out, "\33[48;2;%d;%d;%dm  \33[0m ",
                    (int)json_integer_value(json_array_get(rgba, 0)),
                    (int)json_integer_value(json_array_get(rgba, 1)),
                    (int)json_integer_value(json_array_get(rgba, 2)));
        if (part < 0.05)
            gox_buf_printf(out, "%s   <0.1 %%\n", text);
        else
            gox_buf_printf(out, "%s  %5.1f %%\n", text, part);
    }
    if ((json_int_t)json_array_size(list) < int_of(colors, "unique_colors"))
        gox_buf_put_str(out, "    ...\n");
}

static void put_row(struct gox_buf *out, const char *name, const char *text)
{
    char clean[512];

    gox_cli_clean(clean, sizeof(clean), text);
    gox_buf_printf(out, "  %-10s %s\n", name, clean);
}

static void put_count(struct gox_buf *out, const char *name, json_int_t count)
{
    gox_buf_printf(out, "  %-10s %lld\n", name, (long long)count);
}

static json_int_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (json_int_t)st.st_size : 0;
}

static int print_facts(struct gox_cli_session *session, const char *input,
        const struct facts *facts)
{
    const struct gox_cli *cli = session->cli;
    char text[256], bytes[GOX_CLI_FIGURE], name[4096];
    struct gox_buf out;

    gox_buf_init(&out, 0);
    gox_cli_clean(name, sizeof(name), input);
    gox_buf_printf(&out, "%s%s%s\n", cli->has_color ? "\33[1m" : "", name,
            cli->has_color ? "\33[0m" : "");
    snprintf(text, sizeof(text), "%s, %s", text_of(facts->load, "format"),
            gox_cli_bytes(bytes, (double)size_of(input)));
    put_row(&out, "format", text);
    put_count(&out, "voxels", int_of(facts->colors, "total_voxels"));
    put_box(text, sizeof(text), facts->box);
    put_row(&out, "box", text);
    put_count(&out, "materials", int_of(facts->load, "materials"));
    put_count(&out, "cameras", int_of(facts->load, "cameras"));
    if (text_of(facts->load, "note")[0])
        put_row(&out, "remark", text_of(facts->load, "note"));
    put_count(&out, "colours", int_of(facts->colors, "unique_colors"));
    put_colors(&out, facts->colors, cli->has_color);
    put_count(&out, "layers", int_of(facts->layers, "count"));
    put_layers(&out, json_object_get(facts->layers, "layers"), cli->has_color);
    return gox_cli_flush(cli, &out);
}

static json_t *facts_json(const char *input, const struct facts *facts)
{
    return json_pack("{s:s,s:s,s:I,s:I,s:O,s:I,s:O,s:I,s:I,s:O,s:s}", "file",
            input, "format", text_of(facts->load, "format"), "bytes",
            size_of(input), "voxels", int_of(facts->colors, "total_voxels"),
            "box", facts->box, "colors", int_of(facts->colors, "unique_colors"),
            "top_colors", json_object_get(facts->colors, "histogram"),
            "materials", int_of(facts->load, "materials"), "cameras",
            int_of(facts->load, "cameras"), "layers",
            json_object_get(facts->layers, "layers"), "note",
            text_of(facts->load, "note"));
}

/* A daemon that died is replaced for the next file. */
static int revive(struct gox_cli_session *session)
{
    struct gox_error err = {0};

    if (gox_client_get_fd(session->client) >= 0 ||
            gox_client_reconnect(session->client, 0, &err) == 0)
        return 0;
    return gox_cli_fail(session->cli, GOX_CLI_UNREACHABLE, "%s", err.text);
}

static int describe(
        struct gox_cli_session *session, const char *input, json_t *files)
{
    struct facts facts = {0};
    struct gox_error err = {0};
    int rc = revive(session);

    if (rc != 0)
        return rc;
    if (ask(session, input, &facts, &err) != 0) {
        rc = gox_session_fail(session, input, &err);
        json_array_append_new(
                files, json_pack("{s:s,s:s}", "file", input, "error",
                               gox_session_text(session, &err)));
    } else if (session->cli->is_json) {
        json_array_append_new(files, facts_json(input, &facts));
    } else {
        rc = print_facts(session, input, &facts);
    }
    drop(session, &facts);
    return rc;
}

static int run(struct gox_cli *cli)
{
    struct gox_cli_session session;
    json_t *files = json_array(), *all;
    int rc = gox_session_open_child(&session, cli, 0, false);
    int worst = rc;

    session.has_progress = true;
    session.keeps_quiet = cli->is_json;
    for (size_t i = 0; rc == 0 && i < cli->arg_count; i++) {
        int one = describe(&session, cli->args[i], files);
        worst = worst != 0 ? worst : one;
        if (gox_cli_interrupted())
            break;
    }
    if (rc == 0 && cli->is_json) {
        all = json_pack("{s:O}", "files", files);
        rc = gox_cli_print_json(cli, all);
        json_decref(all);
        worst = worst != 0 ? worst : rc;
    }
    json_decref(files);
    gox_session_close(&session);
    return worst;
}

const struct gox_cli_command gox_cli_cmd_info = {
        .name = "info",
        .synopsis = "FILE...",
        .arguments = GOX_CLI_FILE,
        .summary = "tell what is in a model file",
        .details = "Tells for each FILE its format, the number of voxels, the "
                   "box that holds them, colours, materials, cameras and "
                   "layers. Hidden layers are listed but not counted.",
        .examples = "goxelctl info castle.gox\n"
                    "goxelctl info --json models/*.vox | jq '.files[].voxels'",
        .min_args = 1,
        .max_args = -1,
        .run = run,
};
