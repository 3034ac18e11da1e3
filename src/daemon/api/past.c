/* SPDX-License-Identifier: Apache-2.0
 * Finds an earlier state of a project by a label or a revision number: in
 * memory on the spot, else in its file on a worker. */
#include "daemon/api/past.h"

#include "daemon/api/common.h"

#include <string.h>

void gox__past_fini(struct gox__past *past)
{
    gox_image_free(past->img);
    gox_image_free(past->now);
}

static int parse_past(struct gox_call *call, size_t i, struct gox__past *past)
{
    struct gox_slice text = gox_call_slice(call, i);
    struct gox_reader r;
    struct gox_buf scratch;
    gox_buf_init(&scratch, 0);
    gox_reader_init(&r, text.data, text.len, &call->err);
    past->is_wanted = true;
    past->is_label = gox_reader_peek(&r) != GOX_JSON_NUMBER;
    if (past->is_label) {
        struct gox_slice label = gox_reader_string(&r, &scratch);
        if (gox_reader_error(&r) == 0 && label.len < sizeof past->label)
            memcpy(past->label, label.data, label.len);
        else if (gox_reader_error(&r) == 0)
            gox_reader_fail(&r, GOX_ERR_PARAMS, "a label has up to 63 bytes");
    } else {
        past->revision = (uint64_t)gox_reader_int(&r, 0, INT64_MAX);
    }
    gox_buf_fini(&scratch);
    return gox_reader_error(&r) < 0 ? gox_call_fail_reader(call, i, &r) : 0;
}

static int fail_past(struct gox_call *call, const struct gox__past *past)
{
    if (past->is_label)
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "there is no checkpoint \"%s\"", past->label);
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "revision %llu is not held any more or does not exist yet; "
            "goxel.history lists those that are",
            (unsigned long long)past->revision);
}

/* In memory: 0 with img set, GOX_ERR_NOT_FOUND, or an error that is set. */
static int find_in_memory(struct gox_call *call, struct gox__past *past)
{
    gox_history *h = call->project->history;
    int rc = GOX_ERR_NOT_FOUND;
    if (!past->is_label) {
        rc = gox_history_image_at(
                h, call->project->image, past->revision, &past->img);
    } else {
        const struct gox_image *found = gox_history_find_checkpoint(
                h, past->label, strlen(past->label));
        if (found != NULL) {
            past->img = gox_image_dup(found);
            rc = past->img != NULL ? 0 : GOX_ERR_NOMEM;
        }
    }
    return rc < 0 && rc != GOX_ERR_NOT_FOUND
                   ? gox_call_fail_code(call, rc, "an earlier state")
                   : rc;
}

int gox__past_find(struct gox_call *call, size_t i, struct gox__past *past)
{
    int rc = parse_past(call, i, past);
    if (rc == 0)
        rc = find_in_memory(call, past);
    if (rc != GOX_ERR_NOT_FOUND)
        return rc;
    if (call->project->store == NULL)
        return fail_past(call, past);
    rc = gox_call_need_commit(call);
    if (rc != 0)
        return rc;
    past->now = gox_image_dup(call->project->image);
    past->now_revision = gox_project_revision(call->project);
    return past->now != NULL ? GOX_CALL_WORK
                             : gox_call_fail(call, GOX_ERR_NOMEM,
                                       "out of memory for an earlier state");
}

int gox__past_work(struct gox_call *call, struct gox__past *past)
{
    gox_stores *stores = gox_projects_stores(gox_call_projects(call));
    const char *name = call->project->name;
    struct gox_image *now = past->now;
    if (!past->is_wanted || past->img != NULL)
        return 0;
    past->now = NULL;
    if (!past->is_label) {
        int rc = gox_stores_image_at(stores, name, now, past->now_revision,
                past->revision, &past->img, &call->err);
        return rc == GOX_ERR_NOT_FOUND ? fail_past(call, past) : rc;
    }
    gox_image_free(now);
    int rc = gox_stores_find_checkpoint(
            stores, name, past->label, &past->img, NULL, &call->err);
    return rc == GOX_ERR_NOT_FOUND ? fail_past(call, past) : rc;
}
