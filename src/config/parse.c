/* SPDX-License-Identifier: Apache-2.0
 * Walks the objects of a file of settings along the names of the rows: a name
 * that is a row's has a value, one that rows begin with has an object, any
 * other is a mistake.
 *
 * Invariant: the text is checked as JSON before anything is taken from it. */
#include "config/parse.h"

#include "base/alloc.h"
#include "config/parse_internal.h"
#include "config/places.h"
#include "config/walk_internal.h"
#include "rpc/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Objects with more members than this are wrong anyway, and are not looked
 * through: finding duplicates would take long. */
#define MAX_MEMBERS 512

static const char *const platforms[] = {"linux", "macos", "windows"};
#define PLATFORM_COUNT 3

/* ---- places ---- */

void gox__parse_place(const struct gox__parse *p, size_t offset, uint32_t *line,
        uint32_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < p->len; i++) {
        unsigned char c = (unsigned char)p->data[i];
        if (c == '\n') {
            (*line)++;
            *column = 1;
        } else if ((c & 0xC0) != 0x80) {
            (*column)++;
        }
    }
}

void gox__pointer_put(struct gox_buf *pointer, const char *key)
{
    gox_buf_put_byte(pointer, '/');
    for (; *key != '\0'; key++) {
        if (*key == '~')
            gox_buf_put_str(pointer, "~0");
        else if (*key == '/')
            gox_buf_put_str(pointer, "~1");
        else
            gox_buf_put_byte(pointer, (uint8_t)*key);
    }
}

void gox__parse_report(struct gox__parse *p, size_t offset, const char *step,
        const char *fmt, ...)
{
    char text[1024];
    struct gox_config_error e = {.from = p->origin};
    size_t before = p->pointer.len;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (step != NULL)
        gox__pointer_put(&p->pointer, step);
    gox__parse_place(p, offset, &e.line, &e.column);
    e.pointer = (char *)(uintptr_t)gox_buf_text(&p->pointer);
    gox_config_errors_add(p->errors, &e, "%s", text);
    p->pointer.len = before;
}

/* ---- keys ---- */

void gox__keys_init(struct gox__keys *keys)
{
    *keys = (struct gox__keys){.items = NULL};
}

void gox__keys_fini(struct gox__keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        gox_free(keys->items[i]);
    gox_free(keys->items);
}

static const char *refuse_key(struct gox__keys *keys, int code)
{
    keys->error = code;
    return NULL;
}

const char *gox__keys_add(struct gox__keys *keys, struct gox__parse *p,
        struct gox_slice raw, size_t offset)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_json_decode(&text, raw);
    const char *decoded = gox_buf_text(&text);
    bool has_nul = decoded != NULL && strlen(decoded) != text.len;
    char *name = decoded != NULL ? gox_strdup(decoded) : NULL;
    gox_buf_fini(&text);
    if (name == NULL || !gox_grow(&keys->items, &keys->capacity,
                                keys->count + 1, sizeof *keys->items)) {
        gox_free(name);
        p->errors->is_out_of_memory = true;
        return refuse_key(keys, GOX_ERR_NOMEM);
    }
    for (size_t i = 0; i < keys->count && !has_nul; i++) {
        if (strcmp(keys->items[i], name) != 0)
            continue;
        gox__parse_report(p, offset, name, "\"%.60s\" is there twice", name);
        gox_free(name);
        return refuse_key(keys, GOX_ERR_PARAMS);
    }
    keys->items[keys->count++] = name;
    if (!has_nul && keys->count <= MAX_MEMBERS)
        return name;
    gox__parse_report(p, offset, NULL,
            has_nul ? "a name cannot hold U+0000"
                    : "there are too many members");
    return refuse_key(keys, has_nul ? GOX_ERR_PARAMS : GOX_ERR_NOMEM);
}

/* ---- unknown names ---- */

/* The row elsewhere whose last part has this name. */
static const char *find_elsewhere(const char *name)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *dot = strrchr(gox_setting_rows[i].name, '.');
        if (dot != NULL && strcmp(dot + 1, name) == 0)
            return gox_setting_rows[i].name;
    }
    return NULL;
}

