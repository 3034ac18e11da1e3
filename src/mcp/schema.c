/* SPDX-License-Identifier: Apache-2.0
 * A walk over schema and value at the same time. Depth is bounded by our own
 * schemas, which do not refer to themselves.
 *
 * Invariant: `why` is written only when the result is false. */
#include "mcp/schema.h"

#include "rpc/suggest.h"

#include <stdlib.h>
#include <string.h>

struct place {
    const struct place *up;
    const char *key; /* NULL: index */
    size_t index;
};

static void put_place(struct gox_buf *why, const struct place *at)
{
    if (at->up == NULL)
        return;
    put_place(why, at->up);
    if (at->key == NULL)
        gox_buf_printf(why, "[%zu]", at->index);
    else
        gox_buf_printf(why, "%s%s", at->up->up != NULL ? "." : "", at->key);
}

static void begin(struct gox_buf *why, const struct place *at)
{
    if (at->up == NULL) {
        gox_buf_put_str(why, "the arguments");
        return;
    }
    gox_buf_put_byte(why, '"');
    put_place(why, at);
    gox_buf_put_byte(why, '"');
}

static void put_value(struct gox_buf *why, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text == NULL)
        return;
    if (strlen(text) > 60)
        gox_buf_printf(why, "%.57s...", text);
    else
        gox_buf_put_str(why, text);
    free(text);
}

static bool is_type(const json_t *value, const char *type)
{
    if (strcmp(type, "object") == 0)
        return json_is_object(value);
    if (strcmp(type, "array") == 0)
        return json_is_array(value);
    if (strcmp(type, "string") == 0)
        return json_is_string(value);
    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value);
    if (strcmp(type, "null") == 0)
        return json_is_null(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "integer") != 0)
        return true;
    /* 12.0 is an integer to JSON Schema. */
    double d = json_number_value(value);
    return json_is_integer(value) ||
           (json_is_real(value) && d >= -9e15 && d <= 9e15 &&
                   d == (double)(int64_t)d);
}

static bool fits_type(const json_t *schema, const json_t *value)
{
    const json_t *type = json_object_get(schema, "type");
    size_t i;
    json_t *one;
    if (type == NULL)
        return true;
    if (json_is_string(type) && is_type(value, json_string_value(type)))
        return true;
    json_array_foreach((json_t *)(uintptr_t)type, i, one)
    {
        if (json_is_string(one) && is_type(value, json_string_value(one)))
            return true;
    }
    return false;
}

static bool check_type(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    const json_t *type = json_object_get(schema, "type");
    size_t i;
    json_t *one;
    if (fits_type(schema, value))
        return true;
    begin(why, at);
    gox_buf_put_str(why, ": expected ");
    if (json_is_string(type))
        gox_buf_put_str(why, json_string_value(type));
    json_array_foreach((json_t *)(uintptr_t)type, i, one)
    {
        gox_buf_printf(
                why, "%s%s", i > 0 ? " or " : "", json_string_value(one));
    }
    gox_buf_put_str(why, ", got ");
    put_value(why, value);
    return false;
}

static bool check_choice(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    json_t *list = json_object_get(schema, "enum");
    const json_t *only = json_object_get(schema, "const");
    size_t i;
    json_t *one;
    if (only != NULL && !json_equal(only, value)) {
        begin(why, at);
        gox_buf_put_str(why, ": expected ");
        put_value(why, only);
        gox_buf_put_str(why, ", got ");
        put_value(why, value);
        return false;
    }
    if (list == NULL)
        return true;
    json_array_foreach(list, i, one)
    {
        if (json_equal(one, value))
            return true;
    }
    begin(why, at);
    gox_buf_put_str(why, ": expected one of ");
    json_array_foreach(list, i, one)
    {
        if (i > 0)
            gox_buf_put_str(why, ", ");
        put_value(why, one);
    }
    gox_buf_put_str(why, ", got ");
    put_value(why, value);
    return false;
}

static bool check_number(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    const json_t *min = json_object_get(schema, "minimum");
    const json_t *max = json_object_get(schema, "maximum");
    if (!json_is_number(value))
        return true;
    double d = json_number_value(value);
    if ((min == NULL || d >= json_number_value(min)) &&
            (max == NULL || d <= json_number_value(max)))
        return true;
    begin(why, at);
    gox_buf_put_str(why, ": expected a number");
    if (min != NULL)
        gox_buf_printf(why, " from %g", json_number_value(min));
    if (max != NULL)
        gox_buf_printf(why, " to %g", json_number_value(max));
    gox_buf_printf(why, ", got %g", d);
    return false;
}

static bool check_length(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    bool is_array = json_is_array(value);
    if (!is_array && !json_is_string(value))
        return true;
    const json_t *min =
            json_object_get(schema, is_array ? "minItems" : "minLength");
    const json_t *max =
            json_object_get(schema, is_array ? "maxItems" : "maxLength");
    json_int_t len = is_array ? (json_int_t)json_array_size(value)
                              : (json_int_t)json_string_length(value);
    if ((min == NULL || len >= json_integer_value(min)) &&
            (max == NULL || len <= json_integer_value(max)))
        return true;
    begin(why, at);
    gox_buf_put_str(why, ": expected ");
    if (min != NULL && max != NULL && json_equal(min, max))
        gox_buf_printf(why, "%lld", (long long)json_integer_value(min));
    else if (min != NULL && max != NULL)
        gox_buf_printf(why, "%lld to %lld", (long long)json_integer_value(min),
                (long long)json_integer_value(max));
    else if (min != NULL)
        gox_buf_printf(
                why, "at least %lld", (long long)json_integer_value(min));
    else
        gox_buf_printf(why, "at most %lld", (long long)json_integer_value(max));
    gox_buf_printf(why, " %s, got %lld", is_array ? "elements" : "bytes",
            (long long)len);
    return false;
}

