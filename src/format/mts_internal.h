/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the Luanti schematic format share.
 *
 * Layout, big-endian: "MTSM", u16 version 4, u16 x, y, z sizes (y up), a byte
 * of probability for each y, u16 number of names, each u16 length and text;
 * then zlib: u16 name index of each node in z, y, x order (x fastest), a byte
 * of probability each, a byte of param2 each. (x, y, z) is our (x, z, y). */
#ifndef GOX_FORMAT_MTS_INTERNAL_H
#define GOX_FORMAT_MTS_INTERNAL_H

#include "format/format.h"

#define GOX__MTS_VERSION 4
#define GOX__MTS_ALWAYS  0x7f /* probability of a node that is always placed */
/* Nodes of one schematic, read or written. */
#define GOX__MTS_MAX_NODES (UINT64_C(1) << 27)

/* What a node is written for. */
enum gox__mts_use {
    GOX__MTS_BLOCK, /* full, opaque, needs no support: any colour near to it */
    GOX__MTS_EXACT, /* only its very colour, as when a schematic was read */
    GOX__MTS_NEVER  /* burns, flows, or players cannot place it */
};
struct gox__mts_node {
    const char *name;
    uint32_t rgb; /* 0xRRGGBB */
    enum gox__mts_use use;
};

/* By name; stairs and slabs give their material. NULL: not known. */
const struct gox__mts_node *gox__mts_find_node(const char *name, size_t len);
/* The node to write for a colour; never NULL. */
const struct gox__mts_node *gox__mts_choose_node(gox_rgba color);
/* Row i of the table, NULL behind its end. */
const struct gox__mts_node *gox__mts_node_at(size_t i);

int gox__mts_probe(const uint8_t *data, size_t len);
int gox__mts_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
