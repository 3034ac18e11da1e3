/* SPDX-License-Identifier: Apache-2.0
 * "Did you mean ...": the nearest of many names, for messages. */
#ifndef GOX_RPC_SUGGEST_H
#define GOX_RPC_SUGGEST_H

#include "rpc/reader.h"

struct gox_suggest {
    struct gox_slice wanted;
    const char *best; /* NULL: none is near */
    size_t best_len;
    unsigned distance;
};

void gox_suggest_init(struct gox_suggest *s, struct gox_slice wanted);
/* Offers a name (borrowed). */
void gox_suggest_offer(struct gox_suggest *s, const char *name, size_t len);
/* The best name of all offered when it is near enough to be a slip, else NULL.
 */
const char *gox_suggest_best(const struct gox_suggest *s, size_t *len);

#endif
