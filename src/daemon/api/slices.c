/* SPDX-License-Identifier: Apache-2.0
 * Slices as rows of letters, for people and models that think in text.
 *
 * Invariant: a slice is seen like a picture: z from above (columns +x, rows
 * from high y to low), y from the front (columns +x, rows from high z), x from
 * the right (columns +y, rows from high z). What read_slices gives,
 * write_slices takes back. */
#include "base/alloc.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "rpc/params.h"
#include "voxel/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELLS   1000000
#define MAX_LETTERS 90

static const char *const AXIS_NAMES[] = {"x", "y", "z", NULL};

/* The voxel at column u, row height v of slice w. */
static struct gox_pos place(enum gox_axis axis, int32_t u, int32_t v, int32_t w)
{
    switch (axis) {
    case GOX_AXIS_X:
        return gox_pos_make(w, u, v);
    case GOX_AXIS_Y:
        return gox_pos_make(u, w, v);
    default:
        return gox_pos_make(u, v, w);
    }
}

/* A box as ranges of columns, rows and slices. */
struct frame {
    int32_t u0, u1, v0, v1, w0, w1; /* max exclusive */
};

static struct frame make_frame(enum gox_axis axis, struct gox_bbox box)
{
    switch (axis) {
    case GOX_AXIS_X:
        return (struct frame){box.min.y, box.max.y, box.min.z, box.max.z,
                box.min.x, box.max.x};
    case GOX_AXIS_Y:
        return (struct frame){box.min.x, box.max.x, box.min.z, box.max.z,
                box.min.y, box.max.y};
    default:
        return (struct frame){box.min.x, box.max.x, box.min.y, box.max.y,
                box.min.z, box.max.z};
    }
}

/* ---- write_slices ---- */

enum {
    WRITE_AXIS,
    WRITE_INDEX,
    WRITE_ORIGIN,
    WRITE_PALETTE,
    WRITE_ROWS,
    WRITE_LAYER
};
// clang-format off
static const struct gox_param WRITE_PARAMS[] = {
        {.name = "axis", .type = GOX_PARAM_ENUM, .names = AXIS_NAMES,
         .fallback = "\"z\"", .help = "the slices lie square to it"},
        {.name = "index", .type = GOX_PARAM_INT, .fallback = "0",
         .min = -GOX_COORD_MAX, .max = GOX_COORD_MAX - 1,
         .help = "coordinate of the (first) slice on that axis"},
        {.name = "origin", .type = GOX_PARAM_POINT, .fallback = "[0,0,0]",
         .help = "lowest corner of the slice: first column, last row; its number "
                 "on the axis is not used"},
        {.name = "palette", .type = GOX_PARAM_OBJECT,
         .flags = GOX_PARAM_REQUIRED,
         .help = "{letter: colour}; '.' removes a voxel, ' ' leaves it alone"},
        {.name = "rows", .type = GOX_PARAM_ARRAY, .flags = GOX_PARAM_REQUIRED,
         .help = "strings, the top row first; or several such arrays, the next "
                 "slices on the axis"},
        GOX_API_LAYER_PARAM,
};
// clang-format on

struct slice_writer {
    struct gox_call *call;
    gox_volume *vol; /* NULL: everything is only checked */
    enum gox_axis axis;
    struct gox_pos origin;
    int32_t index; /* of the slice being written */
    bool is_known[256];
    gox_rgba colors[256];
    uint64_t voxels;
};

static bool read_letter_color(
        struct slice_writer *w, unsigned char letter, struct gox_slice raw)
{
    struct gox_reader r;
    struct gox_error ignored;
    char text[80];
    gox_reader_init(&r, raw.data, raw.len, &ignored);
    if (gox_param_read_color(&r, gox_rgba_parse, &w->colors[letter]))
        return true;
    gox_param_describe(raw, text, sizeof text);
    int code = gox_call_fail_param(w->call, WRITE_PALETTE,
            "a colour for each letter ([r,g,b], \"#RRGGBB\" or a name)",
            "%s for '%c'", text, letter);
    (void)code; /* in the call */
    return false;
}

