/* SPDX-License-Identifier: Apache-2.0
 * Finds the place of a setting in the text of a file and puts another value
 * there; what surrounds it stays byte for byte. */
#include "config/edit.h"

#include "config/config_internal.h"
#include "config/parse.h"

#include <string.h>

#define MAX_STEPS 8

struct steps {
    struct gox_slice items[MAX_STEPS]; /* "server", "workers" */
    size_t count;
};

/* Where it goes: bytes from ... to are replaced. */
struct place {
    size_t from, to;
    size_t key_at, before; /* its key, and the end of what is before that */
    size_t depth;          /* steps that are there */
    size_t indent;         /* of the members beside it, in blanks */
    bool has_members;      /* a comma is needed */
};

/* The parts of a row's name, and the entry of a map as one part. */
static void split(
        const struct gox_setting *row, const char *name, struct steps *steps)
{
    size_t row_len = strlen(row->name);
    const char *end = row->name + row_len;
    steps->count = 0;
    for (const char *p = row->name; p < end && steps->count < MAX_STEPS - 1;) {
        size_t len = strcspn(p, ".");
        steps->items[steps->count++] = (struct gox_slice){p, len};
        p += len + 1;
    }
    if (strlen(name) > row_len)
        steps->items[steps->count++] = (struct gox_slice){
                name + row_len + 1, strlen(name) - row_len - 1};
}

static bool is_step(struct gox_slice key, struct gox_slice step)
{
    return key.len == step.len && memcmp(key.data, step.data, key.len) == 0;
}

static size_t indent_at(const char *data, size_t at)
{
    size_t blanks = 0;
    while (at > blanks && data[at - blanks - 1] == ' ')
        blanks++;
    return at > blanks && data[at - blanks - 1] == '\n' ? blanks : 0;
}

/* Looks the next step up in the object at `at`; false when it is not there, and
 * place is then where it could be added. */
static bool step_into(const char *data, size_t at, size_t len,
        struct gox_slice step, struct place *place)
{
    struct gox_reader r;
    struct gox_slice key;
    gox_reader_init(&r, data + at, len, NULL);
    place->has_members = false;
    place->indent = 2 * (place->depth + 1);
    gox_reader_object(&r);
    size_t end = at + 1;
    while (gox_reader_key(&r, &key)) {
        size_t key_at = (size_t)(key.data - data) - 1, before = end;
        gox_reader_peek(&r);
        size_t value_at = at + r.pos;
        struct gox_slice value = gox_reader_skip(&r);
        end = value_at + value.len;
        while (strchr(" \t\r\n", data[end - 1]) != NULL)
            end--;
        place->has_members = true;
        place->indent = indent_at(data, key_at);
        if (!is_step(key, step))
            continue;
        place->from = value_at;
        place->to = end;
        place->key_at = key_at;
        place->before = before;
        place->depth++;
        return true;
    }
    place->from = place->to = end;
    return false;
}

static void put_indent(struct gox_buf *out, size_t indent)
{
    gox_buf_put_byte(out, '\n');
    while (indent-- > 0)
        gox_buf_put_byte(out, ' ');
}

/* The members that are missing, around the value. */
static void put_new(struct gox_buf *out, const struct steps *steps,
        const struct place *place, const char *json)
{
    size_t step = place->depth;
    if (place->has_members)
        gox_buf_put_byte(out, ',');
    for (size_t i = step; i < steps->count; i++) {
        if (place->indent > 0)
            put_indent(out, place->indent + 2 * (i - step));
        gox_buf_printf(out, "\"%.*s\": %s", (int)steps->items[i].len,
                steps->items[i].data, i + 1 < steps->count ? "{" : json);
    }
    for (size_t i = steps->count - step; i > 1; i--) {
        if (place->indent > 0)
            put_indent(out, place->indent + 2 * (i - 2));
        gox_buf_put_byte(out, '}');
    }
    if (!place->has_members && place->indent >= 2)
        put_indent(out, place->indent - 2);
}

/* True when something is there: the value, or in the middle of the way one that
 * is no object. */
static bool find_place(const char *data, size_t len, const struct steps *steps,
        struct place *place)
{
    struct gox_reader r;
    gox_reader_init(&r, data, len, NULL);
    gox_reader_peek(&r);
    size_t at = r.pos, object_len = len - r.pos;
    *place = (struct place){.depth = 0};
    while (place->depth < steps->count) {
        if (!step_into(data, at, object_len, steps->items[place->depth], place))
            return false;
        at = place->from;
        object_len = place->to - place->from;
        if (place->depth < steps->count && data[at] != '{')
            return true;
    }
    return true;
}

static void put_edited(const char *data, size_t len, const struct steps *steps,
        const char *json, struct gox_buf *out)
{
    struct place place;
    bool is_found = find_place(data, len, steps, &place);
    gox_buf_put(out, data, place.from);
    if (is_found) /* what is no object is replaced, and the check refuses it */
        gox_buf_put_str(out, json);
    else
        put_new(out, steps, &place, json);
    gox_buf_put(out, data + place.to, len - place.to);
}

