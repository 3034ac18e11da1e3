/* SPDX-License-Identifier: Apache-2.0
 * The words about parameters: what one expects and what came instead. */
#include "rpc/params_internal.h"

#include <stdio.h>
#include <string.h>

bool gox_name_in_list(struct gox_slice name, const char *list)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, "|");
        if (len == name.len && memcmp(list, name.data, len) == 0)
            return true;
        list += len + (list[len] == '|');
    }
    return false;
}

void gox_param_describe(struct gox_slice raw, char *text, size_t size)
{
    struct gox_reader r;
    gox_reader_init(&r, raw.data, raw.len, NULL);
    enum gox_json_type type = gox_reader_peek(&r);
    const char *name = gox_json_type_name(type);
    size_t shown = raw.len < 48 ? raw.len : 45;
    while (shown > 0 && shown < raw.len &&
            ((unsigned char)raw.data[shown] & 0xc0) == 0x80)
        shown--;
    if (type == GOX_JSON_NULL || type == GOX_JSON_ERROR)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%s %.*s%s", name, (int)shown, raw.data,
                shown < raw.len ? "..." : "");
}

static void put_range(const struct gox_param *p, struct gox_buf *out)
{
    int64_t min, max;
    gox__param_range(p, &min, &max);
    gox_buf_printf(out, " from %lld to %lld", (long long)min, (long long)max);
}

static void put_names(const struct gox_param *p, struct gox_buf *out)
{
    gox_buf_put_str(out, "one of");
    for (size_t i = 0; p->names[i] != NULL; i++) {
        size_t len = strcspn(p->names[i], "|");
        gox_buf_printf(out, "%s %.*s", i > 0 ? "," : "", (int)len, p->names[i]);
    }
}

void gox_param_put_expected(const struct gox_param *p, struct gox_buf *out)
{
    switch (p->type) {
    case GOX_PARAM_INT:
        gox_buf_put_str(out, "integer");
        put_range(p, out);
        break;
    case GOX_PARAM_NUMBER:
        gox_buf_put_str(out, "number");
        if (p->min < p->max)
            gox_buf_printf(out, " from %g to %g", p->min, p->max);
        break;
    case GOX_PARAM_ENUM:
        put_names(p, out);
        break;
    case GOX_PARAM_STRING:
        gox_buf_put_str(out, "string without NUL");
        break;
    case GOX_PARAM_COLOR:
        gox_buf_put_str(out, "color as [r,g,b] or [r,g,b,a] with 0 to 255, "
                             "\"#RRGGBB\", \"#RRGGBBAA\", {r,g,b,a} or a name");
        break;
    case GOX_PARAM_POINT:
        gox_buf_put_str(out, "[x,y,z] or {x,y,z} of integers");
        put_range(p, out);
        break;
    case GOX_PARAM_REGION:
        gox_buf_put_str(out, "{\"min\":[x,y,z],\"max\":[x,y,z]}, min <= max, "
                             "of integers");
        put_range(p, out);
        break;
    case GOX_PARAM_LAYER:
        gox_buf_put_str(out, "layer id (integer");
        put_range(p, out);
        gox_buf_put_str(out, ") or layer name");
        break;
    case GOX_PARAM_BOOL:
        gox_buf_put_str(out, "boolean");
        break;
    case GOX_PARAM_ARRAY:
        gox_buf_put_str(out, "array");
        break;
    case GOX_PARAM_OBJECT:
        gox_buf_put_str(out, "object");
        break;
    case GOX_PARAM_JSON:
        gox_buf_put_str(out, p->help != NULL ? p->help : "any value");
        break;
    }
}
