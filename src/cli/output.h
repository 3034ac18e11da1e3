/* SPDX-License-Identifier: Apache-2.0
 * What commands print: JSON, tables and figures for people.
 *
 * Invariant: text that came from a file or a server is cleaned of control
 * characters before it reaches a terminal. */
#ifndef GOX_CLI_OUTPUT_H
#define GOX_CLI_OUTPUT_H

#include "cli/cli.h"

#include <jansson.h>
#include <stdint.h>

/* Prints a value and a newline: one line with --json, else indented. Returns
 * an exit code (a full disk is told). */
int gox_cli_print_json(const struct gox_cli *cli, const json_t *value);

/* {"error":{"code":..,"message":..,"data":..}} as one line; error is the
 * daemon's own object, or NULL. */
void gox_cli_print_error(const struct gox_error *err, const json_t *error);

/* Copies text without control characters, cut at a character to fit. */
void gox_cli_clean(char *out, size_t size, const char *text);

/* "13.4 MB" (powers of 1000), "1:02" and the like, into the caller's text. */
#define GOX_CLI_FIGURE 32
const char *gox_cli_bytes(char text[GOX_CLI_FIGURE], double bytes);
const char *gox_cli_seconds(char text[GOX_CLI_FIGURE], double seconds);

/* A table: a buffer of cells, a separator for each column. */
struct gox_table {
    struct gox_buf cells; /* texts, each with its NUL */
    size_t columns, count;
    const char *align; /* a letter a column: 'l' or 'r' */
};
void gox_table_init(struct gox_table *table, const char *align);
void gox_table_fini(struct gox_table *table);
/* The next cell, cleaned. */
void gox_table_put(struct gox_table *table, const char *fmt, ...)
        GOX_PRINTF(2, 3);
/* Appends all rows, each indented by two blanks; the first is a heading, in
 * bold when has_color. */
void gox_table_print(
        struct gox_table *table, struct gox_buf *out, bool has_color);

#endif
