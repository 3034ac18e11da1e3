/* SPDX-License-Identifier: Apache-2.0
 * goxelctl doctor: what is wrong, and what to do now. */
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/output.h"

#include <string.h>

#define WIDTH 10

static int tell(struct gox_cli *cli, struct gox_doctor *d)
{
    struct gox_buf out;
    json_t *answer, *row;
    size_t k;
    int rc;
    if (cli->is_json) {
        /* What was not looked at is nothing that was found. */
        enum gox_doctor_finding all =
                d->worst == GOX_DOCTOR_SKIPPED ? GOX_DOCTOR_OK : d->worst;
        answer = json_pack("{s:s,s:O}", "finding", gox_doctor_word(all),
                "checks", d->findings);
        rc = gox_cli_print_json(cli, answer);
        json_decref(answer);
        return rc;
    }
    gox_buf_init(&out, 0);
    json_array_foreach(d->findings, k, row)
    {
        const char *finding = gox_keeper_text(row, "finding");
        const char *advice = gox_keeper_text(row, "advice");
        gox_buf_printf(&out, "%s%-7s%s  %-*s  %s\n",
                gox_keeper_tint(cli, finding), finding, gox_keeper_plain(cli),
                WIDTH, gox_keeper_text(row, "check"),
                gox_keeper_text(row, "text"));
        if (advice[0] != '\0')
            gox_buf_printf(&out, "%*s-> %s\n", WIDTH + 11, "", advice);
    }
    gox_buf_put_str(&out, d->worst >= GOX_DOCTOR_FAIL ? "Something is broken.\n"
                          : d->worst == GOX_DOCTOR_WARN
                                  ? "It works, or could; see the advice.\n"
                                  : "All is well.\n");
    return gox_cli_flush(cli, &out);
}

static int run_doctor(struct gox_cli *cli)
{
    struct gox_doctor d = {.cli = cli, .findings = json_array()};
    int rc;
    if (cli->timeout_ms < 0 || cli->timeout_ms > GOX_CLI_LOOK_MS)
        cli->timeout_ms = GOX_CLI_LOOK_MS;
    if (d.findings == NULL)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    for (const struct gox_doctor_check *c = gox_doctor_checks; c->name; c++) {
        d.check = c->name;
        c->run(&d);
    }
    rc = tell(cli, &d);
    if (d.has_settings)
        gox_settings_fini(&d.settings);
    json_decref(d.status);
    json_decref(d.findings);
    gox_keeper_close(&d.keeper);
    return rc != 0                      ? rc
           : d.worst == GOX_DOCTOR_FAIL ? GOX_CLI_FAILED
                                        : GOX_CLI_DONE;
}

const struct gox_cli_command gox_cli_cmd_doctor = {
        .name = "doctor",
        .synopsis = "",
        .summary = "find out what is wrong, and what to do",
        .details =
                "Looks at the programs and their versions, the settings, the "
                "socket and its directory, a stale PID file, ports, disk "
                "space, manager and daemon, and how the daemon ended last. "
                "Nothing is changed. The exit code is 1 when a check failed; "
                "warnings do not count.",
        .examples = "goxelctl doctor\n"
                    "goxelctl doctor --json | jq '.checks[] | "
                    "select(.finding != \"ok\")'",
        .flags = GOX_CLI_SOCKET,
        .run = run_doctor,
};
