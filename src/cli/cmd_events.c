/* SPDX-License-Identifier: Apache-2.0
 * goxelctl events and logs: what happened, and what the daemon wrote; with
 * --follow also what comes.
 *
 * Invariant: while events are followed none is shown twice or left out, also
 * over a restart of the manager. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/keeper.h"
#include "cli/output.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define RETRY_MS 250

enum event_option {
    EV_INSTANCE,
    EV_FOLLOW,
    EV_LAST,
    EV_AFTER,
    EV_TYPES,
};
static const struct gox_cli_option event_options[] = {
        [EV_INSTANCE] = GOX_KEEPER_INSTANCE,
        [EV_FOLLOW] = {"follow", 'f', NULL, NULL, "go on with what comes"},
        [EV_LAST] = {"last", 'n', "COUNT", NULL,
                "the last so many (default 50)"},
        [EV_AFTER] = {"after", 0, "NUMBER", NULL,
                "all stored events above this number instead"},
        [EV_TYPES] = {"types", 't', "NAME,...", NULL, "only these events"},
        {.name = NULL},
};

enum log_option { LOG_INSTANCE, LOG_FOLLOW, LOG_LINES, LOG_ERRORS };
static const struct gox_cli_option log_options[] = {
        [LOG_INSTANCE] = GOX_KEEPER_INSTANCE,
        [LOG_FOLLOW] = {"follow", 'f', NULL, NULL, "go on with what comes"},
        [LOG_LINES] = {"lines", 'n', "COUNT", NULL,
                "the last so many lines (default 100)"},
        [LOG_ERRORS] = {"errors", 'e', NULL, NULL,
                "only records at level error"},
        {.name = NULL},
};

struct follow {
    struct gox_cli *cli;
    int64_t last; /* number of the last event shown */
    bool is_logs;
};

static void show_event(struct follow *f, const json_t *event)
{
    struct gox_buf out;
    int64_t seq = gox_keeper_number(event, "seq");
    if (seq > 0 && seq <= f->last)
        return;
    f->last = seq > 0 ? seq : f->last;
    if (f->cli->is_json) {
        (void)gox_cli_print_json(f->cli, event);
        return;
    }
    gox_buf_init(&out, 0);
    gox_keeper_put_event(f->cli, &out, event, 0);
    (void)gox_cli_flush(f->cli, &out);
    fflush(stdout);
}

static void show_log(const struct follow *f, const json_t *text)
{
    char clean[4096];
    if (f->cli->is_json) {
        (void)gox_cli_print_json(f->cli, text);
        return;
    }
    gox_cli_clean(clean, sizeof clean,
            json_string_value(text) ? json_string_value(text) : "");
    puts(clean);
    fflush(stdout);
}

static void on_notification(void *ctx, const char *method, const json_t *params)
{
    struct follow *f = ctx;
    if (!f->is_logs && strcmp(method, "manager.event") == 0)
        show_event(f, params);
    else if (f->is_logs && strcmp(method, "manager.log") == 0)
        show_log(f, json_object_get(params, "text"));
}

/* Until a signal, or the connection is lost. */
static void pump(struct gox_keeper *keeper)
{
    gox_client *client = keeper->session.client;
    while (!gox_cli_interrupted() && gox_client_get_fd(client) >= 0) {
        struct pollfd items[2] = {
                {.fd = gox_client_get_fd(client),
                        .events = gox_client_get_events(client)},
                {.fd = gox_cli_interrupt_fd(), .events = POLLIN}};
        if (poll(items, 2, -1) > 0 && items[0].revents != 0)
            (void)gox_client_dispatch(client, NULL);
    }
}

static json_t *type_list(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        if (len > 0)
            json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',');
    }
    return list;
}

static int subscribe(struct gox_keeper *keeper, struct follow *f,
        const char *types, struct gox_error *err)
{
    json_t *params = json_object();
    gox_client_on_notification(keeper->session.client, on_notification, f);
    if (f->is_logs)
        json_object_set_new(params, "logs", json_true());
    else
        json_object_set_new(params, "after", json_integer(f->last));
    if (types != NULL)
        json_object_set_new(params, "types", type_list(types));
    return gox_keeper_call(keeper, "manager.subscribe", params, NULL, err);
}

/* The manager may end, be upgraded, come again: connect anew with the last
 * number. */
static int go_on(struct gox_keeper *keeper, struct follow *f, const char *types)
{
    struct gox_error err = {0};
    bool is_told = false;
    if (gox_cli_catch_signals() != 0)
        return gox_cli_fail(f->cli, GOX_CLI_FAILED, "cannot catch signals");
    while (!gox_cli_interrupted()) {
        int code = keeper->session.client != NULL
                           ? subscribe(keeper, f, types, &err)
                           : GOX_ERR_CLOSED;
        if (code != 0 && keeper->session.client != NULL &&
                gox_client_get_fd(keeper->session.client) >= 0)
            return gox_session_fail(&keeper->session, NULL, &err);
        if (code == 0) {
            is_told = false;
            pump(keeper);
        }
        if (gox_cli_interrupted())
            break;
        if (!is_told)
            fprintf(stderr, "the manager went away; waiting for it\n");
        is_told = true;
        gox_session_close(&keeper->session);
        struct pollfd item = {.fd = gox_cli_interrupt_fd(), .events = POLLIN};
        (void)poll(&item, 1, RETRY_MS);
        (void)gox_keeper_try(keeper, f->cli, keeper->instance, &err);
    }
    return GOX_CLI_DONE;
}

