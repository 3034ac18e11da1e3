/* SPDX-License-Identifier: Apache-2.0
 * The image of a call, and edits of it: at once on the live image, on a
 * snapshot for a worker, or as a part of another call.
 *
 * Invariant: target points to the one image pointer that this call works on;
 * parts of a call share their parent's. */
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/subscribe.h"
#include "rpc/suggest.h"

#include <stdio.h>
#include <string.h>

struct gox_image *gox_call_image(struct gox_call *call)
{
    struct gox_call_internal *c = call->internal;
    if (c->target != NULL)
        return *c->target;
    if (c->in_work)
        return call->snapshot;
    return call->project->image;
}

/* "1 \"Layer 1\", 2 \"top\"", as far as it fits. */
static void list_layers(const struct gox_image *img, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < img->layer_count && used + 1 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d \"%.40s\"",
                i > 0 ? ", " : "", img->layers[i]->id, img->layers[i]->name);
}

int gox_call_layer(struct gox_call *call, size_t i, struct gox_layer **layer)
{
    const struct gox_arg *arg = &call->args[i];
    struct gox_image *img = gox_call_image(call);
    char known[200];
    if (!arg->is_set || (arg->is_name && arg->text.len == 0) ||
            (!arg->is_name && arg->i <= 0))
        *layer = gox_image_active_layer(img);
    else if (arg->is_name)
        *layer = gox_image_find_layer_name(img, arg->text.data, arg->text.len);
    else
        *layer = gox_image_find_layer(img, (int)arg->i);
    if (*layer != NULL)
        return 0;
    list_layers(img, known, sizeof known);
    if (arg->is_name)
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "there is no layer named \"%.60s\"; there are %s",
                arg->text.data, known);
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "there is no layer with id %lld; there are %s", (long long)arg->i,
            known);
}

int gox_call_edit_layer(
        struct gox_call *call, size_t i, struct gox_layer **layer)
{
    static const char *const kinds[] = {"", "a clone", "a shape", "a picture"};
    int code = gox_call_layer(call, i, layer);
    if (code < 0)
        return code;
    if ((*layer)->is_locked)
        return gox_call_fail(call, GOX_ERR_LOCKED,
                "layer %d \"%.60s\" is locked; unlock it with goxel.set_layer",
                (*layer)->id, (*layer)->name);
    if ((*layer)->kind != GOX_LAYER_VOXELS)
        return gox_call_fail(call, GOX_ERR_UNSUPPORTED,
                "layer %d \"%.60s\" is %s and has no voxels of its own",
                (*layer)->id, (*layer)->name, kinds[(*layer)->kind]);
    return 0;
}

static int fail_edit(struct gox_call *call, int code)
{
    return gox_call_fail(call, code, "project \"%s\": %s; nothing was changed",
            call->project->name, gox_error_text(code));
}

int gox_call_begin(
        struct gox_call *call, enum gox_edit_kind kind, const char *label)
{
    struct gox_call_internal *c = call->internal;
    if (c->target != NULL || c->in_work)
        return 0; /* the outer edit, or a snapshot that nobody sees */
    int code = gox_history_begin(
            call->project->history, call->project->image, kind, label);
    if (code < 0)
        return fail_edit(call, code);
    c->has_edit = true;
    return 0;
}

void gox_call_note_edit(
        struct gox_call *call, const struct gox_edit_info *info, int64_t now)
{
    call->project->modified_ms = now;
    call->edit = *info;
    call->internal->touched = call->project;
    gox_project_mark_dirty(call->daemon->projects, call->project);
    gox__changes_note(call, info);
}

static void note_edit(struct gox_call *call, int64_t now, bool has_changed)
{
    if (has_changed)
        gox_call_note_edit(call, &call->edit, now);
    call->edit.revision = gox_project_revision(call->project);
}

int gox_call_commit(struct gox_call *call)
{
    struct gox_call_internal *c = call->internal;
    if (!c->has_edit)
        return 0;
    int64_t now = gox_time_wall_ms();
    int changed = gox_history_commit(call->project->history, now, &call->edit);
    c->has_edit = false;
    note_edit(call, now, changed > 0);
    return 0;
}

void gox_call_put_revision(struct gox_call *call)
{
    /* A part of a call has none: the whole makes one revision at its end. */
    if (call->internal->parent == NULL && call->project != NULL)
        gox_writer_uint(
                call->out, "revision", gox_project_revision(call->project));
}

int gox_call_take_snapshot(struct gox_call *call)
{
    struct gox_call_internal *c = call->internal;
    if (c->target != NULL) { /* a part works on its parent's image itself */
        call->snapshot = *c->target;
        return 0;
    }
    call->snapshot = gox_image_dup(call->project->image);
    if (call->snapshot == NULL)
        return fail_edit(call, GOX_ERR_NOMEM);
    return 0;
}

int gox_call_put_image(
        struct gox_call *call, struct gox_image *own_img, const char *label)
{
    struct gox_call_internal *c = call->internal;
    if (c->target != NULL) {
        if (own_img == *c->target)
            return 0;
        if (c->parent->internal->has_edit) {
            /* The open edit watches the image that is there. */
            gox_image_free(own_img);
            return gox_call_fail(call, GOX_ERR_UNSUPPORTED,
                    "%s is not possible inside this edit", label);
        }
        gox_image_free(*c->target);
        *c->target = own_img;
        return 0;
    }
    if (call->project->is_closed) {
        gox_image_free(own_img);
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "project \"%s\" was closed meanwhile; nothing was changed",
                call->project->name);
    }
    int64_t now = gox_time_wall_ms();
    int code = gox_history_replace(call->project->history,
            &call->project->image, own_img, label, now, &call->edit);
    if (code < 0)
        return fail_edit(call, code);
    note_edit(call, now, true);
    return 0;
}

