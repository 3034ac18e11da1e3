/* SPDX-License-Identifier: Apache-2.0
 * OpenRPC from the rows: nothing here knows any method by name. */
#include "daemon/openrpc.h"

#include "goxel/version.h"
#include "rpc/params.h"

#include <string.h>

#define GRID_MIN (-(INT64_C(1) << 23))
#define GRID_MAX ((INT64_C(1) << 23) - 1)

static void put_integer(
        struct gox_writer *w, const char *key, int64_t min, int64_t max)
{
    gox_writer_object(w, key);
    gox_writer_string(w, "type", "integer");
    gox_writer_int(w, "minimum", min);
    gox_writer_int(w, "maximum", max);
    gox_writer_end_object(w);
}

/* An array of min to max integers of a range. */
static void put_integers(struct gox_writer *w, int64_t from, int64_t to,
        int min_items, int max_items)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "type", "array");
    put_integer(w, "items", from, to);
    gox_writer_int(w, "minItems", min_items);
    gox_writer_int(w, "maxItems", max_items);
    gox_writer_end_object(w);
}

/* An object of single-letter integers; the first `required` must be there. */
static void put_letters(struct gox_writer *w, const char *letters,
        size_t required, int64_t from, int64_t to)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "type", "object");
    gox_writer_object(w, "properties");
    for (size_t i = 0; letters[i] != '\0'; i++) {
        char name[2] = {letters[i], '\0'};
        put_integer(w, name, from, to);
    }
    gox_writer_end_object(w);
    gox_writer_array(w, "required");
    for (size_t i = 0; i < required; i++)
        gox_writer_text(w, NULL, &letters[i], 1);
    gox_writer_end_array(w);
    gox_writer_end_object(w);
}

static void put_type(struct gox_writer *w, const char *type)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "type", type);
    gox_writer_end_object(w);
}

/* The alternatives of a point; as members of an open schema. */
static void put_point(struct gox_writer *w, int64_t from, int64_t to)
{
    gox_writer_array(w, "oneOf");
    put_integers(w, from, to, 3, 3);
    put_letters(w, "xyz", 3, from, to);
    gox_writer_end_array(w);
}

static void put_color(struct gox_writer *w)
{
    gox_writer_array(w, "oneOf");
    put_integers(w, 0, 255, 3, 4);
    put_letters(w, "rgba", 3, 0, 255);
    put_type(w, "string");
    gox_writer_end_array(w);
}

static void put_region(struct gox_writer *w)
{
    static const char *const names[] = {"min", "max"};
    gox_writer_string(w, "type", "object");
    gox_writer_object(w, "properties");
    for (int i = 0; i < 2; i++) {
        gox_writer_object(w, names[i]);
        put_point(w, GRID_MIN, GRID_MAX);
        gox_writer_end_object(w);
    }
    gox_writer_end_object(w);
    gox_writer_array(w, "required");
    gox_writer_string(w, NULL, "min");
    gox_writer_string(w, NULL, "max");
    gox_writer_end_array(w);
}

static void put_enum(struct gox_writer *w, const char *const *names)
{
    gox_writer_string(w, "type", "string");
    gox_writer_array(w, "enum");
    for (; *names != NULL; names++) {
        const char *name = *names;
        while (*name != '\0') {
            size_t len = strcspn(name, "|");
            gox_writer_text(w, NULL, name, len);
            name += len + (name[len] == '|');
        }
    }
    gox_writer_end_array(w);
}

static void put_layer(struct gox_writer *w, int64_t min)
{
    gox_writer_array(w, "oneOf");
    put_integer(w, NULL, min, INT32_MAX);
    put_type(w, "string");
    gox_writer_end_array(w);
}

/* min and max of the schema, as the binding applies them. */
static void put_numbers(struct gox_writer *w, const struct gox_param *p)
{
    bool has_range = p->min < p->max;
    bool is_int = p->type == GOX_PARAM_INT;
    gox_writer_string(w, "type", is_int ? "integer" : "number");
    if (!has_range && !is_int)
        return;
    gox_writer_number(w, "minimum", has_range ? p->min : INT32_MIN);
    gox_writer_number(w, "maximum", has_range ? p->max : INT32_MAX);
}

