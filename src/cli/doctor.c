/* SPDX-License-Identifier: Apache-2.0
 * The checks of goxelctl doctor in their order, and those that ask the manager
 * and the daemon. */
#include "cli/doctor.h"

#include "cli/output.h"
#include "goxel/version.h"

#include <stdarg.h>
#include <string.h>

const char *gox_doctor_word(enum gox_doctor_finding finding)
{
    static const char *const words[] = {"ok", "skipped", "warn", "fail"};
    return words[finding];
}

void gox_doctor_say(struct gox_doctor *d, enum gox_doctor_finding finding,
        const char *advice, const char *fmt, ...)
{
    char raw[4608], text[4608];
    va_list args;
    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    gox_cli_clean(text, sizeof text, raw);
    if (finding > d->worst)
        d->worst = finding;
    json_array_append_new(d->findings,
            json_pack("{s:s,s:s,s:s,s:s?}", "check", d->check, "finding",
                    gox_doctor_word(finding), "text", text, "advice", advice));
}

static void look_for_manager(struct gox_doctor *d)
{
    struct gox_error err = {0};
    int code = gox_keeper_try(&d->keeper, d->cli, NULL, &err);
    d->has_manager = code == 0 && gox_keeper_call(&d->keeper, "manager.status",
                                          NULL, &d->status, &err) == 0;
    if (d->has_manager)
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "pid %lld, version %s, %s: %s",
                (long long)gox_keeper_number(
                        json_object_get(d->status, "manager"), "pid"),
                gox_keeper_text(
                        json_object_get(d->status, "manager"), "version"),
                gox_keeper_text(d->status, "backend"),
                gox_keeper_text(d->status, "backend_reason"));
    else if (gox_keeper_is_absent(err.code))
        gox_doctor_say(d, GOX_DOCTOR_WARN, "goxelctl up",
                "no manager runs, so a daemon that ends is not started again");
    else if (err.code == GOX_ERR_FORBIDDEN)
        gox_doctor_say(d, GOX_DOCTOR_WARN,
                "become its user, or let it have --control-group",
                "%s: this user may not steer the manager", d->keeper.control);
    else
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "it is stopped or overloaded: look at the process, and at "
                "its events",
                "%s", err.text);
}

static void look_at_daemon(struct gox_doctor *d)
{
    struct gox_cli_session session = {.cli = d->cli};
    struct gox_error err = {0};
    json_t *health = NULL;
    const char *state = gox_keeper_text(d->status, "state");
    if (d->has_manager && !json_is_true(json_object_get(d->status, "ready"))) {
        const char *reason = gox_keeper_text(d->status, "reason");
        bool is_trying =
                strcmp(state, "backoff") == 0 || strcmp(state, "starting") == 0;
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                strcmp(state, "failed") == 0
                        ? "mend the cause below, then goxelctl reset"
                : is_trying ? "it is tried again; what is wrong is below"
                            : "goxelctl start",
                "the manager says %s%s%s", state, reason[0] != '\0' ? ": " : "",
                reason);
        return;
    }
    if (d->is_forbidden) {
        gox_doctor_say(d, GOX_DOCTOR_SKIPPED, NULL,
                "this user cannot see whether it runs");
        return;
    }
    if (!d->has_daemon) {
        gox_doctor_say(d, GOX_DOCTOR_FAIL, "goxelctl up", "it does not run");
        return;
    }
    session.client = gox_client_connect(d->keeper.socket, 2000, &err);
    if (session.client == NULL || gox_session_call(&session, "daemon.health",
                                          NULL, &health, &err) != 0) {
        gox_doctor_say(d, GOX_DOCTOR_FAIL, "goxelctl logs, goxelctl restart",
                "it takes connections but does not answer: %s", err.text);
    } else {
        const char *verdict = gox_keeper_text(health, "status");
        const char *version = gox_keeper_text(health, "version");
        bool is_well = strcmp(verdict, "healthy") == 0;
        gox_doctor_say(d, is_well ? GOX_DOCTOR_OK : GOX_DOCTOR_WARN,
                is_well ? NULL : "goxelctl health shows which part",
                "pid %lld, version %s, %s",
                (long long)gox_keeper_number(health, "pid"), version, verdict);
        if (strcmp(version, GOX_VERSION) != 0)
            gox_doctor_say(d, GOX_DOCTOR_WARN, "goxelctl upgrade",
                    "version %s runs, goxelctl is %s", version, GOX_VERSION);
    }
    json_decref(health);
    gox_session_close(&session);
}

static void look_at_exits(struct gox_doctor *d)
{
    const json_t *last = json_object_get(d->status, "last_exit");
    const json_t *restarts = json_object_get(d->status, "restarts");
    const char *bundle = gox_keeper_text(last, "bundle");
    const char *cause = gox_keeper_text(last, "cause");
    bool has_next = json_is_integer(json_object_get(restarts, "next_in_ms"));
    char advice[4400], span[32];
    if (!d->has_manager) {
        gox_doctor_say(
                d, GOX_DOCTOR_SKIPPED, NULL, "only a manager keeps them");
        return;
    }
    if (json_is_true(json_object_get(restarts, "given_up")))
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "mend the cause, then goxelctl reset",
                "the daemon was given up, %s%s",
                has_next ? "it is tried again in "
                         : "it is not tried again by itself",
                has_next ? gox_keeper_span(span,
                                   gox_keeper_number(restarts, "next_in_ms"))
                         : "");
    if (!json_is_object(last)) {
        gox_doctor_say(
                d, GOX_DOCTOR_OK, NULL, "none since the manager started");
        return;
    }
    bool is_wanted =
            strcmp(cause, "operator") == 0 || strcmp(cause, "upgrade") == 0;
    snprintf(advice, sizeof advice, "%s%s%s",
            strcmp(cause, "config") == 0 ? "goxelctl config check; " : "",
            bundle[0] != '\0' ? "read " : "goxelctl logs",
            bundle[0] != '\0' ? bundle : "");
    gox_doctor_say(d, is_wanted ? GOX_DOCTOR_OK : GOX_DOCTOR_WARN,
            is_wanted ? NULL : advice, "%s at %s: %s", cause,
            gox_keeper_text(last, "at"), gox_keeper_text(last, "text"));
}

static void look_at_trouble(struct gox_doctor *d)
{
    struct gox_error err = {0};
    json_t *result = NULL, *event;
    size_t k;
    if (!d->has_manager)
        return;
    if (gox_keeper_call(&d->keeper, "manager.events",
                json_pack("{s:i,s:[s,s]}", "last", 3, "types", "error",
                        "reload_failed"),
                &result, &err) != 0) {
        gox_doctor_say(d, GOX_DOCTOR_WARN, NULL, "%s", err.text);
        return;
    }
    json_array_foreach(
            json_object_get(result, "events"), k, event) gox_doctor_say(d,
            GOX_DOCTOR_WARN, "goxelctl events has the rest", "%s: %s",
            gox_keeper_text(event, "time"),
            gox_keeper_text(event, json_object_get(event, "text") != NULL
                                           ? "text"
                                           : "message"));
    json_decref(result);
}

const struct gox_doctor_check gox_doctor_checks[] = {
        {"manager", look_for_manager},
        {"settings", gox_doctor_settings},
        {"programs", gox_doctor_programs},
        {"socket", gox_doctor_socket},
        {"daemon", look_at_daemon},
        {"pid file", gox_doctor_pid_file},
        {"ports", gox_doctor_port},
        {"disk", gox_doctor_disk},
        {"last exit", look_at_exits},
        {"trouble", look_at_trouble},
        {NULL, NULL},
};
