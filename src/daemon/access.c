/* SPDX-License-Identifier: Apache-2.0
 * Who may connect: peers, the file of tokens and its safety, and the bound of
 * memory. What a connection may ask for is in access_grant.c.
 *
 * Invariant: a file of tokens that cannot be read changes nothing; the tokens
 * in use stay. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/access_internal.h"
#include "platform/os.h"
#include "platform/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_NS         GOX_NS_PER_S
#define MEMORY_LOOK_NS  (20 * GOX_NS_PER_MS)
#define MEMORY_RETRY_MS 1000
#define GROUPS_MAX      1024

/* Methods whose scope does not follow from their flags. */
static const struct {
    const char *name;
    unsigned scope;
} exceptions[] = {
        {"daemon.config", GOX_SCOPE_READ},
        {"goxel.get_render_info", GOX_SCOPE_READ},
        {"goxel.get_render_stats", GOX_SCOPE_READ},
        {"goxel.list_formats", GOX_SCOPE_READ},
        {"goxel.list_projects", GOX_SCOPE_READ},
        {"goxel.list_renders", GOX_SCOPE_READ},
        {"goxel.open_project", GOX_SCOPE_READ},
        {"goxel.unsubscribe", GOX_SCOPE_READ},
        /* They do not change the project but they write files. */
        {"goxel.export_model", GOX_SCOPE_EDIT},
        {"goxel.save_project", GOX_SCOPE_EDIT},
};

unsigned gox_access_scope_of(const struct gox_method *m)
{
    if ((m->flags & GOX_METHOD_HEALTH) != 0 ||
            strcmp(m->name, "daemon.authenticate") == 0)
        return 0;
    if ((m->flags & GOX_METHOD_ADMIN) != 0)
        return GOX_SCOPE_ADMIN;
    if ((m->flags & GOX_METHOD_EDIT) != 0)
        return GOX_SCOPE_EDIT;
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, m->name) == 0)
            return exceptions[i].scope;
    bool is_looking =
            (m->flags & GOX_METHOD_READ) != 0 || strcmp(m->group, "core") == 0;
    return is_looking ? GOX_SCOPE_READ : GOX_SCOPE_EDIT;
}

/* ---- the tokens ---- */

/* Times are compared in whole seconds, which every system has; so a file that
 * was changed in the second in which it was read may change once more unseen,
 * and is not trusted to be the same. Another file may have its inode, too. */
static bool is_as_seen(const gox_access *a, const struct stat *st)
{
    return a->is_settled && st->st_ino == a->seen.st_ino &&
           st->st_dev == a->seen.st_dev && st->st_size == a->seen.st_size &&
           st->st_mtime == a->seen.st_mtime &&
           st->st_ctime == a->seen.st_ctime && st->st_mode == a->seen.st_mode &&
           st->st_uid == a->seen.st_uid;
}

static bool is_equal(const struct gox_tokens *a, const struct gox_tokens *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items,
                                     a->count * sizeof *a->items) == 0);
}

int gox_access_reload(gox_access *a, struct gox_error *err)
{
    struct gox_tokens tokens;
    struct stat st = {0};
    const char *path = a->settings->security_token_file;
    if (!a->settings->security_enable_authentication)
        return 0;
    int64_t now_s = gox_time_wall_ms() / 1000;
    if (stat(path, &st) == 0 && is_as_seen(a, &st))
        return 0;
    a->seen = st; /* also of a wrong file: it is told once */
    a->is_settled = now_s > st.st_ctime + 1;
    int code = gox_tokens_load(&tokens, path, err);
    if (code < 0)
        return code;
    if (a->epoch > 0 && is_equal(&tokens, &a->tokens)) {
        gox_tokens_fini(&tokens);
        return 0;
    }
    gox_tokens_fini(&a->tokens);
    a->tokens = tokens;
    a->stats.tokens = tokens.count;
    a->epoch++;
    gox_log_put(a->log, GOX_LOG_INFO, GOX_LOG_C_ACCESS,
            "%zu tokens were read from %s", tokens.count, path);
    return 0;
}

void gox__access_look_at_file(gox_access *a, int64_t now_ns)
{
    struct gox_error err;
    if (now_ns < a->look_at_ns)
        return;
    a->look_at_ns = now_ns + LOOK_NS;
    if (gox_access_reload(a, &err) < 0)
        gox_log_put(a->log, GOX_LOG_ERROR, GOX_LOG_C_ACCESS,
                "the tokens in use stay as they were: %s", err.text);
}

