/* SPDX-License-Identifier: Apache-2.0
 * The format options that clients may give, and the list of formats. One table
 * names the options for both. */
#include "daemon/api/files.h"

enum { FACES, UP, SCALE, PIVOT, VOXELIZE, HIDDEN, OPTION_COUNT };
static const char *const NAMES[OPTION_COUNT] = {
        "faces", "up", "scale", "pivot", "voxelize_size", "hidden"};
static const unsigned BITS[OPTION_COUNT] = {GOX_OPT_FACES, GOX_OPT_UP,
        GOX_OPT_SCALE, GOX_OPT_PIVOT, GOX_OPT_VOXELIZE, GOX_OPT_HIDDEN};

/* Reads one of the names in list; its index. */
static int read_name(
        struct gox_reader *r, const char *const *list, const char *expected)
{
    struct gox_slice raw = gox_reader_peek(r) == GOX_JSON_STRING
                                   ? gox_reader_skip(r)
                                   : (struct gox_slice){NULL, 0};
    if (raw.len >= 2) {
        struct gox_slice text = {raw.data + 1, raw.len - 2};
        for (int i = 0; list[i] != NULL; i++)
            if (gox_slice_equals_json(text, list[i]))
                return i;
    }
    gox_reader_fail(r, GOX_ERR_PARAMS, "expected %s", expected);
    return 0;
}

static void read_option(
        struct gox_reader *r, int option, struct gox_format_options *opts)
{
    static const char *const faces[] = {"merged", "raw", NULL};
    static const char *const ups[] = {"z", "y", NULL};
    static const char *const pivots[] = {"origin", "center", "bottom", NULL};
    double scale;
    switch (option) {
    case FACES:
        opts->faces = (enum gox_faces)read_name(r, faces, "merged or raw");
        break;
    case UP:
        opts->up = (enum gox_up)read_name(r, ups, "y or z");
        opts->has_up = true;
        break;
    case SCALE:
        scale = gox_reader_number(r);
        if (!(scale >= 1e-6 && scale <= 1e6))
            gox_reader_fail(r, GOX_ERR_PARAMS, "scale is 0.000001 to 1000000");
        opts->scale = (float)scale;
        break;
    case PIVOT:
        opts->pivot = (enum gox_pivot)read_name(
                r, pivots, "origin, center or bottom");
        break;
    case VOXELIZE:
        opts->voxelize_size = gox_reader_i32(r, 1, 4096);
        break;
    default:
        opts->keep_hidden = gox_reader_bool(r);
        break;
    }
}

int gox_api_format_options(
        struct gox_call *call, size_t i, struct gox_format_options *opts)
{
    struct gox_slice text = gox_call_slice(call, i);
    if (text.data == NULL)
        return 0;
    struct gox_reader r;
    uint64_t seen = 0;
    int option;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_object(&r);
    while ((option = gox_reader_field(&r, NAMES, OPTION_COUNT, &seen)) >= 0)
        read_option(&r, option, opts);
    return gox_reader_error(&r) < 0 ? gox_call_fail_reader(call, i, &r) : 0;
}

int gox_api_list_formats(struct gox_call *call)
{
    struct gox_writer *out = call->out;
    gox_writer_object(out, NULL);
    gox_writer_array(out, "formats");
    for (size_t i = 0; i < gox_format_count; i++) {
        const struct gox_format *format = gox_formats[i];
        gox_writer_object(out, NULL);
        gox_writer_string(out, "name", format->name);
        gox_writer_string(out, "title", format->title);
        gox_writer_array(out, "extensions");
        for (size_t k = 0; format->extensions[k] != NULL; k++)
            gox_writer_string(out, NULL, format->extensions[k]);
        gox_writer_end_array(out);
        gox_writer_bool(out, "read", format->read != NULL);
        gox_writer_bool(out, "write", format->write != NULL);
        gox_writer_array(out, "options");
        for (size_t k = 0; k < OPTION_COUNT; k++)
            if ((format->options & BITS[k]) != 0)
                gox_writer_string(out, NULL, NAMES[k]);
        gox_writer_end_array(out);
        gox_writer_end_object(out);
    }
    gox_writer_end_array(out);
    gox_writer_end_object(out);
    return 0;
}
