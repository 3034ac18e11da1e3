/* SPDX-License-Identifier: Apache-2.0
 * What goxel-daemon prints about its settings: help, values, mistakes. */
#include "config/generate.h"
#include "daemon/options.h"

#include <stdio.h>
#include <string.h>

void gox_options_print_help(void)
{
    printf("usage: goxel-daemon [options]\n\n"
           "A headless voxel server: JSON-RPC 2.0, one message per line.\n\n");
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        if (row->flag == NULL)
            continue;
        printf("  --%s%s\n        %s%s%s%s\n        (%s, %s%s%s)\n", row->flag,
                row->type == GOX_SETTING_BOOL ? "" : " VALUE", row->help,
                row->unit[0] != '\0' ? " (" : "", row->unit,
                row->unit[0] != '\0' ? ")" : "", row->name, row->env,
                row->fallback[0] != '\0' ? ", default " : "", row->fallback);
    }
    for (size_t i = 0; i < gox_options_switch_count; i++)
        printf("  --%s\n        %s\n", gox_options_switches[i].flag,
                gox_options_switches[i].help);
    printf("\nRequests may read and write files below the data directory, the "
           "render directory\nand security.allowed_paths; relative paths start "
           "at the data directory.\nThe command line goes before the "
           "environment, the environment before the file,\nthe file before "
           "defaults. goxel-daemon.json(5) has all settings.\n"
           "Exit codes: 0 stopped, 1 failed, 2 usage, 75 try again later, 78 "
           "bad configuration.\n");
}

static int flush(struct gox_buf *text)
{
    int exit_code = gox_buf_error(text) < 0 ? GOX_EXIT_TEMPORARY : 0;
    if (text->len > 0)
        fwrite(text->data, 1, text->len, stdout);
    gox_buf_fini(text);
    return fflush(stdout) == 0 ? exit_code : GOX_EXIT_FAILED;
}

int gox_options_print_settings(const struct gox_settings *s, bool is_json)
{
    struct gox_buf text;
    struct gox_writer w;
    gox_buf_init(&text, 0);
    gox_writer_init(&w, &text);
    if (is_json)
        gox_writer_object(&w, NULL);
    for (size_t i = 0; i < gox_setting_count; i++) {
        if (is_json) {
            gox_settings_put_row(s, i, &w);
            continue;
        }
        gox_buf_printf(&text, "%s=", gox_setting_rows[i].name);
        gox_settings_put_value(s, i, &text);
        gox_buf_put_str(&text, "  # ");
        gox_settings_put_origin(s, i, &text);
        gox_buf_put_byte(&text, '\n');
    }
    if (is_json) {
        gox_writer_end_object(&w);
        gox_buf_put_byte(&text, '\n');
    }
    return flush(&text);
}

void gox_options_print_errors(const struct gox_config_errors *errors,
        bool is_json, const char *socket)
{
    struct gox_buf text;
    struct gox_writer w;
    gox_buf_init(&text, 0);
    if (!is_json) {
        gox_config_errors_put(errors, &text);
        if (text.len > 0)
            fwrite(text.data, 1, text.len, stderr);
        gox_buf_fini(&text);
        return;
    }
    gox_writer_init(&w, &text);
    gox_writer_object(&w, NULL);
    gox_writer_bool(&w, "valid", errors->error_count == 0);
    gox_writer_string(&w, "file", errors->file);
    if (socket != NULL)
        gox_writer_string(&w, "socket", socket);
    gox_config_errors_put_json(errors, &w);
    gox_writer_end_object(&w);
    gox_buf_put_byte(&text, '\n');
    flush(&text);
}
