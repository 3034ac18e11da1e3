/* SPDX-License-Identifier: Apache-2.0
 * Methods that read voxels: regions, boxes, colours, structure.
 *
 * Invariant: nothing here changes a project; large work runs on a snapshot. */
#include "base/alloc.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "voxel/analysis.h"

#include <stdlib.h>

/* The most voxels of one answer; more are read with offset. */
#define MAX_LIMIT 1000000

/* ---- get_voxels_region, get_layer_voxels ---- */

enum {
    REGION_MIN,
    REGION_MAX,
    REGION_LAYER,
    REGION_FILTER,
    REGION_OFFSET,
    REGION_LIMIT
};
// clang-format off
#define LIST_PARAMS                                                            \
        GOX_API_READ_LAYER_PARAM,                                              \
        {.name = "color_filter", .type = GOX_PARAM_COLOR,                      \
         .help = "only voxels of this colour"},                                \
        {.name = "offset", .type = GOX_PARAM_INT, .fallback = "0", .min = 0,   \
         .max = 2147483647, .help = "how many to pass over"},                  \
        {.name = "limit", .type = GOX_PARAM_INT, .fallback = "10000",          \
         .min = 0, .max = MAX_LIMIT, .help = "how many to give at most"}
static const struct gox_param REGION_PARAMS[] = {
        {.name = "min", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "one corner, inclusive"},
        {.name = "max", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "the opposite corner, inclusive"},
        LIST_PARAMS,
};
static const struct gox_param LAYER_VOXELS_PARAMS[] = {LIST_PARAMS};
// clang-format on

struct listing {
    struct gox_writer *out;
    bool has_filter;
    gox_rgba filter;
    uint64_t offset, limit;
    uint64_t total, count;
    struct gox_bbox box;
};

static bool list_voxel(void *ctx, struct gox_pos pos, gox_rgba color)
{
    struct listing *list = ctx;
    if (list->has_filter && color != list->filter)
        return true;
    uint64_t index = list->total++;
    list->box = gox_bbox_add(list->box, pos);
    if (index < list->offset || list->count >= list->limit)
        return true;
    list->count++;
    gox_writer_object(list->out, NULL);
    gox_writer_int(list->out, "x", pos.x);
    gox_writer_int(list->out, "y", pos.y);
    gox_writer_int(list->out, "z", pos.z);
    gox_writer_rgba(list->out, "color", color);
    gox_writer_end_object(list->out);
    return true;
}

/* first: the index of the first parameter of LIST_PARAMS. */
static int list_region(
        struct gox_call *call, struct gox_bbox region, size_t first)
{
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, first, &vol, &id);
    if (rc < 0)
        return rc;
    struct listing list = {.out = call->out,
            .has_filter = gox_call_has(call, first + 1),
            .filter = gox_call_color(call, first + 1),
            .offset = (uint64_t)gox_call_i64(call, first + 2),
            .limit = (uint64_t)gox_call_i64(call, first + 3)};
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "voxels");
    rc = gox_analyze_each(vol, region, list_voxel, &list, &call->task);
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "count", list.count);
    gox_writer_uint(call->out, "total", list.total);
    gox_writer_bool(
            call->out, "truncated", list.offset + list.count < list.total);
    gox_api_put_box(call->out, "bbox", list.box);
    gox_writer_end_object(call->out);
    gox_volume_free(vol);
    return rc < 0 ? gox_call_fail_code(call, rc, "region") : 0;
}

static int work_region(struct gox_call *call)
{
    struct gox_pos min = gox_call_point(call, REGION_MIN);
    struct gox_pos max = gox_call_point(call, REGION_MAX);
    if (max.x < min.x || max.y < min.y || max.z < min.z)
        return gox_call_fail_param(call, REGION_MAX, "max >= min on each axis",
                "max (%d, %d, %d) lies below min (%d, %d, %d)", max.x, max.y,
                max.z, min.x, min.y, min.z);
    struct gox_bbox region = {
            min, gox_pos_make(max.x + 1, max.y + 1, max.z + 1)};
    return list_region(call, region, REGION_LAYER);
}

static int work_layer_voxels(struct gox_call *call)
{
    return list_region(call, gox_bbox_all(), 0);
}

