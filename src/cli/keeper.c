/* SPDX-License-Identifier: Apache-2.0
 * Reaching the manager, and calling it. */
#include "cli/keeper.h"

#include "cli/output.h"

#include <stdarg.h>
#include <string.h>

#define CONNECT_WAIT_MS 3000

int gox_keeper_try(struct gox_keeper *keeper, const struct gox_cli *cli,
        const char *instance, struct gox_error *err)
{
    memset(keeper, 0, sizeof *keeper);
    keeper->session.cli = cli;
    keeper->instance = instance;
    gox_cli_socket_path(cli, keeper->socket, sizeof keeper->socket);
    snprintf(keeper->control, sizeof keeper->control, "%s.ctl", keeper->socket);
    snprintf(keeper->session.name, sizeof keeper->session.name, "%.127s",
            keeper->control);
    keeper->session.client = gox_client_connect(keeper->control,
            cli->timeout_ms >= 0 && cli->timeout_ms < CONNECT_WAIT_MS
                    ? cli->timeout_ms
                    : CONNECT_WAIT_MS,
            err);
    return keeper->session.client != NULL ? 0 : err->code;
}

bool gox_keeper_is_absent(int code)
{
    return code == GOX_ERR_NOT_FOUND || code == GOX_ERR_CLOSED;
}

/* Whether a daemon answers that no manager looks after. */
static bool has_lone_daemon(const struct gox_keeper *keeper)
{
    gox_client *probe = gox_client_connect(keeper->socket, 1000, NULL);
    gox_client_close(probe);
    return probe != NULL;
}

int gox_keeper_open(struct gox_keeper *keeper, const struct gox_cli *cli,
        const char *instance)
{
    struct gox_error err = {0};
    const char *now = "goxelctl up starts one";
    if (gox_keeper_try(keeper, cli, instance, &err) == 0)
        return 0;
    if (cli->is_json)
        gox_cli_print_error(&err, NULL);
    if (err.code == GOX_ERR_FORBIDDEN)
        now = "become its user, or let its --control-group have yours";
    else if (!gox_keeper_is_absent(err.code))
        now = "goxelctl doctor looks for the reason";
    else if (has_lone_daemon(keeper))
        now = "a daemon runs here without one: \"goxelctl up\" lets a manager "
              "watch it, \"goxelctl call daemon.shutdown\" ends it";
    return gox_cli_fail(cli, GOX_CLI_UNREACHABLE, "no manager answers: %s; %s",
            err.text, now);
}

void gox_keeper_close(struct gox_keeper *keeper)
{
    gox_session_close(&keeper->session);
}

int gox_keeper_call(struct gox_keeper *keeper, const char *method,
        json_t *own_params, json_t **result, struct gox_error *err)
{
    if (keeper->instance != NULL) {
        if (own_params == NULL)
            own_params = json_object();
        json_object_set_new(own_params, "name", json_string(keeper->instance));
    }
    return gox_session_call(&keeper->session, method, own_params, result, err);
}

const char *gox_keeper_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

int64_t gox_keeper_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_real(value) ? (int64_t)json_real_value(value)
                               : (int64_t)json_integer_value(value);
}
