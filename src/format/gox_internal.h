/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the .gox format share: the reader's state and the words of
 * its dictionaries. gox_read.c has the container and the blocks, gox_layer.c
 * the layers, gox_chunks.c the rest, gox_write.c the writer and the row. */
#ifndef GOX_FORMAT_GOX_INTERNAL_H
#define GOX_FORMAT_GOX_INTERNAL_H

#include "base/bytes.h"
#include "format/formats_internal.h"

struct gox__gox_chunk {
    char type[4];
    size_t offset, len; /* of the content */
    size_t index;       /* how many BL16 chunks were before this chunk */
};

/* A layer that was read but is not in the image yet. */
struct gox__gox_layer {
    struct gox_layer *layer; /* owned */
    int32_t id;              /* 0: the file gives none */
    size_t offset;           /* of its chunk, for messages */
};

struct gox__gox_reader {
    struct gox_image *img; /* borrowed */
    const struct gox_format_options *opts;
    const uint8_t *data;
    struct gox_error *err;
    int32_t version;
    struct gox__gox_chunk *chunks;
    size_t chunk_count;
    size_t block_count;
    uint32_t *same; /* per block: its place in distinct and blocks */
    const struct gox__gox_chunk **distinct;
    gox_block **blocks; /* own references */
    size_t distinct_count;
    uint64_t bytes, max_bytes; /* of blocks, and how many the file may need */
    uint64_t entries;          /* uses of blocks by all layers */
    uint64_t clipped;          /* voxels outside the grid */
    struct gox__gox_layer *layers;
    size_t layer_count, layer_capacity;
    bool has_active_camera;
    size_t active_camera;
};

/* One entry of a dictionary; borrowed from the file. */
struct gox__gox_entry {
    const char *key; /* no NUL */
    size_t key_len;
    struct gox_bytes value;
};
/* 1: an entry; 0: the end; GOX_ERR_FORMAT. */
int gox__gox_next_entry(
        struct gox_bytes *in, struct gox__gox_entry *entry) GOX_MUST_CHECK;
bool gox__gox_is_key(const struct gox__gox_entry *entry, const char *key);
/* Values of fixed size; GOX_ERR_FORMAT for another size, or a number that is
 * not finite. */
int gox__gox_expect(struct gox__gox_entry *entry, size_t len) GOX_MUST_CHECK;
int gox__gox_get_floats(struct gox__gox_entry *entry, float *values,
        size_t count) GOX_MUST_CHECK;
int gox__gox_get_int(
        struct gox__gox_entry *entry, int32_t *value) GOX_MUST_CHECK;
int gox__gox_get_bool(struct gox__gox_entry *entry, bool *value) GOX_MUST_CHECK;

/* Reads one chunk that is not a block; unknown ones are skipped. */
int gox__gox_read_chunk(struct gox__gox_reader *r,
        const struct gox__gox_chunk *chunk) GOX_MUST_CHECK;
int gox__gox_get_box(struct gox__gox_entry *entry, bool *has_box,
        struct gox_bbox *box) GOX_MUST_CHECK;
int gox__gox_read_layer(struct gox__gox_reader *r, struct gox_bytes *in,
        const struct gox__gox_chunk *chunk) GOX_MUST_CHECK;
/* After the last chunk: gives ids to layers without one, checks clones, and
 * moves all to the image. */
int gox__gox_finish_layers(struct gox__gox_reader *r) GOX_MUST_CHECK;

int gox__gox_probe(const uint8_t *data, size_t len);
int gox__gox_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
