/* SPDX-License-Identifier: Apache-2.0
 * What the daemon may still reach once it is locked in: the directories of its
 * settings, its ports, nothing else.
 *
 * Invariant: entered before the first thread, so that all of them are locked
 * in. */
#include "base/alloc.h"
#include "config/places.h"
#include "daemon/daemon_internal.h"
#include "daemon/http_api.h"
#include "daemon/lifecycle.h"
#include "platform/os.h"
#include "platform/sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PATHS 80

struct reach {
    struct gox_sandbox_path paths[MAX_PATHS];
    char *dirs[MAX_PATHS]; /* owned */
    size_t count;
    bool is_out_of_memory, is_full;
};

static void add(struct reach *r, const char *path, size_t len, unsigned access)
{
    if (len == 0)
        return;
    if (r->count == MAX_PATHS) {
        r->is_full = true;
        return;
    }
    char *copy = gox_strndup(path, len);
    if (copy == NULL) {
        r->is_out_of_memory = true;
        return;
    }
    r->dirs[r->count] = copy;
    r->paths[r->count++] = (struct gox_sandbox_path){
            .path = copy, .access = access, .is_optional = true};
}

static void add_dir(struct reach *r, const char *dir, unsigned access)
{
    add(r, dir, strlen(dir), access);
}

/* Files are replaced, rotated and removed in their directory. */
static void add_parent(struct reach *r, const char *file, unsigned access)
{
    const char *slash = strrchr(file, '/');
    if (file[0] == '/')
        add(r, file, slash > file ? (size_t)(slash - file) : 1, access);
}

/* A file of settings that is made later must be found by a reload: a folder
 * that is not there cannot be opened up. A user's own is made, the system's is
 * not ours to make. */
static void add_settings_place(struct reach *r)
{
    struct gox_buf place;
    gox_buf_init(&place, 0);
    if (gox_place_get("config", &place) == 0) {
        size_t count = r->count;
        add_parent(r, gox_buf_text(&place), GOX_SANDBOX_READ);
        struct gox_error ignored;
        int code = r->count > count && geteuid() != 0
                           ? gox_os_make_dirs(r->dirs[count], &ignored)
                           : 0;
        (void)code; /* then a restart finds it */
    }
    gox_buf_fini(&place);
}

static void collect(struct reach *r, const struct gox_settings *s)
{
    const unsigned all = GOX_SANDBOX_READ | GOX_SANDBOX_WRITE;
    add_dir(r, s->paths_data_dir, all);
    add_dir(r, s->render_dir, all);
    for (size_t i = 0; i < s->security_allowed_paths.count; i++)
        add_dir(r, s->security_allowed_paths.items[i], all);
    add_parent(r, s->daemon_socket_path, all);
    add_parent(r, s->daemon_pid_file, all);
    add_parent(r, s->daemon_log_file, all);
    add_parent(r, s->monitoring_metrics_listen, all);
    add_parent(r, s->security_token_file, GOX_SANDBOX_READ);
    if (s->file != NULL)
        add_parent(r, s->file, GOX_SANDBOX_READ);
    else
        add_settings_place(r);
}

/* The variable is gone by now, so that no child answers in our name. */
static bool is_abstract_notify(const gox_daemon *d)
{
    return d->life != NULL && d->life->notify.fd >= 0 &&
           d->life->notify.address[0] == '@';
}

int gox__daemon_confine(gox_daemon *d, struct gox_error *err)
{
    const struct gox_settings *s = &d->settings;
    struct reach r = {.count = 0};
    int http_port = gox__http_api_port(s);
    uint16_t ports[2] = {(uint16_t)s->server_port,
            (uint16_t)(http_port > 0 ? http_port : 0)};
    bool has_first = ports[0] != 0;
    collect(&r, s);
    struct gox_sandbox_spec spec = {
            .level = (enum gox_sandbox_level)s->security_sandbox,
            .paths = r.paths,
            .path_count = r.count,
            .bind_ports = has_first ? ports : ports + 1,
            .bind_port_count = (size_t)has_first + (ports[1] != 0),
            /* The system chooses a port: none can be named beforehand. */
            .is_tcp_free = http_port == 0,
            .needs_abstract_sockets = is_abstract_notify(d),
    };
    /* Large sorts of SQLite must find a place that can still be written. */
    int code = setenv("SQLITE_TMPDIR", s->paths_data_dir, 0) != 0 ||
                               r.is_out_of_memory
                       ? gox_error_set(err, GOX_ERR_NOMEM, "out of memory")
                       : 0;
    if (code == 0 && r.is_full)
        code = gox_error_set(err, GOX_ERR_PARAMS,
                "security.allowed_paths: more than %d directories cannot be "
                "locked in; name directories above them, or turn "
                "security.sandbox off",
                MAX_PATHS - 8);
    if (code == 0)
        code = gox_sandbox_enter(&d->sandbox, &spec, err);
    for (size_t i = 0; i < r.count; i++)
        gox_free(r.dirs[i]);
    return code;
}
