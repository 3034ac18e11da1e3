/* SPDX-License-Identifier: Apache-2.0
 * Settings as the object of a file, and JSON that people read. */
#include "config/config_internal.h"
#include "config/generate.h"
#include "config/walk_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- pretty ---- */

static void put_break(struct gox_buf *out, size_t depth)
{
    gox_buf_put_byte(out, '\n');
    for (size_t i = 0; i < depth; i++)
        gox_buf_put_str(out, "  ");
}

static size_t string_end(const char *json, size_t len, size_t at)
{
    for (at++; at < len && json[at] != '"'; at++)
        if (json[at] == '\\')
            at++;
    return at;
}

/* How far the container at `at` reaches when it has no other one in it and is
 * short; else 0. */
static size_t short_end(const char *json, size_t len, size_t at)
{
    for (size_t i = at + 1; i < len && i - at < 70; i++) {
        if (json[i] == '"')
            i = string_end(json, len, i);
        else if (json[i] == '{' || json[i] == '[')
            return 0;
        else if (json[i] == ']' || (json[i] == '}' && i == at + 1))
            return i;
        else if (json[i] == '}')
            return 0;
    }
    return 0;
}

/* A list on one line: blanks after the commas. */
static void put_short(
        struct gox_buf *out, const char *json, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++) {
        size_t end = json[i] == '"' ? string_end(json, to, i) : i;
        gox_buf_put(out, json + i, end - i + 1);
        if (json[i] == ',')
            gox_buf_put_byte(out, ' ');
        i = end;
    }
}

void gox_json_put_pretty(struct gox_buf *out, const char *json, size_t len)
{
    size_t depth = 0;
    for (size_t i = 0; i < len; i++) {
        char c = json[i];
        size_t end = i;
        if (c == '"') {
            end = string_end(json, len, i);
            gox_buf_put(out, json + i, end - i + 1);
        } else if (c == '{' || c == '[') {
            end = short_end(json, len, i);
            if (end > 0) {
                put_short(out, json, i, end);
            } else {
                end = i;
                gox_buf_put_byte(out, (uint8_t)c);
                put_break(out, ++depth);
            }
        } else if (c == '}' || c == ']') {
            put_break(out, --depth);
            gox_buf_put_byte(out, (uint8_t)c);
        } else {
            gox_buf_put_byte(out, (uint8_t)c);
            if (c == ',')
                put_break(out, depth);
            else if (c == ':')
                gox_buf_put_byte(out, ' ');
        }
        i = end;
    }
    gox_buf_put_byte(out, '\n');
}

/* ---- the object ---- */

static void put_object(
        const struct gox_settings *s, const char *prefix, struct gox_buf *out)
{
    struct gox__child child;
    char below[128];
    bool is_first = true;
    for (size_t i = 0; gox__child_next(prefix, i, &child); i = child.row + 1) {
        gox_buf_printf(out, "%s\"%.*s\":", is_first ? "" : ",", (int)child.len,
                child.name);
        is_first = false;
        if (child.is_leaf) {
            gox_settings_put_json(s, child.row, out);
            continue;
        }
        snprintf(below, sizeof below, "%s%.*s.", prefix, (int)child.len,
                child.name);
        gox_buf_put_byte(out, '{');
        put_object(s, below, out);
        gox_buf_put_byte(out, '}');
    }
}

void gox_settings_put_object(const struct gox_settings *s, struct gox_buf *out)
{
    gox_buf_put_byte(out, '{');
    put_object(s, "", out);
    gox_buf_put_byte(out, '}');
}

void gox_settings_put_row(
        const struct gox_settings *s, size_t i, struct gox_writer *w)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_writer_object(w, gox_setting_rows[i].name);
    gox_settings_put_json(s, i, &text);
    if (gox_buf_text(&text) != NULL)
        gox_writer_raw(w, "value", (const char *)text.data, text.len);
    gox_buf_reset(&text);
    gox_settings_put_origin(s, i, &text);
    gox_writer_text(w, "origin", (const char *)text.data, text.len);
    gox_writer_end_object(w);
    gox_buf_fini(&text);
}

void gox_config_put_sample(struct gox_buf *out)
{
    struct gox_settings s;
    struct gox_buf json;
    if (gox_settings_init(&s) < 0) {
        out->error = GOX_ERR_NOMEM;
        return;
    }
    gox_buf_init(&json, 0);
    gox_buf_put_str(&json, "{\"$schema\":\"./daemon_config.schema.json\",");
    put_object(&s, "", &json);
    gox_buf_put_str(
            &json, ",\"defaults\":{\"linux\":{},\"macos\":{},\"windows\":{}}}");
    if (gox_buf_text(&json) != NULL)
        gox_json_put_pretty(out, (const char *)json.data, json.len);
    else
        out->error = GOX_ERR_NOMEM;
    gox_buf_fini(&json);
    gox_settings_fini(&s);
}
