/* SPDX-License-Identifier: Apache-2.0
 * Reading one value of each parameter type. A value that does not fit is only
 * reported as such: the words for people are made in params.c from the row. */
#include "rpc/params_internal.h"

#include <string.h>

/* The grid of voxels: 24-bit coordinates. */
#define GRID_MIN (-(INT64_C(1) << 23))
#define GRID_MAX ((INT64_C(1) << 23) - 1)

void gox__param_range(const struct gox_param *param, int64_t *min, int64_t *max)
{
    if (param->min < param->max) {
        *min = (int64_t)param->min;
        *max = (int64_t)param->max;
    } else if (param->type == GOX_PARAM_POINT ||
               param->type == GOX_PARAM_REGION) {
        *min = GRID_MIN;
        *max = GRID_MAX;
    } else {
        *min = param->type == GOX_PARAM_LAYER ? 0 : INT32_MIN;
        *max = INT32_MAX;
    }
}

static bool read_text(struct gox_binding *b, struct gox_reader *r,
        struct gox_slice *text, bool *is_nomem)
{
    struct gox_buf scratch;
    gox_buf_init(&scratch, 0);
    struct gox_slice found = gox_reader_string(r, &scratch);
    bool is_ok = r->error == 0 && memchr(found.data, '\0', found.len) == NULL;
    *is_nomem = r->error == GOX_ERR_NOMEM;
    if (is_ok) {
        text->data = gox_arena_strdup(b->arena, found.data, found.len);
        text->len = found.len;
        *is_nomem = text->data == NULL;
        is_ok = !*is_nomem;
    }
    gox_buf_fini(&scratch);
    return is_ok;
}

/* Up to 4 integers in [..] or by the letters of names; returns how many (a bit
 * each for objects), -1 when it is neither or something else is in it. */
static int read_numbers(struct gox_reader *r, const char *const *names,
        size_t count, int64_t min, int64_t max, int64_t values[4])
{
    uint64_t seen = 0;
    enum gox_json_type type = gox_reader_peek(r);
    if (type == GOX_JSON_ARRAY && gox_reader_array(r)) {
        size_t n = 0;
        while (gox_reader_element(r)) {
            if (n == count)
                return -1;
            values[n] = gox_reader_int(r, min, max);
            seen |= UINT64_C(1) << n++;
        }
    } else if (type == GOX_JSON_OBJECT && gox_reader_object(r)) {
        int field;
        while ((field = gox_reader_field(r, names, count, &seen)) >= 0)
            values[field] = gox_reader_int(r, min, max);
    } else {
        return -1;
    }
    return r->error == 0 ? (int)seen : -1;
}

static bool read_point(
        struct gox_reader *r, int64_t min, int64_t max, int32_t point[3])
{
    static const char *const names[] = {"x", "y", "z"};
    int64_t v[4];
    if (read_numbers(r, names, 3, min, max, v) != 7)
        return false;
    for (int i = 0; i < 3; i++)
        point[i] = (int32_t)v[i];
    return true;
}

bool gox_param_read_point(struct gox_reader *r, int32_t point[3])
{
    return read_point(r, GRID_MIN, GRID_MAX, point);
}

bool gox_param_read_color(
        struct gox_reader *r, gox_color_parser *parse, uint32_t *rgba)
{
    static const char *const names[] = {"r", "g", "b", "a"};
    int64_t v[4] = {0, 0, 0, 255};
    if (gox_reader_peek(r) == GOX_JSON_STRING) {
        struct gox_buf scratch;
        gox_buf_init(&scratch, 0);
        struct gox_slice text = gox_reader_string(r, &scratch);
        bool is_ok = r->error == 0 && parse != NULL &&
                     parse(text.data, text.len, rgba);
        gox_buf_fini(&scratch);
        return is_ok;
    }
    int seen = read_numbers(r, names, 4, 0, 255, v);
    if (seen != 7 && seen != 15)
        return false;
    *rgba = (uint32_t)v[0] | (uint32_t)v[1] << 8 | (uint32_t)v[2] << 16 |
            (uint32_t)v[3] << 24;
    return true;
}

