/* SPDX-License-Identifier: Apache-2.0
 * Values from and to text: one form for the command line, the environment and
 * printing, and the JSON of a file. */
#include "base/alloc.h"
#include "config/config_internal.h"
#include "rpc/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const component_names[] = {
#define COMPONENT_NAME(name, text) text,
        GOX_LOG_COMPONENT_LIST(COMPONENT_NAME)
#undef COMPONENT_NAME
};
static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* ---- from text ---- */

static int number_of(const struct gox_setting *row, const char *text,
        size_t len, int64_t *number, struct gox_error *err)
{
    char digits[24];
    char *end;
    if (len == 0 || len >= sizeof digits || text[0] == ' ' || text[0] == '+')
        return gox__value_fail(row, text, len, err);
    memcpy(digits, text, len);
    digits[len] = '\0';
    errno = 0;
    *number = strtoll(digits, &end, 10);
    if (*end != '\0' || errno != 0)
        return gox__value_fail(row, text, len, err);
    return 0;
}

static int from_bool(const struct gox_setting *row, const char *text,
        union gox__value *v, struct gox_error *err)
{
    static const char *const words[] = {
            "false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            v->flag = i % 2 == 1;
            return 0;
        }
    }
    return gox__value_fail(row, text, strlen(text), err);
}

static int from_entry(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err)
{
    int64_t id;
    int code;
    const char *equals = memchr(text, '=', len);
    switch (row->type) {
    case GOX_SETTING_IDS:
        code = number_of(row, text, len, &id, err);
        return code < 0 ? code : gox__value_take_id(row, id, v, err);
    case GOX_SETTING_LEVELS:
    case GOX_SETTING_MAP:
        if (equals == NULL)
            return gox_error_set(err, GOX_ERR_PARAMS,
                    "%s: expected name=value, got \"%.*s\"", row->name,
                    (int)(len < 60 ? len : 60), text);
        return gox__value_take_pair(row, text, (size_t)(equals - text),
                equals + 1, len - (size_t)(equals - text) - 1, v, err);
    default:
        return gox__value_take_item(row, text, len, v, err);
    }
}

/* Entries with ',' or ':' between; empty ones are skipped. */
static int from_list(const struct gox_setting *row, const char *text,
        union gox__value *v, struct gox_error *err)
{
    const char *between = row->type == GOX_SETTING_PATHS ? ":" : ",";
    int code = 0;
    while (*text != '\0' && code == 0) {
        size_t len = strcspn(text, between);
        if (len > 0)
            code = from_entry(row, text, len, v, err);
        text += len + (text[len] != '\0');
    }
    return code;
}

int gox__value_from_text(const struct gox_setting *row, const char *text,
        union gox__value *v, struct gox_error *err)
{
    int64_t number;
    int code;
    gox__value_clear(row, v);
    switch (row->type) {
    case GOX_SETTING_INT:
        code = number_of(row, text, strlen(text), &number, err);
        return code < 0 ? code : gox__value_take_number(row, number, v, err);
    case GOX_SETTING_OCTAL:
        return gox__value_take_octal(row, text, strlen(text), v, err);
    case GOX_SETTING_BOOL:
        return from_bool(row, text, v, err);
    case GOX_SETTING_ENUM:
        return gox__value_take_choice(row, text, strlen(text), v, err);
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        return gox__value_take_text(row, text, strlen(text), v, err);
    default:
        code = from_list(row, text, v, err);
        if (code < 0)
            gox__value_fini(row, v);
        return code;
    }
}

/* ---- to text ---- */

static void put_choice(
        const struct gox_setting *row, int64_t number, struct gox_buf *out)
{
    const char *rule = row->rule;
    for (; number > 0; number--)
        rule = strchr(rule, '|') + 1;
    gox_buf_put(out, rule, strcspn(rule, "|"));
}

static void put_texts(
        const struct gox_setting_texts *list, char between, struct gox_buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            gox_buf_put_byte(out, (uint8_t)between);
        gox_buf_put_str(out, list->items[i]);
    }
}

static void put_ids(const struct gox_setting_ids *list, struct gox_buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            gox_buf_put_byte(out, ',');
        gox_buf_put_int(out, list->items[i]);
    }
}

static void put_levels(
        const struct gox_setting_levels *levels, struct gox_buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < GOX_LOG_COMPONENT_COUNT; i++) {
        if (levels->of[i] < 0)
            continue;
        gox_buf_printf(out, "%s%s=%s", between, component_names[i],
                level_names[levels->of[i]]);
        between = ",";
    }
}

