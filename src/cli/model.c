/* SPDX-License-Identifier: Apache-2.0
 * Model files by path. */
#include "cli/model.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "cli/stage.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Requests are JSON, and so UTF-8; the names of files need not be. */
static int check_name(const char *path, struct gox_error *err)
{
    char *full = gox_cli_absolute(path);
    json_t *text = full ? json_string(full) : NULL;
    bool is_utf8 = text || !full;

    json_decref(text);
    gox_free(full);
    if (is_utf8)
        return 0;
    return gox_error_set(err, GOX_ERR_PARAMS,
            "%s: its name or directory is not UTF-8, as requests to the daemon "
            "have to be; rename it",
            path);
}

int gox_model_check(const char *path, struct gox_error *err)
{
    struct stat st;
    int rc = check_name(path, err);

    if (rc != 0)
        return rc;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT)
            return gox_error_set(
                    err, GOX_ERR_NOT_FOUND, "%s: there is no such file", path);
        return gox_error_set(err, GOX_ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode))
        return gox_error_set(err, GOX_ERR_IO,
                "%s: is a directory; name the files in it", path);
    if (!S_ISREG(st.st_mode))
        return gox_error_set(
                err, GOX_ERR_IO, "%s: is not a regular file", path);
    if (access(path, R_OK) != 0)
        return gox_error_set(
                err, GOX_ERR_FORBIDDEN, "%s: %s", path, strerror(errno));
    return 0;
}

char *gox_model_output(
        const char *input, const char *dir, const char *extension)
{
    const char *slash = strrchr(input, '/');
    const char *name = slash ? slash + 1 : input;
    const char *dot = strrchr(name, '.');
    size_t stem = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    struct gox_buf out;

    gox_buf_init(&out, 0);
    if (dir) {
        gox_buf_put_str(&out, dir);
        if (dir[0] && dir[strlen(dir) - 1] != '/')
            gox_buf_put_byte(&out, '/');
    } else {
        gox_buf_put(&out, input, (size_t)(name - input));
    }
    gox_buf_put(&out, name, stem);
    gox_buf_put_byte(&out, '.');
    gox_buf_put_str(&out, extension);
    if (!gox_buf_text(&out)) {
        gox_buf_fini(&out);
        return NULL;
    }
    return (char *)out.data;
}

bool gox_model_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 &&
           (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
}

json_t *gox_model_load_params(const char *path, const json_t *options)
{
    char *full = gox_cli_absolute(path);
    json_t *params = full ? json_pack("{s:s}", "path", full) : NULL;

    gox_free(full);
    if (params && options &&
            json_object_set(params, "options", (json_t *)(uintptr_t)options) !=
                    0) {
        json_decref(params);
        return NULL;
    }
    return params;
}
