/* SPDX-License-Identifier: Apache-2.0
 * The JSON Schema (2020-12) of the file, from the rows.
 *
 * Invariant: it accepts what config/parse.c accepts, but for what no schema can
 * say: names that are there twice, lone surrogates, and what concerns more than
 * one setting. A test compares the two. */
#include "config/config_internal.h"
#include "config/generate.h"
#include "config/walk_internal.h"
#include "rpc/writer.h"

#include <stdio.h>
#include <string.h>

#define NO_CONTROL "^[^\\u0000-\\u001f\\u007f]*$"

static void put_choices(struct gox_writer *w, const char *rule)
{
    gox_writer_array(w, "enum");
    while (*rule != '\0') {
        size_t len = strcspn(rule, "|");
        gox_writer_text(w, NULL, rule, len);
        rule += len + (rule[len] == '|');
    }
    gox_writer_end_array(w);
}

static void put_list(
        struct gox_writer *w, const struct gox_setting *row, const char *ref)
{
    gox_writer_string(w, "type", "array");
    gox_writer_int(w, "maxItems", row->max);
    gox_writer_object(w, "items");
    gox_writer_string(w, "$ref", ref);
    if (row->type != GOX_SETTING_IDS)
        gox_writer_int(w, "minLength", 1);
    if (row->type == GOX_SETTING_TEXTS && row->rule != NULL)
        gox_writer_string(w, "pattern", row->rule);
    gox_writer_end_object(w);
}

static void put_levels(struct gox_writer *w)
{
    static const char *const components[] = {
#define COMPONENT_NAME(name, text) text,
            GOX_LOG_COMPONENT_LIST(COMPONENT_NAME)
#undef COMPONENT_NAME
    };
    gox_writer_string(w, "type", "object");
    gox_writer_object(w, "additionalProperties");
    put_choices(w, "error|warn|info|debug");
    gox_writer_end_object(w);
    gox_writer_object(w, "propertyNames");
    gox_writer_array(w, "enum");
    for (size_t i = 0; i < GOX_LOG_COMPONENT_COUNT; i++)
        gox_writer_string(w, NULL, components[i]);
    gox_writer_end_array(w);
    gox_writer_end_object(w);
}

static void put_map(struct gox_writer *w, const struct gox_setting *row)
{
    gox_writer_string(w, "type", "object");
    gox_writer_int(w, "maxProperties", row->max);
    gox_writer_object(w, "propertyNames");
    gox_writer_string(w, "pattern", row->rule);
    gox_writer_end_object(w);
    gox_writer_object(w, "additionalProperties");
    gox_writer_string(w, "$ref", "#/$defs/text");
    gox_writer_end_object(w);
}

static void put_text(
        struct gox_writer *w, const struct gox_setting *row, const char *ref)
{
    gox_writer_string(w, "$ref", ref);
    if (row->min > 0)
        gox_writer_int(w, "minLength", row->min);
    gox_writer_int(w, "maxLength", row->max);
    if (row->type == GOX_SETTING_TEXT && row->rule != NULL)
        gox_writer_string(w, "pattern", row->rule);
}

static void put_type(struct gox_writer *w, const struct gox_setting *row)
{
    switch (row->type) {
    case GOX_SETTING_INT:
        gox_writer_string(w, "type", "integer");
        gox_writer_int(w, "minimum", row->min);
        gox_writer_int(w, "maximum", row->max);
        break;
    case GOX_SETTING_OCTAL:
        gox_writer_string(w, "type", "string");
        gox_writer_string(w, "pattern", "^(0[0-7]{3}|[0-7]{1,3})$");
        break;
    case GOX_SETTING_BOOL:
        gox_writer_string(w, "type", "boolean");
        break;
    case GOX_SETTING_ENUM:
        put_choices(w, row->rule);
        break;
    case GOX_SETTING_TEXT:
        put_text(w, row, "#/$defs/text");
        break;
    case GOX_SETTING_PATH:
        put_text(w, row, "#/$defs/path");
        break;
    case GOX_SETTING_PATHS:
        put_list(w, row, "#/$defs/path");
        break;
    case GOX_SETTING_TEXTS:
        put_list(w, row, "#/$defs/item");
        break;
    case GOX_SETTING_IDS:
        put_list(w, row, "#/$defs/id");
        break;
    case GOX_SETTING_LEVELS:
        put_levels(w);
        break;
    case GOX_SETTING_MAP:
        put_map(w, row);
        break;
    }
}

static void put_row(
        struct gox_writer *w, const struct gox_settings *s, size_t i)
{
    static const char *const applies[] = {"at a reload", "at the next start",
            "when the program that reads it starts"};
    const struct gox_setting *row = &gox_setting_rows[i];
    struct gox_buf value;
    gox_buf_init(&value, 0);
    gox_writer_printf(w, "description", "%c%s%s%s%s. Changes take effect %s.",
            row->help[0] >= 'a' && row->help[0] <= 'z' ? row->help[0] - 32
                                                       : row->help[0],
            row->help + 1, row->unit[0] != '\0' ? " (" : "", row->unit,
            row->unit[0] != '\0' ? ")" : "", applies[row->apply]);
    put_type(w, row);
    gox_settings_put_json(s, i, &value);
    if (gox_buf_text(&value) != NULL)
        gox_writer_raw(w, "default", (const char *)value.data, value.len);
    gox_buf_fini(&value);
}

/* A key that is not a literal. */
static void put_key_object(struct gox_writer *w, const char *name, size_t len)
{
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)len, name);
    gox_writer_object(w, key);
}