static int read_palette(struct slice_writer *w)
{
    struct gox_slice text = gox_call_slice(w->call, WRITE_PALETTE);
    struct gox_reader r;
    struct gox_slice key;
    gox_reader_init(&r, text.data, text.len, &w->call->err);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        unsigned char letter = key.len == 1 ? (unsigned char)key.data[0] : 0;
        if (letter <= ' ' || letter == '.' || letter >= 0x7F)
            return gox_call_fail_param(w->call, WRITE_PALETTE,
                    "keys of one printable ASCII letter",
                    "\"%.*s\" is no letter for a palette ('.' and ' ' have "
                    "fixed meanings)",
                    (int)key.len, key.data);
        if (!read_letter_color(w, letter, gox_reader_skip(&r)))
            return w->call->err.code;
        w->is_known[letter] = true;
    }
    w->is_known['.'] = true;
    return gox_reader_error(&r) < 0
                   ? gox_call_fail_reader(w->call, WRITE_PALETTE, &r)
                   : 0;
}

static int write_row(struct slice_writer *w, struct gox_slice row, int32_t v)
{
    struct gox_pos o = w->origin;
    int32_t u0 = w->axis == GOX_AXIS_X ? o.y : o.x;
    for (size_t i = 0; i < row.len; i++) {
        unsigned char letter = (unsigned char)row.data[i];
        if (letter == ' ')
            continue;
        if (!w->is_known[letter])
            return gox_call_fail_param(w->call, WRITE_ROWS,
                    "letters of the palette",
                    "letter '%c' in column %zu is not in the palette", letter,
                    i);
        struct gox_pos pos = place(w->axis, u0 + (int32_t)i, v, w->index);
        if (!gox_pos_is_valid(pos))
            return gox_call_fail_param(w->call, WRITE_ROWS,
                    "rows inside -8388608 to 8388607",
                    "a voxel at (%d, %d, %d)", pos.x, pos.y, pos.z);
        int rc = w->vol != NULL ? gox_volume_set(w->vol, pos, w->colors[letter])
                                : 0;
        if (rc < 0)
            return gox_call_fail_code(w->call, rc, "voxel");
        w->voxels += gox_rgba_a(w->colors[letter]) > 0;
    }
    return 0;
}

/* Counts the strings of an array without consuming it. */
static size_t count_rows(struct gox_reader r)
{
    size_t count = 0;
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        gox_reader_skip(&r);
        count++;
    }
    return count;
}

static int write_slice(struct slice_writer *w, struct gox_reader *r)
{
    size_t rows = count_rows(*r);
    int32_t v0 = w->axis == GOX_AXIS_Z ? w->origin.y : w->origin.z;
    struct gox_buf scratch;
    int rc = rows <= MAX_CELLS ? 0
                               : gox_call_fail_param(w->call, WRITE_ROWS,
                                         "up to a million rows",
                                         "%zu rows are too many", rows);
    gox_buf_init(&scratch, 0);
    gox_reader_array(r);
    for (size_t i = 0; rc >= 0 && gox_reader_element(r); i++) {
        gox_buf_reset(&scratch);
        struct gox_slice row = gox_reader_string(r, &scratch);
        if (gox_reader_error(r) == 0)
            rc = write_row(w, row, v0 + (int32_t)(rows - 1 - i));
    }
    gox_buf_fini(&scratch);
    return rc;
}

static int write_all(struct slice_writer *w, gox_volume *vol)
{
    w->vol = vol;
    w->index = gox_call_int(w->call, WRITE_INDEX);
    w->voxels = 0;
    struct gox_slice text = gox_call_slice(w->call, WRITE_ROWS);
    struct gox_reader r, inside;
    gox_reader_init(&r, text.data, text.len, &w->call->err);
    inside = r;
    gox_reader_array(&inside);
    bool is_nested = gox_reader_element(&inside) &&
                     gox_reader_peek(&inside) == GOX_JSON_ARRAY;
    int rc = 0;
    if (!is_nested) {
        rc = write_slice(w, &r);
    } else {
        gox_reader_array(&r);
        for (; rc >= 0 && gox_reader_element(&r); w->index++)
            rc = write_slice(w, &r);
    }
    if (rc >= 0 && gox_reader_error(&r) < 0)
        rc = gox_call_fail_reader(w->call, WRITE_ROWS, &r);
    return rc;
}

