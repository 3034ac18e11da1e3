/* SPDX-License-Identifier: Apache-2.0
 * The palette of a MagicaVoxel file that is written: counts every colour of
 * every layer, then keeps them exactly or reduces them to 255.
 *
 * Invariant: after gox__vox_collect_colors every solid voxel's colour has an
 * index; the palette is in order of colour, so equal models give equal files.
 */
#include "base/alloc.h"
#include "format/vox_write.h"

#include <stdlib.h>

/* Above this many colours they are put into cells of 8 values a channel before
 * they are quantised: boxes of 255 colours are five times as wide, and the
 * tables stay in the cache (a million random colours: 0.15 s, not 4 s). */
#define EXACT_MAX  32768
#define CELL_COUNT 32768

static uint32_t hash_color(uint32_t rgb)
{
    uint32_t h = rgb * 0x9e3779b1u;
    return h ^ h >> 15;
}

static int grow_table(struct gox__vox_writer *w)
{
    size_t size = w->table_size == 0 ? 1024 : 4 * w->table_size;
    uint32_t *keys = gox_calloc(size, sizeof(*keys));
    uint32_t *places = gox_malloc_array(size, sizeof(*places));
    if (keys == NULL || places == NULL) {
        gox_free(keys);
        gox_free(places);
        return GOX_ERR_NOMEM;
    }
    for (size_t i = 0; i < w->table_size; i++) {
        if (w->keys[i] == 0)
            continue;
        size_t h = hash_color(w->keys[i] - 1) & (size - 1);
        while (keys[h] != 0)
            h = (h + 1) & (size - 1);
        keys[h] = w->keys[i];
        places[h] = w->places[i];
    }
    gox_free(w->keys);
    gox_free(w->places);
    w->keys = keys;
    w->places = places;
    w->table_size = size;
    return 0;
}

static size_t find_slot(const struct gox__vox_writer *w, uint32_t rgb)
{
    size_t h = hash_color(rgb) & (w->table_size - 1);
    while (w->keys[h] != 0 && w->keys[h] != rgb + 1)
        h = (h + 1) & (w->table_size - 1);
    return h;
}

static int count_color(
        struct gox__vox_writer *w, gox_rgba color, uint64_t count)
{
    uint32_t rgb = color & 0xffffff;
    if (2 * (w->color_count + 1) > w->table_size) {
        int rc = grow_table(w);
        if (rc < 0)
            return rc;
    }
    size_t h = find_slot(w, rgb);
    if (w->keys[h] == 0) {
        if (!gox_grow(&w->colors, &w->color_capacity, w->color_count + 1,
                    sizeof(*w->colors)))
            return GOX_ERR_NOMEM;
        w->keys[h] = rgb + 1;
        w->places[h] = (uint32_t)w->color_count;
        w->colors[w->color_count++] =
                (struct gox_color_count){.color = rgb | 0xff000000u};
    }
    w->colors[w->places[h]].count += count;
    return 0;
}

/* ---- very many colours ---- */

static uint32_t cell_of(gox_rgba c)
{
    return (uint32_t)(gox_rgba_r(c) >> 3) << 10 |
           (uint32_t)(gox_rgba_g(c) >> 3) << 5 | gox_rgba_b(c) >> 3;
}

static void count_in_cell(
        struct gox__vox_writer *w, gox_rgba color, uint64_t count)
{
    uint32_t rgb = color & 0xffffff;
    uint64_t bit = UINT64_C(1) << rgb % 64;
    w->distinct += (w->seen[rgb / 64] & bit) == 0;
    w->seen[rgb / 64] |= bit;
    struct gox__vox_cell *cell = &w->cells[cell_of(color)];
    cell->count += count;
    cell->sum[0] += count * gox_rgba_r(color);
    cell->sum[1] += count * gox_rgba_g(color);
    cell->sum[2] += count * gox_rgba_b(color);
}

