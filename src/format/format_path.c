/* SPDX-License-Identifier: Apache-2.0
 * Models from and to paths, for programs that may use any path. The daemon has
 * doors of its own below its allowed directories.
 *
 * Invariant: a second file (a picture that is read, a material file that is
 * written) is looked for and put beside the model, by a name without a slash;
 * only an absolute path that the model itself names is tried as it stands. */
#include "base/alloc.h"
#include "format/formats_internal.h"

#include <string.h>

/* The largest picture file of an image layer that is read. */
#define AUX_MAX_BYTES (UINT64_C(256) << 20)

/* dir/name in new memory, dir being the part of path up to its last slash;
 * NULL when out of memory. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t dir_len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    size_t name_len = strlen(name);
    char *result = gox_malloc(dir_len + name_len + 1);
    if (result == NULL)
        return NULL;
    memcpy(result, path, dir_len);
    memcpy(result + dir_len, name, name_len + 1);
    return result;
}

/* "a/b.png" may go down from the model's directory, never up. */
static bool goes_up(const char *path)
{
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0'))
            return true;
    }
    return false;
}

static int open_beside(void *ctx, const char *path, struct gox_input *in,
        struct gox_error *err)
{
    const char *slash = strrchr(path, '/');
    bool is_plain = path[0] != '/' && !goes_up(path);
    char *name = beside(ctx, is_plain || slash == NULL ? path : slash + 1);
    if (name == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "no memory to open the picture \"%s\"", path);
    int rc = gox_input_read_file(in, name, AUX_MAX_BYTES, err);
    gox_free(name);
    if (rc < 0 && rc != GOX_ERR_NOMEM && path[0] == '/')
        rc = gox_input_read_file(in, path, AUX_MAX_BYTES, err);
    return rc;
}

int gox_format_load_path(struct gox_image **img, const char *path,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_format_options own;
    gox_format_options_init(&own);
    if (opts != NULL)
        own = *opts;
    char *path_copy = gox_strdup(path);
    if (path_copy == NULL)
        return gox_error_set(
                err, GOX_ERR_NOMEM, "%s: no memory to read it", path);
    if (own.open_aux == NULL) {
        own.open_aux = open_beside;
        own.aux_ctx = path_copy;
    }
    *img = NULL;
    struct gox_input in = {0};
    int rc = gox_input_read_file(&in, path, 0, err);
    if (rc == 0) {
        rc = gox_format_read(
                img, NULL, in.data, in.len, path, &own, report, task, err);
        if (rc < 0)
            gox_error_prefix(err, "%s", path);
        gox_input_fini(&in);
    }
    gox_free(path_copy);
    return rc;
}

static struct gox_output *open_sidecar_beside(
        void *ctx, const char *name, struct gox_error *err)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        (void)gox_error_set(err, GOX_ERR_IO,
                "\"%s\" is not a plain file name for a second file", name);
        return NULL;
    }
    char *path = beside(ctx, name);
    if (path == NULL) {
        (void)gox_error_set(
                err, GOX_ERR_NOMEM, "no memory to write \"%s\"", name);
        return NULL;
    }
    struct gox_output *out = gox_output_open_file(path, err);
    gox_free(path);
    return out;
}

/* "dir/house.v2.obj" gives "house.v2"; NULL when out of memory. */
static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t len =
            dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    return gox_strndup(base, len);
}

static int save_to(const struct gox_image *img, const char *path,
        const struct gox_format *format, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_task *task,
        uint64_t *bytes, struct gox_error *err)
{
    struct gox_output *out = gox_output_open_file(path, err);
    if (out == NULL)
        return err != NULL && err->code != 0 ? err->code : GOX_ERR_IO;
    int rc = gox_format_write(img, format, out, opts, report, task, err);
    if (rc == 0 && bytes != NULL)
        *bytes = out->written_bytes;
    if (rc < 0)
        gox_error_prefix(err, "%s", path);
    gox_output_close(out);
    return rc;
}

int gox_format_save_path(const struct gox_image *img, const char *path,
        const struct gox_format *format, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_task *task,
        uint64_t *bytes, struct gox_error *err)
{
    if (format == NULL)
        format = gox_format_find_path(path);
    if (format == NULL)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s: no format has this extension; nothing was written", path);
    struct gox_format_options own;
    gox_format_options_init(&own);
    if (opts != NULL)
        own = *opts;
    struct gox_error local;
    if (err == NULL)
        err = &local;
    char *path_copy = gox_strdup(path), *stem = stem_of(path);
    int rc = GOX_ERR_NOMEM;
    if (path_copy == NULL || stem == NULL) {
        rc = gox_error_set(
                err, GOX_ERR_NOMEM, "%s: no memory to write it", path);
        goto out;
    }
    if (own.name == NULL)
        own.name = stem;
    if (own.open_sidecar == NULL) {
        own.open_sidecar = open_sidecar_beside;
        own.sidecar_ctx = path_copy;
    }
    *err = (struct gox_error){.offset = -1};
    rc = save_to(img, path, format, &own, report, task, bytes, err);
out:
    gox_free(path_copy);
    gox_free(stem);
    return rc;
}
