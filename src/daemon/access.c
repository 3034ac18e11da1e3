/* SPDX-License-Identifier: Apache-2.0
 * Peers, tokens, scopes, rates and memory. Each refusal says what was refused,
 * to whom, and by which setting; the log has it once a minute for each peer. */
#include "daemon/access.h"

#include "base/alloc.h"
#include "base/time.h"
#include "daemon/rate_limit.h"
#include "platform/os.h"
#include "platform/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAILURES_PER_SECOND 1
#define FAILURES_AT_ONCE    5
#define LOOK_NS             GOX_NS_PER_S
#define TELL_NS             (60 * GOX_NS_PER_S)
#define MEMORY_LOOK_NS      (20 * GOX_NS_PER_MS)
#define MEMORY_RETRY_MS     1000
#define GROUPS_MAX          1024

enum key_kind { KEY_UID, KEY_ADDRESS, KEY_TOKEN, KEY_OTHER };

struct gox_access {
    const struct gox_settings *settings;
    gox_log *log;
    struct gox_tokens tokens;
    uint64_t epoch; /* counts what was read of the file */
    struct stat seen;
    bool is_settled; /* and it was not changed when that was looked at */
    int64_t look_at_ns;
    int64_t memory_at_ns;
    uint64_t rss_bytes;
    struct gox_access_stats stats;
    struct gox_rate_table *rates; /* made when the first is needed */
};

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

/* A revoked token must not need anybody to think of a reload. */
static void look_at_file(gox_access *a, int64_t now_ns)
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

/* ---- rates ---- */

/* NULL without memory: then nothing is limited, which is better than to refuse
 * everybody. */
static struct gox_rate_peer *find_peer(gox_access *a, struct gox_grant *g)
{
    if (a->rates == NULL)
        a->rates = gox_calloc(1, sizeof *a->rates);
    if (g->key == 0)
        g->key = gox_rate_key(KEY_OTHER, "", 0);
    return a->rates != NULL ? gox_rate_find(a->rates, g->key, &g->slot) : NULL;
}

static void put_peer(const struct gox_grant *g, char *text, size_t size)
{
    if (g->token_id[0] != '\0')
        snprintf(text, size, "token %s", g->token_id);
    else if (g->address[0] != '\0')
        snprintf(text, size, "%s", g->address);
    else if (g->is_known && g->uid >= 0)
        snprintf(text, size, "user %lld, process %lld", (long long)g->uid,
                (long long)g->pid);
    else
        snprintf(text, size, "an unknown peer");
}

/* Once a minute for each peer, so that a peer cannot fill the log. */
static void tell(gox_access *a, struct gox_grant *g, int64_t now_ns,
        const struct gox_error *err, bool is_token)
{
    struct gox_rate_peer *p = find_peer(a, g);
    char peer[96];
    int64_t *told = p == NULL  ? NULL
                    : is_token ? &p->token_told_at_ns
                               : &p->told_at_ns;
    if (told == NULL || (*told != 0 && now_ns - *told < TELL_NS))
        return;
    *told = now_ns;
    put_peer(g, peer, sizeof peer);
    const struct gox_log_field fields[] = {gox_log_text("peer", peer),
            gox_log_text("code", gox_error_name(err->code)),
            gox_log_uint("auth_failures", a->stats.auth_failures),
            gox_log_uint("rate_limited", a->stats.rate_limited)};
    gox_log_put_fields(a->log, GOX_LOG_WARN, GOX_LOG_C_ACCESS, fields, 4,
            "refused: %s", err->text);
}

static int64_t ms_of(int64_t ns)
{
    return (ns + GOX_NS_PER_MS - 1) / GOX_NS_PER_MS;
}

static int check_rate(gox_access *a, struct gox_grant *g, int64_t now_ns,
        int64_t *retry_after_ms, struct gox_error *err)
{
    const struct gox_settings *s = a->settings;
    if (!s->security_rate_limiting_enabled)
        return 0;
    struct gox_rate_peer *p = find_peer(a, g);
    int64_t wait_ns =
            p == NULL ? 0
                      : gox_bucket_take(&p->requests,
                                s->security_rate_limiting_requests_per_second,
                                s->security_rate_limiting_burst_size, now_ns);
    if (wait_ns == 0)
        return 0;
    a->stats.rate_limited++;
    *retry_after_ms = ms_of(wait_ns);
    gox_error_set(err, GOX_ERR_RATE_LIMITED,
            "more than %lld requests per second, or %lld at once, of one peer "
            "(security.rate_limiting); try again in %lld ms",
            (long long)s->security_rate_limiting_requests_per_second,
            (long long)s->security_rate_limiting_burst_size,
            (long long)*retry_after_ms);
    tell(a, g, now_ns, err, false);
    return GOX_ERR_RATE_LIMITED;
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
    g->key = g->peer_key = gox_rate_key(KEY_UID, &peer.uid, sizeof peer.uid);
    if (is_allowed(a->settings, fd, &peer))
        return 0;
    a->stats.refused++;
    gox_error_set(err, GOX_ERR_FORBIDDEN,
            "user %lld (group %lld) may not use this daemon: it is in neither "
            "security.allowed_uids nor security.allowed_gids",
            (long long)peer.uid, (long long)peer.gid);
    tell(a, g, gox_time_now_ns(), err, false);
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
            gox_rate_key(KEY_ADDRESS, g->address, strlen(g->address));
    return 0;
}

/* ---- tokens of a connection ---- */