static bool read_region(const struct gox_param *param, struct gox_reader *r,
        int32_t region[2][3])
{
    static const char *const names[] = {"min", "max"};
    uint64_t seen = 0;
    int64_t min, max;
    int field;
    gox__param_range(param, &min, &max);
    if (gox_reader_peek(r) != GOX_JSON_OBJECT || !gox_reader_object(r))
        return false;
    while ((field = gox_reader_field(r, names, 2, &seen)) >= 0)
        if (!read_point(r, min, max, region[field]))
            return false;
    if (r->error != 0 || seen != 3)
        return false;
    for (int i = 0; i < 3; i++)
        if (region[0][i] > region[1][i])
            return false;
    return true;
}

static bool read_enum(struct gox_binding *b, const struct gox_param *param,
        struct gox_reader *r, int64_t *value, bool *is_nomem)
{
    struct gox_slice text;
    if (gox_reader_peek(r) != GOX_JSON_STRING ||
            !read_text(b, r, &text, is_nomem))
        return false;
    for (size_t i = 0; param->names[i] != NULL; i++) {
        if (gox_name_in_list(text, param->names[i])) {
            *value = (int64_t)i;
            return true;
        }
    }
    return false;
}

static bool read_layer(struct gox_binding *b, const struct gox_param *param,
        struct gox_reader *r, struct gox_arg *arg, bool *is_nomem)
{
    int64_t min, max;
    arg->is_name = gox_reader_peek(r) == GOX_JSON_STRING;
    if (arg->is_name)
        return read_text(b, r, &arg->text, is_nomem);
    gox__param_range(param, &min, &max);
    arg->i = gox_reader_int(r, min, max);
    return r->error == 0;
}

static bool read_raw(const struct gox_param *param, struct gox_reader *r,
        struct gox_slice *text)
{
    enum gox_json_type type = gox_reader_peek(r);
    if ((param->type == GOX_PARAM_ARRAY && type != GOX_JSON_ARRAY) ||
            (param->type == GOX_PARAM_OBJECT && type != GOX_JSON_OBJECT))
        return false;
    *text = gox_reader_skip(r);
    return r->error == 0;
}

bool gox__param_read(struct gox_binding *b, const struct gox_param *param,
        struct gox_reader *r, struct gox_arg *arg, bool *is_nomem)
{
    int64_t min, max;
    *is_nomem = false;
    switch (param->type) {
    case GOX_PARAM_INT:
        gox__param_range(param, &min, &max);
        arg->i = gox_reader_int(r, min, max);
        return r->error == 0;
    case GOX_PARAM_NUMBER:
        arg->d = gox_reader_number(r);
        return r->error == 0 &&
               (param->min >= param->max ||
                       (arg->d >= param->min && arg->d <= param->max));
    case GOX_PARAM_BOOL:
        arg->b = gox_reader_bool(r);
        return r->error == 0;
    case GOX_PARAM_STRING:
        return read_text(b, r, &arg->text, is_nomem);
    case GOX_PARAM_ENUM:
        return read_enum(b, param, r, &arg->i, is_nomem);
    case GOX_PARAM_COLOR:
        if (!gox_param_read_color(r, b->parse_color, &arg->rgba)) {
            *is_nomem = r->error == GOX_ERR_NOMEM;
            return false;
        }
        return true;
    case GOX_PARAM_POINT:
        gox__param_range(param, &min, &max);
        return read_point(r, min, max, arg->point);
    case GOX_PARAM_REGION:
        return read_region(param, r, arg->region);
    case GOX_PARAM_LAYER:
        return read_layer(b, param, r, arg, is_nomem);
    case GOX_PARAM_ARRAY:
    case GOX_PARAM_OBJECT:
    case GOX_PARAM_JSON:
        return read_raw(param, r, &arg->text);
    }
    return false;
}
