/* SPDX-License-Identifier: Apache-2.0
 * Checks of what is there without asking anybody: programs, settings, the
 * socket's file, the PID file, ports, disks. */
#include "base/alloc.h"
#include "cli/doctor.h"
#include "cli/output.h"
#include "goxel/version.h"
#include "platform/os.h"
#include "platform/pid_file.h"
#include "platform/process.h"
#include "platform/program.h"
#include "platform/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOW_BYTES  (INT64_C(64) << 20)
#define FEW_BYTES  (INT64_C(1) << 30)
#define VERSION_MS 5000

extern char **environ;

/* ---- programs and their versions ---- */

/* The first line of `program --version`. */
static bool read_version(const char *program, char *text, size_t size)
{
    struct gox_process p;
    const char *argv[] = {program, "--version", NULL};
    struct gox_process_spec spec = {.program = program,
            .argv = argv,
            .env = (const char *const *)environ,
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_PIPE,
            .err = GOX_STREAM_NULL};
    size_t len = 0;
    ssize_t got;
    text[0] = '\0';
    if (gox_process_start(&p, &spec, NULL) < 0)
        return false;
    int code = gox_process_wait(&p, VERSION_MS);
    while (code >= 0 && len < size - 1 &&
            (got = read(p.out_fd, text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    if (code < 0)
        code = gox_process_signal(&p, SIGKILL);
    gox_process_close(&p);
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return code >= 0 && len > 0;
}

static void look_at_program(struct gox_doctor *d, const char *name,
        const char *variable, const char *running)
{
    char path[4096], version[128], wanted[128];
    const char *named = getenv(variable);
    if (named != NULL && named[0] != '\0')
        snprintf(path, sizeof path, "%s", named);
    else if (!gox_program_beside_own(name, path, sizeof path) &&
             !gox_program_on_path(name, path, sizeof path)) {
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "install it, or name it in the environment (see goxelctl(1))",
                "%s is neither beside goxelctl nor on PATH", name);
        return;
    }
    snprintf(wanted, sizeof wanted, "%s %s", name, GOX_VERSION);
    if (!read_version(path, version, sizeof version))
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                named != NULL ? "correct the variable that names it"
                              : "install it again",
                "%s does not tell its version", path);
    else if (strncmp(version, wanted, strlen(wanted)) != 0)
        gox_doctor_say(d, GOX_DOCTOR_WARN,
                "install all programs of one version",
                "%s is \"%s\", but goxelctl is %s", path, version, GOX_VERSION);
    else if (running != NULL && running[0] != '\0' &&
             strcmp(running, GOX_VERSION) != 0)
        gox_doctor_say(d, GOX_DOCTOR_WARN, "goxelctl upgrade",
                "%s is %s, but version %s of it runs", path, GOX_VERSION,
                running);
    else
        gox_doctor_say(
                d, GOX_DOCTOR_OK, NULL, "%s, version %s", path, GOX_VERSION);
}

void gox_doctor_programs(struct gox_doctor *d)
{
    look_at_program(d, "goxel-manager", "GOXEL_MANAGER_BINARY",
            gox_keeper_text(json_object_get(d->status, "manager"), "version"));
    look_at_program(d, "goxel-daemon", "GOXEL_DAEMON_BINARY", NULL);
}

/* ---- settings ---- */

void gox_doctor_settings(struct gox_doctor *d)
{
    struct gox_config_errors errors;
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_DEFAULT,
            .variables = (const char *const *)environ};
    struct gox_buf text;
    gox_config_errors_init(&errors);
    gox_buf_init(&text, 0);
    d->has_settings = gox_config_load(&d->settings, &from, &errors) == 0;
    gox_config_errors_put(&errors, &text);
    const char *first = gox_buf_text(&text) != NULL ? gox_buf_text(&text) : "";
    int len = (int)strcspn(first, "\n");
    if (!d->has_settings)
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "\"goxelctl config check\" lists all; a daemon started now "
                "would end with code 78",
                "%zu mistake%s, the first: %.*s", errors.error_count,
                errors.error_count == 1 ? "" : "s", len, first);
    else if (errors.warning_count > 0)
        gox_doctor_say(d, GOX_DOCTOR_WARN,
                "\"goxelctl config check\" lists all",
                "%zu warnings, the first: %.*s", errors.warning_count, len,
                first);
    else
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "%s",
                d->settings.file != NULL ? d->settings.file
                                         : "no file, the defaults are used");
    gox_buf_fini(&text);
    gox_config_errors_fini(&errors);
}

