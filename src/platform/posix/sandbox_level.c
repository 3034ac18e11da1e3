/* SPDX-License-Identifier: Apache-2.0
 * The names of the sandbox levels. */
#include "platform/sandbox.h"

#include <string.h>

static const char *const NAMES[] = {[GOX_SANDBOX_OFF] = "off",
        [GOX_SANDBOX_BEST_EFFORT] = "best-effort",
        [GOX_SANDBOX_REQUIRE] = "require"};

const char *gox_sandbox_level_name(enum gox_sandbox_level level)
{
    return (size_t)level < sizeof NAMES / sizeof *NAMES ? NAMES[level] : NULL;
}

int gox_sandbox_level_parse(const char *name, enum gox_sandbox_level *level)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(NAMES[i], name) == 0) {
            *level = (enum gox_sandbox_level)i;
            return 0;
        }
    return GOX_ERR_PARAMS;
}
