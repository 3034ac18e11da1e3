/* SPDX-License-Identifier: Apache-2.0
 * goxel.batch_operations: many operations as one request and one step of
 * history.
 *
 * Invariant: with atomic, either all operations took effect or none. */
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "rpc/request.h"

#define MAX_INLINE_BYTES 65536

enum { OPERATIONS, ATOMIC, STOP_ON_ERROR };
// clang-format off
static const struct gox_param PARAMS[] = {
        {.name = "operations", .type = GOX_PARAM_ARRAY,
         .flags = GOX_PARAM_REQUIRED,
         .help = "[{type: \"add_voxel\", ...parameters of that method} ...]"},
        {.name = "atomic", .type = GOX_PARAM_BOOL, .fallback = "true",
         .help = "true: after an error nothing of the batch takes effect"},
        {.name = "stop_on_error", .type = GOX_PARAM_BOOL, .fallback = "true",
         .help = "with atomic false: false goes on after an error"},
};
// clang-format on

struct totals {
    uint64_t total, successful;
};

/* The member "type" of an operation. */
static struct gox_slice find_type(
        struct gox_slice operation, struct gox_error *err)
{
    struct gox_reader r;
    struct gox_slice key, type = {NULL, 0};
    gox_reader_init(&r, operation.data, operation.len, err);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_equals_json(key, "type") && value.len >= 2 &&
                value.data[0] == '"')
            type = (struct gox_slice){value.data + 1, value.len - 2};
    }
    if (gox_reader_error(&r) == 0 && type.data == NULL)
        gox_error_set(err, GOX_ERR_PARAMS,
                "an operation needs \"type\", the name of a method");
    return type;
}

/* With the code that the method alone would answer. */
static void put_error(struct gox_call *call, const struct gox_error *err)
{
    struct gox_writer *out = call->out;
    gox_writer_object(out, NULL);
    gox_writer_bool(out, "success", false);
    gox_writer_object(out, "error");
    gox_writer_int(out, "code", gox_reply_code(err->code, call->part_code));
    gox_writer_string(out, "message", err->text);
    gox_writer_end_object(out);
    gox_writer_end_object(out);
}

/* One operation; its result, or its error, is written. */
static int run_one(struct gox_call *call, struct gox_slice operation,
        struct gox_error *err)
{
    *err = (struct gox_error){.offset = -1};
    call->part_code = 0;
    struct gox_slice type = find_type(operation, err);
    if (type.data == NULL || err->code != 0)
        return err->code != 0 ? err->code : GOX_ERR_PARAMS;
    size_t len = call->out->buf->len;
    bool needs_comma = call->out->needs_comma;
    int rc = gox_call_sub(call, type, operation, "type", call->out, err);
    if (rc < 0) {
        call->out->buf->len = len;
        call->out->needs_comma = needs_comma;
    }
    return rc;
}

static int run_all(struct gox_call *call, struct totals *totals)
{
    struct gox_slice list = gox_call_slice(call, OPERATIONS);
    bool is_atomic = gox_call_bool(call, ATOMIC);
    bool stops = gox_call_bool(call, STOP_ON_ERROR), is_stopped = false;
    struct gox_reader r;
    struct gox_error err;
    gox_reader_init(&r, list.data, list.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        struct gox_slice operation = gox_reader_skip(&r);
        totals->total++;
        if (is_stopped)
            continue;
        int rc = run_one(call, operation, &err);
        if (rc >= 0) {
            totals->successful++;
            continue;
        }
        if (is_atomic)
            return gox_call_fail(call, rc,
                    "operation %llu: %s; nothing of the batch took effect",
                    (unsigned long long)(totals->total - 1), err.text);
        put_error(call, &err);
        is_stopped = stops;
    }
    return gox_reader_error(&r) < 0 ? gox_call_fail_reader(call, OPERATIONS, &r)
                                    : gox_task_check(&call->task, &call->err);
}

/* Single voxels and little text: the loop does it at once. Anything else may
 * take long and goes to a worker. */
static bool is_small(struct gox_call *call)
{
    static const char *const quick[] = {"add_voxel", "remove_voxel",
            "paint_voxels", "get_voxel", "goxel.add_voxel",
            "goxel.remove_voxel", "goxel.paint_voxels", "goxel.get_voxel"};
    struct gox_slice list = gox_call_slice(call, OPERATIONS);
    struct gox_reader r;
    if (list.len > MAX_INLINE_BYTES)
        return false;
    gox_reader_init(&r, list.data, list.len, NULL);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        struct gox_slice operation = gox_reader_skip(&r);
        struct gox_slice type = find_type(operation, NULL);
        bool is_quick = false;
        for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++)
            is_quick =
                    is_quick || (type.data != NULL &&
                                        gox_slice_equals_json(type, quick[i]));
        if (!is_quick)
            return false;
    }
    return true;
}

static int write_results(struct gox_call *call)
{
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "results");
    int rc = run_all(call, call->state);
    gox_writer_end_array(call->out);
    return rc;
}

static int write_totals(struct gox_call *call)
{
    const struct totals *totals = call->state;
    gox_writer_bool(call->out, "success", totals->successful == totals->total);
    gox_writer_uint(call->out, "total_operations", totals->total);
    gox_writer_uint(call->out, "successful_operations", totals->successful);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

static int batch_operations(struct gox_call *call)
{
    call->state = gox_call_alloc(call, sizeof(struct totals));
    if (call->state == NULL)
        return gox_call_fail(
                call, GOX_ERR_NOMEM, "out of memory; nothing was changed");
    if (!is_small(call)) {
        int rc = gox_call_take_snapshot(call);
        return rc < 0 ? rc : GOX_CALL_WORK;
    }
    int rc = gox_call_begin(call, GOX_EDIT_VOXELS, "batch");
    if (rc >= 0)
        rc = write_results(call);
    if (rc >= 0)
        rc = gox_call_commit(call);
    return rc < 0 ? rc : write_totals(call);
}

static int finish_batch(struct gox_call *call)
{
    int rc = gox_call_put_snapshot(call, "batch");
    return rc < 0 ? rc : write_totals(call);
}

// clang-format off
const struct gox_method gox_api_batch[] = {
        {.name = "goxel.batch_operations", .group = "batch",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG, GOX_PARAMS(PARAMS),
         .result = "results:array success:bool total_operations:int successful_operations:int revision:int",
         .summary = "Runs many editing operations as one edit.",
         .run = batch_operations, .work = write_results,
         .finish = finish_batch},
        {.name = NULL},
};
// clang-format on
