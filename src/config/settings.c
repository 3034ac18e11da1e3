/* SPDX-License-Identifier: Apache-2.0
 * The rows of the settings as a table, and putting values in.
 *
 * Invariant: a value that does not fit its row changes nothing. */
#include "config/settings.h"

#include "base/alloc.h"
#include "config/config_internal.h"
#include "rpc/suggest.h"

#include <stddef.h>
#include <string.h>

// clang-format off
#define ROW(member_, name_, type_, def, min_, max_, unit_, rule_, flag_, env_, \
            apply_, help_)                                                     \
    {.name = name_, .type = GOX_SETTING_##type_, .fallback = def,              \
     .min = min_, .max = max_, .unit = unit_, .rule = rule_, .flag = flag_,    \
     .env = env_, .apply = GOX_APPLY_##apply_, .help = help_,                  \
     .member = #member_, .offset = offsetof(struct gox_settings, member_)},
const struct gox_setting gox_setting_rows[] = {GOX_SETTING_LIST(ROW)};
#undef ROW
// clang-format on
const size_t gox_setting_count =
        sizeof gox_setting_rows / sizeof gox_setting_rows[0];

const struct gox_setting *gox_setting_find(const char *name, size_t len)
{
    for (size_t i = 0; i < gox_setting_count; i++)
        if (strlen(gox_setting_rows[i].name) == len &&
                memcmp(gox_setting_rows[i].name, name, len) == 0)
            return &gox_setting_rows[i];
    return NULL;
}

const char *gox_apply_name(enum gox_apply apply)
{
    static const char *const names[] = {"reload", "restart", "other program"};
    return names[apply];
}

void gox__settings_put(struct gox_settings *s, const struct gox_setting *row,
        union gox__value *own_v, struct gox_setting_origin origin)
{
    gox__value_exchange(row, gox__value_at(s, row), own_v);
    gox__value_fini(row, own_v);
    s->origins[row - gox_setting_rows] = origin;
}

static int set_row(struct gox_settings *s, const struct gox_setting *row,
        const char *value, enum gox_origin origin, struct gox_error *err)
{
    union gox__value v;
    int code = gox__value_from_text(row, value, &v, err);
    if (code == 0)
        gox__settings_put(
                s, row, &v, (struct gox_setting_origin){.from = origin});
    return code;
}

int gox_settings_init(struct gox_settings *s)
{
    int code = 0;
    *s = (struct gox_settings){.is_stdio = false};
    for (size_t i = 0; i < gox_setting_count && code == 0; i++)
        code = set_row(s, &gox_setting_rows[i], gox_setting_rows[i].fallback,
                GOX_ORIGIN_DEFAULT, NULL);
    if (code < 0)
        gox_settings_fini(s);
    return code;
}

void gox_settings_fini(struct gox_settings *s)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        union gox__value nothing;
        gox__value_clear(row, &nothing);
        gox__value_exchange(row, gox__value_at(s, row), &nothing);
        gox__value_fini(row, &nothing);
    }
    gox_free(s->file);
    s->file = NULL;
}

/* The MAP or LEVELS that name is an entry of; *entry is what comes after. */
static const struct gox_setting *find_map(
        const char *name, size_t len, const char **entry)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        size_t have = strlen(row->name);
        if ((row->type != GOX_SETTING_MAP && row->type != GOX_SETTING_LEVELS) ||
                len <= have + 1 || name[have] != '.' ||
                memcmp(name, row->name, have) != 0)
            continue;
        *entry = name + have + 1;
        return row;
    }
    return NULL;
}

static int set_entry(struct gox_settings *s, const struct gox_setting *row,
        const char *entry, size_t len, const char *value,
        enum gox_origin origin, struct gox_error *err)
{
    union gox__value v;
    int code = gox__value_dup(row, gox__value_get(s, row), &v);
    if (code < 0)
        return gox_error_set(err, code, "out of memory");
    code = gox__value_take_pair(row, entry, len, value, strlen(value), &v, err);
    if (code == 0)
        gox__settings_put(
                s, row, &v, (struct gox_setting_origin){.from = origin});
    else
        gox__value_fini(row, &v);
    return code;
}

int gox_settings_set(struct gox_settings *s, const char *name, size_t name_len,
        const char *value, enum gox_origin origin, struct gox_error *err)
{
    struct gox_suggest suggest;
    const char *entry;
    size_t len;
    const struct gox_setting *row = gox_setting_find(name, name_len);
    if (row != NULL)
        return set_row(s, row, value, origin, err);
    row = find_map(name, name_len, &entry);
    if (row != NULL)
        return set_entry(s, row, entry, (size_t)(name + name_len - entry),
                value, origin, err);
    gox_suggest_init(&suggest, (struct gox_slice){name, name_len});
    for (size_t i = 0; i < gox_setting_count; i++)
        gox_suggest_offer(&suggest, gox_setting_rows[i].name,
                strlen(gox_setting_rows[i].name));
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "there is no setting %.*s%s%s%s",
            (int)(name_len < 80 ? name_len : 80), name,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "; --print-config lists them");
}

void gox_settings_put_origin(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    struct gox_setting_origin origin = s->origins[i];
    const char *file = s->file != NULL ? s->file : "file";
    switch (origin.from) {
    case GOX_ORIGIN_DEFAULT:
        gox_buf_put_str(out, "default");
        break;
    case GOX_ORIGIN_PLATFORM:
        gox_buf_printf(out, "%s:%u (defaults)", file, origin.line);
        break;
    case GOX_ORIGIN_FILE:
        gox_buf_printf(out, "%s:%u", file, origin.line);
        break;
    case GOX_ORIGIN_ENVIRONMENT:
        gox_buf_printf(out, "environment %s", gox_setting_rows[i].env);
        break;
    case GOX_ORIGIN_FLAG:
        gox_buf_put_str(out, "command line");
        break;
    }
}

bool gox_settings_is_equal(
        const struct gox_settings *a, const struct gox_settings *b, size_t i)
{
    struct gox_buf one, two;
    gox_buf_init(&one, 0);
    gox_buf_init(&two, 0);
    gox_settings_put_json(a, i, &one);
    gox_settings_put_json(b, i, &two);
    bool is_equal = gox_buf_error(&one) == 0 && gox_buf_error(&two) == 0 &&
                    one.len == two.len &&
                    (one.len == 0 || memcmp(one.data, two.data, one.len) == 0);
    gox_buf_fini(&one);
    gox_buf_fini(&two);
    return is_equal;
}

void gox_settings_swap(struct gox_settings *a, struct gox_settings *b, size_t i)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    union gox__value held;
    struct gox_setting_origin origin = a->origins[i];
    gox__value_clear(row, &held);
    gox__value_exchange(row, gox__value_at(a, row), &held);
    gox__value_exchange(row, gox__value_at(b, row), &held);
    gox__value_exchange(row, gox__value_at(a, row), &held);
    a->origins[i] = b->origins[i];
    b->origins[i] = origin;
}