static int write_slices(struct gox_call *call)
{
    struct gox_layer *layer;
    struct slice_writer w = {.call = call,
            .axis = (enum gox_axis)gox_call_enum(call, WRITE_AXIS),
            .origin = gox_call_point(call, WRITE_ORIGIN)};
    int rc = gox_call_edit_layer(call, WRITE_LAYER, &layer);
    if (rc >= 0)
        rc = read_palette(&w);
    /* All is checked first: in a batch that goes on after errors, nobody would
     * take back the rows before a bad one. */
    if (rc >= 0)
        rc = write_all(&w, NULL);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_VOXELS, "write slices");
    if (rc >= 0)
        rc = write_all(&w, layer->volume);
    if (rc >= 0)
        rc = gox_call_commit(call);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "voxels", w.voxels);
    gox_writer_int(call->out, "layer_id", layer->id);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- read_slices ---- */

enum { READ_AXIS, READ_INDEX, READ_RANGE, READ_REGION, READ_LAYER };
// clang-format off
static const struct gox_param READ_PARAMS[] = {
        {.name = "axis", .type = GOX_PARAM_ENUM, .names = AXIS_NAMES,
         .fallback = "\"z\"", .help = "the slices lie square to it"},
        {.name = "index", .type = GOX_PARAM_INT, .min = -GOX_COORD_MAX,
         .max = GOX_COORD_MAX - 1, .help = "one slice"},
        {.name = "range", .type = GOX_PARAM_ARRAY,
         .help = "[first, last] slice, inclusive; all of the model when neither "
                 "is given"},
        {.name = "region", .type = GOX_PARAM_REGION,
         .help = "only inside; the model's bounds when absent"},
        GOX_API_READ_LAYER_PARAM,
};
// clang-format on

static int read_range(struct gox_call *call, struct frame *f)
{
    if (gox_call_has(call, READ_INDEX)) {
        f->w0 = gox_call_int(call, READ_INDEX);
        f->w1 = f->w0 + 1;
    }
    struct gox_slice text = gox_call_slice(call, READ_RANGE);
    if (text.data == NULL)
        return 0;
    struct gox_reader r;
    int32_t v[2] = {0, 0};
    size_t n = 0;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        int32_t value = gox_reader_i32(&r, -GOX_COORD_MAX, GOX_COORD_MAX - 1);
        if (n < 2)
            v[n] = value;
        n++;
    }
    if (gox_reader_error(&r) < 0)
        return gox_call_fail_reader(call, READ_RANGE, &r);
    if (n != 2 || v[1] < v[0])
        return gox_call_fail_param(call, READ_RANGE, "[first, last]",
                "a range has two numbers, the second not below the first");
    f->w0 = v[0];
    f->w1 = v[1] + 1;
    return 0;
}

struct letters {
    struct gox_color_count *colors; /* most frequent first, owned */
    size_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct gox_color_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->color < y->color ? -1 : x->color > y->color;
}

/* Letters first, then digits, then other signs that need no escape in JSON. */
static char letter_at(size_t i)
{
    static const char signs[MAX_LETTERS + 1] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "!#$%&'()*+,-/:;<=>?@[]^_`{|}";
    return signs[i];
}

/* The letter of a colour; beyond MAX_LETTERS the nearest of those that have
 * one. */
