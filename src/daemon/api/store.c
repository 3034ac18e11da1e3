/* SPDX-License-Identifier: Apache-2.0
 * Looking after the files of projects: check, compact, backup, restore, and the
 * trash. All of it runs on workers while other requests go on.
 *
 * Invariant: clients name files only where the settings allow; what goes
 * through SQLite has a name of ours in the data directory. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gox_stores *stores_of(struct gox_call *call)
{
    return gox_projects_stores(gox_call_projects(call));
}

static int need_stores(struct gox_call *call)
{
    return stores_of(call) != NULL
                   ? 0
                   : gox_call_fail(call, GOX_ERR_UNSUPPORTED,
                             "projects have no files here: this is not a "
                             "server with a data directory");
}

/* The name of parameter 0; its edits so far must be in the file. */
static int settle_project(struct gox_call *call)
{
    struct gox_slice name = gox_call_slice(call, 0);
    gox_project *project;
    int rc = need_stores(call);
    if (rc < 0 || gox_projects_find(
                          gox_call_projects(call), name.data, name.len) == NULL)
        return rc;
    return gox_call_find_project(call, name.data, name.len, &project);
}

/* A file of our own in the data directory; lives as long as the call. */
static char *own_file(struct gox_call *call)
{
    static atomic_uint number;
    char path[4200];
    int len = snprintf(path, sizeof path, "%s/.store-%ld-%u.part",
            gox_call_settings(call)->paths_data_dir, (long)getpid(),
            atomic_fetch_add(&number, 1));
    return gox_call_strdup(call, path, (size_t)len);
}

// clang-format off
#define NAME_PARAM                                                             \
        {.name = "name", .type = GOX_PARAM_STRING,                             \
         .flags = GOX_PARAM_REQUIRED, .help = "name of a project"}
static const struct gox_param CHECK_PARAMS[] = {NAME_PARAM};
// clang-format on

/* ---- check ---- */

static int work_check(struct gox_call *call)
{
    struct gox_store_check check;
    struct gox_writer *w = call->out;
    if (!gox_stores_has(stores_of(call), gox_call_str(call, 0)))
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "there is no project \"%s\"; goxel.list_projects lists them",
                gox_call_str(call, 0));
    int rc = gox_stores_check(stores_of(call), gox_call_str(call, 0), &check,
            &call->task, &call->err);
    if (rc < 0)
        return rc;
    gox_writer_object(w, NULL);
    gox_writer_bool(w, "success", check.problems == 0);
    gox_writer_string(w, "project", gox_call_str(call, 0));
    gox_writer_uint(w, "problems", check.problems);
    if (check.problems > 0)
        gox_writer_string(w, "first_problem", check.first.text);
    gox_writer_uint(w, "snapshots", check.snapshots);
    gox_writer_uint(w, "blocks", check.blocks);
    gox_writer_uint(w, "journal_rows", check.journal_rows);
    gox_writer_uint(w, "edits", check.edits);
    gox_writer_end_object(w);
    return 0;
}

static int start_check(struct gox_call *call)
{
    int rc = settle_project(call);
    return rc != 0 ? rc : GOX_CALL_WORK;
}

/* ---- compact ---- */

enum { COMPACT_NAME, COMPACT_HISTORY };
// clang-format off
static const struct gox_param COMPACT_PARAMS[] = {
        NAME_PARAM,
        {.name = "history_mb", .type = GOX_PARAM_INT, .fallback = "0",
         .min = 0, .max = 1048576,
         .help = "how much of the undo history to keep (MiB)"},
};
// clang-format on

static int find_bytes(struct gox_call *call, uint64_t *bytes)
{
    struct gox_store_info *list;
    size_t count;
    int rc = gox_stores_list(stores_of(call), &list, &count, &call->err);
    *bytes = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (strcmp(list[i].name, gox_call_str(call, 0)) == 0)
            *bytes = list[i].bytes;
    if (rc == 0)
        gox_free(list);
    return rc;
}

static int work_compact(struct gox_call *call)
{
    uint64_t before, after;
    uint64_t keep = (uint64_t)gox_call_i64(call, COMPACT_HISTORY) << 20;
    int rc = find_bytes(call, &before);
    if (rc == 0)
        rc = gox_stores_compact(
                stores_of(call), gox_call_str(call, 0), keep, &call->err);
    if (rc == 0)
        rc = find_bytes(call, &after);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", gox_call_str(call, 0));
    gox_writer_uint(call->out, "bytes_before", before);
    gox_writer_uint(call->out, "bytes", after);
    gox_writer_end_object(call->out);
    return 0;
}

static int start_compact(struct gox_call *call)
{
    int rc = settle_project(call);
    if (rc == 0)
        rc = gox_call_close_project(call, gox_call_str(call, 0));
    return rc != 0 ? rc : GOX_CALL_WORK;
}