static void report_unknown(struct gox__parse *p, size_t offset,
        const char *prefix, const char *name)
{
    struct gox_suggest suggest;
    struct gox__child child;
    struct gox_buf known;
    size_t len;
    gox_buf_init(&known, 0);
    gox_suggest_init(&suggest, (struct gox_slice){name, strlen(name)});
    for (size_t i = 0; gox__child_next(prefix, i, &child); i = child.row + 1) {
        gox_suggest_offer(&suggest, child.name, child.len);
        gox_buf_printf(&known, "%s%.*s", known.len > 0 ? ", " : "",
                (int)child.len, child.name);
    }
    if (prefix[0] == '\0') {
        gox_suggest_offer(&suggest, "defaults", 8);
        gox_buf_put_str(&known, ", defaults");
    }
    const char *best = gox_suggest_best(&suggest, &len);
    const char *elsewhere = best == NULL ? find_elsewhere(name) : NULL;
    const char *list = gox_buf_text(&known);
    if (elsewhere != NULL) {
        best = elsewhere;
        len = strlen(best);
    }
    gox__parse_report(p, offset, name,
            "there is no \"%.60s\" here%s%.*s%s; known are: %s", name,
            best != NULL ? " (did you mean " : "", best != NULL ? (int)len : 0,
            best != NULL ? best : "", best != NULL ? "?)" : "",
            list != NULL ? list : "");
    gox_buf_fini(&known);
}

/* ---- walking ---- */

static void take_value(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw)
{
    union gox__value v;
    struct gox_setting_origin origin = {.from = p->origin};
    uint32_t column;
    if (gox__value_from_json(p, row, offset, raw, &v) < 0)
        return;
    gox__parse_place(p, offset, &origin.line, &column);
    if (p->is_dry)
        gox__value_fini(row, &v);
    else
        gox__settings_put(p->settings, row, &v, origin);
}

