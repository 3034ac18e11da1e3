/* SPDX-License-Identifier: Apache-2.0
 * Binding params to a method's row: which parameter a member or position
 * means, flattened numbers, defaults, and the words of errors. */
#include "rpc/params.h"

#include "rpc/params_internal.h"
#include "rpc/reader_internal.h"
#include "rpc/suggest.h"

#include <stdio.h>
#include <string.h>

static const char point_letters[] = "xyz";
static const char color_letters[] = "rgba";

static const struct gox_param project_param = {
        .name = "project", .type = GOX_PARAM_STRING};
static const struct gox_param revision_param = {.name = "if_revision",
        .type = GOX_PARAM_INT,
        .min = 0,
        .max = 9007199254740992.0};
static const struct gox_param progress_param = {
        .name = "progress", .type = GOX_PARAM_BOOL};

/* Fills in detail and the message; raw NULL: nothing was given. */
static int fail(struct gox_binding *b, const char *name, const char *expected,
        struct gox_slice raw)
{
    struct gox_param_error *d = &b->detail;
    snprintf(d->param, sizeof d->param, "%s", name);
    snprintf(d->expected, sizeof d->expected, "%s", expected);
    if (raw.data == NULL)
        snprintf(d->got, sizeof d->got, "nothing");
    else
        gox_param_describe(raw, d->got, sizeof d->got);
    return gox_error_set(b->err, GOX_ERR_PARAMS,
            "parameter \"%s\": expected %s, got %s", d->param, d->expected,
            d->got);
}

static int fail_value(struct gox_binding *b, const struct gox_param *p,
        const char *name, struct gox_slice raw)
{
    struct gox_buf text;
    gox_buf_init(&text, sizeof b->detail.expected);
    gox_param_put_expected(p, &text);
    const char *expected = gox_buf_text(&text);
    int code =
            fail(b, name, expected != NULL ? expected : "another value", raw);
    gox_buf_fini(&text);
    return code;
}

/* The raw value at the reader's place, for messages. */
static struct gox_slice raw_at(const struct gox_reader *r, size_t pos)
{
    struct gox_reader again;
    gox_reader_init(&again, r->data, r->len, NULL);
    again.pos = pos;
    return gox_reader_skip(&again);
}

static int bind_value(struct gox_binding *b, const struct gox_param *p,
        struct gox_reader *r, struct gox_arg *arg)
{
    bool is_nomem;
    if (gox_reader_peek(r) == GOX_JSON_NULL && p->type != GOX_PARAM_JSON) {
        gox_reader_skip(r); /* null means the same as not given */
        return 0;
    }
    if (arg->is_given) {
        snprintf(b->detail.param, sizeof b->detail.param, "%s", p->name);
        return gox_error_set(b->err, GOX_ERR_PARAMS,
                "parameter \"%s\" is given twice", p->name);
    }
    size_t pos = r->pos;
    if (!gox__param_read(b, p, r, arg, &is_nomem)) {
        if (is_nomem)
            return gox_error_set(b->err, GOX_ERR_NOMEM,
                    "out of memory for "
                    "parameter \"%s\"",
                    p->name);
        return fail_value(b, p, p->name, raw_at(r, pos));
    }
    arg->is_given = true;
    arg->is_set = true;
    return 0;
}

/* ---- flattened numbers ---- */

static const char *letters_of(const struct gox_param *p)
{
    return p->type == GOX_PARAM_POINT ? point_letters : color_letters;
}

/* Which number of p a member's name means, -1 when none. */
static int flat_part(const struct gox_param *p, struct gox_slice key)
{
    if (p->flat == NULL)
        return -1;
    size_t prefix = strlen(p->flat);
    if (key.len != prefix + 1 || memcmp(key.data, p->flat, prefix) != 0)
        return -1;
    const char *letters = letters_of(p);
    const char *hit = strchr(letters, key.data[prefix]);
    return hit != NULL && *hit != '\0' ? (int)(hit - letters) : -1;
}

/* Which numbers of each argument have come so far: a bit each. */
struct flat_state {
    uint8_t seen[GOX_METHOD_MAX_PARAMS];
};

/* What one number of p is, for messages. */
static struct gox_param part_param(const struct gox_param *p)
{
    struct gox_param one = {.type = GOX_PARAM_INT, .max = 255};
    if (p->type == GOX_PARAM_POINT) {
        int64_t min, max;
        gox__param_range(p, &min, &max);
        one.min = (double)min;
        one.max = (double)max;
    }
    return one;
}

