/* SPDX-License-Identifier: Apache-2.0
 * Values of settings by their type: checked when taken, copied, freed. */
#include "base/alloc.h"
#include "config/config_internal.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

/* Of a path or a text in a message. */
#define SHOWN_BYTES 60

static const char *const component_names[] = {
#define COMPONENT_NAME(name, text) text,
        GOX_LOG_COMPONENT_LIST(COMPONENT_NAME)
#undef COMPONENT_NAME
};
static const char *const level_names[] = {"error", "warn", "info", "debug"};

static size_t size_of(enum gox_setting_type type)
{
    switch (type) {
    case GOX_SETTING_INT:
    case GOX_SETTING_OCTAL:
    case GOX_SETTING_ENUM:
        return sizeof(int64_t);
    case GOX_SETTING_BOOL:
        return sizeof(bool);
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        return sizeof(char *);
    case GOX_SETTING_PATHS:
    case GOX_SETTING_TEXTS:
        return sizeof(struct gox_setting_texts);
    case GOX_SETTING_IDS:
        return sizeof(struct gox_setting_ids);
    case GOX_SETTING_LEVELS:
        return sizeof(struct gox_setting_levels);
    case GOX_SETTING_MAP:
        return sizeof(struct gox_setting_map);
    }
    return 0;
}

void *gox__value_at(struct gox_settings *s, const struct gox_setting *row)
{
    return (char *)s + row->offset;
}

const void *gox__value_get(
        const struct gox_settings *s, const struct gox_setting *row)
{
    return (const char *)s + row->offset;
}

void gox__value_clear(const struct gox_setting *row, union gox__value *v)
{
    memset(v, row->type == GOX_SETTING_LEVELS ? -1 : 0, sizeof *v);
}

static void free_items(char **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gox_free(items[i]);
    gox_free(items);
}

void gox__value_fini(const struct gox_setting *row, union gox__value *v)
{
    switch (row->type) {
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        gox_free(v->text);
        break;
    case GOX_SETTING_PATHS:
    case GOX_SETTING_TEXTS:
        free_items(v->texts.items, v->texts.count);
        break;
    case GOX_SETTING_IDS:
        gox_free(v->ids.items);
        break;
    case GOX_SETTING_MAP:
        free_items(v->map.items, 2 * v->map.count);
        break;
    default:
        break;
    }
    gox__value_clear(row, v);
}

void gox__value_exchange(
        const struct gox_setting *row, void *at, union gox__value *v)
{
    union gox__value old = *v;
    size_t size = size_of(row->type);
    memcpy(&old, at, size);
    memcpy(at, v, size);
    *v = old;
}

/* ---- messages ---- */

static void put_choices(const char *rule, struct gox_buf *out)
{
    while (*rule != '\0') {
        size_t len = strcspn(rule, "|");
        gox_buf_put(out, rule, len);
        rule += len;
        if (*rule == '|')
            gox_buf_put_str(out, strchr(rule + 1, '|') != NULL ? ", " : " or ");
        rule += *rule == '|';
    }
}

static void put_text_expected(
        const struct gox_setting *row, const char *what, struct gox_buf *out)
{
    gox_buf_put_str(out, what);
    if (row->rule != NULL)
        gox_buf_printf(out, " that matches %s", row->rule);
}

void gox__value_put_expected(const struct gox_setting *row, struct gox_buf *out)
{
    switch (row->type) {
    case GOX_SETTING_INT:
        gox_buf_printf(out, "an integer from %lld to %lld", (long long)row->min,
                (long long)row->max);
        break;
    case GOX_SETTING_OCTAL:
        gox_buf_printf(out, "octal digits from \"0000\" to \"%04llo\"",
                (unsigned long long)row->max);
        break;
    case GOX_SETTING_BOOL:
        gox_buf_put_str(out, "true or false");
        break;
    case GOX_SETTING_ENUM:
        gox_buf_put_str(out, "one of ");
        put_choices(row->rule, out);
        break;
    case GOX_SETTING_TEXT:
        gox_buf_printf(
                out, "a text of at most %lld characters", (long long)row->max);
        put_text_expected(row, "", out);
        break;
    case GOX_SETTING_PATH:
        gox_buf_printf(out, "an absolute path of at most %lld characters",
                (long long)row->max);
        break;
    case GOX_SETTING_PATHS:
        gox_buf_put_str(out, "a list of absolute paths");
        break;
    case GOX_SETTING_TEXTS:
        put_text_expected(row, "a list of texts", out);
        break;
    case GOX_SETTING_IDS:
        gox_buf_put_str(out, "a list of numbers from 0 to 4294967294");
        break;
    case GOX_SETTING_LEVELS:
        gox_buf_put_str(out, "components with error, warn, info or debug");
        break;
    case GOX_SETTING_MAP:
        put_text_expected(row, "names with texts, each name", out);
        break;
    }
}

