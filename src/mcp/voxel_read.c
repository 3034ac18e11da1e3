/* SPDX-License-Identifier: Apache-2.0
 * voxel_read, voxel_palette and voxel_check: what is there, in which colours,
 * and whether it holds together. */
#include "mcp/voxel_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Tools look at the whole model unless a layer is named. */
static json_t *all_layers(json_t *params)
{
    if (json_object_get(params, "layer") == NULL)
        json_object_set_new(params, "layer", json_integer(-1));
    return params;
}

/* ---- read ---- */

#define LIST_LIMIT 500
/* Letters in one answer: what clients still pass on to a model whole. */
#define MAX_LETTERS 40000

static void on_slices(struct gox_mcp_call *call, json_t *result)
{
    json_t *slices = json_object_get(result, "slices"), *one;
    const json_t *row = json_array_get(
            json_object_get(json_array_get(slices, 0), "rows"), 0);
    size_t rows = 0, width = json_string_length(row), i;
    json_array_foreach(slices, i, one)
    {
        rows += json_array_size(json_object_get(one, "rows"));
    }
    if (rows * width <= MAX_LETTERS) {
        gox__vox_show(call, result);
        return;
    }
    gox__vox_fail(call,
            "%zu slices of %zu letters are too much for one answer (at most "
            "%d). Ask for one with \"index\", some with \"range\": [first, "
            "last], or a part with \"region\"; voxel_read {\"what\": "
            "\"bounds\"} tells the size.",
            json_array_size(slices),
            json_array_size(slices) > 0 ? rows * width / json_array_size(slices)
                                        : 0,
            MAX_LETTERS);
}

static void begin_read(struct gox_mcp_call *call)
{
    const char *what = gox__vox_str(call, "what");
    json_t *region = json_object_get(call->args, "region");
    json_t *params;
    if (what == NULL || strcmp(what, "slices") == 0) {
        params = all_layers(
                gox__vox_params(call, "what|color|limit|offset", NULL));
        gox__vox_ask_long(
                call, "goxel.read_slices", params, GOX_BACKEND_READ, on_slices);
        return;
    }
    if (strcmp(what, "colors") == 0) {
        params = all_layers(gox__vox_params(
                call, "what|axis|index|range|color|offset", "limit>top_n"));
        gox__vox_ask_long(call, "goxel.get_color_histogram", params,
                GOX_BACKEND_READ, gox__vox_show);
        return;
    }
    if (strcmp(what, "bounds") == 0) {
        params = all_layers(gox__vox_params(
                call, "what|axis|index|range|color|offset|limit|region", NULL));
        gox__vox_ask(call, "goxel.get_bounding_box", params, GOX_BACKEND_READ,
                gox__vox_show);
        return;
    }
    params = all_layers(gox__vox_params(
            call, "what|axis|index|range|region", "color>color_filter"));
    if (json_object_get(params, "limit") == NULL)
        json_object_set_new(params, "limit", json_integer(LIST_LIMIT));
    if (region != NULL) {
        json_object_set(params, "min", json_object_get(region, "min"));
        json_object_set(params, "max", json_object_get(region, "max"));
    }
    gox__vox_ask_long(call,
            region != NULL ? "goxel.get_voxels_region"
                           : "goxel.get_layer_voxels",
            params, GOX_BACKEND_READ, gox__vox_show);
}

int gox__vox_read(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_read);
}

/* ---- palette ---- */

static double distance(const json_t *a, const json_t *b)
{
    /* Weighted by how much the eye makes of each channel. */
    static const double weights[3] = {0.30, 0.59, 0.11};
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        double d = (double)(json_integer_value(json_array_get(a, i)) -
                            json_integer_value(json_array_get(b, i)));
        sum += weights[i] * d * d;
    }
    return sum;
}

static void on_colors(struct gox_mcp_call *call, json_t *result)
{
    const json_t *target = gox__vox_of(call)->kept;
    json_t *colors = json_object_get(result, "colors");
    json_t *best = NULL, *one, *out;
    double best_at = 0;
    size_t i;
    json_array_foreach(colors, i, one)
    {
        double at = distance(json_object_get(one, "rgba"), target);
        if (best == NULL || at < best_at) {
            best = one;
            best_at = at;
        }
    }
    out = json_pack("{s:O}", "rgba", target);
    if (best != NULL) {
        json_object_set(out, "nearest", best);
        json_object_set_new(out, "exact",
                json_boolean(
                        json_equal(json_object_get(best, "rgba"), target)));
    } else {
        json_object_set_new(out, "note",
                json_string("the model holds no voxels yet; use the colour as "
                            "it is"));
    }
    gox_mcp_structured(call, out);
    gox_mcp_finish(call);
}