/* raw NULL: it is missing; is_twice: it came before. */
static int fail_part(struct gox_binding *b, const struct gox_param *p, int part,
        bool is_twice, struct gox_slice raw)
{
    char name[64];
    struct gox_param one = part_param(p);
    snprintf(name, sizeof name, "%s%c", p->flat, letters_of(p)[part]);
    if (!is_twice)
        return fail_value(b, &one, name, raw);
    snprintf(b->detail.param, sizeof b->detail.param, "%s", name);
    return gox_error_set(
            b->err, GOX_ERR_PARAMS, "parameter \"%s\" is given twice", name);
}

static int bind_part(struct gox_binding *b, size_t i, int part,
        struct gox_reader *r, struct flat_state *flat)
{
    const struct gox_param *p = &b->method->params[i];
    struct gox_arg *arg = &b->args[i];
    int64_t min = 0;
    int64_t max = 255;
    if (arg->is_given || (flat->seen[i] >> part & 1) != 0)
        return fail_part(b, p, part, true, (struct gox_slice){NULL, 0});
    if (p->type == GOX_PARAM_POINT)
        gox__param_range(p, &min, &max);
    size_t pos = r->pos;
    int64_t value;
    gox__reader_blank(r);
    if (!gox__reader_small_int(r, &value) || value < min || value > max) {
        r->pos = pos; /* not the usual: slowly, or to the error */
        value = gox_reader_int(r, min, max);
    }
    if (r->error != 0)
        return fail_part(b, p, part, false, raw_at(r, pos));
    if (p->type == GOX_PARAM_POINT) {
        arg->point[part] = (int32_t)value;
    } else {
        arg->rgba &= ~(UINT32_C(0xff) << (8 * part));
        arg->rgba |= (uint32_t)value << (8 * part);
    }
    flat->seen[i] = (uint8_t)(flat->seen[i] | 1u << part);
    return 0;
}

/* ---- by name ---- */

static bool key_is(const struct gox_param *p, struct gox_slice key)
{
    return gox_slice_is(key, p->name) ||
           (p->alias != NULL && gox_name_in_list(key, p->alias));
}

static void list_names(const struct gox_method *m, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < m->param_count && used < size; i++) {
        const struct gox_param *p = &m->params[i];
        used += (size_t)snprintf(
                text + used, size - used, "%s%s", i > 0 ? ", " : "", p->name);
        for (size_t k = 0;
                p->flat != NULL && letters_of(p)[k] != '\0' && used < size; k++)
            used += (size_t)snprintf(text + used, size - used, "%s%s%c",
                    k > 0 ? " " : " (or ", p->flat, letters_of(p)[k]);
        if (p->flat != NULL && used < size)
            used += (size_t)snprintf(text + used, size - used, ")");
    }
    if (used < size && (m->flags & (GOX_METHOD_READ | GOX_METHOD_EDIT)) != 0)
        used += (size_t)snprintf(text + used, size - used, "%sproject",
                m->param_count > 0 ? ", " : "");
    if (used < size && (m->flags & GOX_METHOD_EDIT) != 0)
        snprintf(text + used, size - used, ", if_revision");
}

static int fail_unknown(struct gox_binding *b, struct gox_slice key)
{
    char known[180];
    char hint[80] = "";
    struct gox_suggest suggest;
    size_t len;
    gox_suggest_init(&suggest, key);
    for (size_t i = 0; i < b->method->param_count; i++)
        gox_suggest_offer(&suggest, b->method->params[i].name,
                strlen(b->method->params[i].name));
    const char *best = gox_suggest_best(&suggest, &len);
    if (best != NULL)
        snprintf(
                hint, sizeof hint, " (did you mean \"%.*s\"?)", (int)len, best);
    list_names(b->method, known, sizeof known);
    int shown = (int)(key.len < 60 ? key.len : 60);
    snprintf(b->detail.param, sizeof b->detail.param, "%.*s", shown, key.data);
    snprintf(b->detail.expected, sizeof b->detail.expected, "one of %s",
            known[0] != '\0' ? known : "no parameters");
    snprintf(b->detail.got, sizeof b->detail.got, "unknown name");
    return gox_error_set(b->err, GOX_ERR_PARAMS,
            "unknown parameter \"%.*s\"%s; %s takes %s", shown, key.data, hint,
            b->method->name, known[0] != '\0' ? known : "no parameters");
}

/* project, if_revision and progress; 1 when key is none of them. */
static int bind_common(
        struct gox_binding *b, struct gox_slice key, struct gox_reader *r)
{
    unsigned uses = GOX_METHOD_READ | GOX_METHOD_EDIT;
    struct gox_arg arg = {0};
    int code;
    if (gox_slice_is(key, "project")) {
        if ((code = bind_value(b, &project_param, r, &arg)) < 0)
            return code;
        if (arg.is_given)
            b->project = arg.text;
        return 0;
    }
    if (gox_slice_is(key, "if_revision") && (b->method->flags & uses) != 0) {
        if ((code = bind_value(b, &revision_param, r, &arg)) < 0)
            return code;
        b->has_if_revision = arg.is_given;
        b->if_revision = arg.is_given ? arg.i : 0;
        return 0;
    }
    if (gox_slice_is(key, "progress") &&
            (b->method->flags & GOX_METHOD_LONG) != 0) {
        if ((code = bind_value(b, &progress_param, r, &arg)) < 0)
            return code;
        b->wants_progress = arg.is_given && arg.b;
        return 0;
    }
    return 1;
}

