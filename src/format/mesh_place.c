/* SPDX-License-Identifier: Apache-2.0
 * From grid points to world coordinates and their text.
 *
 * Invariant: a grid point has one world position and one text wherever it
 * occurs, so vertices that are equal on the grid are equal in the file. */
#include "base/alloc.h"
#include "format/mesh_out.h"

#include <math.h>
#include <string.h>

#define SCALE_MIN 1e-6
#define SCALE_MAX 1e6

/* 0.1f is 0.100000001...; what was meant is the nearest number of 7 digits. */
static double round_scale(double scale)
{
    double digits = pow(10.0, 6.0 - floor(log10(scale)));
    return round(scale * digits) / digits;
}

int gox_mesh_place_init(struct gox_mesh_place *place,
        const struct gox_format_options *opts, enum gox_up default_up,
        struct gox_bbox box, struct gox_error *err)
{
    double scale = opts->scale > 0 ? round_scale((double)opts->scale) : 0;
    *place = (struct gox_mesh_place){.scale = scale};
    if (!(scale >= SCALE_MIN && scale <= SCALE_MAX))
        return gox_error_set(err, GOX_ERR_RANGE,
                "scale is %g; give a number from %g to %g world units a voxel",
                (double)opts->scale, SCALE_MIN, SCALE_MAX);
    place->is_y_up = (opts->has_up ? opts->up : default_up) == GOX_UP_Y;
    if (opts->pivot == GOX_PIVOT_ORIGIN)
        return 0;
    place->pivot2[0] = (int64_t)box.min.x + box.max.x;
    place->pivot2[1] = (int64_t)box.min.y + box.max.y;
    place->pivot2[2] = opts->pivot == GOX_PIVOT_CENTER
                               ? (int64_t)box.min.z + box.max.z
                               : 2 * (int64_t)box.min.z;
    return 0;
}

int gox_mesh_place_axis(const struct gox_mesh_place *place, int i)
{
    return place->is_y_up && i > 0 ? 3 - i : i;
}

double gox_mesh_place_value(
        const struct gox_mesh_place *place, int i, int32_t grid)
{
    int axis = gox_mesh_place_axis(place, i);
    double twice = (double)(2 * (int64_t)grid - place->pivot2[axis]);
    if (place->is_y_up && i == 2)
        twice = 0.0 - twice; /* not -twice, which could be a negative zero */
    return twice * 0.5 * place->scale;
}

void gox_mesh_place_point(const struct gox_mesh_place *place,
        const int32_t grid[3], float world[3])
{
    for (int i = 0; i < 3; i++)
        world[i] = (float)gox_mesh_place_value(
                place, i, grid[gox_mesh_place_axis(place, i)]);
}

void gox_mesh_place_normal(
        const struct gox_mesh_place *place, unsigned dir, int8_t normal[3])
{
    int8_t grid[3] = {0, 0, 0};
    grid[dir / 2] = dir % 2 == 0 ? 1 : -1;
    for (int i = 0; i < 3; i++)
        normal[i] = grid[gox_mesh_place_axis(place, i)];
    if (place->is_y_up)
        normal[2] = (int8_t)-normal[2];
}

/* ---- text ---- */

char *gox_mesh_put_uint(char *to, uint32_t value)
{
    char digits[10];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

size_t gox_mesh_number(char *to, double value, int decimals)
{
    static const double powers[19] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    char digits[24];
    char *start = to;
    while (decimals > 0 && fabs(value) * powers[decimals] > 9e18)
        decimals--;
    double scaled = fabs(value) * powers[decimals];
    uint64_t rest = scaled < 9.2e18 ? (uint64_t)llround(scaled) : 0;
    if (value < 0 && rest > 0)
        *to++ = '-';
    while (decimals > 0 && rest % 10 == 0) {
        rest /= 10;
        decimals--;
    }
    int n = 0;
    for (; rest > 0 || n <= decimals; rest /= 10)
        digits[n++] = (char)('0' + rest % 10);
    while (n > 0) {
        if (n == decimals)
            *to++ = '.';
        *to++ = digits[--n];
    }
    return (size_t)(to - start);
}

/* A longer axis than this is written number by number. */
#define TABLE_MAX (1 << 17)

static int fill_table(struct gox_mesh_texts *texts, int i, int32_t count)
{
    struct gox_mesh_text *items =
            gox_malloc_array((size_t)count, sizeof(*items));
    if (items == NULL)
        return GOX_ERR_NOMEM;
    for (int32_t k = 0; k < count; k++) {
        char text[GOX_MESH_NUMBER_MAX + 1];
        double value =
                gox_mesh_place_value(texts->place, i, texts->first[i] + k);
        size_t len = gox_mesh_number(text, value, texts->decimals);
        text[len++] = ' ';
        memset(items[k].text, ' ', sizeof(items[k].text));
        memcpy(items[k].text, text, len);
        items[k].len = (uint8_t)len;
    }
    texts->items[i] = items;
    return 0;
}

int gox_mesh_texts_init(struct gox_mesh_texts *texts,
        const struct gox_mesh_place *place, struct gox_bbox box)
{
    *texts = (struct gox_mesh_texts){.place = place};
    /* Half voxels stay exact to six digits of the scale. */
    int magnitude = (int)floor(log10(place->scale) + 1e-9);
    texts->decimals = magnitude < 0 ? 6 - magnitude : 6;
    const int32_t min[3] = {box.min.x, box.min.y, box.min.z};
    const int32_t max[3] = {box.max.x, box.max.y, box.max.z};
    for (int i = 0; i < 3; i++) {
        int axis = gox_mesh_place_axis(place, i);
        texts->first[i] = min[axis];
        int64_t count = (int64_t)max[axis] - min[axis] + 1;
        if (count <= TABLE_MAX && fill_table(texts, i, (int32_t)count) < 0) {
            gox_mesh_texts_fini(texts);
            return GOX_ERR_NOMEM;
        }
    }
    return 0;
}

void gox_mesh_texts_fini(struct gox_mesh_texts *texts)
{
    for (int i = 0; i < 3; i++)
        gox_free(texts->items[i]);
    *texts = (struct gox_mesh_texts){0};
}

char *gox_mesh_texts_put(const struct gox_mesh_texts *texts, int i,
        const int32_t grid[3], char *to)
{
    int32_t at = grid[gox_mesh_place_axis(texts->place, i)];
    if (texts->items[i] != NULL) {
        const struct gox_mesh_text *t = &texts->items[i][at - texts->first[i]];
        memcpy(to, t->text, sizeof(t->text)); /* one copy of fixed size */
        return to + t->len;
    }
    to += gox_mesh_number(
            to, gox_mesh_place_value(texts->place, i, at), texts->decimals);
    *to++ = ' ';
    return to;
}
