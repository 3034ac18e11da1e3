/* SPDX-License-Identifier: Apache-2.0
 * goxelctl convert: the row, and the report of a run. */
#include "cli/commands.h"
#include "cli/convert.h"
#include "cli/interrupt.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

static json_t *job_json(const struct gox_job *job)
{
    json_t *row = json_pack("{s:s,s:s?,s:b}", "input", job->input, "output",
            job->output, "ok",
            job->state == GOX_JOB_DONE || job->state == GOX_JOB_SKIPPED);

    if (!row)
        return json_null();
    if (job->state == GOX_JOB_SKIPPED)
        json_object_set_new(row, "skipped", json_true());
    if (job->state == GOX_JOB_WAITING)
        json_object_set_new(row, "error", json_string("interrupted"));
    if (job->state == GOX_JOB_FAILED)
        json_object_set_new(row, "error",
                json_string(job->error ? job->error : "out of memory"));
    if (job->state != GOX_JOB_DONE)
        return row;
    json_object_set_new(row, "voxels", json_integer((json_int_t)job->voxels));
    json_object_set_new(row, "faces", json_integer((json_int_t)job->faces));
    json_object_set_new(row, "bytes", json_integer((json_int_t)job->bytes));
    json_object_set_new(row, "seconds", json_real(job->seconds));
    if (job->note)
        json_object_set_new(row, "note", json_string(job->note));
    return row;
}

static int report_json(const struct gox_convert *convert)
{
    json_t *files = json_array(), *all;
    int rc;

    for (size_t i = 0; i < convert->count; i++)
        json_array_append_new(files, job_json(&convert->jobs[i]));
    all = json_pack("{s:I,s:I,s:I,s:f,s:o}", "converted",
            (json_int_t)convert->done, "failed", (json_int_t)convert->failed,
            "skipped", (json_int_t)convert->skipped, "seconds",
            convert->seconds, "files", files);
    rc = gox_cli_print_json(convert->cli, all);
    json_decref(all);
    return rc;
}

static void print_job(const struct gox_job *job)
{
    char bytes[GOX_CLI_FIGURE], text[4096];

    gox_cli_clean(text, sizeof(text), job->output ? job->output : job->input);
    if (job->state == GOX_JOB_SKIPPED) {
        printf("%s: is there already, left as it is\n", text);
        return;
    }
    printf("%s: %llu voxels", text, (unsigned long long)job->voxels);
    if (job->faces > 0)
        printf(", %llu faces", (unsigned long long)job->faces);
    printf(", %s", gox_cli_bytes(bytes, (double)job->bytes));
    if (job->note) {
        gox_cli_clean(text, sizeof(text), job->note);
        printf(" (%s)", text);
    }
    putchar('\n');
}

/* Which files failed and why, on standard error. */
static void print_failures(const struct gox_convert *convert)
{
    struct gox_table table;
    struct gox_buf out;

    gox_table_init(&table, "ll");
    gox_table_put(&table, "FAILED");
    gox_table_put(&table, "WHY");
    for (size_t i = 0; i < convert->count; i++) {
        const struct gox_job *job = &convert->jobs[i];
        const char *why = job->error ? job->error : "out of memory";
        size_t len = strlen(job->input);
        if (job->state != GOX_JOB_FAILED)
            continue;
        gox_table_put(&table, "%s", job->input);
        /* The name stands beside it. */
        if (strncmp(why, job->input, len) == 0 &&
                strncmp(why + len, ": ", 2) == 0)
            why += len + 2;
        gox_table_put(&table, "%s", why);
    }
    gox_buf_init(&out, 0);
    gox_table_print(&table, &out, convert->cli->has_color_err);
    fflush(stdout);
    fwrite(out.data, 1, out.len, stderr);
    gox_buf_fini(&out);
    gox_table_fini(&table);
}

static void print_summary(const struct gox_convert *convert)
{
    char seconds[GOX_CLI_FIGURE];

    printf("%zu converted", convert->done);
    if (convert->skipped > 0)
        printf(", %zu left as they were", convert->skipped);
    if (convert->failed > 0)
        printf(", %zu failed", convert->failed);
    printf(" in %s", gox_cli_seconds(seconds, convert->seconds));
    if (convert->seconds > 0 && convert->done > 1)
        printf(" (%.0f/s)", (double)convert->done / convert->seconds);
    if (convert->noted > 0 && !convert->is_verbose)
        printf("; %zu with a remark, see --verbose", convert->noted);
    putchar('\n');
}