/* The members of the schema of an object; recursion is as deep as a name has
 * dots. */
static void put_children(
        struct gox_writer *w, const struct gox_settings *s, const char *prefix)
{
    struct gox__child child;
    char below[128];
    gox_writer_string(w, "type", "object");
    gox_writer_bool(w, "additionalProperties", false);
    gox_writer_object(w, "properties");
    for (size_t i = 0; gox__child_next(prefix, i, &child); i = child.row + 1) {
        put_key_object(w, child.name, child.len);
        if (child.is_leaf) {
            put_row(w, s, child.row);
        } else {
            snprintf(below, sizeof below, "%s%.*s.", prefix, (int)child.len,
                    child.name);
            put_children(w, s, below);
        }
        gox_writer_end_object(w);
    }
    gox_writer_end_object(w);
}

/* "$ref" for each section. */
static void put_refs(struct gox_writer *w)
{
    struct gox__child child;
    for (size_t i = 0; gox__child_next("", i, &child); i = child.row + 1) {
        put_key_object(w, child.name, child.len);
        gox_writer_printf(
                w, "$ref", "#/$defs/%.*s", (int)child.len, child.name);
        gox_writer_end_object(w);
    }
}

static void put_text_defs(struct gox_writer *w)
{
    gox_writer_object(w, "text");
    gox_writer_string(w, "type", "string");
    gox_writer_string(w, "pattern", NO_CONTROL);
    gox_writer_end_object(w);
    gox_writer_object(w, "path");
    gox_writer_string(w, "type", "string");
    gox_writer_string(w, "description", "Absolute, or empty.");
    gox_writer_string(w, "pattern",
            "^((/|[A-Za-z]:[\\\\/]|\\\\\\\\)[^\\u0000-\\u001f\\u007f]*)?$");
    gox_writer_int(w, "maxLength", 4095);
    gox_writer_end_object(w);
    gox_writer_object(w, "item");
    gox_writer_string(w, "type", "string");
    gox_writer_string(w, "pattern", NO_CONTROL);
    gox_writer_int(w, "maxLength", 4095);
    gox_writer_end_object(w);
    gox_writer_object(w, "id");
    gox_writer_string(w, "type", "integer");
    gox_writer_int(w, "minimum", 0);
    gox_writer_int(w, "maximum", 4294967294);
    gox_writer_end_object(w);
}

static void put_defs(struct gox_writer *w, const struct gox_settings *s)
{
    struct gox__child child;
    char prefix[64];
    gox_writer_object(w, "$defs");
    put_text_defs(w);
    for (size_t i = 0; gox__child_next("", i, &child); i = child.row + 1) {
        put_key_object(w, child.name, child.len);
        if (child.is_leaf) {
            put_row(w, s, child.row);
        } else {
            const char *help = gox__section_help(child.name, child.len);
            if (help != NULL)
                gox_writer_printf(w, "description", "%s.", help);
            snprintf(
                    prefix, sizeof prefix, "%.*s.", (int)child.len, child.name);
            put_children(w, s, prefix);
        }
        gox_writer_end_object(w);
    }
    gox_writer_object(w, "sections");
    gox_writer_string(w, "type", "object");
    gox_writer_bool(w, "additionalProperties", false);
    gox_writer_object(w, "properties");
    put_refs(w);
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    gox_writer_end_object(w);
}

static void put_defaults(struct gox_writer *w)
{
    static const char *const platforms[] = {"linux", "macos", "windows"};
    gox_writer_object(w, "defaults");
    gox_writer_string(w, "description",
            "Values for one platform, below those of the other sections.");
    gox_writer_string(w, "type", "object");
    gox_writer_bool(w, "additionalProperties", false);
    gox_writer_object(w, "properties");
    for (size_t i = 0; i < 3; i++) {
        gox_writer_object(w, platforms[i]);
        gox_writer_string(w, "$ref", "#/$defs/sections");
        gox_writer_end_object(w);
    }
    gox_writer_end_object(w);
    gox_writer_end_object(w);
}

void gox_config_put_schema(struct gox_buf *out)
{
    struct gox_settings s;
    struct gox_buf json;
    struct gox_writer w;
    if (gox_settings_init(&s) < 0) {
        out->error = GOX_ERR_NOMEM;
        return;
    }
    gox_buf_init(&json, 0);
    gox_writer_init(&w, &json);
    gox_writer_object(&w, NULL);
    gox_writer_string(
            &w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    gox_writer_string(&w, "$id", "urn:goxel:daemon-config");
    gox_writer_string(&w, "title", "Settings of the Goxel daemon");
    gox_writer_string(&w, "description",
            "Read by goxel-daemon, goxel-manager and goxel-mcp. Names that are "
            "there twice are refused, too.");
    gox_writer_string(&w, "type", "object");
    gox_writer_bool(&w, "additionalProperties", false);
    gox_writer_object(&w, "properties");
    gox_writer_object(&w, "$schema");
    gox_writer_string(&w, "description", "For editors; not read.");
    gox_writer_string(&w, "type", "string");
    gox_writer_end_object(&w);
    put_refs(&w);
    put_defaults(&w);
    gox_writer_end_object(&w);
    put_defs(&w, &s);
    gox_writer_end_object(&w);
    if (gox_buf_text(&json) != NULL)
        gox_json_put_pretty(out, (const char *)json.data, json.len);
    else
        out->error = GOX_ERR_NOMEM;
    gox_buf_fini(&json);
    gox_settings_fini(&s);
}
