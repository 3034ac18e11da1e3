/* SPDX-License-Identifier: Apache-2.0
 * goxelctl render: pictures of models. */
#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/stage.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum option {
    OPT_OUTPUT,
    OPT_SIZE,
    OPT_VIEWS,
    OPT_BACKGROUND,
    OPT_TRANSPARENT,
    OPT_SAMPLES,
    OPT_NO_SHADOWS,
    OPT_NO_AO,
    OPT_EDGES,
    OPT_ORTHO,
    OPT_FORCE,
};

#define VIEWS    "front back left right top bottom isometric"
#define MAX_SIDE 16384

struct render {
    struct gox_cli_session session;
    const char *output; /* -o, or NULL */
    bool is_dir;        /* the output is a directory */
    json_t *params;     /* of goxel.render_scene, without the path */
    json_t *files;      /* for --json */
};

static int read_size(const struct gox_cli *cli, int *width, int *height)
{
    const char *text = cli->values[OPT_SIZE];
    char rest;
    int n;

    *width = *height = 512;
    if (!text)
        return 0;
    n = sscanf(text, "%dx%d%c", width, height, &rest);
    if (n == 1 && !strchr(text, 'x')) {
        *height = *width;
        n = 2;
    }
    if (n != 2 || *width < 1 || *height < 1 || *width > MAX_SIDE ||
            *height > MAX_SIDE)
        return gox_cli_usage(cli,
                "--size takes WIDTHxHEIGHT of 1 to %d, not \"%s\"", MAX_SIDE,
                text);
    return 0;
}

/* "front,top" or "all" to a list; NULL after telling what is wrong. */
static json_t *read_views(const struct gox_cli *cli)
{
    const char *text = cli->values[OPT_VIEWS];
    json_t *views = json_array();

    if (!text)
        text = "isometric";
    if (strcmp(text, "all") == 0)
        text = "front,back,left,right,top,bottom,isometric";
    for (const char *at = text;;) {
        size_t n = strcspn(at, ",");
        const char *found = NULL;
        for (const char *v = VIEWS; *v; v += strcspn(v, " "), v += *v == ' ') {
            if (strcspn(v, " ") == n && memcmp(v, at, n) == 0)
                found = v;
        }
        if (!found) {
            gox_cli_usage(cli,
                    "there is no view \"%.*s\"; the views are: %s, "
                    "or all",
                    (int)n, at, VIEWS);
            json_decref(views);
            return NULL;
        }
        json_array_append_new(views, json_stringn(at, n));
        if (!at[n])
            return views;
        at += n + 1;
    }
}

static int put_options(const struct gox_cli *cli, json_t *options)
{
    const char *background = cli->values[OPT_BACKGROUND];
    long samples;

    if (!gox_cli_read_int(cli, OPT_SAMPLES, 1, 4, 2, &samples))
        return GOX_CLI_USAGE;
    json_object_set_new(options, "samples", json_integer(samples));
    if (background)
        json_object_set_new(
                options, "background_color", json_string(background));
    if (cli->values[OPT_TRANSPARENT])
        json_object_set_new(options, "transparent", json_true());
    if (cli->values[OPT_NO_SHADOWS])
        json_object_set_new(options, "shadows", json_false());
    if (cli->values[OPT_NO_AO])
        json_object_set_new(options, "ambient_occlusion", json_false());
    if (cli->values[OPT_EDGES])
        json_object_set_new(options, "edges", json_true());
    if (cli->values[OPT_ORTHO])
        json_object_set_new(options, "ortho", json_true());
    return 0;
}

static int read_params(struct render *render, const struct gox_cli *cli)
{
    int width, height, rc = read_size(cli, &width, &height);
    json_t *views, *options;

    if (rc != 0)
        return rc;
    views = read_views(cli);
    if (!views)
        return GOX_CLI_USAGE;
    options = json_object();
    render->params = json_pack("{s:i,s:i,s:o}", "width", width, "height",
            height, "options", options);
    if (json_array_size(views) == 1)
        json_object_set(
                render->params, "camera_preset", json_array_get(views, 0));
    else
        json_object_set(render->params, "views", views);
    json_decref(views);
    return render->params ? put_options(cli, options)
                          : gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
}

