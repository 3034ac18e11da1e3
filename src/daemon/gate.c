/* SPDX-License-Identifier: Apache-2.0
 * What a request must pass before its parameters are looked at: rights, rate,
 * memory; and which queue it waits in when it is long. */
#include "daemon/access.h"
#include "daemon/daemon_internal.h"
#include "daemon/session.h"

#include <string.h>

/* JSON of voxels becomes at most about so many times its own size in blocks and
 * in what undo keeps of them, when the voxels lie apart from each other. */
#define MEMORY_OF_TEXT 8

/* Saving and closing stay possible at the bound: they are the way back. */
static bool needs_memory(const struct gox_method *m)
{
    const unsigned long_read = GOX_METHOD_READ | GOX_METHOD_LONG;
    return (m->flags & GOX_METHOD_EDIT) != 0 || m->error == GOX_ERR_LOAD ||
           ((m->flags & long_read) == long_read && m->error != GOX_ERR_SAVE &&
                   m->error != GOX_ERR_EXPORT);
}

int gox__gate(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    const struct gox_method *m = c->call.method;
    int64_t now_ns = gox_loop_now_ns(d->loop);
    int code = gox_access_check_call(d->access, &c->call.session->grant, m,
            now_ns, &c->retry_after_ms, &c->call.err);
    if (code < 0 || d->settings.performance_max_memory_mb == 0 ||
            !needs_memory(m))
        return code;
    code = gox_access_check_memory(d->access, c->line.len * MEMORY_OF_TEXT,
            now_ns, &c->retry_after_ms, &c->call.err);
    if (code < 0)
        gox_projects_make_room(d->projects, c->line.len * MEMORY_OF_TEXT);
    return code;
}

/* ---- which queue ---- */

/* Above this nobody expects a picture at once. */
#define PROMPT_PIXELS (INT64_C(1024) * 1024)

static int64_t int_argument(
        const struct gox_call_internal *c, const char *name, int64_t absent)
{
    const struct gox_method *m = c->call.method;
    for (size_t i = 0; i < m->param_count; i++)
        if (m->params[i].type == GOX_PARAM_INT && c->args[i].is_set &&
                strcmp(m->params[i].name, name) == 0)
            return c->args[i].i;
    return absent;
}

bool gox__gate_is_bulk(const struct gox_call_internal *c)
{
    static const char *const groups[] = {"files", "script", "batch"};
    const struct gox_method *m = c->call.method;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strcmp(m->group, groups[i]) == 0)
            return true;
    return int_argument(c, "width", 1) * int_argument(c, "height", 1) >
           PROMPT_PIXELS;
}
