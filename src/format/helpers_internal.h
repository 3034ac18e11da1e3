/* SPDX-License-Identifier: Apache-2.0
 * Helpers that several readers and writers share: a budget for what few bytes
 * can blow up to, exact reads from a zlib stream, the voxels as exports see
 * them, names from files.
 *
 * Invariant: no helper allocates by a number from the input alone. */
#ifndef GOX_FORMAT_HELPERS_INTERNAL_H
#define GOX_FORMAT_HELPERS_INTERNAL_H

#include "base/bytes.h"
#include "format/formats_internal.h"

#include <zlib.h>

/* Voxels that runs and spans of one file may make; a run of a few bytes stands
 * for any number, so the input's length is no bound. */
#define GOX__MAX_RUN_VOXELS (UINT64_C(1) << 28)

/* Sums over all layers of the image that is being read. */
struct gox__budget {
    uint64_t run_voxels;
    uint64_t bytes;
    uint64_t blocks;
};

/* Counts voxels that a run stands for. 0 or GOX_ERR_TOO_LARGE (err set). */
int gox__budget_run(struct gox__budget *budget, uint64_t voxels, int64_t offset,
        struct gox_error *err) GOX_MUST_CHECK;
/* Counts a volume that is complete. 0 or GOX_ERR_TOO_LARGE (err set). */
int gox__budget_volume(struct gox__budget *budget, const gox_volume *vol,
        struct gox_error *err) GOX_MUST_CHECK;

/* Is [min, min + size) on all axes inside the grid? Sizes are not negative. */
bool gox__is_in_grid(const int64_t min[3], const int64_t size[3]);

/* A zlib stream that is read in exact pieces with constant memory. All streams
 * that one of these reads may unpack to GOX_FORMAT_MAX_MEMORY together. The
 * caller zeroes it before the first use. */
struct gox__inflater {
    z_stream z;
    const uint8_t *next; /* input not yet given to z */
    size_t left;
    size_t base; /* offset of the stream in the file, for messages */
    struct gox_error *err;
    uint64_t total_out; /* of all streams */
    size_t at, have;    /* of buf */
    bool is_open, has_ended;
    uint8_t buf[16384];
};
int gox__inflate_init(struct gox__inflater *inf, const uint8_t *data,
        size_t len, size_t base, struct gox_error *err) GOX_MUST_CHECK;
void gox__inflate_fini(struct gox__inflater *inf);
/* Exactly len bytes, or GOX_ERR_FORMAT that names `what`, GOX_ERR_NOMEM. */
int gox__inflate_read(struct gox__inflater *inf, void *to, size_t len,
        const char *what) GOX_MUST_CHECK;
/* 1 when nothing follows, 0 when more does, or an error. */
int gox__inflate_at_end(struct gox__inflater *inf) GOX_MUST_CHECK;

/* Keeps the voxels that exports keep (GOX_ALPHA_SOLID), as opaque ones. 1 when
 * some were not opaque before, else 0, or an error. */
int gox__harden(gox_volume *vol, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;
/* The merged image, hardened; the caller frees it. */
int gox__flatten(const struct gox_image *img, gox_volume **result,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* A new layer on top with a name from a file (gox__clean_name); an empty name
 * becomes "Layer n". NULL with err set when there is no memory or are too many
 * layers. */
struct gox_layer *gox__add_named_layer(struct gox_image *img,
        const uint8_t *name, size_t len, struct gox_error *err);

#endif