/* ---- the socket's file ---- */

static void look_at_directory(struct gox_doctor *d, const char *path)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash == NULL || slash == dir)
        return;
    *slash = '\0';
    if (gox_os_is_foreign(dir))
        gox_doctor_say(d, GOX_DOCTOR_FAIL, "remove it, or set XDG_RUNTIME_DIR",
                "%s belongs to another user; nothing in it can be trusted",
                dir);
    else if (access(dir, F_OK) != 0)
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL,
                "%s is not there yet; a start makes it", dir);
    else if (access(dir, W_OK) != 0 && !d->has_daemon)
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "become its owner, or choose another place with --socket",
                "%s: this user may not make a socket there", dir);
}

void gox_doctor_socket(struct gox_doctor *d)
{
    const char *path = d->keeper.socket;
    struct gox_error err = {0};
    struct stat st;
    gox_client *probe = gox_client_connect(path, 2000, &err);
    d->has_daemon = probe != NULL;
    d->is_forbidden = err.code == GOX_ERR_FORBIDDEN;
    gox_client_close(probe);
    look_at_directory(d, path);
    if (strlen(path) > GOX_SOCKET_PATH_MAX)
        gox_doctor_say(d, GOX_DOCTOR_FAIL, "choose a shorter path",
                "%.60s... is longer than the %d bytes of a socket's path", path,
                GOX_SOCKET_PATH_MAX);
    else if (d->has_daemon)
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "%s takes connections", path);
    else if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "move the file away, or choose another place with --socket",
                "%s is there, but is no socket", path);
    else if (err.code == GOX_ERR_FORBIDDEN)
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "join the socket's group (security.socket_group), then log in "
                "again",
                "%s: this user may not connect", path);
    else if (err.code == GOX_ERR_CLOSED)
        gox_doctor_say(d, GOX_DOCTOR_WARN, "goxelctl up (it replaces the file)",
                "%s is left over: nobody listens", path);
    else if (err.code == GOX_ERR_NOT_FOUND)
        gox_doctor_say(
                d, GOX_DOCTOR_WARN, "goxelctl up", "%s is not there", path);
    else
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "the program that listens is stopped or overloaded: goxelctl "
                "status, goxelctl logs",
                "%s", err.text);
}

/* ---- PID file ---- */

void gox_doctor_pid_file(struct gox_doctor *d)
{
    struct gox_pid_file_info info;
    struct gox_error err = {0};
    const char *path = d->has_settings ? d->settings.daemon_pid_file : "";
    if (path == NULL || path[0] == '\0') {
        gox_doctor_say(d, GOX_DOCTOR_SKIPPED, NULL, "none is configured");
        return;
    }
    int code = gox_pid_file_read(path, &info, &err);
    if (code == GOX_ERR_NOT_FOUND)
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "%s is not there", path);
    else if (code < 0)
        gox_doctor_say(d, GOX_DOCTOR_WARN,
                "move it away; it is output only and nothing depends on it",
                "%s", err.text);
    else if (!info.is_locked)
        gox_doctor_say(d, GOX_DOCTOR_WARN,
                "nothing: the next start replaces it. Do not kill that number",
                "%s is stale: it says %lld, but its daemon has ended%s", path,
                (long long)info.pid,
                info.start_ticks != 0 ? ", and another program has that number"
                                      : "");
    else
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "%s says %lld, which runs", path,
                (long long)info.pid);
}

