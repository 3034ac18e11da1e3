/* SPDX-License-Identifier: Apache-2.0
 * Bytes to requests by the rows of the methods. Numbers are mostly small, so
 * that the work stays small, and sometimes the ends of their range. */
#include "fuzz/make_requests.h"

#define MAX_REQUESTS 24
#define MAX_DEPTH    2

struct maker {
    struct gox_buf *out;
    const struct gox_method *rows;
    size_t row_count;
    const uint8_t *data;
    size_t len, pos;
};

static unsigned take(struct maker *m)
{
    return m->pos < m->len ? m->data[m->pos++] : 0;
}

static void put_one_of(struct maker *m, const char *const *texts, size_t count)
{
    gox_buf_put_str(m->out, texts[take(m) % count]);
}

static void put_junk(struct maker *m)
{
    static const char *const junk[] = {"null", "[]", "{}", "\"\"", "-1", "1e99",
            "true", "[[0,0,0],[1]]", "{\"a\":1}", "\"\\u0000\"", "0.5",
            "2147483648", "[1,2,3]", "{\"x\":1,\"y\":2,\"z\":3}",
            "[\"x\",null]"};
    put_one_of(m, junk, sizeof junk / sizeof *junk);
}

/* About the origin, where things meet; seldom at the ends. */
static void put_coordinate(struct maker *m)
{
    unsigned b = take(m);
    if (b >= 250)
        gox_buf_put_int(m->out, b % 2 == 0 ? 131071 : -131072);
    else
        gox_buf_put_int(m->out, (int)(b % 41) - 20);
}

static void put_numbers(struct maker *m, unsigned count)
{
    gox_buf_put_byte(m->out, '[');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            gox_buf_put_byte(m->out, ',');
        put_coordinate(m);
    }
    gox_buf_put_byte(m->out, ']');
}

static void put_int(struct maker *m, const struct gox_param *p)
{
    unsigned b = take(m);
    if (p->min >= p->max)
        put_coordinate(m);
    else if (b >= 250)
        gox_buf_printf(m->out, "%.0f", b % 2 == 0 ? p->max : p->min);
    else
        gox_buf_printf(m->out, "%.0f", p->min + b % 17);
}

static void put_color(struct maker *m)
{
    static const char *const colors[] = {"\"#ff0000\"", "\"#00ff0080\"",
            "[0,0,255]", "[1,2,3,0]", "{\"r\":9,\"g\":8,\"b\":7,\"a\":255}",
            "\"white\"", "[255,255,255,255]", "\"#123\""};
    put_one_of(m, colors, sizeof colors / sizeof *colors);
}

static void put_name(struct maker *m)
{
    static const char *const names[] = {"\"a\"", "\"b\"", "\"default\"",
            "\"clip-1\"", "\"Layer 1\"", "\"\\u00e4\\ud83d\\ude00\"", "\"\"",
            "\"x\"", "\"z\"", "\"union\"", "\"voxels\""};
    put_one_of(m, names, sizeof names / sizeof *names);
}

static void put_enum(struct maker *m, const struct gox_param *p)
{
    unsigned count = 0;
    while (p->names[count] != NULL)
        count++;
    const char *name = p->names[take(m) % count];
    gox_buf_put_byte(m->out, '"');
    gox_buf_put(m->out, name, strcspn(name, "|"));
    gox_buf_put_byte(m->out, '"');
}

static void put_params(
        struct maker *m, const struct gox_method *row, unsigned depth);

