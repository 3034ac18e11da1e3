/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: any params bound to rows with every type of parameter. The first
 * byte chooses the row, the rest stands as params in a request. What is taken
 * must be JSON and inside the ranges of the row. */
#include "base/alloc.h"
#include "rpc/params.h"
#include "rpc/request.h"
#include "voxel/color.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const axes[] = {"x", "y", "z|up", NULL};
static const struct gox_param scalars[] = {
        {.name = "count",
                .type = GOX_PARAM_INT,
                .min = -5,
                .max = 4000000000.0,
                .alias = "n|number",
                .fallback = "64"},
        {.name = "ratio", .type = GOX_PARAM_NUMBER, .min = 0, .max = 1},
        {.name = "any_number", .type = GOX_PARAM_NUMBER},
        {.name = "is_on", .type = GOX_PARAM_BOOL, .fallback = "true"},
        {.name = "text", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED},
        {.name = "axis",
                .type = GOX_PARAM_ENUM,
                .names = axes,
                .fallback = "\"z\""},
        {.name = "layer", .type = GOX_PARAM_LAYER, .fallback = "0"},
};
static const struct gox_param shapes[] = {
        {.name = "at",
                .type = GOX_PARAM_POINT,
                .flat = "",
                .flags = GOX_PARAM_REQUIRED},
        {.name = "center", .type = GOX_PARAM_POINT, .flat = "center_"},
        {.name = "color",
                .type = GOX_PARAM_COLOR,
                .flat = "",
                .alias = "rgba",
                .fallback = "\"#ffffff\""},
        {.name = "size", .type = GOX_PARAM_POINT, .min = 1, .max = 16},
        {.name = "region", .type = GOX_PARAM_REGION},
};
static const struct gox_param raws[] = {
        {.name = "list", .type = GOX_PARAM_ARRAY, .flags = GOX_PARAM_REQUIRED},
        {.name = "options", .type = GOX_PARAM_OBJECT},
        {.name = "anything", .type = GOX_PARAM_JSON},
        {.name = "old", .type = GOX_PARAM_INT, .flags = GOX_PARAM_IGNORED},
};
static const struct gox_param whole[] = {
        {.name = "params", .type = GOX_PARAM_JSON, .flags = GOX_PARAM_WHOLE},
};
static const struct gox_method methods[] = {
        {.name = "scalars", GOX_PARAMS(scalars), .flags = GOX_METHOD_EDIT},
        {.name = "shapes", GOX_PARAMS(shapes), .flags = GOX_METHOD_READ},
        {.name = "raws", GOX_PARAMS(raws), .flags = GOX_METHOD_LONG},
        {.name = "whole", GOX_PARAMS(whole)},
        {.name = "none"},
};

static bool parse_color(const char *text, size_t len, uint32_t *rgba)
{
    return gox_rgba_parse(text, len, rgba);
}

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_json(struct gox_slice text)
{
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, NULL);
    gox_reader_skip(&r);
    return gox_reader_error(&r) == 0 && gox_reader_end(&r);
}

static void check_range(const struct gox_param *p, double value)
{
    if (p->min < p->max)
        require(value >= p->min && value <= p->max);
}

static void check_arg(const struct gox_param *p, const struct gox_arg *arg)
{
    require(arg->is_set || (p->flags & GOX_PARAM_REQUIRED) == 0);
    require(arg->is_set || !arg->is_given || (p->flags & GOX_PARAM_IGNORED));
    if (!arg->is_set || (p->flags & GOX_PARAM_IGNORED) != 0)
        return;
    switch (p->type) {
    case GOX_PARAM_INT:
        check_range(p, (double)arg->i);
        break;
    case GOX_PARAM_NUMBER:
        check_range(p, arg->d);
        require(arg->d - arg->d == 0);
        break;
    case GOX_PARAM_ENUM:
        require(arg->i >= 0 && arg->i < 3);
        break;
    case GOX_PARAM_POINT:
        for (int i = 0; i < 3; i++)
            check_range(p, arg->point[i]);
        break;
    case GOX_PARAM_REGION:
        for (int i = 0; i < 3; i++)
            require(arg->region[0][i] <= arg->region[1][i]);
        break;
    case GOX_PARAM_LAYER:
        if (!arg->is_name)
            break;
        /* fall through */
    case GOX_PARAM_STRING:
        require(arg->text.data != NULL &&
                arg->text.data[arg->text.len] == '\0');
        require(memchr(arg->text.data, '\0', arg->text.len) == NULL);
        break;
    case GOX_PARAM_ARRAY:
    case GOX_PARAM_OBJECT:
    case GOX_PARAM_JSON:
        require(is_json(arg->text));
        break;
    case GOX_PARAM_BOOL:
    case GOX_PARAM_COLOR:
        break;
    }
}

static void bind(const struct gox_method *method, struct gox_request *req,
        struct gox_slice text, struct gox_arena *arena)
{
    struct gox_arg args[GOX_METHOD_MAX_PARAMS];
    struct gox_error err = {.offset = -1};
    struct gox_binding b = {.method = method,
            .args = args,
            .arena = arena,
            .parse_color = parse_color,
            .err = &err};
    struct gox_slice params = req->params;
    int code = gox_params_bind(&b, params);
    if (code < 0) {
        require(err.code == code && err.text[0] != '\0');
        int syntax = gox_request_check_params(req, text, &err);
        require((syntax == 0) == (params.data == NULL || is_json(params)));
        return;
    }
    require(params.data == NULL || is_json(params));
    require(b.project.data == NULL || b.project.data[b.project.len] == '\0');
    for (size_t i = 0; i < method->param_count; i++)
        check_arg(&method->params[i], &args[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_request req;
    struct gox_arena arena;
    struct gox_buf buf;
    struct gox_error err = {.offset = -1};
    if (len == 0)
        return 0;
    const struct gox_method *method =
            &methods[data[0] % (sizeof methods / sizeof methods[0])];
    gox_buf_init(&buf, 0);
    gox_buf_put_str(
            &buf, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":");
    gox_buf_put(&buf, data + 1, len - 1);
    gox_buf_put_byte(&buf, '}');
    /* Exactly as long as it is, so that reading past the end is seen. */
    char *copy = gox_malloc(buf.len);
    if (copy == NULL)
        abort();
    memcpy(copy, buf.data, buf.len);
    struct gox_slice text = {copy, buf.len};
    gox_arena_init(&arena);
    int code = gox_request_parse(&req, text, &arena, &err);
    require(code == 0 || err.text[0] != '\0');
    if (code == 0)
        bind(method, &req, text, &arena);
    gox_arena_fini(&arena);
    gox_free(copy);
    gox_buf_fini(&buf);
    return 0;
}
