/* SPDX-License-Identifier: Apache-2.0
 * A daemon that asks for tokens gets the one of the environment. */
#include "cli/session.h"

#include <stdlib.h>

int gox_session_authenticate(struct gox_cli_session *session)
{
    const char *token = getenv("GOXEL_TOKEN");
    struct gox_error err = {0};
    if (token == NULL || token[0] == '\0')
        return 0;
    int code = gox_session_call(session, "daemon.authenticate",
            json_pack("{s:s}", "token", token), NULL, &err);
    /* An older daemon has no tokens to ask for. */
    if (code == 0 || code == GOX_ERR_METHOD)
        return 0;
    return gox_session_fail(session, "GOXEL_TOKEN", &err);
}