/* Without the member and the one comma that goes with it. */
static void put_without(const char *data, size_t len, const struct steps *steps,
        struct gox_buf *out)
{
    struct place place;
    bool is_found =
            find_place(data, len, steps, &place) && place.depth == steps->count;
    size_t from = len, to = len;
    if (is_found) {
        to = place.to + strspn(data + place.to, " \t\r\n");
        bool is_last = data[to] != ',';
        from = is_last ? place.before : place.key_at;
        to = is_last ? place.to : to + 1 + strspn(data + to + 1, " \t\r\n");
    }
    gox_buf_put(out, data, from);
    gox_buf_put(out, data + to, len - to);
}

/* The row that a name belongs to, also of an entry. */
static const struct gox_setting *row_of(const char *name)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        size_t len = strlen(row->name);
        bool is_map =
                row->type == GOX_SETTING_MAP || row->type == GOX_SETTING_LEVELS;
        if (strncmp(row->name, name, len) == 0 &&
                (name[len] == '\0' || (is_map && name[len] == '.')))
            return row;
    }
    return NULL;
}

static bool is_json_list(const struct gox_setting *row, const char *value)
{
    bool is_list = row->type == GOX_SETTING_PATHS ||
                   row->type == GOX_SETTING_TEXTS ||
                   row->type == GOX_SETTING_IDS;
    struct gox_reader r;
    if (!is_list || value[strspn(value, " ")] != '[')
        return false;
    gox_reader_init(&r, value, strlen(value), NULL);
    gox_reader_skip(&r);
    if (gox_reader_error(&r) == 0)
        gox_reader_end(&r);
    return gox_reader_error(&r) == 0;
}

/* The value as a file has it. */
static int make_json(const struct gox_setting *row, const char *name,
        const char *value, struct gox_buf *json, struct gox_error *err)
{
    struct gox_settings s;
    size_t len = strlen(row->name);
    if (is_json_list(row, value)) {
        gox_buf_put_str(json, value);
        return gox_buf_text(json) != NULL
                       ? 0
                       : gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    int code = gox_settings_init(&s);
    if (code < 0)
        return gox_error_set(err, code, "out of memory");
    code = gox_settings_set(
            &s, name, strlen(name), value, GOX_ORIGIN_FILE, err);
    if (code == 0 && name[len] == '.')
        gox_json_encode(json, value, strlen(value));
    else if (code == 0)
        gox_settings_put_json(&s, (size_t)(row - gox_setting_rows), json);
    if (code == 0 && gox_buf_text(json) == NULL)
        code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_settings_fini(&s);
    return code;
}

static int check(const struct gox_buf *text, struct gox_config_errors *errors)
{
    struct gox_settings s;
    int code = gox_settings_init(&s);
    if (code < 0)
        return code;
    gox_config_parse(&s, (const char *)text->data, text->len, errors);
    gox_settings_fini(&s);
    if (errors->is_out_of_memory)
        return GOX_ERR_NOMEM;
    return errors->error_count > 0 ? GOX_ERR_PARAMS : 0;
}

static int check_json(const char *data, size_t len, struct gox_error *err)
{
    struct gox_reader r;
    gox_reader_init(&r, data, len, err);
    bool is_object = gox_reader_peek(&r) == GOX_JSON_OBJECT;
    gox_reader_skip(&r);
    if (gox_reader_error(&r) == 0)
        gox_reader_end(&r);
    if (gox_reader_error(&r) < 0)
        return GOX_ERR_PARSE;
    return is_object ? 0
                     : gox_error_set(err, GOX_ERR_PARSE,
                               "the file is no JSON object");
}

int gox_config_edit(const char *data, size_t len, const char *name,
        const char *value, struct gox_buf *out,
        struct gox_config_errors *errors, struct gox_error *err)
{
    struct gox_settings s;
    struct gox_buf json;
    struct steps steps;
    const struct gox_setting *row = row_of(name);
    if (row == NULL) {
        /* The message with the nearest name. */
        int code = gox_settings_init(&s);
        if (code == 0)
            code = gox_settings_set(&s, name, strlen(name),
                    value != NULL ? value : "", GOX_ORIGIN_FILE, err);
        gox_settings_fini(&s);
        return code < 0 ? code : GOX_ERR_NOT_FOUND;
    }
    if (len == 0) {
        data = "{}\n";
        len = 3;
    }
    gox_buf_init(&json, 0);
    int code = check_json(data, len, err);
    if (code == 0 && value != NULL)
        code = make_json(row, name, value, &json, err);
    if (code == 0) {
        split(row, name, &steps);
        if (value != NULL)
            put_edited(data, len, &steps, (const char *)json.data, out);
        else
            put_without(data, len, &steps, out);
        code = gox_buf_text(out) == NULL ? GOX_ERR_NOMEM : check(out, errors);
        if (code == GOX_ERR_NOMEM)
            gox_error_set(err, code, "out of memory");
    }
    gox_buf_fini(&json);
    return code;
}
