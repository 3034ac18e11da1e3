/* SPDX-License-Identifier: Apache-2.0
 * The settings page and the manual page, from the rows. */
#include "config/config_internal.h"
#include "config/generate.h"
#include "config/places.h"
#include "config/walk_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- Markdown ---- */

/* Text for a cell: '|' would end it. */
static void put_cell(struct gox_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '|')
            gox_buf_put_byte(out, '\\');
        gox_buf_put_byte(out, (uint8_t)text[i]);
    }
}

static void put_allowed(const struct gox_setting *row, struct gox_buf *out)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    if (row->type == GOX_SETTING_ENUM) {
        gox_buf_put_str(out, "`");
        for (const char *c = row->rule; *c != '\0'; c++) {
            if (*c == '|')
                gox_buf_put_str(out, "`, `");
            else
                gox_buf_put_byte(out, (uint8_t)*c);
        }
        gox_buf_put_str(out, "`");
    } else if (row->type == GOX_SETTING_INT) {
        gox_buf_printf(out, "%lld to %lld%s%s", (long long)row->min,
                (long long)row->max, row->unit[0] != '\0' ? " " : "",
                row->unit);
    } else {
        gox__value_put_expected(row, &text);
        const char *expected = gox_buf_text(&text);
        const char *rule = expected != NULL ? strstr(expected, " that ") : NULL;
        if (rule == NULL && expected != NULL)
            rule = strstr(expected, ", each name");
        size_t len = rule != NULL ? (size_t)(rule - expected) : text.len;
        put_cell(out, (const char *)text.data, len);
    }
    gox_buf_fini(&text);
}

static void put_default(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_settings_put_json(s, i, &text);
    gox_buf_put_byte(out, '`');
    put_cell(out, (const char *)text.data, text.len);
    gox_buf_put_byte(out, '`');
    gox_buf_fini(&text);
}

static void put_table_row(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    gox_buf_printf(out, "| `%s` | ", row->name);
    put_allowed(row, out);
    gox_buf_put_str(out, " | ");
    put_default(s, i, out);
    gox_buf_put_str(out, " | ");
    if (row->flag != NULL)
        gox_buf_printf(out, "`--%s` ", row->flag);
    if (row->env != NULL)
        gox_buf_printf(out, "`%s`", row->env);
    gox_buf_printf(out, " | %s | ", gox_apply_name(row->apply));
    put_cell(out, row->help, strlen(row->help));
    gox_buf_put_str(out, " |\n");
}

static void put_section(const struct gox_settings *s,
        const struct gox__child *section, struct gox_buf *out)
{
    const char *help = gox__section_help(section->name, section->len);
    gox_buf_printf(out, "\n## %.*s\n\n%s.\n\n", (int)section->len,
            section->name, help != NULL ? help : "");
    gox_buf_put_str(out,
            "| setting | allowed | default | flag, variable | takes effect | "
            "what it does |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        if (strncmp(name, section->name, section->len) == 0 &&
                (name[section->len] == '.' || name[section->len] == '\0'))
            put_table_row(s, i, out);
    }
}

static void put_places(struct gox_buf *out)
{
    gox_buf_put_str(out, "\n## Places\n\n"
                         "What a path is when it is empty, by platform. "
                         "\"Root\" is the system service on Linux, \"user\" "
                         "anybody else there.\n\n"
                         "| path | root | user | macOS | Windows |\n"
                         "|---|---|---|---|---|\n");
    for (size_t i = 0; i < gox_place_count; i++) {
        const struct gox_place *place = &gox_places[i];
        gox_buf_printf(out, "| `%s`%s | `%s` | `%s` | `%s` | `%s` |\n",
                strcmp(place->name, "config") == 0 ? "--config" : place->name,
                place->needs_daemonize ? " with `daemonize`, else none" : "",
                place->system, place->user, place->macos, place->windows);
    }
}

static const char PAGE_HEAD[] =
        "<!-- Made by `goxelctl config page`; do not edit. -->\n"
        "# Settings\n\n"
        "One JSON file serves goxel-daemon, goxel-manager and goxel-mcp. "
        "Without `--config FILE` it is read from its place (see the last "
        "table) when it is there. Each program takes, highest first: the "
        "command line (`--workers 4`, `--set server.workers=4`), the "
        "environment, the file, the file's `defaults` for the platform, the "
        "default below.\n\n"
        "- `goxel-daemon --print-config` and `goxelctl config show` print "
        "every value and where it came from.\n"
        "- `goxel-daemon --check` and `goxelctl config check` tell all that "
        "is wrong at once: file, line, column, JSON pointer, what is "
        "allowed.\n"
        "- `config/daemon_config.schema.json` is the JSON Schema (2020-12); "
        "`config/daemon_config.json` has every setting with its default.\n"
        "- SIGHUP, `goxelctl call daemon.reload` and `systemctl reload` read "
        "the file again. A file with a mistake changes nothing. Settings that "
        "take effect at a restart only are named in the answer.\n"
        "- A file that others may write to is not read. Names that are there "
        "twice, comments and trailing commas are mistakes.\n\n"
        "Exit codes: 0 stopped, 1 failed, 2 wrong command line, 75 temporary "
        "(try again), 78 wrong settings (trying again is useless).\n\n"
        "`defaults` holds an object for each of `linux`, `macos` and "
        "`windows`, each with the sections below:\n\n"
        "```json\n"
        "{\n"
        "  \"server\": { \"workers\": 4 },\n"
        "  \"defaults\": {\n"
        "    \"macos\": { \"server\": { \"max_connections\": 64 } }\n"
        "  }\n"
        "}\n"
        "```\n";

