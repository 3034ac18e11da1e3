/* SPDX-License-Identifier: Apache-2.0
 * The screen of goxelctl top: samples of manager and daemon, and drawing two of
 * them as text of a given size.
 *
 * Invariant: figures per second are differences of two samples of one process;
 * without two of them there is no figure. */
#ifndef GOX_CLI_TOP_H
#define GOX_CLI_TOP_H

#include "cli/keeper.h"

struct gox_top_sample {
    int64_t at_ns;   /* 0: none */
    json_t *status;  /* of the manager; NULL: none runs */
    json_t *metrics; /* of the daemon; NULL: it does not answer */
    json_t *events;  /* the last ones, an array; NULL: none */
};

struct gox_top {
    const struct gox_cli *cli;
    const char *instance;
    struct gox_keeper keeper;
    struct gox_cli_session daemon;
    struct gox_top_sample now, before;
};

void gox_top_init(
        struct gox_top *top, const struct gox_cli *cli, const char *instance);
void gox_top_fini(struct gox_top *top);
/* Takes a sample; what was now is before. Connects anew when need be. */
void gox_top_sample(struct gox_top *top);
/* Draws the samples; rows 0: as many as there are. */
void gox_top_draw(
        const struct gox_top *top, struct gox_buf *out, int columns, int rows);
/* The same as one object. A new reference. */
json_t *gox_top_json(const struct gox_top *top);

#endif