/* Draws the model that the daemon has loaded into output. */
static int draw(
        struct render *render, const char *output, struct gox_error *err)
{
    struct gox_stage stage;
    char *target = gox_cli_absolute(output);
    bool may_replace = render->session.cli->values[OPT_FORCE] != NULL;
    json_t *params = json_copy(render->params);
    int rc = GOX_ERR_NOMEM;

    if (!may_replace && gox_model_exists(output))
        rc = gox_error_set(err, GOX_ERR_EXISTS,
                "%s is there already; --force replaces it", output);
    else if (target && params)
        rc = gox_stage_open(&stage, target, err);
    gox_free(target);
    if (rc != 0) {
        json_decref(params);
        return rc;
    }
    json_object_set_new(params, "output_path", json_string(stage.path));
    rc = gox_session_call(
            &render->session, "goxel.render_scene", params, NULL, err);
    if (rc == 0)
        return gox_stage_publish(&stage, may_replace, err);
    /* Given up without an answer: it must not go on writing there. */
    if (!render->session.last_error)
        gox_client_abort(render->session.client);
    gox_stage_discard(&stage);
    return rc;
}

static int render_file(struct render *render, const char *input,
        const char *output, struct gox_error *err)
{
    int rc = gox_model_check(input, err);
    json_t *result = NULL, *close;
    const char *project;

    if (rc != 0)
        return rc;
    rc = gox_session_call(&render->session, "goxel.load_project",
            gox_model_load_params(input, NULL), &result, err);
    if (rc == 0)
        rc = draw(render, output, err);
    project = json_string_value(json_object_get(result, "project"));
    if (project && render->session.cli->arg_count > 1 &&
            gox_client_get_fd(render->session.client) >= 0) {
        close = json_pack("{s:s}", "name", project);
        (void)gox_client_notify(
                render->session.client, "goxel.close_project", close, NULL);
        json_decref(close);
    }
    json_decref(result);
    return rc;
}

/* A daemon that died is replaced for the next file. */
static int revive(struct render *render)
{
    struct gox_error err = {0};

    if (gox_client_get_fd(render->session.client) >= 0 ||
            gox_client_reconnect(render->session.client, 0, &err) == 0)
        return 0;
    return gox_cli_fail(
            render->session.cli, GOX_CLI_UNREACHABLE, "%s", err.text);
}

static int render_next(struct render *render, const char *input)
{
    const struct gox_cli *cli = render->session.cli;
    struct gox_error err = {0};
    char *output;
    char text[4096];
    int rc = revive(render);

    if (rc != 0)
        return rc;
    output = render->output && !render->is_dir
                     ? gox_strdup(render->output)
                     : gox_model_output(input,
                               render->output ? render->output : ".", "png");
    if (!output)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    if (render_file(render, input, output, &err) != 0) {
        rc = gox_session_fail(&render->session, input, &err);
        json_array_append_new(render->files,
                json_pack("{s:s,s:s}", "input", input, "error",
                        gox_session_text(&render->session, &err)));
    } else if (cli->is_json) {
        json_array_append_new(render->files,
                json_pack("{s:s,s:s}", "input", input, "output", output));
    } else {
        gox_cli_clean(text, sizeof(text), output);
        printf("%s\n", text);
    }
    gox_free(output);
    return rc;
}

/* "render ship.vox ship.png", as convert is called. */
static bool is_output_meant(const struct gox_cli *cli)
{
    const char *last = cli->args[cli->arg_count - 1];
    size_t len = strlen(last);

    return cli->arg_count > 1 && len > 4 &&
           strcmp(last + len - 4, ".png") == 0 && !gox_model_exists(last);
}