int gox__value_fail(const struct gox_setting *row, const char *got, size_t len,
        struct gox_error *err)
{
    struct gox_buf expected;
    gox_buf_init(&expected, 0);
    gox__value_put_expected(row, &expected);
    const char *text = gox_buf_text(&expected);
    bool is_cut = len > SHOWN_BYTES;
    int code = gox_error_set(err, GOX_ERR_PARAMS,
            "%s: expected %s, got \"%.*s%s\"", row->name,
            text != NULL ? text : "another value",
            (int)(is_cut ? SHOWN_BYTES : len), got, is_cut ? "..." : "");
    gox_buf_fini(&expected);
    return code;
}

static int fail_memory(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

/* ---- one value ---- */

int gox__value_take_number(const struct gox_setting *row, int64_t number,
        union gox__value *v, struct gox_error *err)
{
    if (number < row->min || number > row->max) {
        char got[24];
        int len = snprintf(got, sizeof got, "%lld", (long long)number);
        return gox__value_fail(row, got, (size_t)len, err);
    }
    v->number = number;
    return 0;
}

int gox__value_take_choice(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err)
{
    const char *rule = row->rule;
    for (int64_t i = 0; *rule != '\0'; i++) {
        size_t have = strcspn(rule, "|");
        if (have == len && memcmp(rule, text, len) == 0) {
            v->number = i;
            return 0;
        }
        rule += have + (rule[have] == '|');
    }
    return gox__value_fail(row, text, len, err);
}

int gox__value_take_octal(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err)
{
    int64_t number = 0;
    bool is_fine = len >= 1 && len <= 4 && (len < 4 || text[0] == '0');
    for (size_t i = 0; i < len && is_fine; i++) {
        is_fine = text[i] >= '0' && text[i] <= '7';
        number = number * 8 + (text[i] - '0');
    }
    if (!is_fine || number < row->min || number > row->max)
        return gox__value_fail(row, text, len, err);
    v->number = number;
    return 0;
}

/* JSON Schema counts characters, and so must this. */
static size_t count_chars(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return true;
    return false;
}

/* 1 when it matches, 0 when not, GOX_ERR_NOMEM. text ends with a NUL. */
static int matches(const char *rule, const char *text)
{
    regex_t regex;
    if (regcomp(&regex, rule, REG_EXTENDED | REG_NOSUB) != 0)
        return GOX_ERR_NOMEM;
    int result = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return result;
}

/* A copy of a text that may stand by itself, or NULL with the code. */
static char *checked_copy(const struct gox_setting *row, const char *rule,
        const char *text, size_t len, int *code, struct gox_error *err)
{
    *code = 0;
    char *copy = has_control(text, len) ? NULL : gox_strndup(text, len);
    if (copy == NULL) {
        *code = has_control(text, len)
                        ? gox_error_set(err, GOX_ERR_PARAMS,
                                  "%s: no control characters are allowed",
                                  row->name)
                        : fail_memory(err);
        return NULL;
    }
    int match = rule != NULL ? matches(rule, copy) : 1;
    if (match < 0)
        *code = fail_memory(err);
    else if (match == 0)
        *code = gox__value_fail(row, text, len, err);
    if (*code == 0)
        return copy;
    gox_free(copy);
    return NULL;
}

static const char *rule_of(const struct gox_setting *row)
{
    bool has_rule =
            row->type == GOX_SETTING_TEXT || row->type == GOX_SETTING_TEXTS;
    return has_rule ? row->rule : NULL;
}

int gox__value_take_text(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err)
{
    int code;
    size_t chars = count_chars(text, len);
    if (chars > (size_t)row->max || chars < (size_t)row->min)
        return gox__value_fail(row, text, len, err);
    char *copy = checked_copy(row, rule_of(row), text, len, &code, err);
    if (copy == NULL)
        return code;
    gox_free(v->text);
    v->text = copy;
    return 0;
}

/* ---- lists ---- */

static int fail_count(const struct gox_setting *row, struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_PARAMS, "%s: at most %lld entries",
            row->name, (long long)row->max);
}

int gox__value_take_item(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err)
{
    int code;
    struct gox_setting_texts *list = &v->texts;
    if (list->count >= (size_t)row->max)
        return fail_count(row, err);
    if (len == 0 || count_chars(text, len) > 4095)
        return gox__value_fail(row, text, len, err);
    char *copy = checked_copy(row, rule_of(row), text, len, &code, err);
    if (copy == NULL)
        return code;
    char **items =
            gox_realloc_array(list->items, list->count + 1, sizeof *items);
    if (items == NULL) {
        gox_free(copy);
        return fail_memory(err);
    }
    items[list->count++] = copy;
    list->items = items;
    return 0;
}