static void put_map(const struct gox_setting_map *map, struct gox_buf *out)
{
    for (size_t i = 0; i < map->count; i++)
        gox_buf_printf(out, "%s%s=%s", i > 0 ? "," : "", map->items[2 * i],
                map->items[2 * i + 1]);
}

void gox_settings_put_value(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    const void *at = gox__value_get(s, row);
    switch (row->type) {
    case GOX_SETTING_INT:
        gox_buf_put_int(out, *(const int64_t *)at);
        break;
    case GOX_SETTING_OCTAL:
        gox_buf_printf(out, "%04llo", (unsigned long long)*(const int64_t *)at);
        break;
    case GOX_SETTING_BOOL:
        gox_buf_put_str(out, *(const bool *)at ? "true" : "false");
        break;
    case GOX_SETTING_ENUM:
        put_choice(row, *(const int64_t *)at, out);
        break;
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        gox_buf_put_str(out, *(char *const *)at);
        break;
    case GOX_SETTING_PATHS:
        put_texts(at, ':', out);
        break;
    case GOX_SETTING_TEXTS:
        put_texts(at, ',', out);
        break;
    case GOX_SETTING_IDS:
        put_ids(at, out);
        break;
    case GOX_SETTING_LEVELS:
        put_levels(at, out);
        break;
    case GOX_SETTING_MAP:
        put_map(at, out);
        break;
    }
}

/* ---- to JSON ---- */

static void put_json_pair(
        struct gox_buf *out, bool is_first, const char *name, const char *value)
{
    if (!is_first)
        gox_buf_put_byte(out, ',');
    gox_json_encode(out, name, strlen(name));
    gox_buf_put_byte(out, ':');
    gox_json_encode(out, value, strlen(value));
}

static void put_json_texts(
        const struct gox_setting_texts *list, struct gox_buf *out)
{
    gox_buf_put_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            gox_buf_put_byte(out, ',');
        gox_json_encode(out, list->items[i], strlen(list->items[i]));
    }
    gox_buf_put_byte(out, ']');
}

static void put_json_levels(
        const struct gox_setting_levels *levels, struct gox_buf *out)
{
    bool is_first = true;
    gox_buf_put_byte(out, '{');
    for (size_t i = 0; i < GOX_LOG_COMPONENT_COUNT; i++) {
        if (levels->of[i] < 0)
            continue;
        put_json_pair(
                out, is_first, component_names[i], level_names[levels->of[i]]);
        is_first = false;
    }
    gox_buf_put_byte(out, '}');
}

static void put_json_map(const struct gox_setting_map *map, struct gox_buf *out)
{
    gox_buf_put_byte(out, '{');
    for (size_t i = 0; i < map->count; i++)
        put_json_pair(out, i == 0, map->items[2 * i], map->items[2 * i + 1]);
    gox_buf_put_byte(out, '}');
}

void gox_settings_put_json(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    const void *at = gox__value_get(s, row);
    struct gox_buf text;
    switch (row->type) {
    case GOX_SETTING_INT:
    case GOX_SETTING_BOOL:
        gox_settings_put_value(s, i, out);
        break;
    case GOX_SETTING_PATHS:
    case GOX_SETTING_TEXTS:
        put_json_texts(at, out);
        break;
    case GOX_SETTING_IDS:
        gox_buf_put_byte(out, '[');
        put_ids(at, out);
        gox_buf_put_byte(out, ']');
        break;
    case GOX_SETTING_LEVELS:
        put_json_levels(at, out);
        break;
    case GOX_SETTING_MAP:
        put_json_map(at, out);
        break;
    default:
        gox_buf_init(&text, 0);
        gox_settings_put_value(s, i, &text);
        gox_json_encode(out, (const char *)text.data, text.len);
        gox_buf_fini(&text);
        break;
    }
}

void gox_settings_put_change(const struct gox_settings *old,
        const struct gox_settings *new, size_t row, struct gox_writer *w)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", gox_setting_rows[row].name);
    gox_settings_put_json(old, row, &text);
    gox_writer_raw(w, "old", (const char *)text.data, text.len);
    gox_buf_reset(&text);
    gox_settings_put_json(new, row, &text);
    gox_writer_raw(w, "new", (const char *)text.data, text.len);
    gox_writer_string(
            w, "applies", gox_apply_name(gox_setting_rows[row].apply));
    gox_writer_end_object(w);
    gox_buf_fini(&text);
}
