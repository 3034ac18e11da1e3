/* SPDX-License-Identifier: Apache-2.0
 * Saying who one is, on a daemon that asks for it. */
#include "daemon/access.h"

#include "base/time.h"
#include "daemon/api/groups.h"
#include "daemon/daemon_internal.h"
#include "daemon/session.h"

#include <string.h>

static void put_scopes(struct gox_writer *w, unsigned scopes)
{
    gox_writer_array(w, "scopes");
    if (scopes & GOX_SCOPE_READ)
        gox_writer_string(w, NULL, "read");
    if (scopes & GOX_SCOPE_EDIT)
        gox_writer_string(w, NULL, "edit");
    if (scopes & GOX_SCOPE_ADMIN)
        gox_writer_string(w, NULL, "admin");
    gox_writer_end_array(w);
}

static int authenticate(struct gox_call *call)
{
    gox_daemon *d = call->daemon;
    struct gox_slice token = gox_call_slice(call, 0);
    bool is_asked = d->settings.security_enable_authentication &&
                    call->session != NULL && !call->session->grant.is_trusted;
    unsigned scopes = GOX_SCOPE_ALL;
    if (is_asked) {
        struct gox_grant *grant = &call->session->grant;
        int code = gox_access_check_token(d->access, grant, token.data,
                token.len, gox_time_now_ns(), &call->internal->retry_after_ms,
                &call->err);
        if (code < 0)
            return code;
        scopes = grant->scopes;
    }
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "authenticated", is_asked);
    put_scopes(call->out, scopes);
    gox_writer_end_object(call->out);
    return 0;
}

static const struct gox_param AUTHENTICATE_PARAMS[] = {
        {.name = "token",
                .type = GOX_PARAM_STRING,
                .flags = GOX_PARAM_REQUIRED,
                .help = "as goxelctl token new printed it"},
};

// clang-format off
const struct gox_method gox_api_access[] = {
        {.name = "daemon.authenticate", .group = "daemon",
         .flags = GOX_METHOD_HEALTH, GOX_PARAMS(AUTHENTICATE_PARAMS),
         .result = "authenticated:bool scopes:array",
         .summary = "Gives this connection the rights of a token; false when "
                    "none is asked for.",
         .run = authenticate},
        {.name = NULL},
};
// clang-format on
