/* SPDX-License-Identifier: Apache-2.0
 * From the command line of convert to a list of jobs. */
#include "base/alloc.h"
#include "cli/convert.h"
#include "cli/model.h"
#include "cli/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CHILDREN 256
#define MAX_SIZE     4096

static int out_of_memory(const struct gox_cli *cli)
{
    return gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void gox_job_fail(
        struct gox_convert *convert, struct gox_job *job, const char *text)
{
    /* Without memory for the text the state still tells. */
    job->error = gox_strdup(text);
    job->state = GOX_JOB_FAILED;
    convert->failed++;
}

static int read_mesh_options(struct gox_convert *convert)
{
    const struct gox_cli *cli = convert->cli;
    static const struct {
        enum gox_convert_option option;
        const char *key;
    } words[] = {{GOX_CONVERT_FACES, "faces"}, {GOX_CONVERT_PIVOT, "pivot"}};
    const char *up = cli->values[GOX_CONVERT_UP];
    const char *scale = cli->values[GOX_CONVERT_SCALE];
    json_t *options = json_object();
    int bad = 0;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (cli->values[words[i].option])
            bad |= json_object_set_new(options, words[i].key,
                    json_string(cli->values[words[i].option]));
    }
    /* "y-up" is as good as "y". */
    if (up)
        bad |= json_object_set_new(options, "up", json_stringn(up, 1));
    if (scale) {
        char *end;
        double value = strtod(scale, &end);
        if (end == scale || *end || !(value > 0) || value > 1e6) {
            json_decref(options);
            return gox_cli_usage(
                    cli, "--scale takes a number above 0, not \"%s\"", scale);
        }
        bad |= json_object_set_new(options, "scale", json_real(value));
    }
    convert->export_options = options;
    return bad ? out_of_memory(cli) : 0;
}

static int read_options(struct gox_convert *convert)
{
    const struct gox_cli *cli = convert->cli;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long jobs, size, seconds;
    int rc;

    convert->may_replace = cli->values[GOX_CONVERT_FORCE] != NULL;
    convert->keeps_existing = cli->values[GOX_CONVERT_NO_CLOBBER] != NULL;
    convert->is_verbose = cli->values[GOX_CONVERT_VERBOSE] != NULL;
    convert->format = cli->values[GOX_CONVERT_TO];
    if (convert->format && convert->format[0] == '.')
        convert->format++;
    if (convert->may_replace && convert->keeps_existing)
        return gox_cli_usage(
                cli, "--force and --no-clobber contradict each other");
    if (!gox_cli_read_int(cli, GOX_CONVERT_JOBS, 1, MAX_CHILDREN,
                cores > 0 ? cores : 1, &jobs) ||
            !gox_cli_read_int(cli, GOX_CONVERT_SIZE, 1, MAX_SIZE, 0, &size) ||
            !gox_cli_read_int(
                    cli, GOX_CONVERT_JOB_TIMEOUT, 1, 86400, 0, &seconds))
        return GOX_CLI_USAGE;
    convert->workers = (unsigned)jobs;
    convert->job_timeout_ms = (int)seconds * 1000;
    if (size > 0) {
        convert->load_options = json_pack("{s:i}", "voxelize_size", (int)size);
        if (!convert->load_options)
            return out_of_memory(cli);
    }
    rc = read_mesh_options(convert);
    return rc;
}

static int make_directory(const struct gox_cli *cli, const char *dir)
{
    char path[4096];
    size_t len = strlen(dir);

    if (len >= sizeof(path))
        return gox_cli_usage(cli, "the name of the directory is too long");
    memcpy(path, dir, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return gox_cli_fail(cli, GOX_CLI_FAILED,
                    "cannot make the directory %s: %s", path, strerror(errno));
        path[i] = dir[i];
    }
    if (!is_directory(dir))
        return gox_cli_fail(cli, GOX_CLI_FAILED, "%s is not a directory", dir);
    return 0;
}