int gox_call_put_snapshot(struct gox_call *call, const char *label)
{
    struct gox_image *own_img = call->snapshot;
    call->snapshot = NULL;
    return gox_call_put_image(call, own_img, label);
}

/* ---- parts of a call ---- */

static const struct gox_method *find_sub(
        const gox_registry *reg, struct gox_slice raw)
{
    char name[64];
    struct gox_buf text;
    gox_buf_init(&text, sizeof name);
    gox_json_decode(&text, raw);
    int len = snprintf(name, sizeof name, "goxel.%.*s", (int)text.len,
            text.data != NULL ? (const char *)text.data : "");
    gox_buf_fini(&text);
    if (len < 0 || (size_t)len >= sizeof name)
        return NULL;
    size_t prefix = strlen("goxel.");
    const struct gox_method *m =
            gox_registry_find(reg, (struct gox_slice){name, (size_t)len});
    if (m == NULL) /* with its prefix, or one that has none */
        m = gox_registry_find(
                reg, (struct gox_slice){name + prefix, (size_t)len - prefix});
    return m;
}

static int run_sub(struct gox_call *call)
{
    int code = call->method->run(call);
    if (code == GOX_CALL_WORK) {
        code = call->method->work != NULL ? call->method->work(call) : 0;
        if (code >= 0 && call->method->finish != NULL)
            code = call->method->finish(call);
    }
    return code < 0 ? code : 0;
}

static void init_sub(struct gox_call_internal *c, struct gox_call *parent,
        const struct gox_method *m, struct gox_writer *out)
{
    struct gox_call_internal *p = parent->internal;
    gox__call_reset(c, parent->daemon);
    c->parent = parent;
    c->call.method = m;
    c->call.project = parent->project;
    c->call.out = out;
    c->call.task.deadline_at_ns = parent->task.deadline_at_ns;
    c->call.task.parent = &parent->task;
    c->target = p->target != NULL ? p->target
                : p->in_work      ? &parent->snapshot
                                  : &parent->project->image;
}

static int bind_sub(
        struct gox_call_internal *c, struct gox_slice params, const char *skip)
{
    struct gox_binding b = {.method = c->call.method,
            .args = c->args,
            .arena = &c->arena,
            .parse_color = gox__parse_color,
            .skip = skip,
            .err = &c->call.err};
    int code = gox_params_bind(&b, params);
    c->detail = b.detail;
    return code;
}

static bool is_edit_part(const struct gox_method *m)
{
    unsigned both = GOX_METHOD_SUB | GOX_METHOD_EDIT;
    return (m->flags & both) == both;
}

/* Without "goxel.", as operations are written. */
static const char *short_name(const struct gox_method *m)
{
    const char *dot = strchr(m->name, '.');
    return dot != NULL ? dot + 1 : m->name;
}

static int fail_unknown_part(
        const gox_registry *reg, struct gox_slice name, struct gox_error *err)
{
    struct gox_suggest near;
    struct gox_buf known;
    const struct gox_method *m;
    size_t len;
    gox_suggest_init(&near, name);
    gox_buf_init(&known, 0);
    for (size_t i = 0; (m = gox_registry_get(reg, i)) != NULL; i++) {
        if (!is_edit_part(m))
            continue;
        gox_suggest_offer(&near, short_name(m), strlen(short_name(m)));
        gox_buf_printf(
                &known, "%s%s", known.len > 0 ? ", " : "", short_name(m));
    }
    const char *best = gox_suggest_best(&near, &len);
    int shown = (int)(name.len < 80 ? name.len : 80);
    int code = best != NULL
                       ? gox_error_set(err, GOX_ERR_METHOD,
                                 "there is no operation \"%.*s\"; did you mean "
                                 "%s?",
                                 shown, name.data, best)
                       : gox_error_set(err, GOX_ERR_METHOD,
                                 "there is no operation \"%.*s\"; known: %s",
                                 shown, name.data, gox_buf_text(&known));
    gox_buf_fini(&known);
    return code;
}

int gox_call_sub(struct gox_call *call, struct gox_slice name,
        struct gox_slice params, const char *skip, struct gox_writer *out,
        struct gox_error *err)
{
    const struct gox_method *m = find_sub(call->daemon->registry, name);
    call->part_code = m != NULL ? m->error : 0;
    struct gox_buf unused;
    struct gox_writer unused_out;
    if (m == NULL)
        return fail_unknown_part(call->daemon->registry, name, err);
    if ((m->flags & GOX_METHOD_SUB) == 0)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s cannot be a part of another request", m->name);
    struct gox_call_internal *c = gox__call_new();
    if (c == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_buf_init(&unused, 0);
    gox_writer_init(&unused_out, &unused);
    init_sub(c, call, m, out != NULL ? out : &unused_out);
    int code = bind_sub(c, params, skip);
    if (code == 0)
        code = run_sub(&c->call);
    call->internal->detail = c->detail; /* empty unless a parameter is bad */
    if (code < 0) {
        if (c->call.err.code == 0)
            gox_error_set(&c->call.err, code, "%s", gox_error_text(code));
        if (err != NULL)
            *err = c->call.err;
    }
    gox_buf_fini(&unused);
    gox__call_clear(c);
    gox__call_free(c);
    return code;
}
