/* SPDX-License-Identifier: Apache-2.0
 * Collecting what is wrong and showing it. */
#include "config/errors.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void gox_config_errors_init(struct gox_config_errors *errors)
{
    *errors = (struct gox_config_errors){.items = NULL};
}

void gox_config_errors_fini(struct gox_config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        gox_free(errors->items[i].pointer);
        gox_free(errors->items[i].text);
    }
    gox_free(errors->items);
    gox_free(errors->file);
    gox_config_errors_init(errors);
}

static void count(
        struct gox_config_errors *errors, const struct gox_config_error *e)
{
    if (e->is_warning)
        errors->warning_count++;
    else
        errors->error_count++;
    if (!e->is_warning && e->from == GOX_ORIGIN_FLAG)
        errors->has_usage_error = true;
}

void gox_config_errors_add(struct gox_config_errors *errors,
        const struct gox_config_error *error, const char *fmt, ...)
{
    char text[1024];
    struct gox_config_error e = *error;
    va_list args;
    count(errors, error);
    if (errors->count >= GOX_CONFIG_MAX_ERRORS)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    /* One line each, whatever a value holds. */
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    e.text = gox_strdup(text);
    e.pointer = error->pointer != NULL ? gox_strdup(error->pointer) : NULL;
    if (e.text == NULL || (error->pointer != NULL && e.pointer == NULL) ||
            !gox_grow(&errors->items, &errors->capacity, errors->count + 1,
                    sizeof *errors->items)) {
        errors->is_out_of_memory = true;
        gox_free(e.text);
        gox_free(e.pointer);
        return;
    }
    errors->items[errors->count++] = e;
}

void gox_config_errors_put(
        const struct gox_config_errors *errors, struct gox_buf *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct gox_config_error *e = &errors->items[i];
        if (e->line > 0)
            gox_buf_printf(out,
                    "%s:%u:%u: ", errors->file != NULL ? errors->file : "file",
                    e->line, e->column);
        gox_buf_put_str(out, e->is_warning ? "warning: " : "error: ");
        if (e->pointer != NULL && e->pointer[0] != '\0')
            gox_buf_printf(out, "%s: ", e->pointer);
        gox_buf_put_str(out, e->text);
        gox_buf_put_byte(out, '\n');
    }
    size_t all = errors->error_count + errors->warning_count;
    if (all > errors->count)
        gox_buf_printf(out, "and %zu more\n", all - errors->count);
}

static void put_one(const struct gox_config_errors *errors,
        const struct gox_config_error *e, struct gox_writer *w)
{
    gox_writer_object(w, NULL);
    if (e->line > 0) {
        gox_writer_string(w, "file", errors->file);
        gox_writer_uint(w, "line", e->line);
        gox_writer_uint(w, "column", e->column);
    }
    if (e->pointer != NULL)
        gox_writer_string(w, "pointer", e->pointer);
    gox_writer_string(w, "message", e->text);
    gox_writer_end_object(w);
}

void gox_config_errors_put_json(
        const struct gox_config_errors *errors, struct gox_writer *w)
{
    static const char *const names[] = {"errors", "warnings"};
    for (int warnings = 0; warnings < 2; warnings++) {
        gox_writer_array(w, names[warnings]);
        for (size_t i = 0; i < errors->count; i++)
            if (errors->items[i].is_warning == (warnings == 1))
                put_one(errors, &errors->items[i], w);
        gox_writer_end_array(w);
    }
}
