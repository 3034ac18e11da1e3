/* SPDX-License-Identifier: Apache-2.0
 * The life of a call, its errors, its memory, and its small doors. */
#include "base/alloc.h"
#include "daemon/daemon_internal.h"
#include "daemon/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A directory that an output of the call needs; in the call's arena. */
struct gox_kept_fd {
    int fd;
    struct gox_kept_fd *next;
};

struct gox_call_internal *gox__call_new(void)
{
    struct gox_call_internal *c = gox_malloc(sizeof *c);
    if (c == NULL)
        return NULL;
    gox_arena_init(&c->arena);
    gox_buf_init(&c->result, 0);
    c->text = NULL;
    return c;
}

void gox__call_reset(struct gox_call_internal *c, gox_daemon *daemon)
{
    /* The arguments are set by the binding and the arena keeps itself; to
     * clear all would cost more than a whole short call. */
    c->call.method = NULL;
    c->call.daemon = daemon;
    c->call.session = NULL;
    c->call.project = NULL;
    c->call.out = &c->writer;
    c->call.err.code = 0;
    c->call.err.offset = -1;
    c->call.err.text[0] = '\0';
    gox_task_init(&c->call.task);
    /* One call may use as many cores as the workers may in all. */
    c->call.task.threads = (unsigned)daemon->settings.server_workers;
    c->call.state = NULL;
    c->call.snapshot = NULL;
    c->call.edit.revision = 0;
    c->call.part_code = 0;
    c->call.args = c->args;
    c->call.internal = c;
    c->detail.param[0] = '\0';
    c->parent = NULL;
    c->target = NULL;
    c->code = 0;
    c->retry_after_ms = c->conflict_revision = -1;
    c->wire_code = 0;
    c->has_edit = c->in_work = c->is_under_way = c->is_waiting = false;
    c->has_turn = c->wants_progress = c->has_if_revision = false;
    c->told_permille = 0;
    c->next_waiting = NULL;
    c->kept_fds = NULL;
    c->touched = NULL;
    c->after = NULL;
    c->waits_for_commit = c->waits_for_close = false;
}

void gox__call_abandon(struct gox_call_internal *c)
{
    if (c->has_edit) {
        gox_history_rollback(c->call.project->history);
        c->has_edit = false;
    }
}

void gox__call_clear(struct gox_call_internal *c)
{
    gox__call_abandon(c);
    if (c->call.state != NULL && c->call.method->drop != NULL)
        c->call.method->drop(&c->call);
    c->call.state = NULL;
    if (c->parent == NULL)
        gox_image_free(c->call.snapshot);
    c->call.snapshot = NULL;
    if (c->parent == NULL)
        gox_project_unref(c->call.project);
    c->call.project = NULL;
    gox_project_unref(c->after);
    c->after = NULL;
    for (; c->kept_fds != NULL; c->kept_fds = c->kept_fds->next)
        close(c->kept_fds->fd);
    gox_arena_fini(&c->arena);
    gox_free(c->text);
    c->text = NULL;
}

void gox__call_free(struct gox_call_internal *c)
{
    if (c == NULL)
        return;
    gox_arena_fini(&c->arena);
    gox_buf_fini(&c->result);
    gox_free(c->text);
    gox_free(c);
}

/* ---- arguments ---- */

struct gox_slice gox_call_slice(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? call->args[i].text
                                : (struct gox_slice){NULL, 0};
}

gox_rgba gox_call_color(const struct gox_call *call, size_t i)
{
    return call->args[i].is_set ? call->args[i].rgba : 0;
}

struct gox_pos gox_call_point(const struct gox_call *call, size_t i)
{
    const int32_t *p = call->args[i].point;
    return call->args[i].is_set ? gox_pos_make(p[0], p[1], p[2])
                                : gox_pos_make(0, 0, 0);
}

struct gox_bbox gox_call_region(const struct gox_call *call, size_t i)
{
    if (!call->args[i].is_set)
        return gox_bbox_all();
    const int32_t(*r)[3] = call->args[i].region;
    return (struct gox_bbox){{r[0][0], r[0][1], r[0][2]},
            {r[1][0] + 1, r[1][1] + 1, r[1][2] + 1}};
}

/* ---- errors ---- */