/* The daemon reads the colour, in any spelling. */
static void on_parsed(struct gox_mcp_call *call, json_t *result)
{
    gox__vox_of(call)->kept =
            json_incref(json_object_get(result, "target_color"));
    gox__vox_ask(call, "goxel.get_unique_colors",
            all_layers(
                    gox__vox_params(call, "action|color|to|tolerance", NULL)),
            GOX_BACKEND_READ, on_colors);
}

static void begin_palette(struct gox_mcp_call *call)
{
    const char *action = gox__vox_str(call, "action");
    json_t *params;
    if (strcmp(action, "list") == 0) {
        params = all_layers(
                gox__vox_params(call, "action|color|to|tolerance", NULL));
        json_object_set_new(params, "sort_by_count", json_true());
        gox__vox_ask(call, "goxel.get_unique_colors", params, GOX_BACKEND_READ,
                gox__vox_show);
        return;
    }
    if (json_object_get(call->args, "color") == NULL ||
            (strcmp(action, "replace") == 0 &&
                    json_object_get(call->args, "to") == NULL)) {
        gox__vox_fail(call, "\"%s\" needs \"color\"%s.", action,
                action[0] == 'r' ? " and \"to\"" : "");
        return;
    }
    if (strcmp(action, "replace") == 0) {
        gox__vox_ask_long(call, "goxel.replace_color",
                gox__vox_params(call, "action", "color>from"), GOX_BACKEND_EDIT,
                gox__vox_show);
        return;
    }
    params = all_layers(gox__vox_params(call, "action|to|tolerance", NULL));
    json_object_update_new(params,
            json_pack("{s:i,s:b}", "max_results", 0, "include_locations", 0));
    gox__vox_ask(call, "goxel.find_voxels_by_color", params, GOX_BACKEND_READ,
            on_parsed);
}

int gox__vox_palette(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_palette);
}

/* ---- check ---- */

static void add(json_t *list, const char *fmt, ...) GOX_PRINTF(2, 3);
static void add(json_t *list, const char *fmt, ...)
{
    char text[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_array_append_new(list, json_string(text));
}

static void put_symmetry(json_t *problems, const json_t *symmetry)
{
    static const char *const axes[] = {"x", "y"};
    for (size_t i = 0; i < 2; i++) {
        double score = json_number_value(
                json_object_get(json_object_get(symmetry, axes[i]), "shape"));
        /* Nearly symmetric is more likely a slip than a plan. */
        if (score >= 0.9 && score < 1)
            add(problems,
                    "almost symmetric in %s (%.1f %%): a voxel or two may be "
                    "missing on one side",
                    axes[i], score * 100);
    }
}

static void on_checked(struct gox_mcp_call *call, json_t *result)
{
    json_t *problems = json_array();
    json_int_t count =
            json_integer_value(json_object_get(result, "voxel_count"));
    json_int_t floating =
            json_integer_value(json_object_get(result, "floating_count"));
    json_int_t parts =
            json_integer_value(json_object_get(result, "component_count"));
    json_object_del(result, "success");
    if (count == 0)
        add(problems, "there are no voxels");
    if (floating > 0)
        add(problems,
                "%lld of %lld separate parts float in the air; see components "
                "with touches_ground false",
                (long long)floating, (long long)parts);
    else if (parts > 1)
        add(problems, "%lld separate parts, all on the ground",
                (long long)parts);
    put_symmetry(problems, json_object_get(result, "symmetry"));
    json_object_set_new(
            result, "ok", json_boolean(json_array_size(problems) == 0));
    json_object_set_new(result, "problems", problems);
    gox_mcp_structured(call, json_incref(result));
    gox_mcp_finish(call);
}

static void begin_check(struct gox_mcp_call *call)
{
    gox__vox_ask_long(call, "goxel.analyze",
            all_layers(gox__vox_params(call, NULL, NULL)), GOX_BACKEND_READ,
            on_checked);
}

int gox__vox_check(struct gox_mcp_call *call)
{
    return gox__vox_begin(call, begin_check);
}