static void put_schema(struct gox_writer *w, const struct gox_param *p)
{
    bool has_range = p->min < p->max;
    gox_writer_object(w, "schema");
    switch (p->type) {
    case GOX_PARAM_INT:
    case GOX_PARAM_NUMBER:
        put_numbers(w, p);
        break;
    case GOX_PARAM_BOOL:
        gox_writer_string(w, "type", "boolean");
        break;
    case GOX_PARAM_STRING:
        gox_writer_string(w, "type", "string");
        break;
    case GOX_PARAM_ENUM:
        put_enum(w, p->names);
        break;
    case GOX_PARAM_COLOR:
        put_color(w);
        break;
    case GOX_PARAM_POINT:
        put_point(w, has_range ? (int64_t)p->min : GRID_MIN,
                has_range ? (int64_t)p->max : GRID_MAX);
        break;
    case GOX_PARAM_REGION:
        put_region(w);
        break;
    case GOX_PARAM_LAYER:
        put_layer(w, has_range ? (int64_t)p->min : 0);
        break;
    case GOX_PARAM_ARRAY:
        gox_writer_string(w, "type", "array");
        break;
    case GOX_PARAM_OBJECT:
        gox_writer_string(w, "type", "object");
        break;
    case GOX_PARAM_JSON:
        break;
    }
    if (p->fallback != NULL)
        gox_writer_raw(w, "default", p->fallback, strlen(p->fallback));
    gox_writer_end_object(w);
}

static void put_list(struct gox_writer *w, const char *key, const char *list)
{
    if (list == NULL)
        return;
    gox_writer_array(w, key);
    while (*list != '\0') {
        size_t len = strcspn(list, "|");
        gox_writer_text(w, NULL, list, len);
        list += len + (list[len] == '|');
    }
    gox_writer_end_array(w);
}

static void put_param(struct gox_writer *w, const struct gox_param *p)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", p->name);
    if (p->help != NULL)
        gox_writer_string(w, "description", p->help);
    gox_writer_bool(w, "required", (p->flags & GOX_PARAM_REQUIRED) != 0);
    put_schema(w, p);
    put_list(w, "x-aliases", p->alias);
    if (p->flat != NULL)
        gox_writer_string(w, "x-flat", p->flat);
    gox_writer_end_object(w);
}

static void put_common(struct gox_writer *w, const struct gox_method *m)
{
    static const struct gox_param project = {.name = "project",
            .type = GOX_PARAM_STRING,
            .help = "project by name; absent: the connection's own"};
    static const struct gox_param revision = {.name = "if_revision",
            .type = GOX_PARAM_INT,
            .min = 0,
            .max = 9007199254740992.0,
            .help = "refused when the project is at another revision"};
    static const struct gox_param progress = {.name = "progress",
            .type = GOX_PARAM_BOOL,
            .help = "true: goxel.progress notifications {id, fraction}"};
    if ((m->flags & (GOX_METHOD_READ | GOX_METHOD_EDIT)) != 0)
        put_param(w, &project);
    if ((m->flags & (GOX_METHOD_READ | GOX_METHOD_EDIT)) != 0)
        put_param(w, &revision);
    if ((m->flags & GOX_METHOD_LONG) != 0)
        put_param(w, &progress);
}

/* One word of gox_method.result: "name:type", with a '?' when optional and
 * "|null" when it may be null. */
struct member {
    char name[48];
    struct gox_slice type;
    bool is_optional;
};

static const char *next_member(const char *p, struct member *m)
{
    p += strspn(p, " ");
    if (*p == '\0')
        return NULL;
    size_t len = strcspn(p, " ");
    size_t name = strcspn(p, ":?");
    if (name > len)
        name = len;
    size_t shown = name < sizeof m->name ? name : sizeof m->name - 1;
    memcpy(m->name, p, shown);
    m->name[shown] = '\0';
    m->is_optional = memchr(p, '?', len) != NULL;
    m->type = (struct gox_slice){p + len, 0};
    if (p[name] == ':') {
        const char *type = p + name + 1;
        m->type = (struct gox_slice){type, strcspn(type, " ?") < len - name - 1
                                                   ? strcspn(type, " ?")
                                                   : len - name - 1};
    }
    return p + len;
}

