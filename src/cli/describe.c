/* SPDX-License-Identifier: Apache-2.0
 * OpenRPC to text for people. */
#include "cli/describe.h"

#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static const char *next_method(void *ctx, size_t i)
{
    return json_string_value(json_object_get(json_array_get(ctx, i), "name"));
}

/* By name, with or without "goxel.", or by an alias that the row lists. */
static json_t *find_method(json_t *methods, const char *name)
{
    char longer[256];
    size_t i, j;
    json_t *row, *alias;

    snprintf(longer, sizeof(longer), "goxel.%s", name);
    json_array_foreach(methods, i, row)
    {
        if (strcmp(text_of(row, "name"), name) == 0)
            return row;
    }
    json_array_foreach(methods, i, row)
    {
        if (strcmp(text_of(row, "name"), longer) == 0)
            return row;
        json_array_foreach(json_object_get(row, "x-aliases"), j, alias)
        {
            const char *text = json_string_value(alias);
            if (text && strcmp(text, name) == 0)
                return row;
        }
    }
    return NULL;
}

/* What a schema allows, in a few words: "integer 1..4", "one of a, b". */
static void put_type(struct gox_buf *out, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "enum");
    const json_t *min = json_object_get(schema, "minimum");
    const json_t *max = json_object_get(schema, "maximum");
    const json_t *any = json_object_get(schema, "oneOf");
    const char *ref = strrchr(text_of(schema, "$ref"), '/');
    size_t i;
    json_t *item;

    if (!any)
        any = json_object_get(schema, "anyOf");
    if (list) {
        gox_buf_put_str(out, "one of ");
        json_array_foreach((json_t *)(uintptr_t)list, i, item)
        {
            char *text = json_dumps(item, JSON_ENCODE_ANY);
            const char *word = json_string_value(item);
            gox_buf_printf(out, "%s%s", i > 0 ? ", " : "",
                    word   ? word
                    : text ? text
                           : "");
            free(text);
        }
    } else if (ref) {
        gox_buf_put_str(out, ref + 1);
    } else if (any) {
        json_array_foreach((json_t *)(uintptr_t)any, i, item)
        {
            gox_buf_put_str(out, i > 0 ? " or " : "");
            put_type(out, item);
        }
    } else {
        const char *type = text_of(schema, "type");
        gox_buf_put_str(out, type[0] ? type : "any value");
    }
    if (json_is_number(min) && json_is_number(max))
        gox_buf_printf(out, " %.17g..%.17g", json_number_value(min),
                json_number_value(max));
}

static void put_param(struct gox_table *table, const json_t *param)
{
    const json_t *schema = json_object_get(param, "schema");
    const json_t *fallback =
            json_object_get(schema ? schema : param, "default");
    struct gox_buf type;
    char *text = fallback ? json_dumps(fallback,
                                    JSON_ENCODE_ANY | JSON_REAL_PRECISION(6))
                          : NULL;
    const char *help = text_of(param, "description");
    const char *line;

    gox_buf_init(&type, 0);
    put_type(&type, schema ? schema : param);
    line = gox_buf_text(&type);
    gox_table_put(table, "%s", text_of(param, "name"));
    gox_table_put(table, "%s", line ? line : "");
    gox_table_put(table, "%s",
            json_is_true(json_object_get(param, "required")) ? "required"
            : text                                           ? text
                                                             : "");
    gox_table_put(table, "%s", help[0] ? help : text_of(schema, "description"));
    gox_buf_fini(&type);
    free(text);
}

static void put_params(
        struct gox_buf *out, const json_t *params, bool has_color)
{
    struct gox_table table;
    size_t i;
    json_t *param;

    if (json_array_size(params) == 0) {
        gox_buf_put_str(out, "\nNo parameters.\n");
        return;
    }
    gox_buf_put_str(out, "\nParameters, in the order for a list:\n");
    gox_table_init(&table, "llll");
    gox_table_put(&table, "NAME");
    gox_table_put(&table, "TYPE");
    gox_table_put(&table, "DEFAULT");
    gox_table_put(&table, "MEANING");
    json_array_foreach((json_t *)(uintptr_t)params, i, param)
            put_param(&table, param);
    gox_table_print(&table, out, has_color);
    gox_table_fini(&table);
}

static void put_result(
        struct gox_buf *out, const json_t *result, bool has_color)
{
    const json_t *schema = json_object_get(result, "schema");
    const json_t *members = json_object_get(schema, "properties");
    const char *key;
    json_t *value;
    struct gox_table table;

    gox_buf_put_str(out, "\nResult: ");
    put_type(out, schema);
    gox_buf_put_byte(out, '\n');
    if (!json_is_object(members) || json_object_size(members) == 0)
        return;
    gox_table_init(&table, "lll");
    gox_table_put(&table, "MEMBER");
    gox_table_put(&table, "TYPE");
    gox_table_put(&table, "MEANING");
    json_object_foreach((json_t *)(uintptr_t)members, key, value)
    {
        struct gox_buf type;
        const char *line;
        gox_buf_init(&type, 0);
        put_type(&type, value);
        line = gox_buf_text(&type);
        gox_table_put(&table, "%s", key);
        gox_table_put(&table, "%s", line ? line : "");
        gox_table_put(&table, "%s", text_of(value, "description"));
        gox_buf_fini(&type);
    }
    gox_table_print(&table, out, has_color);
    gox_table_fini(&table);
}

int gox_cli_describe_method(
        const struct gox_cli *cli, const json_t *document, const char *name)
{
    json_t *methods = json_object_get(document, "methods");
    json_t *row = find_method(methods, name);
    struct gox_buf out;
    const char *near, *more;

    if (!row) {
        near = gox_cli_nearest(name, next_method, methods);
        return gox_cli_fail(cli, GOX_CLI_FAILED,
                "there is no method or command \"%s\"%s%s%s", name,
                near ? "; did you mean " : "; see goxelctl methods",
                near ? near : "", near ? "?" : "");
    }
    if (cli->is_json)
        return gox_cli_print_json(cli, row);
    gox_buf_init(&out, 0);
    gox_buf_printf(&out, "%s\n    %s\n", text_of(row, "name"),
            text_of(row, "summary"));
    more = text_of(row, "description");
    if (more[0] && strcmp(more, text_of(row, "summary")) != 0)
        gox_buf_printf(&out, "    %s\n", more);
    put_params(&out, json_object_get(row, "params"), cli->has_color);
    put_result(&out, json_object_get(row, "result"), cli->has_color);
    return gox_cli_flush(cli, &out);
}