static char find_letter(const struct letters *letters, gox_rgba color)
{
    size_t best = 0;
    int best_distance = 1024;
    for (size_t i = 0; i < letters->count && i < MAX_LETTERS; i++) {
        int distance = gox_rgba_distance(letters->colors[i].color, color);
        if (distance == 0)
            return letter_at(i);
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return letter_at(best);
}

static void put_slice(struct gox_call *call, const gox_volume *vol,
        enum gox_axis axis, const struct frame *f, int32_t w,
        const struct letters *letters, char *row)
{
    struct gox_cursor cursor;
    struct gox_writer *out = call->out;
    gox_cursor_init(&cursor, vol);
    gox_writer_object(out, NULL);
    gox_writer_int(out, "index", w);
    gox_writer_array(out, "rows");
    for (int32_t v = f->v1 - 1; v >= f->v0; v--) {
        gox_rgba last = 0;
        char letter = '.';
        for (int32_t u = f->u0; u < f->u1; u++) {
            gox_rgba c = gox_cursor_get(&cursor, place(axis, u, v, w));
            if (c != last) {
                letter = c == 0 ? '.' : find_letter(letters, c);
                last = c;
            }
            row[u - f->u0] = letter;
        }
        gox_writer_text(out, NULL, row, (size_t)(f->u1 - f->u0));
    }
    gox_writer_end_array(out);
    gox_writer_end_object(out);
}

static void put_legend(struct gox_writer *out, enum gox_axis axis,
        const struct frame *f, const struct letters *letters)
{
    struct gox_pos origin = place(axis, f->u0, f->v0, f->w0);
    gox_writer_string(out, "axis", AXIS_NAMES[axis]);
    gox_writer_object(out, "axes");
    gox_writer_string(out, "columns", axis == GOX_AXIS_X ? "+y" : "+x");
    gox_writer_string(out, "rows", axis == GOX_AXIS_Z ? "-y" : "-z");
    gox_writer_end_object(out);
    gox_writer_xyz(out, "origin", origin.x, origin.y, origin.z);
    gox_writer_bool(out, "exact", letters->count <= MAX_LETTERS);
    gox_writer_object(out, "palette");
    for (size_t i = 0; i < letters->count && i < MAX_LETTERS; i++) {
        char key[2] = {letter_at(i), '\0'};
        gox_writer_hex(out, key, letters->colors[i].color);
    }
    gox_writer_end_object(out);
}

static int put_slices(struct gox_call *call, const gox_volume *vol,
        enum gox_axis axis, const struct frame *f)
{
    struct gox_pos min = place(axis, f->u0, f->v0, f->w0);
    struct gox_pos max = place(axis, f->u1, f->v1, f->w1);
    struct letters letters = {0};
    int rc = gox_analyze_histogram(vol, (struct gox_bbox){min, max}, 0,
            &letters.colors, &letters.count, &call->task);
    char *row = gox_call_alloc(call, (size_t)(f->u1 - f->u0) + 1);
    if (rc >= 0 && row == NULL)
        rc = GOX_ERR_NOMEM;
    if (rc < 0) {
        gox_free(letters.colors);
        return gox_call_fail_code(call, rc, "slices");
    }
    if (letters.count > 1)
        qsort(letters.colors, letters.count, sizeof *letters.colors, by_count);
    gox_writer_object(call->out, NULL);
    put_legend(call->out, axis, f, &letters);
    gox_writer_array(call->out, "slices");
    for (int32_t w = f->w0; w < f->w1; w++)
        put_slice(call, vol, axis, f, w, &letters, row);
    gox_writer_end_array(call->out);
    gox_writer_end_object(call->out);
    gox_free(letters.colors);
    return 0;
}

static int work_read_slices(struct gox_call *call)
{
    gox_volume *vol = NULL;
    int id;
    enum gox_axis axis = (enum gox_axis)gox_call_enum(call, READ_AXIS);
    int rc = gox_api_read_volume(call, READ_LAYER, &vol, &id);
    if (rc < 0)
        return rc;
    struct frame f = make_frame(axis,
            gox_call_has(call, READ_REGION) ? gox_call_region(call, READ_REGION)
                                            : gox_volume_bbox(vol));
    rc = read_range(call, &f);
    /* An empty model has slices of no rows, which are to be few, too. */
    double cells =
            fmax(f.u1 - f.u0, 1) * fmax(f.v1 - f.v0, 1) * ((double)f.w1 - f.w0);
    if (rc >= 0 && cells > MAX_CELLS)
        rc = gox_call_fail(call, GOX_ERR_TOO_LARGE,
                "%.0f cells are too many for one answer (at most %d); narrow "
                "region or range",
                cells, MAX_CELLS);
    if (rc >= 0)
        rc = put_slices(call, vol, axis, &f);
    gox_volume_free(vol);
    return rc;
}

// clang-format off
const struct gox_method gox_api_slices[] = {
        {.name = "goxel.write_slices", .group = "slices",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_SUB, GOX_PARAMS(WRITE_PARAMS),
         .result = "success:bool voxels:int layer_id:int revision:int",
         .summary = "Draws one or more slices from rows of letters.",
         .run = write_slices},
        {.name = "goxel.read_slices", .group = "slices",
         .flags = GOX_METHOD_READ | GOX_METHOD_LONG | GOX_METHOD_SUB | GOX_METHOD_SAFE,
         GOX_PARAMS(READ_PARAMS),
         .result = "axis:string axes:object origin:array exact:bool palette:object slices:array",
         .summary = "Gives slices as rows of letters with their palette.",
         .run = gox_api_run_or_work, .work = work_read_slices},
        {.name = NULL},
};
// clang-format on