/* The JSON Schema type that a word of the rows means; NULL: any value. */
static const char *schema_type(struct gox_slice word)
{
    static const char *const words[][2] = {{"int", "integer"},
            {"number", "number"}, {"bool", "boolean"}, {"string", "string"},
            {"array", "array"}, {"object", "object"}, {"rgba", "array"},
            {"point", "array"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (gox_slice_is(word, words[i][0]))
            return words[i][1];
    return NULL;
}

static void put_member(struct gox_writer *w, const struct member *m)
{
    struct gox_slice word = m->type;
    const char *bar = memchr(word.data, '|', word.len);
    if (bar != NULL)
        word.len = (size_t)(bar - word.data);
    const char *type = schema_type(word);
    gox_writer_object(w, m->name);
    if (bar != NULL && type != NULL) {
        gox_writer_array(w, "oneOf");
        put_type(w, type);
        put_type(w, "null");
        gox_writer_end_array(w);
    } else if (type != NULL) {
        gox_writer_string(w, "type", type);
    }
    gox_writer_end_object(w);
}

static void put_result(struct gox_writer *w, const char *result)
{
    struct member m;
    const char *p = result;
    gox_writer_object(w, "result");
    gox_writer_string(w, "name", "result");
    gox_writer_object(w, "schema");
    if (result != NULL && strcmp(result, "any") != 0) {
        gox_writer_string(w, "type", "object");
        gox_writer_object(w, "properties");
        while ((p = next_member(p, &m)) != NULL)
            put_member(w, &m);
        gox_writer_end_object(w);
        gox_writer_array(w, "required");
        for (p = result; (p = next_member(p, &m)) != NULL;)
            if (!m.is_optional)
                gox_writer_string(w, NULL, m.name);
        gox_writer_end_array(w);
    }
    gox_writer_end_object(w);
    gox_writer_end_object(w);
}

static void put_errors(struct gox_writer *w, const struct gox_method *m)
{
    if (m->error == 0)
        return;
    gox_writer_array(w, "errors");
    gox_writer_object(w, NULL);
    gox_writer_int(w, "code", gox_error_rpc_code(m->error));
    gox_writer_string(w, "message", gox_error_text(m->error));
    gox_writer_end_object(w);
    gox_writer_end_array(w);
}

static void put_method(struct gox_writer *w, const struct gox_method *m)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", m->name);
    gox_writer_string(w, "summary", m->summary);
    gox_writer_array(w, "tags");
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", m->group);
    gox_writer_end_object(w);
    gox_writer_end_array(w);
    gox_writer_string(w, "paramStructure", "either");
    gox_writer_array(w, "params");
    for (size_t i = 0; i < m->param_count; i++)
        put_param(w, &m->params[i]);
    put_common(w, m);
    gox_writer_end_array(w);
    put_result(w, m->result);
    put_errors(w, m);
    put_list(w, "x-aliases", m->aliases);
    gox_writer_bool(w, "x-edits", (m->flags & GOX_METHOD_EDIT) != 0);
    gox_writer_bool(w, "x-long", (m->flags & GOX_METHOD_LONG) != 0);
    gox_writer_bool(w, "x-admin", (m->flags & GOX_METHOD_ADMIN) != 0);
    gox_writer_bool(w, "x-safe", (m->flags & GOX_METHOD_SAFE) != 0);
    gox_writer_end_object(w);
}

void gox_openrpc_put(const gox_registry *reg, struct gox_writer *w)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "openrpc", "1.3.2");
    gox_writer_object(w, "info");
    gox_writer_string(w, "title", "goxel-daemon");
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_end_object(w);
    gox_writer_array(w, "methods");
    for (size_t i = 0; i < gox_registry_count(reg); i++)
        put_method(w, gox_registry_get(reg, i));
    gox_writer_end_array(w);
    gox_writer_end_object(w);
}