gox_access *gox_access_new(const struct gox_settings *settings, gox_log *log,
        struct gox_error *err)
{
    gox_access *a = gox_calloc(1, sizeof *a);
    if (a == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    a->settings = settings;
    a->log = log;
    int code = settings->is_stdio ? 0 : gox_access_reload(a, err);
    if (code == GOX_ERR_NOT_FOUND)
        gox_error_set(err, GOX_ERR_NOT_FOUND,
                "security.enable_authentication is on, but the token file %s "
                "is not there; make a token with: goxelctl token new --file %s",
                settings->security_token_file, settings->security_token_file);
    if (code < 0) {
        gox_access_free(a);
        return NULL;
    }
    return a;
}

void gox_access_free(gox_access *a)
{
    if (a == NULL)
        return;
    gox_tokens_fini(&a->tokens);
    gox_free(a->rates);
    gox_free(a);
}

/* ---- connections ---- */

static bool has_id(const struct gox_setting_ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

static bool has_group(
        const struct gox_setting_ids *gids, int fd, const struct gox_peer *peer)
{
    uint32_t groups[GROUPS_MAX];
    if (gids->count == 0)
        return false;
    if (has_id(gids, peer->gid))
        return true;
    int count = gox_socket_peer_groups(fd, groups, GROUPS_MAX);
    for (int i = 0; i < count; i++)
        if (has_id(gids, groups[i]))
            return true;
    return false;
}

/* The daemon's own user and root are never kept out: they could become any
 * user that is let in, and a supervisor is one of them. */
static bool is_allowed(
        const struct gox_settings *s, int fd, const struct gox_peer *peer)
{
    if (s->security_allowed_uids.count == 0 &&
            s->security_allowed_gids.count == 0)
        return true;
    return peer->uid == 0 || peer->uid == (int64_t)geteuid() ||
           has_id(&s->security_allowed_uids, peer->uid) ||
           has_group(&s->security_allowed_gids, fd, peer);
}

static int admit_local(
        gox_access *a, int fd, struct gox_grant *g, struct gox_error *err)
{
    struct gox_peer peer = {.pid = -1, .uid = -1, .gid = -1};
    int code = gox_socket_peer(fd, &peer);
    (void)code; /* not known: stays -1, which is in no list */
    g->uid = peer.uid;
    g->pid = peer.pid;
    g->key = g->peer_key =
            gox_rate_key(GOX__KEY_UID, &peer.uid, sizeof peer.uid);
    if (is_allowed(a->settings, fd, &peer))
        return 0;
    a->stats.refused++;
    gox_error_set(err, GOX_ERR_FORBIDDEN,
            "user %lld (group %lld) may not use this daemon: it is in neither "
            "security.allowed_uids nor security.allowed_gids",
            (long long)peer.uid, (long long)peer.gid);
    gox__access_tell(a, g, gox_time_now_ns(), err, false);
    return GOX_ERR_FORBIDDEN;
}

int gox_access_admit(
        gox_access *a, int fd, struct gox_grant *g, struct gox_error *err)
{
    *g = (struct gox_grant){.is_known = true, .uid = -1, .pid = -1};
    if (!gox_socket_peer_address(fd, g->address, sizeof g->address))
        return admit_local(a, fd, g, err);
    gox_socket_set_nodelay(fd);
    g->key = g->peer_key =
            gox_rate_key(GOX__KEY_ADDRESS, g->address, strlen(g->address));
    return 0;
}

/* ---- memory ---- */

int gox_access_check_memory(gox_access *a, uint64_t more_bytes, int64_t now_ns,
        int64_t *retry_after_ms, struct gox_error *err)
{
    uint64_t bound = (uint64_t)a->settings->performance_max_memory_mb << 20;
    if (bound == 0)
        return 0;
    if (now_ns - a->memory_at_ns >= MEMORY_LOOK_NS || a->memory_at_ns == 0) {
        a->memory_at_ns = now_ns;
        a->rss_bytes = gox_os_rss_bytes();
    }
    if (a->rss_bytes + more_bytes <= bound)
        return 0;
    a->stats.out_of_memory++;
    *retry_after_ms = MEMORY_RETRY_MS;
    return gox_error_set(err, GOX_ERR_BUSY,
            "%llu MiB are in use and the request may need %llu more, but the "
            "bound is %lld MiB (performance.max_memory_mb); nothing was done; "
            "close projects, or raise the bound",
            (unsigned long long)(a->rss_bytes >> 20),
            (unsigned long long)(more_bytes >> 20),
            (long long)a->settings->performance_max_memory_mb);
}

/* ---- the file's own safety ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool gox_access_is_private(const gox_access *a, int dir_fd, const char *name)
{
    static const char *const suffixes[] = {"", ".lock", ".new"};
    const char *path = a->settings->security_token_file;
    const char *base = base_name(path);
    size_t len = strlen(base);
    char parent[4096];
    struct stat own, other;
    if (len == 0 || strncmp(name, base, len) != 0)
        return false;
    bool is_named = false;
    for (size_t i = 0; i < 3; i++)
        is_named |= strcmp(name + len, suffixes[i]) == 0;
    if (!is_named || (size_t)(base - path) >= sizeof parent)
        return false;
    memcpy(parent, path, (size_t)(base - path));
    parent[base - path] = '\0';
    return stat(parent, &own) == 0 && fstat(dir_fd, &other) == 0 &&
           own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

bool gox_access_is_private_file(const gox_access *a, int fd)
{
    struct stat own, other;
    return stat(a->settings->security_token_file, &own) == 0 &&
           fstat(fd, &other) == 0 && own.st_ino == other.st_ino &&
           own.st_dev == other.st_dev;
}

void gox_access_get_stats(const gox_access *a, struct gox_access_stats *stats)
{
    *stats = a->stats;
}
