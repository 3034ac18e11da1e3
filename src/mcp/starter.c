/* SPDX-License-Identifier: Apache-2.0
 * Manager first, plain daemon where there is none: the user only sees that it
 * works. A daemon under a manager is started again by it after a crash, while
 * clients wait in the backlog of the socket that the manager holds. */
#include "mcp/starter.h"

#include "goxel/manager.h"
#include "platform/os.h"
#include "platform/procinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS 14000
#define STOP_MS  2000

void gox_mcp_find_daemon(char *path, size_t size)
{
    const char *env = getenv("GOXEL_DAEMON_BINARY");
    char self[4096];
    char *slash;
    if (env != NULL && env[0] != '\0') {
        snprintf(path, size, "%s", env);
        return;
    }
    if (gox_proc_program(gox_os_pid(), self, sizeof self) != 0)
        self[0] = '\0';
    slash = strrchr(self, '/');
    if (slash != NULL) {
        slash[1] = '\0';
        if ((size_t)snprintf(path, size, "%sgoxel-daemon", self) < size &&
                access(path, X_OK) == 0)
            return;
    }
    snprintf(path, size, "goxel-daemon");
}

static int become_daemon(const char *socket_path)
{
    char program[4200], flag[] = "--socket", path[4200];
    char *argv[] = {program, flag, path, NULL};
    gox_mcp_find_daemon(program, sizeof program);
    snprintf(path, sizeof path, "%s", socket_path);
    execvp(program, argv);
    fprintf(stderr,
            "goxel-mcp: cannot start %s: %s; install goxel-daemon or set "
            "GOXEL_DAEMON_BINARY\n",
            program, strerror(errno));
    return errno == ENOENT ? 127 : 1;
}

int gox_mcp_starter_main(const char *socket_path)
{
    char daemon[4200];
    struct gox_manager_config config = {.socket_path = socket_path,
            .auto_start = true,
            .daemon_binary = daemon,
            .timeout_ms = START_MS};
    struct gox_error err = {.offset = -1};
    gox_manager_link *link;
    int rc;
    gox_mcp_find_daemon(daemon, sizeof daemon);
    if (strchr(daemon, '/') == NULL)
        config.daemon_binary = NULL;
    link = gox_manager_open(&config, &err);
    if (link == NULL) {
        if (err.code != GOX_ERR_NOT_FOUND)
            fprintf(stderr,
                    "goxel-mcp: no manager, a plain daemon instead: %s\n",
                    err.text);
        return become_daemon(socket_path);
    }
    rc = gox_manager_start(link, START_MS, &err);
    gox_manager_close(link);
    if (rc == 0)
        return 0;
    fprintf(stderr, "goxel-mcp: the manager did not start the daemon: %s\n",
            err.text);
    return 1;
}

void gox_mcp_stop_daemon(const char *socket_path)
{
    struct gox_manager_config config = {
            .socket_path = socket_path, .timeout_ms = STOP_MS};
    gox_manager_link *link = gox_manager_open(&config, NULL);
    if (link == NULL)
        return;
    (void)gox_manager_shutdown(link, false, NULL);
    gox_manager_close(link);
}
