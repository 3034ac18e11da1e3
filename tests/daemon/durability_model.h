/* SPDX-License-Identifier: Apache-2.0
 * What a project must hold after a row of random edits: small edits of
 * scattered voxels, a box that is large enough to be drawn aside, undo and
 * redo.
 *
 * Invariant: an edit is its kind and a number, so that the state after any
 * part of the row can be made again; no two edits use one colour. */
#ifndef GOX_TESTS_DURABILITY_MODEL_H
#define GOX_TESTS_DURABILITY_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_CELLS = 512, /* scattered over 27 blocks */
    MODEL_OPS = 800,   /* in a row at most */
    MODEL_BOX = 70     /* voxels a side: more than is drawn inline */
};

enum model_kind {
    MODEL_ADD,
    MODEL_REMOVE,
    MODEL_BATCH,
    MODEL_MANY,
    MODEL_LONG,
    MODEL_UNDO,
    MODEL_REDO
};

struct model_op {
    enum model_kind kind;
    uint32_t number; /* its first colour, and what else is random in it */
    uint32_t steps;  /* of undo and redo */
};

struct model_state {
    uint32_t cells[MODEL_CELLS]; /* colours, 0: none */
    uint32_t box;
};

struct model {
    int region; /* where its voxels are */
    struct model_state *states;
    size_t at, count; /* of the state now, of those that redo can reach */
};

/* A random number that goes on from *seed. */
uint32_t model_random(uint64_t *seed);
void model_init(struct model *m, int region);
void model_fini(struct model *m);
void model_reset(struct model *m);
/* A random edit that changes something. with_steps: also undo, redo and
 * removing voxels; without them no two states of a row are the same. */
struct model_op model_choose(const struct model *m, uint32_t number,
        bool with_steps, uint64_t *seed);
void model_apply(struct model *m, const struct model_op *op);
/* What the daemon is asked for; a new reference. */
json_t *model_params(const struct model *m, const struct model_op *op,
        const char *project, const char **method);
/* Whether the voxels of goxel.get_voxels_region are those of the state. */
bool model_has_cells(const struct model *m, const json_t *voxels);
/* {min, max} of the cells and of the box. */
json_t *model_cells_region(const struct model *m, const char *project);
json_t *model_box_region(const struct model *m, const char *project);

#endif
