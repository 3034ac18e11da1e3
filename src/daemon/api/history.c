/* SPDX-License-Identifier: Apache-2.0
 * Methods on the past of a project: undo, redo, checkpoints, differences.
 *
 * Invariant: what the past holds is never changed; going back is a new edit. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "daemon/api/past.h"
#include "voxel/analysis.h"

#include <string.h>

/* Edits that one request reads back from the file at most. */
#define FETCH_MAX 10000

static void put_edit(struct gox_writer *out, const struct gox_edit_info *info)
{
    char at[GOX_TIME_TEXT_BYTES];
    gox_time_format(info->at_ms, at);
    gox_writer_uint(out, "revision", info->revision);
    gox_writer_string(out, "label", info->label);
    gox_writer_string(out, "at", at);
    gox_writer_uint(out, "voxels_changed", info->voxels_changed);
    gox_api_put_box(out, "box", info->box);
}

// clang-format off
static const struct gox_param STEP_PARAMS[] = {
        {.name = "steps", .type = GOX_PARAM_INT, .fallback = "1", .min = 1,
         .max = 1000000, .help = "how many edits"},
};
// clang-format on

/* Edits of before the last start, or that memory had no room for, come from the
 * file. */
static int fetch(struct gox_call *call, size_t wanted)
{
    gox_project *p = call->project;
    size_t have = gox_history_undo_count(p->history);
    if (p->store == NULL || wanted <= have)
        return 0;
    int rc = gox_call_need_commit(call);
    if (rc != 0)
        return rc;
    size_t more = wanted - have < FETCH_MAX ? wanted - have : FETCH_MAX;
    rc = gox_store_fetch_history(p->store, (int)more, &call->err);
    return rc < 0 ? rc : 0;
}

static int step(struct gox_call *call,
        int (*move)(gox_history *, struct gox_image **, int, int64_t,
                struct gox_edit_info *),
        const char *what)
{
    struct gox_edit_info info = {0};
    int rc = move(call->project->history, &call->project->image,
            gox_call_int(call, 0), gox_time_wall_ms(), &info);
    if (rc < 0)
        return gox_call_fail_code(call, rc, what);
    if (rc == 0)
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "there is nothing to %s; the project is unchanged", what);
    gox_call_note_edit(call, &info, info.at_ms);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_int(call->out, "steps", rc);
    put_edit(call->out, &info);
    gox_writer_end_object(call->out);
    return 0;
}

static int undo(struct gox_call *call)
{
    int rc = fetch(call, (size_t)gox_call_int(call, 0));
    if (rc != 0)
        return rc;
    return step(call, gox_history_undo, "undo");
}

static int redo(struct gox_call *call)
{
    return step(call, gox_history_redo, "redo");
}

// clang-format off
static const struct gox_param HISTORY_PARAMS[] = {
        {.name = "limit", .type = GOX_PARAM_INT, .fallback = "100", .min = 1,
         .max = 100000, .help = "how many of the newest edits"},
};
// clang-format on

