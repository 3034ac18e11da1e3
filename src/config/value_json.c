/* SPDX-License-Identifier: Apache-2.0
 * Values from the JSON of a file. The text was found to be JSON before, so only
 * what it says can be wrong; each wrong part is told by itself. */
#include "config/parse_internal.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 60

/* Where a part of the value is, and what a failed step said of it. */
static int report(struct gox__parse *p, size_t offset, const char *step,
        const struct gox_error *err)
{
    if (err->code == GOX_ERR_NOMEM) {
        p->errors->is_out_of_memory = true;
        return GOX_ERR_NOMEM;
    }
    gox__parse_report(p, offset, step, "%s", err->text);
    return GOX_ERR_PARAMS;
}

/* raw is shown as it stands in the file. */
static int report_type(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, const char *step, struct gox_slice raw)
{
    struct gox_buf expected;
    gox_buf_init(&expected, 0);
    gox__value_put_expected(row, &expected);
    const char *text = gox_buf_text(&expected);
    gox__parse_report(p, offset, step, "%s: expected %s, got %.*s%s", row->name,
            text != NULL ? text : "another value",
            (int)(raw.len < SHOWN_BYTES ? raw.len : SHOWN_BYTES), raw.data,
            raw.len > SHOWN_BYTES ? "..." : "");
    gox_buf_fini(&expected);
    return GOX_ERR_PARAMS;
}

/* The number when it is a whole one that fits. */
static bool whole_number(struct gox_slice raw, int64_t *number)
{
    struct gox_reader r;
    gox_reader_init(&r, raw.data, raw.len, NULL);
    if (gox_reader_peek(&r) != GOX_JSON_NUMBER)
        return false;
    *number = gox_reader_int(&r, INT64_MIN, INT64_MAX);
    return gox_reader_error(&r) == 0;
}

/* Decodes into p->scratch. False when it is no text, or NULs are in it. */
static bool plain_text(
        struct gox__parse *p, struct gox_slice raw, struct gox_slice *text)
{
    if (raw.len < 2 || raw.data[0] != '"')
        return false;
    gox_buf_reset(&p->scratch);
    gox_json_decode(&p->scratch, (struct gox_slice){raw.data + 1, raw.len - 2});
    const char *data = gox_buf_text(&p->scratch);
    if (data == NULL) {
        p->errors->is_out_of_memory = true;
        return false;
    }
    *text = (struct gox_slice){data, p->scratch.len};
    return memchr(data, '\0', text->len) == NULL;
}

bool gox__is_absolute(struct gox_slice path)
{
    const char *p = path.data;
    bool has_drive =
            path.len >= 3 && p[1] == ':' && (p[2] == '/' || p[2] == '\\') &&
            ((p[0] >= 'A' && p[0] <= 'Z') || (p[0] >= 'a' && p[0] <= 'z'));
    return path.len > 0 &&
           (p[0] == '/' || has_drive ||
                   (path.len >= 2 && memcmp(p, "\\\\", 2) == 0));
}

static int take_text(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v)
{
    struct gox_slice text;
    struct gox_error err = {.offset = -1};
    int code;
    if (!plain_text(p, raw, &text))
        return report_type(p, row, offset, NULL, raw);
    if (row->type == GOX_SETTING_PATH && text.len > 0 &&
            !gox__is_absolute(text))
        return report_type(p, row, offset, NULL, raw);
    if (row->type == GOX_SETTING_OCTAL)
        code = gox__value_take_octal(row, text.data, text.len, v, &err);
    else if (row->type == GOX_SETTING_ENUM)
        code = gox__value_take_choice(row, text.data, text.len, v, &err);
    else
        code = gox__value_take_text(row, text.data, text.len, v, &err);
    return code < 0 ? report(p, offset, NULL, &err) : 0;
}

static int take_number(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v)
{
    struct gox_error err = {.offset = -1};
    int64_t number;
    if (!whole_number(raw, &number))
        return report_type(p, row, offset, NULL, raw);
    if (gox__value_take_number(row, number, v, &err) < 0)
        return report(p, offset, NULL, &err);
    return 0;
}

