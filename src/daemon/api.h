/* SPDX-License-Identifier: Apache-2.0
 * What a method handler sees: its arguments (checked and by index), the project
 * and its image, the result to write, and the doors to files and workers.
 *
 * A group of methods is one file src/daemon/api/<group>.c with one table
 *     const struct gox_method gox_api_<group>[] = { ..., {.name = NULL} };
 * that src/daemon/api/groups.c lists. Nothing else has to know of it.
 *
 * Invariants: `run` and `finish` are on the loop thread, alone; `work` is on a
 * worker and touches only the call, its snapshot and its state. A handler that
 * fails leaves the project as it was: an edit still open is rolled back. */
#ifndef GOX_DAEMON_API_H
#define GOX_DAEMON_API_H

#include "base/io.h"
#include "base/task.h"
#include "config/settings.h"
#include "daemon/clips.h"
#include "daemon/project.h"
#include "daemon/renders.h"
#include "rpc/method.h"
#include "rpc/writer.h"
#include "voxel/history.h"

typedef struct gox_daemon gox_daemon;   /* daemon/daemon.h */
typedef struct gox_session gox_session; /* daemon/session.h */

struct gox_call {
    const struct gox_method *method;
    gox_daemon *daemon;
    gox_session *session;   /* NULL when the client has gone, and in scripts */
    gox_project *project;   /* READ and EDIT methods: never NULL; else NULL
                               unless `project` was given */
    struct gox_writer *out; /* write exactly one value; dropped on failure */
    struct gox_error err;
    struct gox_task task;       /* give it to everything long */
    void *state;                /* the handler's own, see gox_method.drop */
    struct gox_image *snapshot; /* by gox_call_take_snapshot; freed with the
                                   call unless put back */
    struct gox_edit_info edit; /* of the last commit; revision is always that of
                                  the project after it */
    int part_code; /* GOX_ERR_* of the row of the part that failed last, for
                      the code on the wire; 0: none */
    const struct gox_arg *args;
    struct gox_call_internal *internal;
};

/* ---- arguments, by index in the method's table ---- */
static inline bool gox_call_has(const struct gox_call *call, size_t i)
{
    return call->args[i].is_given;
}
static inline int gox_call_int(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? (int)call->args[i].i : 0;
}
static inline int64_t gox_call_i64(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? call->args[i].i : 0;
}
static inline double gox_call_number(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? call->args[i].d : 0;
}
static inline bool gox_call_bool(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set && call->args[i].b;
}
/* The index in the names; -1 when absent. */
static inline int gox_call_enum(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? (int)call->args[i].i : -1;
}
/* Borrowed C string, NULL when absent. Lives as long as the call. */
static inline const char *gox_call_str(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? call->args[i].text.data : NULL;
}
/* STRING decoded; ARRAY, OBJECT, JSON raw (gox_reader_init over it). data is
 * NULL when absent. Raw text moves when `run` returns GOX_CALL_WORK: ask again
 * in `work`. */
struct gox_slice gox_call_slice(const struct gox_call *call, size_t i);
gox_rgba gox_call_color(const struct gox_call *call, size_t i);
struct gox_pos gox_call_point(const struct gox_call *call, size_t i);
/* With max exclusive; the whole grid when absent. */
struct gox_bbox gox_call_region(const struct gox_call *call, size_t i);

/* ---- errors: always `return gox_call_fail(...)` ---- */
int gox_call_fail(struct gox_call *call, int code, const char *fmt, ...)
        GOX_PRINTF(3, 4) GOX_COLD;
/* A bad value of parameter i: -32602 with data {param, expected, got}. */
int gox_call_fail_param(struct gox_call *call, size_t i, const char *expected,
        const char *fmt, ...) GOX_PRINTF(4, 5) GOX_COLD;
/* After a nested reader over gox_call_slice(call, i) failed with call->err as
 * its err: adds the parameter's name and returns the code. */
int gox_call_fail_reader(
        struct gox_call *call, size_t i, const struct gox_reader *r) GOX_COLD;
/* Turns a bare code of voxel/ into a message that says on what. */
int gox_call_fail_code(
        struct gox_call *call, int code, const char *what) GOX_COLD;

/* ---- the image ---- */
/* Borrowed, for reading, until the handler returns. In `work` it is the
 * snapshot. */
struct gox_image *gox_call_image(struct gox_call *call);
/* The layer that argument i names (absent, 0 or "": the active one). Fails
 * with GOX_ERR_NOT_FOUND and the layers that there are. */