void gox_config_put_page(struct gox_buf *out)
{
    struct gox_settings s;
    struct gox__child section;
    if (gox_settings_init(&s) < 0) {
        out->error = GOX_ERR_NOMEM;
        return;
    }
    gox_buf_put_str(out, PAGE_HEAD);
    for (size_t i = 0; gox__child_next("", i, &section); i = section.row + 1)
        put_section(&s, &section, out);
    put_places(out);
    gox_settings_fini(&s);
}

/* ---- mdoc ---- */

/* Escapes what roff would take; a line must not begin with a control. */
static void put_roff(struct gox_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            gox_buf_put_str(out, "\\e");
        else if (*text == '-')
            gox_buf_put_str(out, "\\-");
        else
            gox_buf_put_byte(out, (uint8_t)*text);
    }
}

/* The same in lines of a fair length. */
static void put_filled(struct gox_buf *out, const char *text)
{
    char word[160];
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)len, text);
        if (column > 0 && column + len > 68) {
            gox_buf_put_byte(out, '\n');
            column = 0;
        } else if (column > 0) {
            gox_buf_put_byte(out, ' ');
        }
        put_roff(out, word);
        column += len + 1;
        text += len + (text[len] == ' ');
    }
}

static void put_man_row(
        const struct gox_settings *s, size_t i, struct gox_buf *out)
{
    const struct gox_setting *row = &gox_setting_rows[i];
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_buf_printf(out, ".It Ic %s\n", row->name);
    gox_buf_printf(
            &text, "%c%s", toupper((unsigned char)row->help[0]), row->help + 1);
    put_filled(out, gox_buf_text(&text) != NULL ? (char *)text.data : "");
    gox_buf_reset(&text);
    gox_buf_put_str(out, ".\n");
    gox__value_put_expected(row, &text);
    gox_buf_put_str(out, "Expected:\n");
    put_filled(out, gox_buf_text(&text) != NULL ? (char *)text.data : "");
    if (row->unit[0] != '\0')
        gox_buf_printf(out, " (%s)", row->unit);
    gox_buf_put_str(out, ".\nDefault:\n");
    gox_buf_reset(&text);
    gox_settings_put_json(s, i, &text);
    put_roff(out, gox_buf_text(&text) != NULL ? (char *)text.data : "");
    gox_buf_put_str(out, ".\n");
    if (row->flag != NULL) {
        gox_buf_put_str(out, ".Fl \\-");
        put_roff(out, row->flag);
        gox_buf_put_str(out, row->env != NULL ? " ,\n" : " .\n");
    }
    if (row->env != NULL)
        gox_buf_printf(out, ".Ev %s .\n", row->env);
    gox_buf_printf(out, "Takes effect: %s.\n", gox_apply_name(row->apply));
    gox_buf_fini(&text);
}

static const char MAN_HEAD[] =
        ".\\\" SPDX-License-Identifier: Apache-2.0\n"
        ".\\\" Made by goxelctl config man; do not edit.\n"
        ".Dd November 1, 2026\n"
        ".Dt GOXEL-DAEMON.JSON 5\n"
        ".Os\n"
        ".Sh NAME\n"
        ".Nm goxel-daemon.json\n"
        ".Nd settings of the Goxel daemon, its manager and its MCP server\n"
        ".Sh DESCRIPTION\n"
        "The file is one JSON object with an object for each section.\n"
        "It is read by\n"
        ".Xr goxel-daemon 1 ,\n"
        "goxel\\-manager and goxel\\-mcp.\n"
        "Highest first, a value is taken from the command line, the "
        "environment,\n"
        "the file, the object of this platform in\n"
        ".Ic defaults\n"
        "of the file, and the default given here.\n"
        "An unknown name, a name that is there twice, a value of another type\n"
        "or out of its range is a mistake; all mistakes are told at once, and\n"
        "nothing is applied.\n"
        ".Pp\n"
        "SIGHUP and the method\n"
        ".Ic daemon.reload\n"
        "read the file again.\n"
        "Each setting says when a change takes effect: at a reload, at a "
        "restart,\n"
        "or when another program that reads it starts.\n";

void gox_config_put_man(struct gox_buf *out)
{
    struct gox_settings s;
    if (gox_settings_init(&s) < 0) {
        out->error = GOX_ERR_NOMEM;
        return;
    }
    gox_buf_put_str(out, MAN_HEAD);
    gox_buf_put_str(out, ".Sh SETTINGS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < gox_setting_count; i++)
        put_man_row(&s, i, out);
    gox_buf_put_str(out, ".El\n.Sh FILES\n.Bl -tag -width Ds -compact\n");
    gox_buf_printf(out,
            ".It Pa %s\nfor root.\n.It Pa %s\nfor other users.\n.El\n",
            gox_places[0].system, gox_places[0].user);
    gox_buf_put_str(out, ".Sh SEE ALSO\n.Xr goxel-daemon 1 ,\n"
                         ".Xr goxelctl 1\n");
    gox_settings_fini(&s);
}