/* ---- ports ---- */

static void look_at_port(struct gox_doctor *d, const char *setting,
        const char *address, long port)
{
    struct gox_error err = {0};
    int fd = -1;
    if (d->has_daemon) {
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL,
                "%s %s port %ld: left to the daemon that runs", setting,
                address, port);
        return;
    }
    int code = gox_socket_listen_tcp(address, (uint16_t)port, 1, &fd, &err);
    if (code == 0) {
        close(fd);
        gox_doctor_say(d, GOX_DOCTOR_OK, NULL, "%s %s port %ld is free",
                setting, address, port);
    } else {
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "end the program that has it, or change the setting", "%s: %s",
                setting, err.text);
    }
}

/* "127.0.0.1:9464", "[::1]:9464"; a path has no port. */
static bool look_at_listen(struct gox_doctor *d, const char *text)
{
    char address[256];
    const char *colon = text != NULL ? strrchr(text, ':') : NULL;
    if (colon == NULL || strchr(text, '/') != NULL)
        return false;
    bool is_bracketed = text[0] == '[';
    snprintf(address, sizeof address, "%.*s",
            (int)(colon - text) - (is_bracketed ? 2 : 0), text + is_bracketed);
    look_at_port(d, "monitoring.metrics_listen", address,
            strtol(colon + 1, NULL, 10));
    return true;
}

void gox_doctor_port(struct gox_doctor *d)
{
    bool is_any = false;
    if (d->has_settings && d->settings.server_port > 0) {
        look_at_port(d, "server.port", d->settings.server_bind_address,
                (long)d->settings.server_port);
        is_any = true;
    }
    if (d->has_settings &&
            look_at_listen(d, d->settings.monitoring_metrics_listen))
        is_any = true;
    if (!is_any)
        gox_doctor_say(
                d, GOX_DOCTOR_SKIPPED, NULL, "no TCP port is configured");
}

/* ---- disks ---- */

/* The directory, or the nearest one above it that is there. */
static void look_at_disk(
        struct gox_doctor *d, const char *what, const char *path)
{
    char dir[4096], free_text[GOX_CLI_FIGURE];
    snprintf(dir, sizeof dir, "%s", path);
    while (access(dir, F_OK) != 0 && strrchr(dir + 1, '/') != NULL)
        *strrchr(dir, '/') = '\0';
    int64_t bytes = gox_os_disk_free(dir);
    if (bytes < 0)
        return;
    gox_cli_bytes(free_text, (double)bytes);
    enum gox_doctor_finding finding = bytes < LOW_BYTES   ? GOX_DOCTOR_FAIL
                                      : bytes < FEW_BYTES ? GOX_DOCTOR_WARN
                                                          : GOX_DOCTOR_OK;
    gox_doctor_say(d, finding,
            finding != GOX_DOCTOR_OK ? "make room, or move the directory"
                                     : NULL,
            "%s %s: %s free", what, path, free_text);
    if (access(dir, W_OK) != 0 && errno != ENOENT && !d->has_daemon)
        gox_doctor_say(d, GOX_DOCTOR_FAIL,
                "run as its owner, or choose another place (paths.data_dir)",
                "%s %s: this user may not write there", what, dir);
}

void gox_doctor_disk(struct gox_doctor *d)
{
    struct gox_buf state;
    if (d->has_settings)
        look_at_disk(d, "projects", d->settings.paths_data_dir);
    gox_buf_init(&state, 0);
    if (gox_keeper_text(d->status, "state_dir")[0] != '\0')
        look_at_disk(d, "manager", gox_keeper_text(d->status, "state_dir"));
    else if (gox_os_state_dir(&state) == 0)
        look_at_disk(d, "manager", gox_buf_text(&state));
    gox_buf_fini(&state);
}
