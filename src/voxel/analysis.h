/* SPDX-License-Identifier: Apache-2.0
 * Questions about a volume: colours, components, symmetry, contact with the
 * ground. Reads only; any thread with a handle of its own. */
#ifndef GOX_VOXEL_ANALYSIS_H
#define GOX_VOXEL_ANALYSIS_H

#include "base/task.h"
#include "voxel/palette.h"
#include "voxel/volume.h"

/* Counts colours of the voxels (alpha > 0) inside region. A new array
 * (gox_free) in *colors, sorted by colour value. bin_size > 1 rounds each
 * channel of r, g, b down to a multiple of it first; beyond 255 it is
 * GOX_ERR_RANGE. */
int gox_analyze_histogram(const gox_volume *vol, struct gox_bbox region,
        int bin_size, struct gox_color_count **colors, size_t *count,
        struct gox_task *task) GOX_MUST_CHECK;

/* Calls fn for each voxel of region (alpha > 0), blocks in z, y, x order and
 * voxels in x, y, z order inside; fn returns false to stop. */
int gox_analyze_each(const gox_volume *vol, struct gox_bbox region,
        bool (*fn)(void *ctx, struct gox_pos pos, gox_rgba color), void *ctx,
        struct gox_task *task) GOX_MUST_CHECK;

struct gox_component {
    uint64_t voxels;
    struct gox_bbox box;
    struct gox_pos seed; /* its first voxel in z, y, x order */
    bool touches_ground; /* reaches the lowest z of all voxels in the region */
};
/* Parts connected over faces, largest first, then by seed; a new array
 * (gox_free), NULL when there are none. */
int gox_analyze_components(const gox_volume *vol, struct gox_bbox region,
        struct gox_component **components, size_t *count,
        struct gox_task *task) GOX_MUST_CHECK;

/* All 0 when there are no voxels. */
struct gox_symmetry_score {
    struct gox_pos origin2; /* the planes tried: the middle of the bounds */
    double shape[3];        /* share of voxels with a mirror twin, 0 ... 1 */
    double color[3];        /* the same with the same colour */
};
int gox_analyze_symmetry(const gox_volume *vol, struct gox_bbox region,
        struct gox_symmetry_score *score, struct gox_task *task) GOX_MUST_CHECK;

/* Voxel differences between two volumes. fn may be NULL; before or after is 0
 * for added or removed voxels. fn returns false to stop calling (counting goes
 * on). Blocks in z, y, x order, voxels in x, y, z order inside. */
struct gox_diff_counts {
    uint64_t added, removed, recolored;
    struct gox_bbox box;
};
int gox_analyze_diff(const gox_volume *before, const gox_volume *after,
        bool (*fn)(
                void *ctx, struct gox_pos pos, gox_rgba before, gox_rgba after),
        void *ctx, struct gox_diff_counts *counts,
        struct gox_task *task) GOX_MUST_CHECK;

#endif
