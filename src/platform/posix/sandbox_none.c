/* SPDX-License-Identifier: Apache-2.0
 * For systems without a sandbox of ours: best effort is none, and says so. */
#include "platform/sandbox.h"

#include <stdio.h>

void gox_sandbox_prepare(enum gox_sandbox_level level)
{
    (void)level;
}

int gox_sandbox_enter(struct gox_sandbox *sandbox,
        const struct gox_sandbox_spec *spec, struct gox_error *err)
{
    *sandbox = (struct gox_sandbox){
            .asked = spec->level, .is_full = spec->level == GOX_SANDBOX_OFF};
    snprintf(sandbox->text, sizeof sandbox->text, "%s%s",
            gox_sandbox_level_name(spec->level),
            spec->level == GOX_SANDBOX_OFF ? "" : ": nothing on this system");
    if (spec->level != GOX_SANDBOX_REQUIRE)
        return 0;
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "there is no sandbox on this system; use security.sandbox "
            "\"best-effort\" or \"off\"");
}
