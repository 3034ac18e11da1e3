/* SPDX-License-Identifier: Apache-2.0
 * "Did you mean" for commands, options and methods. */
#include "rpc/suggest.h"

#include "cli/cli.h"

#include <string.h>

const char *gox_cli_nearest(
        const char *word, const char *(*next)(void *ctx, size_t i), void *ctx)
{
    struct gox_suggest near;
    const char *best = NULL, *name;
    size_t len;

    gox_suggest_init(&near, (struct gox_slice){word, strlen(word)});
    for (size_t i = 0; (name = next(ctx, i)) != NULL; i++) {
        /* A prefix that was left out is no mistake: get_voxl is meant for
         * goxel.get_voxel. */
        const char *dot = strchr(word, '.') ? NULL : strrchr(name, '.');
        unsigned before = near.distance;
        gox_suggest_offer(&near, name, strlen(name));
        if (dot)
            gox_suggest_offer(&near, dot + 1, strlen(dot + 1));
        if (near.distance < before)
            best = name;
    }
    return gox_suggest_best(&near, &len) ? best : NULL;
}