/* ---- get_bounding_box ---- */

enum { BOX_LAYER, BOX_EXACT };
// clang-format off
static const struct gox_param BOX_PARAMS[] = {
        GOX_API_READ_LAYER_PARAM,
        {.name = "exact", .type = GOX_PARAM_BOOL, .fallback = "true",
         .flags = GOX_PARAM_IGNORED, .help = "taken for old clients; the box is always exact"},
};
// clang-format on

static int work_box(struct gox_call *call)
{
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, BOX_LAYER, &vol, &id);
    if (rc < 0)
        return rc;
    struct gox_bbox box = gox_volume_bbox(vol);
    bool is_empty = gox_bbox_is_empty(box);
    gox_volume_free(vol);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "empty", is_empty);
    if (!is_empty) {
        gox_writer_xyz(call->out, "min", box.min.x, box.min.y, box.min.z);
        gox_writer_xyz(
                call->out, "max", box.max.x - 1, box.max.y - 1, box.max.z - 1);
        gox_writer_xyz(call->out, "dimensions", box.max.x - box.min.x,
                box.max.y - box.min.y, box.max.z - box.min.z);
    }
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- colours ---- */

struct colors {
    struct gox_color_count *items;
    size_t count;
    uint64_t total;
};

static int read_colors(struct gox_call *call, size_t layer, size_t region,
        int bin_size, struct colors *colors)
{
    gox_volume *vol = NULL;
    int id;
    *colors = (struct colors){0};
    int rc = gox_api_read_volume(call, layer, &vol, &id);
    if (rc < 0)
        return rc;
    rc = gox_analyze_histogram(vol, gox_call_region(call, region), bin_size,
            &colors->items, &colors->count, &call->task);
    gox_volume_free(vol);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "colours");
    for (size_t i = 0; i < colors->count; i++)
        colors->total += colors->items[i].count;
    return 0;
}

static int compare_counts(const void *a, const void *b)
{
    const struct gox_color_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->color < y->color ? -1 : x->color > y->color;
}

static void sort_by_count(struct colors *colors)
{
    if (colors->count > 1)
        qsort(colors->items, colors->count, sizeof *colors->items,
                compare_counts);
}

enum { HIST_LAYER, HIST_REGION, HIST_BIN, HIST_SORT, HIST_TOP };
// clang-format off
#define REGION_PARAM                                                           \
        {.name = "region", .type = GOX_PARAM_REGION,                           \
         .help = "only inside: {min, max}, inclusive"}
static const struct gox_param HIST_PARAMS[] = {
        GOX_API_READ_LAYER_PARAM,
        REGION_PARAM,
        {.name = "bin_size", .type = GOX_PARAM_INT, .fallback = "0", .min = 0,
         .max = 255, .help = "rounds each channel down to a multiple first; 0: off"},
        {.name = "sort_by_count", .type = GOX_PARAM_BOOL, .fallback = "true",
         .help = "most frequent first; else by colour value"},
        {.name = "top_n", .type = GOX_PARAM_INT, .fallback = "0", .min = 0,
         .max = MAX_LIMIT, .help = "only so many; 0: all, up to a million"},
};
// clang-format on

static int work_histogram(struct gox_call *call)
{
    struct colors colors;
    int rc = read_colors(call, HIST_LAYER, HIST_REGION,
            gox_call_int(call, HIST_BIN), &colors);
    if (rc < 0)
        return rc;
    if (gox_call_bool(call, HIST_SORT))
        sort_by_count(&colors);
    size_t top = (size_t)gox_call_int(call, HIST_TOP);
    size_t shown = top > 0 ? top : MAX_LIMIT;
    struct gox_writer *out = call->out;
    gox_writer_object(out, NULL);
    gox_writer_array(out, "histogram");
    for (size_t i = 0; i < colors.count && i < shown; i++) {
        const struct gox_color_count *c = &colors.items[i];
        gox_writer_object(out, NULL);
        gox_writer_hex(out, "color", c->color);
        gox_writer_rgba(out, "rgba", c->color);
        gox_writer_uint(out, "count", c->count);
        gox_writer_number(out, "percentage",
                (double)c->count * 100.0 / (double)colors.total);
        gox_writer_end_object(out);
    }
    gox_writer_end_array(out);
    gox_writer_uint(out, "total_voxels", colors.total);
    gox_writer_uint(out, "unique_colors", colors.count);
    gox_writer_end_object(out);
    gox_free(colors.items);
    return 0;
}