int gox__value_take_id(const struct gox_setting *row, int64_t id,
        union gox__value *v, struct gox_error *err)
{
    struct gox_setting_ids *list = &v->ids;
    char got[24];
    if (list->count >= (size_t)row->max)
        return fail_count(row, err);
    if (id < 0 || id > 4294967294) {
        int len = snprintf(got, sizeof got, "%lld", (long long)id);
        return gox__value_fail(row, got, (size_t)len, err);
    }
    int64_t *items =
            gox_realloc_array(list->items, list->count + 1, sizeof *items);
    if (items == NULL)
        return fail_memory(err);
    items[list->count++] = id;
    list->items = items;
    return 0;
}

/* ---- maps ---- */

static int take_level(const struct gox_setting *row, const char *name,
        size_t name_len, const char *text, size_t len, union gox__value *v,
        struct gox_error *err)
{
    size_t component = 0, level = 0;
    while (component < GOX_LOG_COMPONENT_COUNT &&
            (strlen(component_names[component]) != name_len ||
                    memcmp(component_names[component], name, name_len) != 0))
        component++;
    if (component == GOX_LOG_COMPONENT_COUNT) {
        struct gox_buf known;
        gox_buf_init(&known, 0);
        for (size_t i = 0; i < GOX_LOG_COMPONENT_COUNT; i++)
            gox_buf_printf(
                    &known, "%s%s", i > 0 ? ", " : "", component_names[i]);
        const char *list = gox_buf_text(&known);
        gox_error_set(err, GOX_ERR_PARAMS,
                "%s: there is no component \"%.*s\"; there are %s", row->name,
                (int)(name_len < SHOWN_BYTES ? name_len : SHOWN_BYTES), name,
                list != NULL ? list : "others");
        gox_buf_fini(&known);
        return GOX_ERR_PARAMS;
    }
    while (level < GOX_LOG_LEVEL_COUNT &&
            (strlen(level_names[level]) != len ||
                    memcmp(level_names[level], text, len) != 0))
        level++;
    if (level == GOX_LOG_LEVEL_COUNT)
        return gox__value_fail(row, text, len, err);
    v->levels.of[component] = (int8_t)level;
    return 0;
}

/* Puts a pair of owned texts in; the name may be there. */
static int put_pair(struct gox_setting_map *map, char *name, char *value)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[2 * i], name) != 0)
            continue;
        gox_free(map->items[2 * i + 1]);
        map->items[2 * i + 1] = value;
        gox_free(name);
        return 0;
    }
    char **items =
            gox_realloc_array(map->items, 2 * (map->count + 1), sizeof *items);
    if (items == NULL)
        return GOX_ERR_NOMEM;
    items[2 * map->count] = name;
    items[2 * map->count + 1] = value;
    map->items = items;
    map->count++;
    return 0;
}

int gox__value_take_pair(const struct gox_setting *row, const char *name,
        size_t name_len, const char *text, size_t len, union gox__value *v,
        struct gox_error *err)
{
    int code;
    char *value = NULL;
    if (row->type == GOX_SETTING_LEVELS)
        return take_level(row, name, name_len, text, len, v, err);
    if (v->map.count >= (size_t)row->max)
        return fail_count(row, err);
    char *key = checked_copy(row, row->rule, name, name_len, &code, err);
    if (key != NULL)
        value = checked_copy(row, NULL, text, len, &code, err);
    if (value != NULL && put_pair(&v->map, key, value) == 0)
        return 0;
    gox_free(key);
    gox_free(value);
    return code < 0 ? code : fail_memory(err);
}

int gox__value_dup(
        const struct gox_setting *row, const void *at, union gox__value *v)
{
    union gox__value from;
    int code = 0;
    gox__value_clear(row, v);
    memcpy(&from, at, size_of(row->type));
    switch (row->type) {
    case GOX_SETTING_TEXT:
    case GOX_SETTING_PATH:
        v->text = gox_strdup(from.text != NULL ? from.text : "");
        return v->text != NULL ? 0 : GOX_ERR_NOMEM;
    case GOX_SETTING_PATHS:
    case GOX_SETTING_TEXTS:
        for (size_t i = 0; i < from.texts.count && code == 0; i++)
            code = gox__value_take_item(row, from.texts.items[i],
                    strlen(from.texts.items[i]), v, NULL);
        break;
    case GOX_SETTING_IDS:
        for (size_t i = 0; i < from.ids.count && code == 0; i++)
            code = gox__value_take_id(row, from.ids.items[i], v, NULL);
        break;
    case GOX_SETTING_MAP:
        for (size_t i = 0; i < from.map.count && code == 0; i++)
            code = gox__value_take_pair(row, from.map.items[2 * i],
                    strlen(from.map.items[2 * i]), from.map.items[2 * i + 1],
                    strlen(from.map.items[2 * i + 1]), v, NULL);
        break;
    default:
        memcpy(v, &from, size_of(row->type));
        break;
    }
    if (code < 0)
        gox__value_fini(row, v);
    return code;
}