static int bind_member(struct gox_binding *b, struct gox_slice key,
        struct gox_reader *r, struct flat_state *flat)
{
    /* First, because a parameter may have such an alias. */
    if (b->skip != NULL && gox_slice_is(key, b->skip)) {
        gox_reader_skip(r);
        return 0;
    }
    for (size_t i = 0; i < b->method->param_count; i++) {
        const struct gox_param *p = &b->method->params[i];
        int part;
        if (key_is(p, key)) {
            if (flat->seen[i] != 0)
                b->args[i].is_given = true; /* makes it "given twice" */
            return bind_value(b, p, r, &b->args[i]);
        }
        if ((part = flat_part(p, key)) >= 0)
            return bind_part(b, i, part, r, flat);
    }
    int code = bind_common(b, key, r);
    return code <= 0 ? code : fail_unknown(b, key);
}

/* The key decoded, when it has escapes. */
static int bind_named(
        struct gox_binding *b, struct gox_reader *r, struct flat_state *flat)
{
    struct gox_slice key;
    gox_reader_object(r);
    while (gox_reader_key(r, &key)) {
        if (memchr(key.data, '\\', key.len) != NULL) {
            struct gox_buf plain;
            gox_buf_init(&plain, 0);
            gox_json_decode(&plain, key);
            key.len = plain.len;
            key.data = gox_buf_error(&plain) < 0
                               ? NULL
                               : gox_arena_strdup(b->arena,
                                         plain.data != NULL
                                                 ? (const char *)plain.data
                                                 : "",
                                         plain.len);
            gox_buf_fini(&plain);
            if (key.data == NULL)
                return gox_error_set(b->err, GOX_ERR_NOMEM, "out of memory");
        }
        int code = bind_member(b, key, r, flat);
        if (code < 0)
            return code;
    }
    return gox_reader_error(r);
}

/* ---- by position ---- */

static int fail_count(struct gox_binding *b)
{
    char known[180];
    list_names(b->method, known, sizeof known);
    return gox_error_set(b->err, GOX_ERR_PARAMS,
            "too many positional parameters; %s takes %s", b->method->name,
            b->method->param_count > 0 ? known : "none");
}

/* The numbers of a flattened point, the usual case of old clients, in one go:
 * after the first number's element was entered. False with nothing consumed. */
static bool bind_xyz(struct gox_binding *b, size_t i, struct gox_reader *r,
        struct flat_state *flat)
{
    struct gox_arg *arg = &b->args[i];
    size_t start = r->pos;
    int64_t min, max, value;
    gox__param_range(&b->method->params[i], &min, &max);
    for (int part = 0; part < 3; part++) {
        if (part > 0) {
            if (r->pos >= r->len || r->data[r->pos] != ',')
                break;
            r->pos++;
            r->pos += r->pos < r->len && r->data[r->pos] == ' ';
        }
        if (!gox__reader_small_int(r, &value) || value < min || value > max)
            break;
        arg->point[part] = (int32_t)value;
        if (part == 2) {
            flat->seen[i] = 7;
            return true;
        }
    }
    r->pos = start;
    return false;
}

static int bind_positional(
        struct gox_binding *b, struct gox_reader *r, struct flat_state *flat)
{
    size_t i = 0;
    int part = 0;
    gox_reader_array(r);
    while (gox_reader_element(r)) {
        bool is_number = gox_reader_peek(r) == GOX_JSON_NUMBER;
        if (part == 3 && !is_number) { /* a color without its alpha */
            part = 0;
            i++;
        }
        if (i >= b->method->param_count)
            return fail_count(b);
        const struct gox_param *p = &b->method->params[i];
        int code;
        if (p->flat != NULL && is_number && part == 0 &&
                p->type == GOX_PARAM_POINT && bind_xyz(b, i, r, flat)) {
            i++;
            continue;
        }
        if (p->flat != NULL && (is_number || part > 0)) {
            code = bind_part(b, i, part, r, flat);
            part++;
            if (part == (p->type == GOX_PARAM_POINT ? 3 : 4)) {
                part = 0;
                i++;
            }
        } else {
            code = bind_value(b, p, r, &b->args[i]);
            i++;
        }
        if (code < 0)
            return code;
    }
    return gox_reader_error(r);
}