static bool check(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why);

static bool check_items(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    const json_t *items = json_object_get(schema, "items");
    const json_t *prefix = json_object_get(schema, "prefixItems");
    if (!json_is_array(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *own = json_array_get(prefix, i);
        struct place inner = {at, NULL, i};
        if (own == NULL)
            own = items;
        if (own != NULL && !check(own, json_array_get(value, i), &inner, why))
            return false;
    }
    return true;
}

static void put_unknown(const json_t *properties, const char *key,
        const struct place *at, struct gox_buf *why)
{
    struct gox_suggest near;
    const char *name;
    json_t *unused;
    size_t len = 0, count = 0;
    begin(why, at);
    gox_buf_printf(why, ": \"%.60s\" is not known", key);
    gox_suggest_init(&near, (struct gox_slice){key, strlen(key)});
    json_object_foreach((json_t *)(uintptr_t)properties, name, unused)
    {
        gox_suggest_offer(&near, name, strlen(name));
    }
    name = gox_suggest_best(&near, &len);
    if (name != NULL) {
        gox_buf_printf(why, "; did you mean \"%.*s\"?", (int)len, name);
        return;
    }
    gox_buf_put_str(why, "; known: ");
    json_object_foreach((json_t *)(uintptr_t)properties, name, unused)
    {
        gox_buf_printf(why, "%s%s", count++ > 0 ? ", " : "", name);
    }
}

static bool check_members(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *other = json_object_get(schema, "additionalProperties");
    const json_t *required = json_object_get(schema, "required");
    const char *key;
    json_t *member;
    if (!json_is_object(value))
        return true;
    for (size_t i = 0; i < json_array_size(required); i++) {
        key = json_string_value(json_array_get(required, i));
        if (key == NULL || json_object_get(value, key) != NULL)
            continue;
        begin(why, at);
        gox_buf_printf(why, ": \"%s\" is missing", key);
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const json_t *own = json_object_get(properties, key);
        struct place inner = {at, key, 0};
        if (own == NULL && json_is_false(other)) {
            put_unknown(properties, key, at, why);
            return false;
        }
        if (own == NULL && json_is_object(other))
            own = other;
        if (own != NULL && !check(own, member, &inner, why))
            return false;
    }
    return true;
}

/* anyOf, and oneOf taken the same way: our alternatives exclude each other. */
static bool check_any(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    json_t *list = json_object_get(schema, "anyOf");
    struct gox_buf first;
    size_t i;
    json_t *one;
    bool fits = false;
    if (list == NULL)
        list = json_object_get(schema, "oneOf");
    if (!json_is_array(list) || json_array_size(list) == 0)
        return true;
    gox_buf_init(&first, 0);
    json_array_foreach(list, i, one)
    {
        struct gox_buf other;
        gox_buf_init(&other, 0);
        fits = fits || check(one, value, at, i == 0 ? &first : &other);
        gox_buf_fini(&other);
    }
    if (!fits)
        gox_buf_put(why, first.data, first.len);
    gox_buf_fini(&first);
    return fits;
}

static bool check(const json_t *schema, const json_t *value,
        const struct place *at, struct gox_buf *why)
{
    return check_type(schema, value, at, why) &&
           check_choice(schema, value, at, why) &&
           check_number(schema, value, at, why) &&
           check_length(schema, value, at, why) &&
           check_members(schema, value, at, why) &&
           check_items(schema, value, at, why) &&
           check_any(schema, value, at, why);
}

/* What a string holds, where a string does not fit; NULL: leave it. */
static json_t *unwrap(const json_t *schema, const json_t *value)
{
    if (!json_is_string(value) || fits_type(schema, value))
        return NULL;
    json_t *held = json_loadb(json_string_value(value),
            json_string_length(value), JSON_DECODE_ANY, NULL);
    if (held != NULL && fits_type(schema, held))
        return held;
    json_decref(held);
    return NULL;
}

void gox_mcp_schema_mend(const json_t *schema, json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *items = json_object_get(schema, "items");
    const char *key;
    json_t *member, *held;
    size_t i;
    json_object_foreach(value, key, member)
    {
        const json_t *own = json_object_get(properties, key);
        if ((held = unwrap(own, member)) != NULL)
            json_object_set_new(value, key, member = held);
        gox_mcp_schema_mend(own, member);
    }
    json_array_foreach(value, i, member)
    {
        if ((held = unwrap(items, member)) != NULL)
            json_array_set_new(value, i, member = held);
        gox_mcp_schema_mend(items, member);
    }
}

bool gox_mcp_schema_check(
        const json_t *schema, const json_t *value, struct gox_buf *why)
{
    struct place root = {NULL, NULL, 0};
    return check(schema, value, &root, why);
}