int gox_convert_report(const struct gox_convert *convert)
{
    int rc = convert->failed > 0 ? GOX_CLI_FAILED : GOX_CLI_DONE;

    if (convert->cli->is_json) {
        int printed = report_json(convert);
        return printed != 0 ? printed : rc;
    }
    for (size_t i = 0; i < convert->count; i++) {
        const struct gox_job *job = &convert->jobs[i];
        if ((convert->count == 1 || convert->is_verbose) &&
                (job->state == GOX_JOB_DONE || job->state == GOX_JOB_SKIPPED))
            print_job(job);
    }
    if (convert->count > 1) {
        if (convert->failed > 0)
            print_failures(convert);
        print_summary(convert);
    } else if (convert->failed > 0) {
        const char *why = convert->jobs[0].error;
        gox_cli_fail(convert->cli, rc, "%s", why ? why : "out of memory");
    }
    if (gox_cli_interrupted())
        gox_cli_fail(convert->cli, rc,
                "interrupted with %zu of %zu files to go",
                convert->count - convert->done - convert->failed -
                        convert->skipped,
                convert->count);
    return rc;
}

static int run(struct gox_cli *cli)
{
    struct gox_convert convert;
    int rc = gox_convert_plan(&convert, cli);

    if (rc == 0)
        rc = gox_convert_run(&convert);
    if (rc == 0)
        rc = gox_convert_report(&convert);
    gox_convert_fini(&convert);
    return rc;
}

static const struct gox_cli_option options[] = {
        [GOX_CONVERT_TO] = {"to", 't', "FORMAT", NULL,
                "the format to write; without it the extension of OUT says it"},
        [GOX_CONVERT_OUT_DIR] = {"out-dir", 'o', "DIR", GOX_CLI_DIR,
                "where the outputs go, made if it is not there (default: "
                "beside each input)"},
        [GOX_CONVERT_FACES] = {"faces", 0, "KIND", "merged raw",
                "meshes: merged joins equal neighbours into large faces "
                "(default), raw writes one face for each side of a voxel"},
        [GOX_CONVERT_UP] = {"up", 0, "AXIS", "y z y-up z-up",
                "meshes: which axis points up (default: what is usual for the "
                "format)"},
        [GOX_CONVERT_SCALE] = {"scale", 0, "NUMBER", NULL,
                "meshes: length of a voxel's side (default 1)"},
        [GOX_CONVERT_PIVOT] = {"pivot", 0, "PLACE", "origin center bottom",
                "meshes: what becomes the point 0,0,0 (default origin)"},
        [GOX_CONVERT_SIZE] = {"size", 0, "VOXELS", NULL,
                "reading a mesh: voxels along its longest side (default 64)"},
        [GOX_CONVERT_FORCE] = {"force", 'f', NULL, NULL,
                "replace outputs that are there"},
        [GOX_CONVERT_NO_CLOBBER] = {"no-clobber", 'n', NULL, NULL,
                "leave outputs that are there as they are, without an error"},
        [GOX_CONVERT_JOBS] = {"jobs", 'j', "N", NULL,
                "convert N files at a time (default: one per core)"},
        [GOX_CONVERT_JOB_TIMEOUT] = {"job-timeout", 0, "SECONDS", NULL,
                "give a file up after this time (default: never)"},
        [GOX_CONVERT_VERBOSE] = {"verbose", 'v', NULL, NULL,
                "one line for each file"},
        {NULL, 0, NULL, NULL, NULL},
};

const struct gox_cli_command gox_cli_cmd_convert = {
        .name = "convert",
        .synopsis = "[OPTION]... IN OUT\n"
                    "[OPTION]... IN... --to FORMAT [--out-dir DIR]",
        .arguments = GOX_CLI_FILE,
        .summary = "convert models between file formats",
        .details =
                "Reads models of any known format, by content rather than by "
                "name, and writes them in another. goxelctl formats lists the "
                "formats.\n\n"
                "Several files are converted at the same time, each by a "
                "private daemon; a file that is broken, or breaks its daemon, "
                "fails alone. Files that failed are listed with the reason, "
                "and "
                "the exit code is then 1.\n\n"
                "An output appears whole or not at all, also after ^C or a "
                "crash. One that is there already is an error, unless --force "
                "or --no-clobber says otherwise.",
        .examples =
                "goxelctl convert ship.vox ship.glb\n"
                "goxelctl convert --up y --pivot bottom castle.gox "
                "castle.obj\n"
                "goxelctl convert models/*.vox --to glb --out-dir web -j 4\n"
                "# a mesh to voxels\n"
                "goxelctl convert --size 128 statue.obj statue.gox",
        .min_args = 1,
        .max_args = -1,
        .options = options,
        .run = run,
};
