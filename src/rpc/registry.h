/* SPDX-License-Identifier: Apache-2.0
 * All methods of a server by name: a hash made once from the tables, aliases
 * included.
 *
 * Invariant: const after it was made, so any thread may look in it. */
#ifndef GOX_RPC_REGISTRY_H
#define GOX_RPC_REGISTRY_H

#include "rpc/method.h"

typedef struct gox_registry gox_registry;

/* tables: each ended by a row without a name. A name that comes twice is our
 * own bug (assert). NULL when out of memory. Borrows the tables. */
gox_registry *gox_registry_new(
        const struct gox_method *const *tables, size_t count);
void gox_registry_free(gox_registry *reg);

/* By name or alias; NULL: none. */
const struct gox_method *gox_registry_find(
        const gox_registry *reg, struct gox_slice name);
/* The i-th row in the order of the tables; NULL past the end. */
const struct gox_method *gox_registry_get(const gox_registry *reg, size_t i);
size_t gox_registry_count(const gox_registry *reg);

/* Sets GOX_ERR_METHOD with the nearest name there is. */
int gox_registry_fail(
        const gox_registry *reg, struct gox_slice name, struct gox_error *err);

#endif
