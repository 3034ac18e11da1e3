/* SPDX-License-Identifier: Apache-2.0
 * Comparing JSON values. */
#include "daemon/api_check.h"

#include <math.h>

#define TOLERANCE 1e-6

static char note[600];

void api_check_note(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(note, sizeof note, fmt, args);
    va_end(args);
}

/* ---- against the row ---- */

static bool is_type(const json_t *value, const char *type)
{
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value);
    if (strcmp(type, "string") == 0)
        return json_is_string(value);
    if (strcmp(type, "array") == 0)
        return json_is_array(value);
    if (strcmp(type, "object") == 0)
        return json_is_object(value);
    return strcmp(type, "null") == 0 && json_is_null(value);
}

/* A schema is {type} or {oneOf: [{type} ...]} or {}: anything. */
static bool fits(const json_t *value, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "oneOf");
    const char *type = json_string_value(json_object_get(schema, "type"));
    if (list == NULL)
        return type == NULL || is_type(value, type);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (fits(value, json_array_get(list, i)))
            return true;
    return false;
}

static void check_members(
        const char *method, const json_t *schema, const json_t *result)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *key;
    size_t i;
    json_t *value, *name;
    json_object_foreach((json_t *)(uintptr_t)result, key, value)
    {
        const json_t *property = json_object_get(properties, key);
        if (property == NULL)
            fail_msg("%s: the result has \"%s\", which is not declared", method,
                    key);
        if (!fits(value, property))
            fail_msg("%s: \"%s\" is not of the declared type", method, key);
    }
    json_array_foreach(json_object_get(schema, "required"), i, name)
    {
        if (json_object_get(result, json_string_value(name)) == NULL)
            fail_msg("%s: the result lacks \"%s\"", method,
                    json_string_value(name));
    }
}

void api_check_result(
        const json_t *methods, const char *method, const json_t *result)
{
    const json_t *row = json_object_get(methods, method);
    if (row == NULL)
        fail_msg("%s is in no row of the OpenRPC document", method);
    const json_t *schema =
            json_object_get(json_object_get(row, "result"), "schema");
    assert_non_null(schema);
    if (!fits(result, schema))
        fail_msg("%s: the result is not of the declared type", method);
    if (json_object_get(schema, "properties") != NULL)
        check_members(method, schema, result);
}

/* ---- against the expectation ---- */

static void differ(const char *where, const json_t *got, const json_t *expected)
{
    char *g = got != NULL ? json_dumps(got, JSON_ENCODE_ANY) : NULL;
    char *e = json_dumps(expected, JSON_ENCODE_ANY);
    fail_msg("%s: at %s: expected %.1000s, got %.2000s", note,
            *where != '\0' ? where : "the value", e, g != NULL ? g : "nothing");
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static void compare(
        const char *where, const json_t *got, const json_t *expected);

static void compare_objects(
        const char *where, const json_t *got, const json_t *expected)
{
    const char *key;
    json_t *value;
    char path[256];
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        const json_t *member = json_object_get(got, key);
        snprintf(path, sizeof path, "%s.%s", where, key);
        if (is_text(value, "-") ? member != NULL : member == NULL)
            differ(path, member, value);
        if (member != NULL)
            compare(path, member, value);
    }
}

static void compare_arrays(
        const char *where, const json_t *got, const json_t *expected)
{
    size_t i;
    json_t *value;
    char path[256];
    if (json_array_size(got) != json_array_size(expected))
        differ(where, got, expected);
    json_array_foreach((json_t *)(uintptr_t)expected, i, value)
    {
        snprintf(path, sizeof path, "%s[%zu]", where, i);
        compare(path, json_array_get(got, i), value);
    }
}

static void compare(
        const char *where, const json_t *got, const json_t *expected)
{
    if (is_text(expected, "*"))
        return;
    if (json_is_number(expected) && json_is_number(got)) {
        if (!(fabs(json_number_value(got) - json_number_value(expected)) <=
                    TOLERANCE))
            differ(where, got, expected);
    } else if (got == NULL || json_typeof(got) != json_typeof(expected)) {
        differ(where, got, expected);
    } else if (json_is_object(expected)) {
        compare_objects(where, got, expected);
    } else if (json_is_array(expected)) {
        compare_arrays(where, got, expected);
    } else if (!json_equal(got, expected)) {
        differ(where, got, expected);
    }
}

void api_check_has(const json_t *got, const json_t *expected)
{
    compare("", got, expected);
}
