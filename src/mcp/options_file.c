/* SPDX-License-Identifier: Apache-2.0
 * What the daemon's file of settings says for goxel-mcp: the sections
 * mcp_integration and auto_start. The command line and this program's own
 * variables go before it. */
#include "base/buf.h"
#include "config/load.h"
#include "mcp/options.h"

#include <stdio.h>
#include <string.h>

#define EXIT_CONFIG 78

/* "ADDRESS:PORT" for an --http that names no place. */
static void put_place(struct gox_mcp_options *o, const struct gox_settings *s)
{
    const char *address = s->mcp_integration_bind_address;
    bool is_v6 = strchr(address, ':') != NULL;
    int len = snprintf(o->place, sizeof o->place, "%s%s%s", is_v6 ? "[" : "",
            address, is_v6 ? "]" : "");
    if (s->mcp_integration_port != 0)
        snprintf(o->place + len, sizeof o->place - (size_t)len, ":%lld",
                (long long)s->mcp_integration_port);
    o->http = o->place;
}

/* Origins as the hosts that requests are compared with. */
static void put_origins(
        struct gox_mcp_options *o, const struct gox_setting_texts *list)
{
    size_t used = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *host = strstr(list->items[i], "://");
        host = host != NULL ? host + 3 : list->items[i];
        size_t len = strcspn(host, ":/");
        if (used + len + 2 > sizeof o->origins)
            break;
        memcpy(o->origins + used, host, len);
        used += len;
        o->origins[used++] = ' ';
    }
    o->origins[used > 0 ? used - 1 : 0] = '\0';
    if (used > 0)
        o->allow_origin = o->origins;
}

int gox_mcp_options_read_file(struct gox_mcp_options *o)
{
    struct gox_settings s;
    struct gox_error err = {.offset = -1};
    int exit_code = -1;
    if (gox_config_load_file(&s, NULL, &err) < 0) {
        fprintf(stderr, "goxel-mcp: %s\n", err.text);
        return EXIT_CONFIG;
    }
    if (!s.mcp_integration_enabled) {
        fprintf(stderr,
                "goxel-mcp: mcp_integration.enabled is off in the settings of "
                "the daemon\n");
        exit_code = EXIT_CONFIG;
    }
    if (!s.auto_start_enabled)
        o->may_start = false;
    if (o->http != NULL && o->http[0] == '\0')
        put_place(o, &s);
    if (o->token_file == NULL && s.mcp_integration_token_file[0] != '\0') {
        snprintf(o->tokens, sizeof o->tokens, "%s",
                s.mcp_integration_token_file);
        o->token_file = o->tokens;
    }
    if (o->allow_origin == NULL)
        put_origins(o, &s.mcp_integration_allow_origins);
    gox_settings_fini(&s);
    return exit_code;
}
