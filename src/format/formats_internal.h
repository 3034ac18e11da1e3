/* SPDX-License-Identifier: Apache-2.0
 * The rows of the format table, one a file, and the helpers that several
 * formats share. A row is listed here and in format.c in the same order. */
#ifndef GOX_FORMAT_FORMATS_INTERNAL_H
#define GOX_FORMAT_FORMATS_INTERNAL_H

#include "format/format.h"

extern const struct gox_format gox_format_gox;
extern const struct gox_format gox_format_vox;
extern const struct gox_format gox_format_slab6;
extern const struct gox_format gox_format_txt;
extern const struct gox_format gox_format_qb;
extern const struct gox_format gox_format_qbcl;
extern const struct gox_format gox_format_kvx;
extern const struct gox_format gox_format_kv6;
extern const struct gox_format gox_format_vxl;
extern const struct gox_format gox_format_mts;
extern const struct gox_format gox_format_image;
extern const struct gox_format gox_format_slices;
extern const struct gox_format gox_format_gltf;
extern const struct gox_format gox_format_glb;
extern const struct gox_format gox_format_obj;
extern const struct gox_format gox_format_ply;
extern const struct gox_format gox_format_stl;
extern const struct gox_format gox_format_povray;

/* Collects single voxels into a volume, in any order, much faster than
 * gox_volume_set: blocks stay plain arrays until enough have come together.
 * Invariant: at most GOX__SINK_SLOTS plain blocks are held, so the memory is
 * that of the volume plus a constant. The last colour put at a place wins. */
#define GOX__SINK_SLOTS 2048

struct gox__sink_slot {
    struct gox_pos pos; /* block position */
    uint32_t raw;       /* index into raw + 1; 0: free */
};
struct gox__sink {
    gox_volume *vol;              /* borrowed */
    struct gox__sink_slot *slots; /* 2 * GOX__SINK_SLOTS, open addressing */
    gox_rgba **raw;               /* GOX__SINK_SLOTS arrays, made on demand */
    struct gox_pos *pos;
    size_t raw_count;
    struct gox_pos last_pos;
    gox_rgba *last;
    uint64_t clipped; /* voxels outside the grid, not stored */
    /* Of all volumes that this sink has filled, which were empty before. */
    uint64_t bytes, blocks;
};

/* vol is borrowed; after a flush another may take its place (sink->vol). 0 or
 * GOX_ERR_NOMEM. */
int gox__sink_init(struct gox__sink *sink, gox_volume *vol) GOX_MUST_CHECK;
void gox__sink_fini(struct gox__sink *sink);

/* Moves on to another block. Not called directly. */
int gox__sink_open(
        struct gox__sink *sink, struct gox_pos block_pos) GOX_MUST_CHECK;

/* 0, GOX_ERR_NOMEM, GOX_ERR_TOO_LARGE (limits of format.h). color with alpha 0
 * erases. Outside the grid: counted in clipped. */
GOX_MUST_CHECK static inline int gox__sink_put(
        struct gox__sink *sink, struct gox_pos p, gox_rgba color)
{
    struct gox_pos b = {p.x >> GOX_BLOCK_SHIFT, p.y >> GOX_BLOCK_SHIFT,
            p.z >> GOX_BLOCK_SHIFT};
    if (sink->last == NULL || b.x != sink->last_pos.x ||
            b.y != sink->last_pos.y || b.z != sink->last_pos.z) {
        if (!gox_pos_is_valid(p)) {
            sink->clipped++;
            return 0;
        }
        int rc = gox__sink_open(sink, b);
        if (rc < 0)
            return rc;
    }
    sink->last[gox_block_index((unsigned)p.x & 15, (unsigned)p.y & 15,
            (unsigned)p.z & 15)] = color;
    return 0;
}

/* A name from a file as a C string of size bytes: what is no UTF-8 or is a
 * control character becomes "?", what does not fit is left out. Its length. */
size_t gox__clean_name(char *to, size_t size, const void *from, size_t len);

/* Adds to the note for people, after "; " when there is one already. */
void gox__note(struct gox_format_report *report, const char *fmt, ...)
        GOX_PRINTF(2, 3);

/* Puts all that was collected into the volume; the sink is empty then. */
int gox__sink_flush(struct gox__sink *sink) GOX_MUST_CHECK;

/* Readers of the rows whose writers are in another file. */
int gox__obj_probe(const uint8_t *data, size_t len);
int gox__obj_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;
int gox__ply_probe(const uint8_t *data, size_t len);
int gox__ply_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