int gox_call_fail(struct gox_call *call, int code, const char *fmt, ...)
{
    char text[sizeof call->err.text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return gox_error_set(&call->err, code, "%s", text);
}

int gox_call_fail_param(struct gox_call *call, size_t i, const char *expected,
        const char *fmt, ...)
{
    struct gox_param_error *d = &call->internal->detail;
    va_list args;
    snprintf(d->param, sizeof d->param, "%s", call->method->params[i].name);
    snprintf(d->expected, sizeof d->expected, "%s", expected);
    va_start(args, fmt);
    vsnprintf(d->got, sizeof d->got, fmt, args);
    va_end(args);
    return gox_error_set(&call->err, GOX_ERR_PARAMS,
            "parameter \"%s\": expected %s, got %s", d->param, d->expected,
            d->got);
}

int gox_call_fail_reader(
        struct gox_call *call, size_t i, const struct gox_reader *r)
{
    struct gox_param_error *d = &call->internal->detail;
    snprintf(d->param, sizeof d->param, "%s", call->method->params[i].name);
    snprintf(d->expected, sizeof d->expected, "%s",
            call->method->params[i].help != NULL ? call->method->params[i].help
                                                 : "another value");
    snprintf(d->got, sizeof d->got, "%.70s", call->err.text);
    gox_error_prefix(&call->err, "parameter \"%s\"", d->param);
    return gox_reader_error(r);
}

int gox_call_fail_code(struct gox_call *call, int code, const char *what)
{
    if (call->err.code == code)
        return code;
    return gox_error_set(
            &call->err, code, "%s: %s", what, gox_error_text(code));
}

/* ---- memory ---- */

void *gox_call_alloc(struct gox_call *call, size_t bytes)
{
    void *p = gox_arena_alloc(&call->internal->arena, bytes);
    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

char *gox_call_strdup(struct gox_call *call, const char *text, size_t len)
{
    return gox_arena_strdup(&call->internal->arena, text, len);
}

/* ---- the rest ---- */

gox_projects *gox_call_projects(struct gox_call *call)
{
    return call->daemon->projects;
}

void gox_call_set_project(struct gox_call *call, gox_project *project)
{
    if (call->session == NULL)
        return;
    gox__session_set_project(call->session, project);
}

/* Puts the call on the project that it must wait for. */
static int wait_for(struct gox_call *call, gox_project *p, bool is_commit)
{
    struct gox_call_internal *c = call->internal;
    gox_project_ref(p);
    gox_project_unref(call->project);
    call->project = p;
    c->waits_for_commit = is_commit;
    return GOX_CALL_WAIT;
}

int gox_call_find_project(struct gox_call *call, const char *name, size_t len,
        gox_project **project)
{
    gox_projects *all = call->daemon->projects;
    int code = gox_projects_want(all, name, len, project, &call->err);
    if (code < 0)
        return code;
    gox_project *p = *project;
    p->used_at_ns = gox_loop_now_ns(call->daemon->loop);
    if (p->stage != GOX_PROJECT_OPEN)
        return wait_for(call, p, false);
    return p->is_dirty && p->store != NULL ? wait_for(call, p, true) : 0;
}

int gox_call_need_commit(struct gox_call *call)
{
    gox_project *p = call->project;
    return p->is_dirty && p->store != NULL ? wait_for(call, p, true) : 0;
}

int gox_call_close_project(struct gox_call *call, const char *name)
{
    gox_projects *all = call->daemon->projects;
    gox_project *p = gox_projects_find(all, name, strlen(name));
    if (p == NULL)
        return 0;
    if (p->stage != GOX_PROJECT_OPEN)
        return wait_for(call, p, false);
    if (p->is_dirty)
        return wait_for(call, p, true);
    int code = gox__dispatch_own_text(call->internal);
    if (code == 0)
        code = gox_projects_drop(all, p, GOX_PROJECT_CLOSE, &call->err);
    if (code < 0)
        return code;
    p->held = call;
    call->internal->waits_for_close = true;
    return wait_for(call, p, false);
}

int gox_call_hold(struct gox_call *call, gox_project *project)
{
    struct gox_call_internal *c = call->internal;
    if (project->job == NULL)
        return 0;
    int code = gox__dispatch_own_text(c);
    if (code < 0)
        return code;
    gox_project_ref(project);
    gox_project_unref(c->after);
    c->after = project;
    return 0;
}

struct gox_renders *gox_call_renders(struct gox_call *call)
{
    /* What is added now must go when its time is over. */
    gox__daemon_need_cleanup(call->daemon);
    return &call->daemon->renders;
}

struct gox_clips *gox_call_clips(struct gox_call *call)
{
    return &call->daemon->clips;
}

const struct gox_settings *gox_call_settings(const struct gox_call *call)
{
    return &call->daemon->settings;
}

/* ---- files ---- */

int gox_call_read_file(
        struct gox_call *call, const char *path, struct gox_input *in)
{
    int fd;
    int code = gox_paths_open_read(call->daemon->paths, path, &fd, &call->err);
    if (code < 0)
        return code;
    if (gox_access_is_private_file(call->daemon->access, fd))
        code = gox_call_fail(call, GOX_ERR_FORBIDDEN,
                "%s is a file of the daemon's own", path);
    else
        code = gox_input_read_fd(in, fd, path, 0, &call->err);
    close(fd);
    return code;
}

struct gox_output *gox_call_open_output(struct gox_call *call, const char *path)
{
    int dir_fd;
    const char *name;
    if (gox_paths_open_parent(
                call->daemon->paths, path, &dir_fd, &name, &call->err) < 0)
        return NULL;
    if (gox_access_is_private(call->daemon->access, dir_fd, name)) {
        close(dir_fd);
        gox_call_fail(call, GOX_ERR_FORBIDDEN,
                "%s is a file of the daemon's own", path);
        return NULL;
    }
    /* The output borrows the directory until it is closed, so it is kept in
     * the call; a call opens few files. */
    struct gox_kept_fd *kept = gox_call_alloc(call, sizeof *kept);
    if (kept == NULL) {
        close(dir_fd);
        gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    *kept = (struct gox_kept_fd){dir_fd, call->internal->kept_fds};
    call->internal->kept_fds = kept;
    return gox_output_open_at(dir_fd, name, &call->err);
}

const char *gox_call_full_path(struct gox_call *call, const char *path)
{
    struct gox_buf full;
    char *copy = NULL;
    gox_buf_init(&full, 0);
    if (gox_paths_full(call->daemon->paths, path, &full) == 0)
        copy = gox_call_strdup(call, gox_buf_text(&full), full.len);
    gox_buf_fini(&full);
    return copy;
}
