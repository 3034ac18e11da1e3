/* SPDX-License-Identifier: Apache-2.0
 * Starting a daemon that several clients share: by a helper process (starter.h)
 * in a session of its own, with nothing of the client's pipe, so that what it
 * starts lives on when this process ends.
 *
 * Two programs may do this at the same moment: the daemon's lock beside its
 * socket lets one of them win, the other's daemon ends at once. */
#include "base/alloc.h"
#include "mcp/backend_internal.h"
#include "mcp/starter.h"
#include "platform/os.h"
#include "platform/procinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define SYSTEM_SOCKET "/run/goxel-daemon.sock"

static char *user_socket(void)
{
    struct gox_buf path;
    char *text = NULL;
    gox_buf_init(&path, 0);
    /* Another user's directory may hold a socket that only looks like ours. */
    if (!gox_os_is_root() && gox_os_runtime_dir(&path) == 0 &&
            !gox_os_is_foreign(gox_buf_text(&path))) {
        gox_buf_put_str(&path, "/goxel-daemon.sock");
        text = gox_buf_text(&path) ? gox_strdup(gox_buf_text(&path)) : NULL;
    }
    gox_buf_fini(&path);
    return text;
}

char *gox__backend_find_socket(const char *wanted)
{
    char *own;
    if (wanted != NULL)
        return gox_strdup(wanted);
    own = user_socket();
    if (own != NULL &&
            (access(own, F_OK) == 0 || access(SYSTEM_SOCKET, F_OK) != 0))
        return own;
    gox_free(own);
    return gox_strdup(SYSTEM_SOCKET);
}

/* What it says before it has a log of its own goes to a file in its data
 * directory; -1: nowhere. */
static int open_log(void)
{
    const char *data = getenv("GOXEL_PATHS_DATA_DIR");
    struct gox_buf path;
    int fd = -1;
    gox_buf_init(&path, 0);
    if (data != NULL && data[0] != '\0')
        gox_buf_put_str(&path, data);
    else if (gox_os_state_dir(&path) != 0)
        gox_buf_reset(&path);
    if (path.len > 0 && gox_buf_text(&path) != NULL &&
            gox_os_make_dirs(gox_buf_text(&path), NULL) == 0) {
        gox_buf_put_str(&path, "/goxel-daemon.log");
        if (gox_buf_text(&path) != NULL)
            fd = open(gox_buf_text(&path),
                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    }
    gox_buf_fini(&path);
    return fd;
}

static int spawn(pid_t *pid, char **argv, int log_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    rc = posix_spawn_file_actions_addopen(
            &actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(
                &actions, 1, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = log_fd >= 0 ? posix_spawn_file_actions_adddup2(&actions, log_fd, 2)
                         : posix_spawn_file_actions_addopen(
                                   &actions, 2, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(&attr, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(&attr, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETSID);
    if (rc == 0)
        rc = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int gox__backend_start_daemon(gox_backend *backend, struct gox_error *err)
{
    char program[4096], flag[] = GOX_MCP_STARTER_FLAG;
    char *argv[] = {program, flag, backend->socket, NULL};
    int log_fd, rc;
    char unused[64];
    if (backend->daemon > 0 &&
            !gox__backend_daemon_ended(backend, unused, sizeof unused))
        return 0;
    if (gox_proc_program(gox_os_pid(), program, sizeof program) != 0)
        snprintf(program, sizeof program, "goxel-mcp");
    log_fd = open_log();
    rc = spawn(&backend->daemon, argv, log_fd);
    if (log_fd >= 0)
        close(log_fd);
    if (rc == 0) {
        backend->was_started_here = true;
        return 0;
    }
    backend->daemon = 0;
    return gox_error_set(err, GOX_ERR_IO,
            "no Goxel daemon answers at %s, and none can be started: %s",
            backend->socket, strerror(rc));
}

bool gox__backend_daemon_ended(gox_backend *backend, char *text, size_t size)
{
    int status = 0;
    if (backend->daemon <= 0 ||
            waitpid(backend->daemon, &status, WNOHANG) != backend->daemon)
        return false;
    backend->daemon = 0;
    if (WIFSIGNALED(status))
        snprintf(text, size, "was ended by signal %d", WTERMSIG(status));
    else
        snprintf(text, size, "ended with code %d", WEXITSTATUS(status));
    return true;
}
