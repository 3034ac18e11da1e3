/* SPDX-License-Identifier: Apache-2.0
 * There is no launchd here; darwin/launchd.c has the real one. */
#include "platform/launchd.h"

int gox_launchd_take(
        struct gox_listen_fds *fds, const char *name, struct gox_error *err)
{
    (void)fds;
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "the socket \"%.60s\" of launchd is not here: this is not macOS",
            name);
}