static void forget_token(struct gox_grant *g)
{
    g->token_id[0] = '\0';
    g->scopes = 0;
    g->expires_ms = 0;
    g->key = g->peer_key;
}

static int fail_token(gox_access *a, struct gox_grant *g, int64_t now_ns,
        int64_t *retry_after_ms, struct gox_error *err)
{
    struct gox_rate_peer *p = find_peer(a, g);
    a->stats.auth_failures++;
    int64_t wait_ns =
            p == NULL ? 0
                      : gox_bucket_take(&p->failures, FAILURES_PER_SECOND,
                                FAILURES_AT_ONCE, now_ns);
    if (wait_ns > 0) {
        *retry_after_ms = ms_of(wait_ns);
        gox_error_set(err, GOX_ERR_RATE_LIMITED,
                "too many tokens that are not valid; try again in %lld ms",
                (long long)*retry_after_ms);
    } else {
        gox_error_set(err, GOX_ERR_UNAUTHENTICATED,
                "the token is not valid: unknown, revoked or expired; ask for "
                "a new one (goxelctl token new)");
    }
    tell(a, g, now_ns, err, true);
    return err->code;
}

/* While the bucket of failures is empty nothing is looked up at all. */
static int64_t failures_wait_ns(
        gox_access *a, struct gox_grant *g, int64_t now_ns)
{
    struct gox_rate_peer *p = find_peer(a, g);
    struct gox_bucket trial;
    if (p == NULL)
        return 0;
    trial = p->failures;
    return gox_bucket_take(
            &trial, FAILURES_PER_SECOND, FAILURES_AT_ONCE, now_ns);
}

int gox_access_check_token(gox_access *a, struct gox_grant *g,
        const char *token, size_t len, int64_t now_ns, int64_t *retry_after_ms,
        struct gox_error *err)
{
    look_at_file(a, now_ns);
    forget_token(g);
    if (failures_wait_ns(a, g, now_ns) > 0)
        return fail_token(a, g, now_ns, retry_after_ms, err);
    const struct gox_token *found =
            gox_tokens_find(&a->tokens, token, len, gox_time_wall_ms());
    if (found == NULL)
        return fail_token(a, g, now_ns, retry_after_ms, err);
    memcpy(g->token_id, found->id, sizeof g->token_id);
    g->scopes = found->scopes;
    g->epoch = a->epoch;
    g->expires_ms = found->expires_ms;
    g->key = gox_rate_key(KEY_TOKEN, found->id, strlen(found->id));
    gox_log_put(a->log, GOX_LOG_DEBUG, GOX_LOG_C_ACCESS,
            "token %s was given by user %lld, process %lld %s", g->token_id,
            (long long)g->uid, (long long)g->pid, g->address);
    return 0;
}

/* The file has changed since: is the token still in it? */
static void look_up_again(gox_access *a, struct gox_grant *g)
{
    unsigned scopes = 0;
    for (size_t i = 0; i < a->tokens.count; i++)
        if (strcmp(a->tokens.items[i].id, g->token_id) == 0)
            scopes = a->tokens.items[i].scopes;
    g->epoch = a->epoch;
    g->scopes = scopes;
    if (scopes == 0)
        forget_token(g);
}

static unsigned scopes_now(gox_access *a, struct gox_grant *g)
{
    if (g->token_id[0] != '\0' && g->epoch != a->epoch)
        look_up_again(a, g);
    if (g->expires_ms > 0 && g->expires_ms <= gox_time_wall_ms())
        forget_token(g);
    return g->scopes;
}

bool gox_access_may_read(gox_access *a, struct gox_grant *g)
{
    return g->is_trusted || !a->settings->security_enable_authentication ||
           (scopes_now(a, g) & GOX_SCOPE_READ) != 0;
}

static int check_scope(gox_access *a, struct gox_grant *g,
        const struct gox_method *m, struct gox_error *err)
{
    unsigned needs = gox_access_scope_of(m);
    struct gox_buf have;
    if ((scopes_now(a, g) & needs) == needs)
        return 0;
    a->stats.forbidden++;
    if (g->token_id[0] == '\0')
        return gox_error_set(err, GOX_ERR_UNAUTHENTICATED,
                "this daemon asks for a token (security.enable_"
                "authentication): call daemon.authenticate with one before "
                "%s; over HTTP send it as Authorization: Bearer",
                m->name);
    gox_buf_init(&have, 64);
    gox_scopes_put(&have, g->scopes);
    const char *text = gox_buf_text(&have);
    gox_error_set(err, GOX_ERR_FORBIDDEN,
            "%s needs a token with the scope %s; token %s has %s", m->name,
            needs == GOX_SCOPE_ADMIN  ? "admin"
            : needs == GOX_SCOPE_EDIT ? "edit"
                                      : "read",
            g->token_id, text != NULL ? text : "others");
    gox_buf_fini(&have);
    return GOX_ERR_FORBIDDEN;
}

int gox_access_check_call(gox_access *a, struct gox_grant *g,
        const struct gox_method *m, int64_t now_ns, int64_t *retry_after_ms,
        struct gox_error *err)
{
    if (g->is_trusted || (m->flags & GOX_METHOD_HEALTH) != 0)
        return 0;
    int code = check_rate(a, g, now_ns, retry_after_ms, err);
    if (code < 0 || !a->settings->security_enable_authentication)
        return code;
    look_at_file(a, now_ns);
    code = check_scope(a, g, m, err);
    if (code < 0)
        tell(a, g, now_ns, err, false);
    return code;
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