static int by_output(const void *a, const void *b)
{
    const struct gox_job *const *left = a, *const *right = b;
    int order = strcmp((*left)->output, (*right)->output);

    /* Of equals the first on the command line wins. */
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Two inputs must not take turns at one output. */
static int refuse_collisions(struct gox_convert *convert)
{
    struct gox_job **sorted = gox_malloc_array(convert->count, sizeof(*sorted));
    char text[512];

    if (!sorted)
        return out_of_memory(convert->cli);
    for (size_t i = 0; i < convert->count; i++)
        sorted[i] = &convert->jobs[i];
    qsort(sorted, convert->count, sizeof(struct gox_job *), by_output);
    for (size_t i = 1, first = 0; i < convert->count; i++) {
        if (strcmp(sorted[i]->output, sorted[first]->output) != 0) {
            first = i;
            continue;
        }
        snprintf(text, sizeof(text), "would write the same output as %s",
                sorted[first]->input);
        gox_job_fail(convert, sorted[i], text);
    }
    gox_free(sorted);
    return 0;
}

static int add_jobs(struct gox_convert *convert, size_t count, const char *dir,
        const char *extension)
{
    convert->jobs = gox_calloc(count, sizeof(*convert->jobs));
    if (!convert->jobs)
        return out_of_memory(convert->cli);
    convert->count = count;
    for (size_t i = 0; i < count; i++) {
        struct gox_job *job = &convert->jobs[i];
        job->input = convert->cli->args[i];
        job->output = gox_model_output(job->input, dir, extension);
        if (!job->output)
            return out_of_memory(convert->cli);
    }
    return refuse_collisions(convert);
}

static int plan_one(struct gox_convert *convert, const char *output)
{
    const char *slash = strrchr(output, '/');
    const char *dot = strrchr(slash ? slash + 1 : output, '.');
    const char *format = convert->format ? convert->format
                         : dot           ? dot + 1
                                         : NULL;
    char extension[32];
    int rc;

    if (strcmp(output, "-") == 0)
        return gox_cli_usage(convert->cli,
                "standard output is no place for a model; name a file");
    /* The usual call asks nothing: the writer tells of an unknown format. */
    if (format && json_object_size(convert->export_options) > 0) {
        rc = gox_convert_check_format(convert, format, extension);
        if (rc != 0)
            return rc;
    }
    convert->jobs = gox_calloc(1, sizeof(*convert->jobs));
    if (!convert->jobs)
        return out_of_memory(convert->cli);
    convert->count = 1;
    convert->jobs[0].input = convert->cli->args[0];
    convert->jobs[0].output = gox_strdup(output);
    return convert->jobs[0].output ? 0 : out_of_memory(convert->cli);
}

/* IN OUT; IN... DIR --to FORMAT; IN... --to FORMAT, with or without a place. */
int gox_convert_plan(struct gox_convert *convert, const struct gox_cli *cli)
{
    const char *dir = cli->values[GOX_CONVERT_OUT_DIR];
    size_t count = cli->arg_count;
    const char *last = cli->args[count - 1];
    char extension[32];
    int rc;

    memset(convert, 0, sizeof(*convert));
    convert->cli = cli;
    rc = read_options(convert);
    if (rc != 0)
        return rc;
    if (!dir && count > 1 && is_directory(last)) {
        if (!convert->format)
            return gox_cli_usage(
                    cli, "%s is a directory; say which format with --to", last);
        dir = last;
        count--;
    } else if (!dir && count == 2 &&
               (!convert->format || !gox_model_exists(last))) {
        return plan_one(convert, last);
    }
    if (!convert->format)
        return gox_cli_usage(cli,
                count == 1 && !dir
                        ? "%s into what? name an output, or a format with --to"
                        : "several files (%s ...) need --to FORMAT",
                cli->args[0]);
    rc = gox_convert_check_format(convert, convert->format, extension);
    if (rc == 0 && dir)
        rc = make_directory(cli, dir);
    return rc != 0 ? rc : add_jobs(convert, count, dir, extension);
}

void gox_convert_fini(struct gox_convert *convert)
{
    for (size_t i = 0; i < convert->count; i++) {
        gox_free(convert->jobs[i].output);
        gox_free(convert->jobs[i].error);
        gox_free(convert->jobs[i].note);
    }
    gox_free(convert->jobs);
    json_decref(convert->load_options);
    json_decref(convert->export_options);
}