enum {
    UNIQUE_LAYER,
    UNIQUE_REGION,
    UNIQUE_MERGE,
    UNIQUE_THRESHOLD,
    UNIQUE_SORT
};
// clang-format off
static const struct gox_param UNIQUE_PARAMS[] = {
        GOX_API_READ_LAYER_PARAM,
        REGION_PARAM,
        {.name = "merge_similar", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "leaves out a colour near one that is more frequent"},
        {.name = "merge_threshold", .type = GOX_PARAM_INT, .fallback = "10",
         .min = 0, .max = 255, .help = "largest difference per channel of similar colours"},
        {.name = "sort_by_count", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "most frequent first; else by colour value"},
};
// clang-format on

/* Merging compares each colour with those kept; beyond this many the square of
 * it would be felt. */
#define MAX_MERGED 20000

/* Keeps the more frequent of similar colours; colors is sorted by count. */
static void merge_similar(struct colors *colors, int threshold)
{
    size_t kept = 0;
    for (size_t i = 0; i < colors->count; i++) {
        size_t k = 0;
        while (k < kept && gox_rgba_distance(colors->items[k].color,
                                   colors->items[i].color) > threshold)
            k++;
        if (k == kept)
            colors->items[kept++] = colors->items[i];
        else
            colors->items[k].count += colors->items[i].count;
    }
    colors->count = kept;
}

static int compare_colors(const void *a, const void *b)
{
    const struct gox_color_count *x = a, *y = b;
    return x->color < y->color ? -1 : x->color > y->color;
}

static int work_unique(struct gox_call *call)
{
    struct colors colors;
    int rc = read_colors(call, UNIQUE_LAYER, UNIQUE_REGION, 0, &colors);
    if (rc < 0)
        return rc;
    bool merges = gox_call_bool(call, UNIQUE_MERGE);
    bool sorts = gox_call_bool(call, UNIQUE_SORT);
    if (merges && colors.count > MAX_MERGED) {
        rc = gox_call_fail(call, GOX_ERR_TOO_LARGE,
                "%zu colours are too many to merge (at most %d); use "
                "goxel.get_color_histogram with bin_size",
                colors.count, MAX_MERGED);
        gox_free(colors.items);
        return rc;
    }
    if (merges || sorts)
        sort_by_count(&colors);
    if (merges)
        merge_similar(&colors, gox_call_int(call, UNIQUE_THRESHOLD));
    if (merges && !sorts && colors.count > 1)
        qsort(colors.items, colors.count, sizeof *colors.items, compare_colors);
    struct gox_writer *out = call->out;
    gox_writer_object(out, NULL);
    gox_writer_array(out, "colors");
    for (size_t i = 0; i < colors.count && i < MAX_LIMIT; i++) {
        gox_writer_object(out, NULL);
        gox_writer_hex(out, "hex", colors.items[i].color);
        gox_writer_rgba(out, "rgba", colors.items[i].color);
        gox_writer_uint(out, "count", colors.items[i].count);
        gox_writer_end_object(out);
    }
    gox_writer_end_array(out);
    gox_writer_uint(out, "count", colors.count);
    gox_writer_end_object(out);
    gox_free(colors.items);
    return 0;
}

/* ---- find_voxels_by_color ---- */

enum {
    FIND_COLOR,
    FIND_TOLERANCE,
    FIND_LAYER,
    FIND_REGION,
    FIND_MAX,
    FIND_WHERE
};
// clang-format off
static const struct gox_param FIND_PARAMS[] = {
        {.name = "target_color", .type = GOX_PARAM_COLOR,
         .flags = GOX_PARAM_REQUIRED, .alias = "color", .help = "what to look for"},
        {.name = "tolerance", .type = GOX_PARAM_INT, .fallback = "0", .min = 0,
         .max = 255, .help = "largest difference per channel"},
        GOX_API_READ_LAYER_PARAM,
        REGION_PARAM,
        {.name = "max_results", .type = GOX_PARAM_INT, .fallback = "1000",
         .min = 0, .max = MAX_LIMIT, .help = "how many locations to give at most"},
        {.name = "include_locations", .type = GOX_PARAM_BOOL,
         .fallback = "true", .help = "false: only count"},
};
// clang-format on