static int history(struct gox_call *call)
{
    const gox_history *h = call->project->history;
    size_t limit = (size_t)gox_call_int(call, 0);
    struct gox_edit_info info;
    int rc = fetch(call, limit);
    if (rc != 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_uint(call->out, "revision", gox_history_revision(h));
    gox_writer_uint(call->out, "undo_count", gox_history_undo_count(h));
    gox_writer_uint(call->out, "redo_count", gox_history_redo_count(h));
    gox_writer_uint(call->out, "bytes", gox_history_bytes(h));
    gox_writer_array(call->out, "revisions");
    for (size_t i = 0; i < limit && gox_history_get_edit(h, i, &info); i++) {
        gox_writer_object(call->out, NULL);
        put_edit(call->out, &info);
        gox_writer_end_object(call->out);
    }
    gox_writer_end_array(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

// clang-format off
static const struct gox_param CHECKPOINT_PARAMS[] = {
        {.name = "label", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name, 1 to 63 bytes; one in use is replaced"},
};
// clang-format on

static int put_checkpoint(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "label", gox_call_str(call, 0));
    gox_writer_uint(call->out, "revision", gox_project_revision(call->project));
    gox_writer_end_object(call->out);
    return 0;
}

/* The call has the project's turn, so that no edit comes in between. */
static int work_checkpoint(struct gox_call *call)
{
    struct gox_image *img = call->snapshot;
    call->snapshot = NULL;
    return gox_store_write_checkpoint(
            call->project->store, img, gox_call_str(call, 0), &call->err);
}

static int checkpoint(struct gox_call *call)
{
    const char *label = gox_call_str(call, 0);
    size_t len = gox_call_slice(call, 0).len;
    if (len == 0 || len > 63)
        return gox_call_fail_param(call, 0, "1 to 63 bytes",
                "a label of %zu bytes is not possible", len);
    if (call->project->store != NULL) {
        int rc = gox_call_need_commit(call);
        if (rc == 0)
            rc = gox_call_take_snapshot(call);
        return rc != 0 ? rc : GOX_CALL_WORK;
    }
    int rc = gox_history_checkpoint(
            call->project->history, call->project->image, label);
    return rc < 0 ? gox_call_fail_code(call, rc, "checkpoint")
                  : put_checkpoint(call);
}

/* ---- restore ---- */

// clang-format off
static const struct gox_param RESTORE_PARAMS[] = {
        {.name = "to", .type = GOX_PARAM_JSON, .flags = GOX_PARAM_REQUIRED,
         .alias = "label|revision", .help = "label of a checkpoint, or a revision number"},
};
// clang-format on

static void drop_restore(struct gox_call *call)
{
    gox__past_fini(call->state);
}

static int work_restore(struct gox_call *call)
{
    return gox__past_work(call, call->state);
}

static int finish_restore(struct gox_call *call)
{
    struct gox__past *past = call->state;
    struct gox_image *img = past->img;
    past->img = NULL;
    int rc = gox_call_put_image(call, img, "restore");
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

static int restore(struct gox_call *call)
{
    struct gox__past *past = gox_call_alloc(call, sizeof *past);
    if (past == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    call->state = past;
    int rc = gox__past_find(call, 0, past);
    return rc == 0 ? finish_restore(call) : rc;
}

/* ---- diff ---- */

enum { DIFF_FROM, DIFF_TO, DIFF_LIMIT };
// clang-format off
static const struct gox_param DIFF_PARAMS[] = {
        {.name = "from", .type = GOX_PARAM_JSON, .flags = GOX_PARAM_REQUIRED,
         .help = "label of a checkpoint, or a revision number"},
        {.name = "to", .type = GOX_PARAM_JSON,
         .help = "the same; the project as it is now when absent"},
        {.name = "limit", .type = GOX_PARAM_INT, .fallback = "1000", .min = 0,
         .max = 1000000, .help = "how many changed voxels to list at most"},
};
// clang-format on

struct diff {
    struct gox__past from, to;
};

static void drop_diff(struct gox_call *call)
{
    struct diff *diff = call->state;
    gox__past_fini(&diff->from);
    gox__past_fini(&diff->to);
}

struct diff_listing {
    struct gox_writer *out;
    uint64_t count, limit;
};

static bool list_change(
        void *ctx, struct gox_pos pos, gox_rgba before, gox_rgba after)
{
    struct diff_listing *list = ctx;
    if (list->count >= list->limit)
        return false;
    list->count++;
    gox_writer_object(list->out, NULL);
    gox_writer_int(list->out, "x", pos.x);
    gox_writer_int(list->out, "y", pos.y);
    gox_writer_int(list->out, "z", pos.z);
    if (gox_rgba_a(before) > 0)
        gox_writer_rgba(list->out, "before", before);
    else
        gox_writer_null(list->out, "before");
    if (gox_rgba_a(after) > 0)
        gox_writer_rgba(list->out, "after", after);
    else
        gox_writer_null(list->out, "after");
    gox_writer_end_object(list->out);
    return true;
}

static int work_diff(struct gox_call *call)
{
    struct diff *diff = call->state;
    gox_volume *before = NULL, *after = NULL;
    struct gox_diff_counts counts = {0};
    struct diff_listing list = {.out = call->out,
            .limit = (uint64_t)gox_call_i64(call, DIFF_LIMIT)};
    int rc = gox__past_work(call, &diff->from);
    if (rc >= 0)
        rc = gox__past_work(call, &diff->to);
    if (rc >= 0)
        rc = gox_image_composite(
                diff->from.img, &before, &call->task, &call->err);
    if (rc >= 0)
        rc = gox_image_composite(diff->to.img, &after, &call->task, &call->err);
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "voxels");
    if (rc >= 0)
        rc = gox_analyze_diff(
                before, after, list_change, &list, &counts, &call->task);
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "added", counts.added);
    gox_writer_uint(call->out, "removed", counts.removed);
    gox_writer_uint(call->out, "recolored", counts.recolored);
    gox_writer_bool(call->out, "truncated",
            counts.added + counts.removed + counts.recolored > list.count);
    gox_api_put_box(call->out, "box", counts.box);
    gox_writer_end_object(call->out);
    gox_volume_free(before);
    gox_volume_free(after);
    if (rc < 0 && call->err.code == 0)
        return gox_call_fail_code(call, rc, "revisions");
    return rc;
}

static int diff(struct gox_call *call)
{
    struct diff *diff = gox_call_alloc(call, sizeof *diff);
    if (diff == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    call->state = diff;
    int from = gox__past_find(call, DIFF_FROM, &diff->from);
    if (from < 0 || from == GOX_CALL_WAIT)
        return from;
    int to = 0;
    if (gox_call_has(call, DIFF_TO))
        to = gox__past_find(call, DIFF_TO, &diff->to);
    else
        diff->to.img = gox_image_dup(call->project->image);
    if (to < 0 || to == GOX_CALL_WAIT)
        return to;
    if (to == 0 && diff->to.img == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    if (from == GOX_CALL_WORK || to == GOX_CALL_WORK)
        return GOX_CALL_WORK;
    return gox_image_solid(diff->from.img) + gox_image_solid(diff->to.img) >
                           GOX_API_INLINE_VOXELS
                   ? GOX_CALL_WORK
                   : work_diff(call);
}

/* ---- list_checkpoints ---- */

static int work_checkpoints(struct gox_call *call)
{
    struct gox_store_checkpoint *list;
    size_t count;
    int rc = gox_stores_list_checkpoints(
            gox_projects_stores(gox_call_projects(call)), call->project->name,
            &list, &count, &call->err);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "checkpoints");
    for (size_t i = 0; i < count; i++) {
        char at[GOX_TIME_TEXT_BYTES];
        gox_time_format(list[i].at_ms, at);
        gox_writer_object(call->out, NULL);
        gox_writer_string(call->out, "label", list[i].label);
        gox_writer_uint(call->out, "revision", list[i].revision);
        gox_writer_string(call->out, "at", at);
        gox_writer_end_object(call->out);
    }
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "count", count);
    gox_writer_end_object(call->out);
    gox_free(list);
    return 0;
}

static int list_checkpoints(struct gox_call *call)
{
    if (call->project->store == NULL)
        return gox_call_fail(call, GOX_ERR_UNSUPPORTED,
                "projects have no files here: this is not a server with a data "
                "directory");
    return GOX_CALL_WORK;
}

#define STEP_RESULT                                                            \
    "success:bool steps:int revision:int label:string at:string "              \
    "voxels_changed:int box:object|null"

// clang-format off
const struct gox_method gox_api_history[] = {
        {.name = "goxel.undo", .group = "history", .flags = GOX_METHOD_EDIT,
         GOX_PARAMS(STEP_PARAMS), .result = STEP_RESULT,
         .summary = "Takes back the last edits.", .run = undo},
        {.name = "goxel.redo", .group = "history", .flags = GOX_METHOD_EDIT,
         GOX_PARAMS(STEP_PARAMS), .result = STEP_RESULT,
         .summary = "Makes edits again that were taken back.", .run = redo},
        {.name = "goxel.history", .group = "history", .flags = GOX_METHOD_READ | GOX_METHOD_SAFE,
         GOX_PARAMS(HISTORY_PARAMS),
         .result = "revision:int undo_count:int redo_count:int bytes:int revisions:array",
         .summary = "Lists the edits that can be taken back, newest first.",
         .run = history},
        {.name = "goxel.checkpoint", .group = "history",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG,
         GOX_PARAMS(CHECKPOINT_PARAMS),
         .result = "success:bool label:string revision:int",
         .summary = "Keeps the project as it is now under a label.",
         .run = checkpoint, .work = work_checkpoint, .finish = put_checkpoint},
        {.name = "goxel.list_checkpoints", .group = "history",
         .flags = GOX_METHOD_READ | GOX_METHOD_LONG | GOX_METHOD_SAFE,
         .result = "checkpoints:array count:int",
         .summary = "Lists the labels that restore and diff take, newest first.",
         .run = list_checkpoints, .work = work_checkpoints},
        {.name = "goxel.restore", .group = "history",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG, .work = work_restore,
         .finish = finish_restore, .drop = drop_restore,
         GOX_PARAMS(RESTORE_PARAMS), .result = "success:bool revision:int",
         .summary = "Goes back to a checkpoint or revision, as a new edit.",
         .run = restore},
        {.name = "goxel.diff", .group = "history",
         .flags = GOX_METHOD_READ | GOX_METHOD_LONG | GOX_METHOD_SAFE, GOX_PARAMS(DIFF_PARAMS),
         .result = "voxels:array added:int removed:int recolored:int truncated:bool box:object|null",
         .summary = "Compares two states of the project, all visible layers merged.",
         .run = diff, .work = work_diff, .drop = drop_diff},
        {.name = NULL},
};
// clang-format on
