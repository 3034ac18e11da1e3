/* SPDX-License-Identifier: Apache-2.0
 * The writer of MagicaVoxel files: vox_write.c has the models and the scene,
 * vox_colors.c counts the colours and makes the palette. */
#ifndef GOX_FORMAT_VOX_WRITE_H
#define GOX_FORMAT_VOX_WRITE_H

#include "format/format.h"
#include "voxel/palette.h"

#define GOX__VOX_MAX_COLORS 255

/* One layer as it goes into the file. */
struct gox__vox_source {
    const char *name;
    bool is_hidden;
    gox_volume *vol; /* owned */
};

/* A model of the file: the voxels of one source inside one cube. */
struct gox__vox_part {
    size_t source;
    struct gox_bbox box;
};

/* All colours that agree in the upper 5 bits of each channel. */
struct gox__vox_cell {
    uint64_t count, sum[3];
    uint32_t place; /* in colors */
};

struct gox__vox_writer {
    const struct gox_image *img;
    struct gox_task *task;
    struct gox_error *err;
    struct gox__vox_source *sources;
    size_t source_count;
    struct gox__vox_part *parts;
    size_t part_count, part_capacity;
    /* Colours, exactly: an open hash table from rgb + 1 to the place in colors.
     * When there are very many: cells of similar colours instead. */
    uint32_t *keys, *places;
    size_t table_size;
    struct gox_color_count *colors;
    size_t color_count, color_capacity;
    struct gox__vox_cell *cells; /* NULL: exact */
    uint64_t *seen;              /* with cells: a bit for each rgb */
    size_t distinct;             /* colours that there are */
    uint32_t *map;               /* per place or cell: index in palette */
    gox_rgba palette[GOX__VOX_MAX_COLORS];
    size_t palette_count;
    uint64_t voxels;
    struct gox_buf buf; /* the children of MAIN */
};

/* Counts the colours of all sources and makes the palette. 0 or an error. */
int gox__vox_collect_colors(struct gox__vox_writer *w) GOX_MUST_CHECK;
/* 1 ... 255, for a colour that was counted. */
uint8_t gox__vox_color_index(const struct gox__vox_writer *w, gox_rgba color);

int gox__vox_write(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