static int take_item(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, const char *step, struct gox_slice raw,
        union gox__value *v)
{
    struct gox_slice text;
    struct gox_error err = {.offset = -1};
    int64_t id;
    int code;
    if (row->type == GOX_SETTING_IDS) {
        if (!whole_number(raw, &id))
            return report_type(p, row, offset, step, raw);
        code = gox__value_take_id(row, id, v, &err);
    } else {
        if (!plain_text(p, raw, &text) ||
                (row->type == GOX_SETTING_PATHS && !gox__is_absolute(text)))
            return report_type(p, row, offset, step, raw);
        code = gox__value_take_item(row, text.data, text.len, v, &err);
    }
    return code < 0 ? report(p, offset, step, &err) : 0;
}

static int take_list(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v)
{
    struct gox_reader r;
    char step[24];
    int result = 0;
    if (raw.data[0] != '[')
        return report_type(p, row, offset, NULL, raw);
    gox_reader_init(&r, raw.data, raw.len, NULL);
    gox_reader_array(&r);
    for (size_t i = 0; gox_reader_element(&r); i++) {
        gox_reader_peek(&r);
        size_t at = r.pos;
        struct gox_slice item = gox_reader_skip(&r);
        snprintf(step, sizeof step, "%zu", i);
        int code = take_item(p, row, offset + at, step, item, v);
        if (code < 0)
            result = code;
        if (p->errors->is_out_of_memory || i > (size_t)row->max)
            break;
    }
    return result;
}

/* {"name": "text", ...}. */
static int take_map(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v)
{
    struct gox_reader r;
    struct gox_slice key, text;
    struct gox__keys keys;
    int result = 0;
    if (raw.data[0] != '{')
        return report_type(p, row, offset, NULL, raw);
    gox_reader_init(&r, raw.data, raw.len, NULL);
    gox_reader_object(&r);
    gox__keys_init(&keys);
    while (result != GOX_ERR_NOMEM && gox_reader_key(&r, &key)) {
        struct gox_error err = {.offset = -1};
        size_t key_at = offset + (size_t)(key.data - raw.data) - 1;
        gox_reader_peek(&r);
        size_t at = offset + r.pos;
        struct gox_slice item = gox_reader_skip(&r);
        const char *name = gox__keys_add(&keys, p, key, key_at);
        if (name == NULL) {
            result = keys.error;
            continue;
        }
        if (!plain_text(p, item, &text))
            result = report_type(p, row, at, name, item);
        else if (gox__value_take_pair(row, name, strlen(name), text.data,
                         text.len, v, &err) < 0)
            result = report(p, at, name, &err);
    }
    gox__keys_fini(&keys);
    return result;
}

int gox__value_from_json(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v)
{
    int code = 0;
    gox__value_clear(row, v);
    switch (row->type) {
    case GOX_SETTING_INT:
        return take_number(p, row, offset, raw, v);
    case GOX_SETTING_BOOL:
        if (!gox_slice_is(raw, "true") && !gox_slice_is(raw, "false"))
            return report_type(p, row, offset, NULL, raw);
        v->flag = raw.data[0] == 't';
        return 0;
    case GOX_SETTING_OCTAL:
    case GOX_SETTING_ENUM:
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        return take_text(p, row, offset, raw, v);
    case GOX_SETTING_PATHS:
    case GOX_SETTING_TEXTS:
    case GOX_SETTING_IDS:
        code = take_list(p, row, offset, raw, v);
        break;
    case GOX_SETTING_LEVELS:
    case GOX_SETTING_MAP:
        code = take_map(p, row, offset, raw, v);
        break;
    }
    if (code < 0 || p->errors->is_out_of_memory) {
        gox__value_fini(row, v);
        return code < 0 ? code : GOX_ERR_NOMEM;
    }
    return 0;
}