static int check_output(struct render *render, const struct gox_cli *cli)
{
    struct stat st;

    render->output = cli->values[OPT_OUTPUT];
    if (!render->output && is_output_meant(cli))
        return gox_cli_usage(cli,
                "there is no %s to draw; the name of a picture comes behind -o",
                cli->args[cli->arg_count - 1]);
    if (!render->output)
        return 0;
    render->is_dir = stat(render->output, &st) == 0 && S_ISDIR(st.st_mode);
    if (cli->arg_count > 1 && !render->is_dir)
        return gox_cli_usage(cli,
                "with several files --output is a directory, and %s is none",
                render->output);
    return 0;
}

static int run(struct gox_cli *cli)
{
    struct render render = {.files = json_array()};
    int worst, rc = check_output(&render, cli);

    if (rc == 0)
        rc = read_params(&render, cli);
    if (rc == 0)
        rc = gox_session_open_child(&render.session, cli, 0, false);
    worst = rc;
    render.session.has_progress = true;
    render.session.keeps_quiet = cli->is_json;
    for (size_t i = 0; rc == 0 && i < cli->arg_count; i++) {
        int one = render_next(&render, cli->args[i]);
        worst = worst != 0 ? worst : one;
        if (gox_cli_interrupted())
            break;
    }
    if (cli->is_json && rc == 0) {
        json_t *all = json_pack("{s:O}", "files", render.files);
        rc = gox_cli_print_json(cli, all);
        json_decref(all);
        worst = worst != 0 ? worst : rc;
    }
    gox_session_close(&render.session);
    json_decref(render.params);
    json_decref(render.files);
    return worst;
}

static const struct gox_cli_option options[] = {
        [OPT_OUTPUT] = {"output", 'o', "PNG", GOX_CLI_FILE,
                "the picture, or a directory for pictures (default: FILE.png "
                "in the current directory)"},
        [OPT_SIZE] = {"size", 0, "WxH", NULL,
                "width and height in pixels (default 512x512)"},
        [OPT_VIEWS] = {"views", 0, "VIEWS", NULL,
                "one or more, with commas, of front back left right top bottom "
                "isometric, or all; several make one sheet (default "
                "isometric)"},
        [OPT_BACKGROUND] = {"background", 0, "COLOR", NULL,
                "colour behind the model: #RRGGBB or a CSS name"},
        [OPT_TRANSPARENT] = {"transparent", 0, NULL, NULL, "no background"},
        [OPT_SAMPLES] = {"samples", 0, "N", "1 2 3 4",
                "smoothness: rays along each side of a pixel (default 2)"},
        [OPT_NO_SHADOWS] = {"no-shadows", 0, NULL, NULL, "no cast shadows"},
        [OPT_NO_AO] = {"no-ao", 0, NULL, NULL,
                "no darkening in corners (ambient occlusion)"},
        [OPT_EDGES] = {"edges", 0, NULL, NULL, "draw the edges of voxels"},
        [OPT_ORTHO] = {"ortho", 0, NULL, NULL,
                "parallel projection, no perspective"},
        [OPT_FORCE] = {"force", 'f', NULL, NULL,
                "replace pictures that are there"},
        {NULL, 0, NULL, NULL, NULL},
};

const struct gox_cli_command gox_cli_cmd_render = {
        .name = "render",
        .synopsis = "[OPTION]... FILE... [-o PNG | -o DIR]",
        .arguments = GOX_CLI_FILE,
        .summary = "draw pictures of models",
        .details = "Draws each model as a PNG, on the processor, with no "
                   "display. Several views make one sheet with the name of "
                   "each.\n\n"
                   "A picture appears whole or not at all; one that is there "
                   "already is an error without --force.",
        .examples = "goxelctl render castle.gox -o castle.png --size 1024x768\n"
                    "goxelctl render ship.vox -o sheet.png --views "
                    "front,right,top,isometric\n"
                    "goxelctl render models/*.vox -o thumbnails --size 256 "
                    "--transparent",
        .min_args = 1,
        .max_args = -1,
        .options = options,
        .run = run,
};
