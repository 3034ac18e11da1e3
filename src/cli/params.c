/* SPDX-License-Identifier: Apache-2.0
 * Words to JSON. */
#include "cli/params.h"

#include <stdio.h>
#include <string.h>

static int parse_error(
        const char *what, const json_error_t *where, struct gox_error *err)
{
    return gox_error_set_at(err, GOX_ERR_PARSE, where->position,
            "the parameters (%s) are not JSON: line %d, column %d: %s", what,
            where->line, where->column, where->text);
}

static int check_kind(json_t *value, json_t **params, struct gox_error *err)
{
    if (json_is_object(value) || json_is_array(value)) {
        *params = value;
        return 0;
    }
    json_decref(value);
    return gox_error_set(err, GOX_ERR_PARAMS,
            "parameters are an object {\"name\": value} or an array [value]");
}

static int read_stdin(json_t **params, struct gox_error *err)
{
    json_error_t where;
    json_t *value =
            json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);

    if (!value)
        return parse_error("standard input", &where, err);
    return check_kind(value, params, err);
}

/* An absent or other value is replaced by an object. Borrowed. */
static json_t *inner_object(json_t *object, const char *key, size_t len)
{
    json_t *inner = json_object_getn(object, key, len);

    if (!json_is_object(inner)) {
        inner = json_object();
        if (json_object_setn_new(object, key, len, inner) != 0)
            return NULL;
    }
    return inner;
}

static int put_pair(json_t *object, const char *word, struct gox_error *err)
{
    const char *equals = strchr(word, '=');
    const char *key = word, *dot;
    json_t *value;

    if (!equals || equals == word)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%s\" is neither JSON nor key=value", word);
    while ((dot = memchr(key, '.', (size_t)(equals - key))) != NULL &&
            dot > key && dot + 1 < equals) {
        object = inner_object(object, key, (size_t)(dot - key));
        if (!object)
            return gox_error_set(
                    err, GOX_ERR_NOMEM, "out of memory for %s", word);
        key = dot + 1;
    }
    value = json_loads(
            equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        value = json_string(equals + 1);
    if (!value)
        return gox_error_set(
                err, GOX_ERR_PARAMS, "\"%s\" is not UTF-8 text", word);
    if (json_object_getn(object, key, (size_t)(equals - key))) {
        json_decref(value);
        return gox_error_set(err, GOX_ERR_PARAMS, "%.*s is given twice",
                (int)(equals - word), word);
    }
    if (json_object_setn_new(object, key, (size_t)(equals - key), value) != 0)
        return gox_error_set(
                err, GOX_ERR_PARAMS, "\"%s\" is not UTF-8 text", word);
    return 0;
}

int gox_cli_read_params(const char *const *words, size_t count, json_t **params,
        struct gox_error *err)
{
    json_error_t where;
    json_t *value;

    *params = NULL;
    if (count == 0)
        return 0;
    if (count == 1 && strcmp(words[0], "-") == 0)
        return read_stdin(params, err);
    if (count == 1 && (words[0][0] == '{' || words[0][0] == '[')) {
        value = json_loads(
                words[0], JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
        if (!value)
            return parse_error("the argument", &where, err);
        return check_kind(value, params, err);
    }
    value = json_object();
    for (size_t i = 0; i < count; i++) {
        int rc = put_pair(value, words[i], err);
        if (rc != 0) {
            json_decref(value);
            return rc;
        }
    }
    *params = value;
    return 0;
}
