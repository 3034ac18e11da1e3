/* SPDX-License-Identifier: Apache-2.0
 * Printing for people and programs. */
#include "cli/output.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* 15 digits: a number shows as it was written, not as 0.10000000000000001. */
#define JSON_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

int gox_cli_print_json(const struct gox_cli *cli, const json_t *value)
{
    int rc = json_dumpf(value ? value : json_null(), stdout,
            JSON_FLAGS | (cli->is_json ? JSON_COMPACT : JSON_INDENT(2)));

    if (rc != 0 || fputc('\n', stdout) == EOF || fflush(stdout) != 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED,
                "cannot write to standard output: %s", strerror(errno));
    return GOX_CLI_DONE;
}

void gox_cli_print_error(const struct gox_error *err, const json_t *error)
{
    json_t *own = NULL;

    if (!error) {
        own = json_pack("{s:i,s:s}", "code", gox_error_rpc_code(err->code),
                "message", err->text);
        error = own;
    }
    fputs("{\"error\":", stdout);
    json_dumpf(error ? error : json_null(), stdout, JSON_FLAGS | JSON_COMPACT);
    fputs("}\n", stdout);
    json_decref(own);
}

/* The length of the UTF-8 character at `at`, 0 for a control character or a
 * byte that begins none. Its bytes are all there: a NUL is no continuation. */
static size_t character(const unsigned char *at)
{
    size_t n = at[0] < 0x80    ? 1
               : at[0] >= 0xf0 ? 4
               : at[0] >= 0xe0 ? 3
               : at[0] >= 0xc2 ? 2
                               : 0;

    if (at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

void gox_cli_clean(char *out, size_t size, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;

    while (*at) {
        size_t n = character(at);
        if (used + (n > 0 ? n : 1) >= size)
            break;
        if (n == 0)
            out[used] = *at == '\n' || *at == '\t' ? ' ' : '?';
        else
            memcpy(out + used, at, n);
        used += n > 0 ? n : 1;
        at += n > 0 ? n : 1;
    }
    out[used] = '\0';
}

const char *gox_cli_bytes(char text[GOX_CLI_FIGURE], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;

    while (bytes >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, GOX_CLI_FIGURE, "%.*f %s", unit > 0 && bytes < 99.5 ? 1 : 0,
            bytes, units[unit]);
    return text;
}

const char *gox_cli_seconds(char text[GOX_CLI_FIGURE], double seconds)
{
    if (seconds < 1)
        snprintf(text, GOX_CLI_FIGURE, "%.0f ms", seconds * 1000);
    else if (seconds < 100)
        snprintf(text, GOX_CLI_FIGURE, "%.1f s", seconds);
    else
        snprintf(text, GOX_CLI_FIGURE, "%lu:%02lu min",
                (unsigned long)(seconds / 60), (unsigned long)seconds % 60);
    return text;
}

void gox_table_init(struct gox_table *table, const char *align)
{
    gox_buf_init(&table->cells, 0);
    table->align = align;
    table->columns = strlen(align);
    table->count = 0;
}

void gox_table_fini(struct gox_table *table)
{
    gox_buf_fini(&table->cells);
}

void gox_table_put(struct gox_table *table, const char *fmt, ...)
{
    char raw[4096], text[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(raw, sizeof(raw), fmt, args);
    va_end(args);
    gox_cli_clean(text, sizeof(text), raw);
    gox_buf_put(&table->cells, text, strlen(text) + 1);
    table->count++;
}

/* Columns on the screen, taking each character as one. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void measure(const struct gox_table *table, size_t *widths)
{
    const char *cell = (const char *)table->cells.data;

    memset(widths, 0, table->columns * sizeof(*widths));
    for (size_t i = 0; i < table->count; i++) {
        size_t width = width_of(cell);
        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
        cell += strlen(cell) + 1;
    }
}

void gox_table_print(
        struct gox_table *table, struct gox_buf *out, bool has_color)
{
    const char *cell = (const char *)table->cells.data;
    size_t widths[16];

    if (gox_buf_error(&table->cells) != 0 || table->columns == 0 ||
            table->columns > 16)
        return;
    measure(table, widths);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        bool is_last = column + 1 == table->columns;
        int pad = (int)(widths[column] - width_of(cell));
        bool is_right = table->align[column] == 'r';
        if (i == 0 && has_color)
            gox_buf_put_str(out, "\33[1m");
        gox_buf_put_str(out, "  ");
        if (is_right)
            gox_buf_printf(out, "%*s%s", pad, "", cell);
        else
            gox_buf_printf(out, "%s%*s", cell, is_last ? 0 : pad, "");
        if (is_last)
            gox_buf_put_str(
                    out, has_color && i < table->columns ? "\33[0m\n" : "\n");
        cell += strlen(cell) + 1;
    }
}