/* What the parameters of type ARRAY are: operations, voxels, rows, numbers. */
static void put_items(
        struct maker *m, const struct gox_param *p, unsigned depth)
{
    bool has_operations = strcmp(p->name, "operations") == 0;
    unsigned count = take(m) % 9;
    gox_buf_put_byte(m->out, '[');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            gox_buf_put_byte(m->out, ',');
        if (has_operations && depth < MAX_DEPTH) {
            const struct gox_method *row = &m->rows[take(m) % m->row_count];
            gox_buf_printf(m->out, "{\"type\":\"%s\"", row->name);
            put_params(m, row, depth + 1);
            gox_buf_put_byte(m->out, '}');
        } else if (strcmp(p->name, "voxels") == 0) {
            gox_buf_put_str(m->out, "{\"position\":");
            put_numbers(m, 3);
            gox_buf_put_str(m->out, ",\"color\":");
            put_color(m);
            gox_buf_put_byte(m->out, '}');
        } else if (strcmp(p->name, "rows") == 0) {
            put_name(m);
        } else {
            put_coordinate(m);
        }
    }
    gox_buf_put_byte(m->out, ']');
}

static void put_value(
        struct maker *m, const struct gox_param *p, unsigned depth)
{
    switch (p->type) {
    case GOX_PARAM_INT:
        put_int(m, p);
        break;
    case GOX_PARAM_NUMBER:
        gox_buf_printf(m->out, "%g", (double)take(m) / 16 - 4);
        break;
    case GOX_PARAM_BOOL:
        gox_buf_put_str(m->out, take(m) % 2 == 0 ? "true" : "false");
        break;
    case GOX_PARAM_STRING:
        put_name(m);
        break;
    case GOX_PARAM_ENUM:
        put_enum(m, p);
        break;
    case GOX_PARAM_COLOR:
        put_color(m);
        break;
    case GOX_PARAM_POINT:
        put_numbers(m, 3);
        break;
    case GOX_PARAM_REGION:
        gox_buf_put_str(m->out, "{\"min\":");
        put_numbers(m, 3);
        gox_buf_put_str(m->out, ",\"max\":");
        put_numbers(m, 3);
        gox_buf_put_byte(m->out, '}');
        break;
    case GOX_PARAM_LAYER:
        gox_buf_put_int(m->out, (int)(take(m) % 5));
        break;
    case GOX_PARAM_ARRAY:
        put_items(m, p, depth);
        break;
    case GOX_PARAM_OBJECT:
        gox_buf_put_str(m->out, "{\"x\":");
        put_color(m);
        gox_buf_put_byte(m->out, '}');
        break;
    case GOX_PARAM_JSON:
        put_junk(m);
        break;
    }
}

/* Each begins with a comma. */
static void put_params(
        struct maker *m, const struct gox_method *row, unsigned depth)
{
    for (size_t i = 0; i < row->param_count; i++) {
        const struct gox_param *p = &row->params[i];
        unsigned b = take(m);
        if (b % 3 == 0 && (p->flags & GOX_PARAM_REQUIRED) == 0)
            continue;
        gox_buf_printf(m->out, ",\"%s\":", p->name);
        if (b >= 250)
            put_junk(m);
        else
            put_value(m, p, depth);
    }
}

/* Beside the row's own: what every method takes. */
static void put_common(struct maker *m)
{
    unsigned b = take(m);
    if (b % 8 == 1)
        gox_buf_put_str(m->out, ",\"project\":\"a\"");
    if (b % 32 == 2)
        gox_buf_put_str(m->out, ",\"if_revision\":3");
    if (b % 32 == 3)
        gox_buf_put_str(m->out, ",\"progress\":true");
}

unsigned make_requests(struct gox_buf *out, const struct gox_method *rows,
        size_t row_count, const uint8_t *data, size_t len)
{
    struct maker m = {.out = out,
            .rows = rows,
            .row_count = row_count,
            .data = data,
            .len = len};
    unsigned count = 0;
    while (m.pos < m.len && count < MAX_REQUESTS) {
        const struct gox_method *row = &rows[take(&m) % row_count];
        gox_buf_printf(out,
                "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",\"params\":{",
                ++count, row->name);
        size_t at = out->len;
        put_params(&m, row, 0);
        put_common(&m);
        if (out->len > at) {
            /* The first comma goes. */
            memmove(out->data + at, out->data + at + 1, out->len - at - 1);
            out->len--;
        }
        gox_buf_put_str(out, "}}\n");
    }
    return count;
}