/* ---- backup ---- */

enum { BACKUP_NAME, BACKUP_PATH };
// clang-format off
static const struct gox_param BACKUP_PARAMS[] = {
        NAME_PARAM,
        {.name = "path", .type = GOX_PARAM_STRING,
         .help = "file to write; NAME-TIME.goxdb in the data directory when absent"},
};
// clang-format on

static int copy_out(struct gox_call *call, const char *from,
        struct gox_output *out, uint64_t *bytes)
{
    uint8_t buf[1 << 16];
    ssize_t n = -1;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    *bytes = 0;
    while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0) {
        gox_output_put(out, buf, (size_t)n);
        *bytes += (uint64_t)n;
    }
    if (fd >= 0)
        close(fd);
    return n == 0 ? gox_output_commit(out)
                  : gox_call_fail(call, GOX_ERR_IO,
                            "the copy at %s cannot be read back", from);
}

static int put_backup(struct gox_call *call, const char *path, uint64_t bytes)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", gox_call_str(call, 0));
    gox_writer_string(call->out, "path", gox_call_full_path(call, path));
    gox_writer_uint(call->out, "bytes", bytes);
    gox_writer_end_object(call->out);
    return 0;
}

static int work_backup(struct gox_call *call)
{
    const char *name = gox_call_str(call, BACKUP_NAME);
    const char *path = gox_call_str(call, BACKUP_PATH);
    char at[GOX_TIME_TEXT_BYTES], named[GOX_NAME_BYTES + 64];
    uint64_t bytes;
    char *copy = own_file(call);
    gox_time_format(gox_time_wall_ms(), at);
    snprintf(named, sizeof named, "%s-%s.goxdb", name, at);
    if (path == NULL)
        path = named;
    if (copy == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    struct gox_output *out = gox_call_open_output(call, path);
    if (out == NULL)
        return call->err.code;
    int rc = gox_stores_backup(
            stores_of(call), name, copy, &call->task, &call->err);
    if (rc == 0)
        rc = copy_out(call, copy, out, &bytes);
    if (rc < 0 && call->err.code == 0)
        gox_call_fail(
                call, rc, "%s cannot be written: %s", path, gox_error_text(rc));
    gox_output_close(out);
    unlink(copy);
    return rc < 0 ? rc : put_backup(call, path, bytes);
}

/* ---- restore ---- */

enum { IMPORT_PATH, IMPORT_NAME, IMPORT_OVERWRITE };
// clang-format off
static const struct gox_param IMPORT_PARAMS[] = {
        {.name = "path", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "a backup"},
        {.name = "name", .type = GOX_PARAM_STRING,
         .help = "name of the project; the one that was backed up when absent"},
        {.name = "overwrite", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "true: a project of that name goes to the trash first (needs name)"},
};
// clang-format on

static int copy_in(struct gox_call *call, const char *to)
{
    struct gox_input in;
    int rc = gox_call_read_file(call, gox_call_str(call, IMPORT_PATH), &in);
    if (rc < 0)
        return rc;
    struct gox_output *out = gox_output_open_file(to, &call->err);
    if (out != NULL)
        gox_output_put(out, in.data, in.len);
    rc = out != NULL ? gox_output_commit(out) : call->err.code;
    gox_output_close(out);
    gox_input_fini(&in);
    return rc;
}

static int work_import(struct gox_call *call)
{
    struct gox_store_report report;
    char name[GOX_NAME_BYTES] = "";
    const char *wanted = gox_call_str(call, IMPORT_NAME);
    char *copy = own_file(call);
    if (wanted != NULL)
        snprintf(name, sizeof name, "%s", wanted);
    int rc = copy != NULL ? copy_in(call, copy)
                          : gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    if (rc == 0) {
        bool may_replace =
                wanted != NULL && gox_call_bool(call, IMPORT_OVERWRITE);
        rc = gox_stores_import(
                stores_of(call), copy, name, may_replace, &report, &call->err);
        if (rc < 0)
            gox_error_prefix(&call->err, "%.*s",
                    (int)gox_call_slice(call, IMPORT_PATH).len,
                    gox_call_slice(call, IMPORT_PATH).data);
    }
    if (rc < 0) {
        if (copy != NULL)
            unlink(copy);
        return rc;
    }
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", name);
    gox_writer_uint(call->out, "revision", report.revision);
    gox_writer_end_object(call->out);
    return 0;
}

static int start_import(struct gox_call *call)
{
    const char *name = gox_call_str(call, IMPORT_NAME);
    int rc = need_stores(call);
    if (rc == 0 && name != NULL)
        rc = gox_projects_check_name(name, &call->err);
    if (rc == 0 && name != NULL && gox_call_bool(call, IMPORT_OVERWRITE))
        rc = gox_call_close_project(call, name);
    return rc != 0 ? rc : GOX_CALL_WORK;
}

/* ---- the trash ---- */

static int work_list_trash(struct gox_call *call)
{
    struct gox_store_trashed *list;
    size_t count;
    int rc = gox_stores_list_trash(stores_of(call), &list, &count, &call->err);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "projects");
    for (size_t i = 0; i < count; i++) {
        char at[GOX_TIME_TEXT_BYTES];
        gox_time_format(list[i].deleted_ms, at);
        gox_writer_object(call->out, NULL);
        gox_writer_string(call->out, "name", list[i].name);
        gox_writer_string(call->out, "deleted_at", at);
        gox_writer_uint(call->out, "bytes", list[i].bytes);
        gox_writer_end_object(call->out);
    }
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "count", count);
    gox_writer_end_object(call->out);
    gox_free(list);
    return 0;
}