/* ---- what was not given ---- */

static int set_fallback(
        struct gox_binding *b, const struct gox_param *p, struct gox_arg *arg)
{
    struct gox_reader r;
    bool is_nomem;
    char digit = p->fallback[0];
    if ((p->type == GOX_PARAM_INT || p->type == GOX_PARAM_LAYER) &&
            digit >= '0' && digit <= '9' && p->fallback[1] == '\0') {
        arg->i = digit - '0';
        arg->is_set = true;
        return 0;
    }
    gox_reader_init(&r, p->fallback, strlen(p->fallback), NULL);
    if (!gox__param_read(b, p, &r, arg, &is_nomem))
        return gox_error_set(b->err,
                is_nomem ? GOX_ERR_NOMEM : GOX_ERR_INTERNAL,
                "the default of \"%s\" is not usable", p->name);
    arg->is_set = true;
    return 0;
}

/* Completes an argument of which some numbers came one by one. */
static int finish_flat(struct gox_binding *b, size_t i, unsigned seen)
{
    const struct gox_param *p = &b->method->params[i];
    struct gox_arg *arg = &b->args[i];
    struct gox_arg whole = {.rgba = UINT32_C(0xff000000)};
    int parts = p->type == GOX_PARAM_POINT ? 3 : 4;
    bool is_point = p->type == GOX_PARAM_POINT;
    if (is_point && seen == 7) {
        arg->is_given = arg->is_set = true;
        return 0;
    }
    if (p->fallback != NULL && is_point) {
        int code = set_fallback(b, p, &whole);
        if (code < 0)
            return code;
    }
    for (int part = 0; part < parts; part++) {
        if ((seen >> part & 1) != 0)
            continue;
        if (!(is_point ? p->fallback != NULL : part == 3))
            return fail_part(b, p, part, false, (struct gox_slice){NULL, 0});
        if (is_point)
            arg->point[part] = whole.point[part];
        else
            arg->rgba |= whole.rgba & UINT32_C(0xff) << (8 * part);
    }
    arg->is_given = true;
    arg->is_set = true;
    return 0;
}

static int fail_missing(struct gox_binding *b, const struct gox_param *p)
{
    struct gox_slice nothing = {NULL, 0};
    /* Clients of the old methods know only x, y, z. */
    if (p->flat != NULL && p->flat[0] == '\0' && p->type == GOX_PARAM_POINT)
        return fail_part(b, p, 0, false, nothing);
    return fail_value(b, p, p->name, nothing);
}

static int finish_args(struct gox_binding *b, const struct flat_state *flat)
{
    for (size_t i = 0; i < b->method->param_count; i++) {
        const struct gox_param *p = &b->method->params[i];
        struct gox_arg *arg = &b->args[i];
        int code = 0;
        if (flat->seen[i] != 0)
            code = finish_flat(b, i, flat->seen[i]);
        else if (!arg->is_set && p->fallback != NULL)
            code = set_fallback(b, p, arg);
        else if (!arg->is_set && (p->flags & GOX_PARAM_REQUIRED) != 0)
            code = fail_missing(b, p);
        if (code < 0)
            return code;
    }
    return 0;
}

int gox_params_bind(struct gox_binding *b, struct gox_slice params)
{
    struct flat_state flat = {{0}};
    struct gox_reader r;
    int code = 0;
    for (size_t i = 0; i < b->method->param_count; i++)
        b->args[i] = (struct gox_arg){0};
    b->project = (struct gox_slice){NULL, 0};
    b->has_if_revision = b->wants_progress = false;
    b->detail.param[0] = b->detail.expected[0] = b->detail.got[0] = '\0';
    if (b->method->param_count == 1 &&
            (b->method->params[0].flags & GOX_PARAM_WHOLE) != 0) {
        if (params.data != NULL) {
            gox_reader_init(&r, params.data, params.len, b->err);
            gox_reader_skip(&r);
            if (gox_reader_error(&r) < 0 || !gox_reader_end(&r))
                return gox_reader_error(&r);
        }
        b->args[0].is_given = b->args[0].is_set = params.data != NULL;
        b->args[0].text = params;
        return 0;
    }
    if (params.data != NULL) {
        gox_reader_init(&r, params.data, params.len, b->err);
        enum gox_json_type type = gox_reader_peek(&r);
        if (type == GOX_JSON_OBJECT)
            code = bind_named(b, &r, &flat);
        else if (type == GOX_JSON_ARRAY)
            code = bind_positional(b, &r, &flat);
        if (code == 0 && !gox_reader_end(&r))
            code = gox_reader_error(&r);
    }
    return code < 0 ? code : finish_args(b, &flat);
}