struct finding {
    struct gox_writer *out;
    gox_rgba target;
    int tolerance, layer_id;
    uint64_t matches, max;
};

static bool find_voxel(void *ctx, struct gox_pos pos, gox_rgba color)
{
    struct finding *find = ctx;
    if (gox_rgba_distance(color, find->target) > find->tolerance)
        return true;
    if (find->matches++ >= find->max)
        return true;
    gox_writer_object(find->out, NULL);
    gox_writer_int(find->out, "x", pos.x);
    gox_writer_int(find->out, "y", pos.y);
    gox_writer_int(find->out, "z", pos.z);
    gox_writer_rgba(find->out, "color", color);
    gox_writer_int(find->out, "layer_id", find->layer_id);
    gox_writer_end_object(find->out);
    return true;
}

static int work_find(struct gox_call *call)
{
    gox_volume *vol = NULL;
    struct finding find = {.out = call->out,
            .target = gox_call_color(call, FIND_COLOR),
            .tolerance = gox_call_int(call, FIND_TOLERANCE),
            .max = gox_call_bool(call, FIND_WHERE)
                           ? (uint64_t)gox_call_i64(call, FIND_MAX)
                           : 0};
    int rc = gox_api_read_volume(call, FIND_LAYER, &vol, &find.layer_id);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_rgba(call->out, "target_color", find.target);
    gox_writer_array(call->out, "locations");
    rc = gox_analyze_each(vol, gox_call_region(call, FIND_REGION), find_voxel,
            &find, &call->task);
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "match_count", find.matches);
    gox_writer_bool(call->out, "truncated",
            gox_call_bool(call, FIND_WHERE) && find.matches > find.max);
    gox_writer_end_object(call->out);
    gox_volume_free(vol);
    return rc < 0 ? gox_call_fail_code(call, rc, "colour") : 0;
}

#define READ (GOX_METHOD_READ | GOX_METHOD_LONG | GOX_METHOD_SUB)
#define LIST_RESULT                                                            \
    "voxels:array count:int total:int truncated:bool bbox:object|null"

// clang-format off
const struct gox_method gox_api_read[] = {
        {.name = "goxel.get_voxels_region", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(REGION_PARAMS), .result = LIST_RESULT,
         .summary = "Lists the voxels in a box.",
         .run = gox_api_run_or_work, .work = work_region},
        {.name = "goxel.get_layer_voxels", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(LAYER_VOXELS_PARAMS), .result = LIST_RESULT,
         .summary = "Lists the voxels of a layer.",
         .run = gox_api_run_or_work, .work = work_layer_voxels},
        {.name = "goxel.get_bounding_box", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(BOX_PARAMS),
         .result = "empty:bool min:array? max:array? dimensions:array?",
         .summary = "Gives the smallest box of all voxels, both corners inclusive.",
         .run = gox_api_run_or_work, .work = work_box},
        {.name = "goxel.get_color_histogram", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(HIST_PARAMS),
         .result = "histogram:array total_voxels:int unique_colors:int",
         .summary = "Counts the voxels of each colour.",
         .run = gox_api_run_or_work, .work = work_histogram},
        {.name = "goxel.find_voxels_by_color", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(FIND_PARAMS),
         .result = "target_color:rgba locations:array match_count:int truncated:bool",
         .summary = "Finds the voxels of a colour.",
         .run = gox_api_run_or_work, .work = work_find},
        {.name = "goxel.get_unique_colors", .group = "read", .flags = READ | GOX_METHOD_SAFE,
         GOX_PARAMS(UNIQUE_PARAMS), .result = "colors:array count:int",
         .summary = "Lists the colours in use.",
         .run = gox_api_run_or_work, .work = work_unique},
        {.name = NULL},
};
// clang-format on
