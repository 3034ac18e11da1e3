/* SPDX-License-Identifier: Apache-2.0
 * The daemon touches files only below its allowed directories, and its sandbox
 * keeps it there. goxelctl runs as the user, so it carries a file between the
 * user's place and the daemon's data directory.
 *
 * Invariant: the hidden directory there is gone when a call returns. */
#include "cli/store_file.h"

#include "base/alloc.h"
#include "cli/stage.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Relative to where the command runs, not to the daemon's directory. */
static char *absolute(const char *path)
{
    char dir[PATH_MAX];
    char *folder = gox_strndup(path, (size_t)(base_name(path) - path));
    const char *real = folder != NULL
                               ? realpath(folder[0] != '\0' ? folder : ".", dir)
                               : NULL;
    gox_free(folder);
    if (real == NULL)
        return gox_strdup(path);
    size_t size = strlen(dir) + strlen(base_name(path)) + 2;
    char *full = gox_malloc(size);
    if (full != NULL)
        snprintf(full, size, "%s/%s", strcmp(dir, "/") != 0 ? dir : "",
                base_name(path));
    return full;
}

/* A hidden directory in the daemon's data directory, for a file of that name.
 */
static int open_carrier(struct gox_cli_session *session, const char *file,
        struct gox_stage *stage, struct gox_error *err)
{
    json_t *result = NULL;
    char path[PATH_MAX];
    int rc = gox_session_call(session, "daemon.config",
            json_pack("{s:s}", "key", "paths.data_dir"), &result, err);
    const char *dir = json_string_value(json_object_get(
            json_object_get(result, "paths.data_dir"), "value"));
    if (rc == 0 && dir == NULL)
        rc = gox_error_set(err, GOX_ERR_NOT_FOUND, "no data directory is told");
    if (rc == 0) {
        snprintf(path, sizeof path, "%s/%s", dir, base_name(file));
        rc = gox_stage_open(stage, path, err);
    }
    json_decref(result);
    return rc;
}

/* To the user that the data directory belongs to, and with it the daemon. */
static int give(const struct gox_stage *carrier, struct gox_error *err)
{
    char *dir = gox_strndup(carrier->target,
            (size_t)(base_name(carrier->target) - carrier->target));
    int rc = dir != NULL ? gox_stage_give(carrier, dir, err)
                         : gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_free(dir);
    return rc;
}

struct request {
    struct gox_cli_session *session;
    const char *method;
    json_t *params;
    json_t **result;
};

static int call(
        const struct request *r, const char *path, struct gox_error *err)
{
    json_object_set_new(r->params, "path", json_string(path));
    return gox_session_call(
            r->session, r->method, json_incref(r->params), r->result, err);
}

static int carry_out(const struct request *r, const char *file,
        struct gox_stage *carrier, struct gox_error *err)
{
    struct gox_stage place;
    int rc = gox_stage_open(&place, file, err);
    if (rc != 0)
        return rc;
    rc = give(carrier, err);
    if (rc == 0)
        rc = call(r, carrier->path, err);
    if (rc == 0)
        rc = gox_stage_copy(carrier, &place, err);
    if (rc == 0)
        return gox_stage_publish(&place, true, err);
    gox_stage_discard(&place);
    return rc;
}

/* The message begins with the path that the daemon was given. */
static void tell_of(
        struct gox_cli_session *session, const char *carried, const char *file)
{
    const char *text =
            json_string_value(json_object_get(session->last_error, "message"));
    size_t len = strlen(carried);
    if (text != NULL && strncmp(text, carried, len) == 0)
        json_object_set_new(session->last_error, "message",
                json_sprintf("%s%s", file, text + len));
}

static int carry_in(const struct request *r, const char *file,
        struct gox_stage *carrier, struct gox_error *err)
{
    int rc = gox_stage_take(carrier, file, err);
    if (rc == 0)
        rc = give(carrier, err);
    if (rc != 0)
        return rc;
    rc = call(r, carrier->path, err);
    if (rc != 0)
        tell_of(r->session, carrier->path, file);
    return rc;
}

/* True when it was tried; then rc and err say how it went. */
static bool carry(const struct request *r, const char *file,
        enum gox_store_way way, int *rc, struct gox_error *err)
{
    struct gox_stage carrier;
    struct gox_error ignored = {0};
    if (open_carrier(r->session, file, &carrier, &ignored) != 0)
        return false;
    *rc = way == GOX_STORE_WRITES ? carry_out(r, file, &carrier, err)
                                  : carry_in(r, file, &carrier, err);
    gox_stage_discard(&carrier);
    if (*rc == 0 && *r->result != NULL)
        json_object_set_new(*r->result, "path", json_string(file));
    return true;
}

int gox_store_call_file(struct gox_cli_session *session, const char *on,
        const char *method, json_t *own_params, const char *file,
        enum gox_store_way way, json_t **result)
{
    struct request r = {session, method, own_params, result};
    struct gox_error err = {0}, why;
    char *path = absolute(file);
    int rc = path != NULL ? call(&r, path, &err)
                          : gox_error_set(&err, GOX_ERR_NOMEM, "out of memory");
    why = err;
    json_t *first = json_incref(session->last_error);
    if (rc == GOX_ERR_FORBIDDEN && !carry(&r, path, way, &rc, &err)) {
        /* What was refused first is what the user can mend. */
        err = why;
        json_decref(session->last_error);
        session->last_error = json_incref(first);
    }
    json_decref(first);
    json_decref(own_params);
    gox_free(path);
    return rc == 0 ? 0 : gox_session_fail(session, on, &err);
}