static bool has_rows(const char *prefix)
{
    for (size_t i = 0; i < gox_setting_count; i++)
        if (strncmp(gox_setting_rows[i].name, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

static void report_no_object(
        struct gox__parse *p, size_t offset, struct gox_slice raw)
{
    gox__parse_report(p, offset, NULL, "expected an object, got %.*s%s",
            (int)(raw.len < 40 ? raw.len : 40), raw.data,
            raw.len > 40 ? "..." : "");
}

/* One member of an object: its name, where it and its value are, the value. */
struct member {
    const char *name;
    size_t key_at, at;
    struct gox_slice raw;
};

/* prefix ends with a dot, or is empty. */
typedef void take_fn(
        struct gox__parse *p, const char *prefix, const struct member *m);

/* Gives each member of an object to `take`; doubles are reported instead. */
static void each_member(struct gox__parse *p, const char *prefix, size_t offset,
        struct gox_slice raw, take_fn *take)
{
    struct gox_reader r;
    struct gox_slice key;
    struct gox__keys keys;
    if (raw.data[0] != '{') {
        report_no_object(p, offset, raw);
        return;
    }
    gox_reader_init(&r, raw.data, raw.len, NULL);
    gox_reader_object(&r);
    gox__keys_init(&keys);
    while (gox_reader_key(&r, &key)) {
        struct member m = {
                .key_at = offset + (size_t)(key.data - raw.data) - 1};
        gox_reader_peek(&r);
        m.at = offset + r.pos;
        m.raw = gox_reader_skip(&r);
        m.name = gox__keys_add(&keys, p, key, m.key_at);
        if (m.name != NULL)
            take(p, prefix, &m);
        else if (keys.error == GOX_ERR_NOMEM)
            break;
    }
    gox__keys_fini(&keys);
}

/* A row, or an object of rows. */
static void take_member(
        struct gox__parse *p, const char *prefix, const struct member *m)
{
    char full[128];
    size_t before = p->pointer.len;
    int len = snprintf(full, sizeof full, "%s%s", prefix, m->name);
    bool fits = len >= 0 && (size_t)len + 2 < sizeof full &&
                strchr(m->name, '.') == NULL;
    const struct gox_setting *row =
            fits ? gox_setting_find(full, (size_t)len) : NULL;
    if (fits && row == NULL)
        strcat(full, ".");
    gox__pointer_put(&p->pointer, m->name);
    if (row != NULL) {
        take_value(p, row, m->at, m->raw);
    } else if (fits && has_rows(full)) {
        each_member(p, full, m->at, m->raw, take_member);
    } else {
        p->pointer.len = before;
        report_unknown(p, m->key_at, prefix, m->name);
    }
    p->pointer.len = before;
}

/* The outermost object has two members besides. */
static void take_outermost(
        struct gox__parse *p, const char *prefix, const struct member *m)
{
    size_t before = p->pointer.len;
    if (strcmp(m->name, "defaults") == 0)
        return; /* taken already: what the file says itself wins */
    if (strcmp(m->name, "$schema") != 0) {
        take_member(p, prefix, m);
        return;
    }
    gox__pointer_put(&p->pointer, m->name);
    if (m->raw.data[0] != '"')
        gox__parse_report(p, m->at, NULL, "expected a text");
    p->pointer.len = before;
}

/* ---- defaults ---- */

static void take_platform(
        struct gox__parse *p, const char *prefix, const struct member *m)
{
    size_t before = p->pointer.len;
    size_t i = 0;
    while (i < PLATFORM_COUNT && strcmp(platforms[i], m->name) != 0)
        i++;
    if (i == PLATFORM_COUNT) {
        gox__parse_report(p, m->key_at, m->name,
                "there is no platform \"%.60s\"; known are: linux, macos, "
                "windows",
                m->name);
        return;
    }
    p->is_dry = strcmp(m->name, gox_place_platform()) != 0;
    gox__pointer_put(&p->pointer, m->name);
    each_member(p, prefix, m->at, m->raw, take_member);
    p->pointer.len = before;
    p->is_dry = false;
}

static void take_defaults(
        struct gox__parse *p, size_t offset, struct gox_slice raw)
{
    gox_buf_put_str(&p->pointer, "/defaults");
    each_member(p, "", offset, raw, take_platform);
    gox_buf_reset(&p->pointer);
}

/* The member `defaults` of the outermost object, when it is there. */
static void find_defaults(struct gox__parse *p, struct gox_slice whole)
{
    struct gox_reader r;
    struct gox_slice key;
    gox_reader_init(&r, whole.data, whole.len, NULL);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        gox_reader_peek(&r);
        size_t at = (size_t)(whole.data - p->data) + r.pos;
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_equals_json(key, "defaults"))
            take_defaults(p, at, value);
    }
}

/* Told by line and column; the reader's own text counts bytes. */
static void report_syntax(struct gox__parse *p, const struct gox_error *err)
{
    struct gox_config_error e = {.from = GOX_ORIGIN_FILE};
    size_t offset = err->offset > 0 ? (size_t)err->offset : 0;
    if (err->code == GOX_ERR_NOMEM)
        p->errors->is_out_of_memory = true;
    gox__parse_place(p, offset, &e.line, &e.column);
    gox_config_errors_add(p->errors, &e, "not JSON: %s", err->text);
}

void gox_config_parse(struct gox_settings *s, const char *data, size_t len,
        struct gox_config_errors *errors)
{
    struct gox__parse p = {
            .settings = s, .errors = errors, .data = data, .len = len};
    struct gox_error err = {.offset = -1};
    struct gox_reader r;
    gox_buf_init(&p.pointer, 0);
    gox_buf_init(&p.scratch, 0);
    gox_reader_init(&r, data, len, &err);
    gox_reader_peek(&r);
    struct gox_slice whole = gox_reader_skip(&r);
    if (gox_reader_error(&r) == 0)
        gox_reader_end(&r);
    p.origin = GOX_ORIGIN_FILE;
    if (gox_reader_error(&r) < 0) {
        report_syntax(&p, &err);
    } else if (whole.data[0] != '{') {
        report_no_object(&p, (size_t)(whole.data - data), whole);
    } else {
        p.origin = GOX_ORIGIN_PLATFORM;
        find_defaults(&p, whole);
        p.origin = GOX_ORIGIN_FILE;
        each_member(&p, "", (size_t)(whole.data - data), whole, take_outermost);
    }
    if (gox_buf_error(&p.pointer) < 0)
        errors->is_out_of_memory = true;
    gox_buf_fini(&p.pointer);
    gox_buf_fini(&p.scratch);
}
