/* SPDX-License-Identifier: Apache-2.0
 * Going through the rows as the tree that their names make. */
#ifndef GOX_CONFIG_WALK_INTERNAL_H
#define GOX_CONFIG_WALK_INTERNAL_H

#include "config/settings.h"

/* A child of a prefix ("" or "server."): a row, or more rows below it. */
struct gox__child {
    const char *name; /* not ended by a NUL */
    size_t len;
    size_t row;   /* the first one */
    bool is_leaf; /* that row is the child */
};
/* The first child at row `from` or later; false when there is none. To go on,
 * call with from = child.row + 1: each child comes once, because the rows of
 * one prefix are neighbours but for those of another child between. */
bool gox__child_next(const char *prefix, size_t from, struct gox__child *child);
/* "Connections, workers, stopping" for "server", NULL when no section. */
const char *gox__section_help(const char *name, size_t len);

#endif