static int run_events(struct gox_cli *cli)
{
    struct gox_keeper keeper;
    struct follow f = {.cli = cli};
    struct gox_error err = {0};
    const char *types = cli->values[EV_TYPES];
    json_t *params = json_object(), *result = NULL, *event;
    long last, after;
    size_t k;
    int rc;
    if (!gox_cli_read_int(cli, EV_LAST, 1, 10000, 50, &last) ||
            !gox_cli_read_int(cli, EV_AFTER, 0, INT32_MAX, 0, &after)) {
        json_decref(params);
        return GOX_CLI_USAGE;
    }
    if (cli->values[EV_AFTER] != NULL)
        json_object_set_new(params, "after", json_integer(after));
    else
        json_object_set_new(params, "last", json_integer(last));
    json_object_set_new(params, "limit", json_integer(10000));
    if (types != NULL)
        json_object_set_new(params, "types", type_list(types));
    rc = gox_keeper_open(&keeper, cli, cli->values[EV_INSTANCE]);
    if (rc != 0)
        json_decref(params);
    else if (gox_keeper_call(
                     &keeper, "manager.events", params, &result, &err) != 0)
        rc = gox_session_fail(&keeper.session, NULL, &err);
    if (gox_keeper_number(result, "missed") > 0)
        fprintf(stderr, "%lld older events are no longer stored\n",
                (long long)gox_keeper_number(result, "missed"));
    json_array_foreach(json_object_get(result, "events"), k, event)
            show_event(&f, event);
    if (rc == 0 && cli->values[EV_FOLLOW] != NULL) {
        /* What came in between is replayed from the last one shown; with none
         * shown, from where the store stood. */
        f.last = f.last > 0 ? f.last : gox_keeper_number(result, "latest");
        rc = go_on(&keeper, &f, types);
    }
    json_decref(result);
    gox_keeper_close(&keeper);
    return rc;
}

/* Under a service manager the manager reads no output of the daemon. */
static void tell_journal(struct gox_keeper *keeper)
{
    struct gox_error err = {0};
    json_t *status = NULL;
    if (gox_keeper_call(keeper, "manager.status", NULL, &status, &err) == 0 &&
            strncmp(gox_keeper_text(status, "backend"), "systemd", 7) == 0)
        fprintf(stderr,
                "systemd runs this daemon, and its journal has the log: "
                "journalctl %s-u goxel-daemon\n",
                gox_keeper_text(status, "backend")[7] != '\0' ? "--user " : "");
    json_decref(status);
}

static int run_logs(struct gox_cli *cli)
{
    struct gox_keeper keeper;
    struct follow f = {.cli = cli, .is_logs = true};
    struct gox_error err = {0};
    json_t *result = NULL, *line;
    long lines;
    size_t k;
    int rc;
    if (!gox_cli_read_int(cli, LOG_LINES, 1, 10000, 100, &lines))
        return GOX_CLI_USAGE;
    rc = gox_keeper_open(&keeper, cli, cli->values[LOG_INSTANCE]);
    if (rc == 0 &&
            gox_keeper_call(&keeper, "manager.logs",
                    json_pack("{s:I,s:s}", "lines", (json_int_t)lines, "level",
                            cli->values[LOG_ERRORS] != NULL ? "error" : "all"),
                    &result, &err) != 0)
        rc = gox_session_fail(&keeper.session, NULL, &err);
    if (rc == 0 && gox_keeper_number(result, "dropped") > 0)
        fprintf(stderr, "%lld lines were lost\n",
                (long long)gox_keeper_number(result, "dropped"));
    json_array_foreach(json_object_get(result, "lines"), k, line)
            show_log(&f, line);
    if (rc == 0 && k == 0)
        tell_journal(&keeper);
    if (rc == 0 && cli->values[LOG_FOLLOW] != NULL)
        rc = go_on(&keeper, &f, NULL);
    json_decref(result);
    gox_keeper_close(&keeper);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_events = {
        .name = "events",
        .synopsis = "",
        .summary = "show what happened to the daemon",
        .details = "Starts, exits with their cause, restarts, verdicts that "
                   "changed, reloads, upgrades. The manager numbers and keeps "
                   "them, also over its own end. With --json each is a line.",
        .examples = "goxelctl events --last 10\n"
                    "goxelctl events --types exited,restarted --follow --json",
        .flags = GOX_CLI_SOCKET,
        .options = event_options,
        .run = run_events,
};

const struct gox_cli_command gox_cli_cmd_logs = {
        .name = "logs",
        .synopsis = "",
        .summary = "show what the daemon wrote",
        .details = "The last lines of standard output and standard error of "
                   "the daemon, as the manager kept them; goxelctl status "
                   "names the file with the rest.",
        .examples = "goxelctl logs --errors --lines 20\n"
                    "goxelctl logs --follow",
        .flags = GOX_CLI_SOCKET,
        .options = log_options,
        .run = run_logs,
};