int gox_call_layer(struct gox_call *call, size_t i,
        struct gox_layer **layer) GOX_MUST_CHECK;
/* The same for writing voxels: locked layers (GOX_ERR_LOCKED), clones, shapes
 * and pictures (GOX_ERR_UNSUPPORTED) are refused. */
int gox_call_edit_layer(struct gox_call *call, size_t i,
        struct gox_layer **layer) GOX_MUST_CHECK;

/* ---- short edits, in `run` ---- */
/* Opens an edit on gox_call_image. Inside a batch the outer edit is used. */
int gox_call_begin(struct gox_call *call, enum gox_edit_kind kind,
        const char *label) GOX_MUST_CHECK;
/* Closes it; call->edit is filled in. Marks the project modified. */
int gox_call_commit(struct gox_call *call) GOX_MUST_CHECK;
/* For methods that step through history themselves: what the step did. */
void gox_call_note_edit(struct gox_call *call, const struct gox_edit_info *info,
        int64_t now_ms);
/* Puts "revision" into the result object. */
void gox_call_put_revision(struct gox_call *call);

/* ---- long edits and long reads ---- */
/* In `run`, before returning GOX_CALL_WORK: call->snapshot becomes a dup of
 * the project's image, which `work` may read and change. */
int gox_call_take_snapshot(struct gox_call *call) GOX_MUST_CHECK;
/* In `finish`: the snapshot becomes the project's image, as one edit. */
int gox_call_put_snapshot(
        struct gox_call *call, const char *label) GOX_MUST_CHECK;
/* The same for another image (taken over also on failure). */
int gox_call_put_image(struct gox_call *call, struct gox_image *own_img,
        const char *label) GOX_MUST_CHECK;

/* Runs one editing method (flag SUB) as a part of this call: on the open edit
 * in `run`, on the snapshot in `work`. params is an object; its member `skip`
 * (may be NULL) is not a parameter. The result goes to out, which may be NULL.
 * Long methods run to their end. name: with or without "goxel.". */
int gox_call_sub(struct gox_call *call, struct gox_slice name,
        struct gox_slice params, const char *skip, struct gox_writer *out,
        struct gox_error *err) GOX_MUST_CHECK;

/* ---- what else there is; loop thread, but for the settings ---- */
gox_projects *gox_call_projects(struct gox_call *call);
/* The project of this name, open and with all its edits committed: 0. When it
 * must be opened or committed first: GOX_CALL_WAIT, which the handler returns
 * before it has changed anything. GOX_ERR_NOT_FOUND and others. */
int gox_call_find_project(struct gox_call *call, const char *name, size_t len,
        gox_project **project) GOX_MUST_CHECK;
/* In `run`: GOX_CALL_WAIT when edits of the call's project are not committed
 * yet; else 0. For what reads the project's file. */
int gox_call_need_commit(struct gox_call *call) GOX_MUST_CHECK;
/* 0 when no project of this name is open; GOX_CALL_WAIT when it is closed
 * first, which begins here; GOX_ERR_BUSY while it is being edited. */
int gox_call_close_project(
        struct gox_call *call, const char *name) GOX_MUST_CHECK;
/* The reply, once written, waits until the project's job has ended, and becomes
 * an error when that fails. */
int gox_call_hold(struct gox_call *call, gox_project *project) GOX_MUST_CHECK;
/* The connection's current project from now on. */
void gox_call_set_project(struct gox_call *call, gox_project *project);
struct gox_clips *gox_call_clips(struct gox_call *call);
struct gox_renders *gox_call_renders(struct gox_call *call);
/* Set once at start, so any thread may read them. */
const struct gox_settings *gox_call_settings(const struct gox_call *call);

/* ---- memory that lives as long as the call; zeroed; NULL: none left ---- */
void *gox_call_alloc(struct gox_call *call, size_t bytes);
char *gox_call_strdup(struct gox_call *call, const char *text, size_t len);

/* ---- files, only below the directories that the settings allow; any thread.
 * Errors (in call->err) name the path and the allowed directories. ---- */
int gox_call_read_file(struct gox_call *call, const char *path,
        struct gox_input *in) GOX_MUST_CHECK;
/* NULL on failure. */
struct gox_output *gox_call_open_output(
        struct gox_call *call, const char *path);
/* The absolute path that the client's path means, for answers; NULL: no
 * memory. Lives as long as the call. */
const char *gox_call_full_path(struct gox_call *call, const char *path);

#endif
