/* SPDX-License-Identifier: Apache-2.0
 * The program around the manager: command line, background, exit codes. */
#include "goxel/version.h"
#include "manager/handover.h"
#include "manager/manager.h"
#include "platform/daemonize.h"

#include <stdio.h>
#include <unistd.h>

#define BACKGROUND_MS 15000

static int exit_code_of(const struct gox_error *err)
{
    return err->code == GOX_ERR_EXISTS || err->code == GOX_ERR_NOMEM ||
                           err->code == GOX_ERR_BUSY
                   ? GOX__EXIT_TEMPORARY
                   : GOX__EXIT_CONFIG;
}

static int fail(const struct gox_error *err, int exit_code)
{
    fprintf(stderr, "goxel-manager: %s\n", err->text);
    return exit_code;
}

/* Until it is asked to end; a program that could not be exec'ed is reported and
 * this one goes on. */
static void run(gox_manager *m)
{
    struct gox_error err = {.offset = -1};
    for (;;) {
        gox_loop_run(m->loop);
        if (!m->is_exec)
            return;
        int code = gox__handover_exec(m, &err);
        (void)code; /* it came back, so it failed */
        gox__manager_trouble(m, NULL, "%s", err.text);
        m->is_exec = m->is_stopping = m->is_leaving = false;
    }
}

static int serve(struct gox_manager_options *o)
{
    struct gox_error err = {.offset = -1};
    struct gox_daemonize background = {.fd = -1};
    int fds[2];
    /* A successor by exec is in the background already. Another fork would give
     * it another number, and the daemons would be nobody's children. */
    bool is_forked = o->is_daemonize && !gox__handover_read("control", fds, 2);
    if (is_forked) {
        int code = gox_daemonize_start(&background, BACKGROUND_MS, &err);
        if (code <= 0) {
            if (code < 0)
                fail(&err, background.exit_code);
            return background.exit_code;
        }
    }
    gox_manager *m = gox__manager_new(o, &err);
    int code = m != NULL ? gox__manager_start(m, &err) : err.code;
    if (code < 0) {
        int exit_code = exit_code_of(&err);
        gox_daemonize_fail(&background, exit_code, &err);
        if (!is_forked)
            fail(&err, exit_code);
        gox__manager_free(m);
        return exit_code;
    }
    code = gox_daemonize_succeed(&background, false);
    (void)code; /* nobody waits any more: no reason to stop */
    run(m);
    int exit_code = m->exit_code;
    gox__manager_free(m);
    return exit_code;
}

int gox_manager_main(int argc, char **argv)
{
    struct gox_manager_options o;
    struct gox_error err = {.offset = -1};
    bool is_usage = false;
    int exit_code = 0;
    int code = gox_manager_options_read(&o, argc, argv, &is_usage, &err);
    if (code < 0)
        exit_code = fail(&err, is_usage ? GOX__EXIT_USAGE : GOX__EXIT_CONFIG);
    else if (o.action == GOX_MANAGER_HELP)
        gox_manager_options_help();
    else if (o.action == GOX_MANAGER_VERSION)
        printf("goxel-manager %s\n", GOX_VERSION);
    else if (o.action == GOX_MANAGER_CHECK)
        printf("the settings are valid\nsocket: %s\ncontrol: %s\nstate: %s\n"
               "daemon: %s\n",
                o.instances[0].config.socket_path, o.control_path, o.state_dir,
                o.instances[0].config.binary);
    else
        exit_code = serve(&o);
    gox_manager_options_fini(&o);
    return exit_code;
}
