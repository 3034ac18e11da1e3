/* SPDX-License-Identifier: Apache-2.0
 * goxel.subscribe and goxel.unsubscribe. */
#include "daemon/subscribe.h"

#include "daemon/api/groups.h"
#include "daemon/session.h"

enum { PROJECT_NAME, FROM_REVISION };
// clang-format off
static const struct gox_param SUBSCRIBE_PARAMS[] = {
        {.name = "project_name", .type = GOX_PARAM_STRING,
         .help = "name of a project, for calls by position; the connection's own when absent"},
        {.name = "from_revision", .type = GOX_PARAM_INT, .min = 0,
         .max = 9007199254740991.0,
         .help = "the last revision that is known: later changes are sent first"},
};
static const struct gox_param UNSUBSCRIBE_PARAMS[] = {
        {.name = "subscription", .type = GOX_PARAM_INT,
         .flags = GOX_PARAM_REQUIRED, .help = "number that subscribe gave"},
};
// clang-format on

static int need_session(struct gox_call *call)
{
    if (call->session != NULL && !call->session->is_once)
        return 0;
    return gox_call_fail(call, GOX_ERR_UNSUPPORTED,
            "only a connection that stays can subscribe: use the socket");
}

static int subscribe(struct gox_call *call)
{
    unsigned id = 0;
    gox_project *project = call->project;
    struct gox_slice name = gox_call_slice(call, PROJECT_NAME);
    int rc = need_session(call);
    if (rc == 0 && name.data != NULL)
        rc = gox_call_find_project(call, name.data, name.len, &project);
    if (rc == 0)
        rc = gox__subscribe(call->session, project,
                gox_call_has(call, FROM_REVISION)
                        ? (uint64_t)gox_call_i64(call, FROM_REVISION)
                        : UINT64_MAX,
                &id, &call->err);
    if (rc != 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "subscription", id);
    gox_writer_string(call->out, "project", project->name);
    gox_writer_uint(call->out, "revision", gox_project_revision(project));
    gox_writer_end_object(call->out);
    return 0;
}

static int unsubscribe(struct gox_call *call)
{
    int id = gox_call_int(call, 0);
    int rc = need_session(call);
    if (rc < 0)
        return rc;
    if (id < 1 || !gox__unsubscribe(call->session, (unsigned)id))
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "this connection has no subscription %d", id);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_int(call->out, "subscription", id);
    gox_writer_end_object(call->out);
    return 0;
}

// clang-format off
const struct gox_method gox_api_subscribe[] = {
        {.name = "goxel.subscribe", .group = "subscribe",
         .flags = GOX_METHOD_READ, GOX_PARAMS(SUBSCRIBE_PARAMS),
         .result = "success:bool subscription:int project:string revision:int",
         .summary = "Sends goxel.changed notifications for each change of a project.",
         .run = subscribe},
        {.name = "goxel.unsubscribe", .group = "subscribe",
         GOX_PARAMS(UNSUBSCRIBE_PARAMS),
         .result = "success:bool subscription:int",
         .summary = "Ends a subscription.", .run = unsubscribe},
        {.name = NULL},
};
// clang-format on