static int work_undelete(struct gox_call *call)
{
    const char *name = gox_call_str(call, 0);
    int rc = gox_stores_undelete(stores_of(call), name, &call->err);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", name);
    gox_writer_end_object(call->out);
    return 0;
}

// clang-format off
static const struct gox_param EMPTY_PARAMS[] = {
        {.name = "older_than_days", .type = GOX_PARAM_NUMBER, .fallback = "0",
         .min = 0, .max = 36500, .help = "only what was deleted before that"},
};
// clang-format on

static int work_empty(struct gox_call *call)
{
    int64_t age_ms = (int64_t)(gox_call_number(call, 0) * 86400e3);
    int removed = gox_stores_empty_trash(
            stores_of(call), gox_time_wall_ms() + 1 - age_ms, &call->err);
    if (removed < 0)
        return removed;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_int(call->out, "removed", removed);
    gox_writer_end_object(call->out);
    return 0;
}

static int start_work(struct gox_call *call)
{
    int rc = need_stores(call);
    return rc < 0 ? rc : GOX_CALL_WORK;
}

static int start_undelete(struct gox_call *call)
{
    const char *name = gox_call_str(call, 0);
    int rc = need_stores(call);
    if (rc < 0)
        return rc;
    if (gox_stores_has(stores_of(call), name))
        return gox_call_fail(call, GOX_ERR_EXISTS,
                "there is a project \"%s\" already; copy or delete it first",
                name);
    return GOX_CALL_WORK;
}

#define LONG GOX_METHOD_LONG

// clang-format off
const struct gox_method gox_api_store[] = {
        {.name = "goxel.check_project", .group = "store", .flags = LONG | GOX_METHOD_SAFE,
         GOX_PARAMS(CHECK_PARAMS),
         .result = "success:bool project:string problems:int first_problem:string? snapshots:int blocks:int journal_rows:int edits:int",
         .summary = "Reads a project's whole file and verifies every checksum.",
         .run = start_check, .work = work_check},
        {.name = "goxel.compact_project", .group = "store", .flags = LONG,
         GOX_PARAMS(COMPACT_PARAMS),
         .result = "success:bool project:string bytes_before:int bytes:int",
         .summary = "Drops old history and gives its space back; closes the project for it.",
         .run = start_compact, .work = work_compact},
        {.name = "goxel.backup_project", .group = "store", .flags = LONG,
         GOX_PARAMS(BACKUP_PARAMS),
         .result = "success:bool project:string path:string bytes:int",
         .summary = "Writes a copy of a project with its history while edits go on.",
         .run = start_check, .work = work_backup},
        {.name = "goxel.restore_project", .group = "store", .flags = LONG,
         GOX_PARAMS(IMPORT_PARAMS),
         .result = "success:bool project:string revision:int",
         .summary = "Makes a project of a backup.",
         .run = start_import, .work = work_import},
        {.name = "goxel.list_trash", .group = "store", .flags = LONG | GOX_METHOD_SAFE,
         .result = "projects:array count:int",
         .summary = "Lists deleted projects that can be had back.",
         .run = start_work, .work = work_list_trash},
        {.name = "goxel.undelete_project", .group = "store", .flags = LONG,
         GOX_PARAMS(CHECK_PARAMS), .result = "success:bool project:string",
         .summary = "Takes a project back out of the trash.",
         .run = start_undelete, .work = work_undelete},
        {.name = "goxel.empty_trash", .group = "store",
         .flags = LONG | GOX_METHOD_ADMIN, GOX_PARAMS(EMPTY_PARAMS),
         .result = "success:bool removed:int",
         .summary = "Removes deleted projects for good.",
         .run = start_work, .work = work_empty},
        {.name = NULL},
};
// clang-format on