/* The colours to quantise become the means of the cells in use. */
static int cells_to_colors(struct gox__vox_writer *w)
{
    w->color_count = 0;
    for (size_t i = 0; i < CELL_COUNT; i++) {
        struct gox__vox_cell *c = &w->cells[i];
        if (c->count == 0)
            continue;
        if (!gox_grow(&w->colors, &w->color_capacity, w->color_count + 1,
                    sizeof(*w->colors)))
            return GOX_ERR_NOMEM;
        c->place = (uint32_t)w->color_count;
        w->colors[w->color_count++] = (struct gox_color_count){
                .color = gox_rgba_make((uint8_t)(c->sum[0] / c->count),
                        (uint8_t)(c->sum[1] / c->count),
                        (uint8_t)(c->sum[2] / c->count), 255),
                .count = c->count};
    }
    return 0;
}

/* ---- counting ---- */

static int count_block(struct gox__vox_writer *w, const gox_block *block)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_block_decode(block, colors);
    unsigned i = 0;
    while (i < GOX_BLOCK_VOXELS) {
        /* Neighbours often agree: one look-up for a run of them. */
        unsigned begin = i;
        do {
            i++;
        } while (i < GOX_BLOCK_VOXELS && colors[i] == colors[begin]);
        if (gox_rgba_a(colors[begin]) < GOX_ALPHA_SOLID)
            continue;
        w->voxels += i - begin;
        if (w->cells != NULL) {
            count_in_cell(w, colors[begin], i - begin);
            continue;
        }
        int rc = count_color(w, colors[begin], i - begin);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* 1 when there turn out to be too many colours to count exactly. */
static int count_source(struct gox__vox_writer *w, const gox_volume *vol)
{
    size_t count = 0;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL && !gox_volume_is_empty(vol))
        return GOX_ERR_NOMEM;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = count_block(w, blocks[i].block);
        if (rc == 0 && i % 256 == 0)
            rc = gox_task_check(w->task, w->err);
        if (rc == 0 && w->color_count > EXACT_MAX)
            rc = 1;
    }
    gox_free(blocks);
    return rc;
}

static int count_all(struct gox__vox_writer *w)
{
    int rc = 0;
    w->voxels = 0;
    w->color_count = 0;
    for (size_t s = 0; rc == 0 && s < w->source_count; s++)
        rc = count_source(w, w->sources[s].vol);
    return rc;
}

static int compare_colors(const void *a, const void *b)
{
    const struct gox_color_count *x = a, *y = b;
    return x->color < y->color ? -1 : x->color > y->color;
}

/* In order of colour, so that the same voxels give the same palette. */
static void sort_colors(struct gox__vox_writer *w)
{
    if (w->color_count == 0)
        return;
    qsort(w->colors, w->color_count, sizeof(*w->colors), compare_colors);
    for (size_t i = 0; i < w->color_count; i++)
        w->places[find_slot(w, w->colors[i].color & 0xffffff)] = (uint32_t)i;
    w->distinct = w->color_count;
}

/* Counts again from the start, now in cells. */
static int count_in_cells(struct gox__vox_writer *w)
{
    w->cells = gox_calloc(CELL_COUNT, sizeof(*w->cells));
    w->seen = gox_calloc((1u << 24) / 64, sizeof(*w->seen));
    if (w->cells == NULL || w->seen == NULL)
        return GOX_ERR_NOMEM;
    int rc = count_all(w);
    return rc < 0 ? rc : cells_to_colors(w);
}

int gox__vox_collect_colors(struct gox__vox_writer *w)
{
    int rc = count_all(w);
    if (rc == 1)
        rc = count_in_cells(w);
    else if (rc == 0)
        sort_colors(w);
    if (rc < 0 || w->color_count == 0)
        return rc;
    w->map = gox_malloc_array(w->color_count, sizeof(*w->map));
    if (w->map == NULL)
        return GOX_ERR_NOMEM;
    return gox_quantize(w->colors, w->color_count, GOX__VOX_MAX_COLORS,
            w->palette, &w->palette_count, w->map);
}

uint8_t gox__vox_color_index(const struct gox__vox_writer *w, gox_rgba color)
{
    uint32_t place = w->cells != NULL
                             ? w->cells[cell_of(color)].place
                             : w->places[find_slot(w, color & 0xffffff)];
    return (uint8_t)(w->map[place] + 1);
}
