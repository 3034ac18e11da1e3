/* SPDX-License-Identifier: Apache-2.0
 * What a connection may ask for: its token, the scopes of it, and how often.
 * Each refusal says what was refused, to whom, and by which setting; the log
 * has it once a minute for each peer.
 *
 * Invariant: a token is looked at again when its file has changed or its time
 * is over, before anything is allowed by it. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/access_internal.h"

#include <stdio.h>
#include <string.h>

#define FAILURES_PER_SECOND 1
#define FAILURES_AT_ONCE    5
#define TELL_NS             (60 * GOX_NS_PER_S)

/* ---- rates ---- */

/* NULL without memory: then nothing is limited, which is better than to refuse
 * everybody. */
static struct gox_rate_peer *find_peer(gox_access *a, struct gox_grant *g)
{
    if (a->rates == NULL)
        a->rates = gox_calloc(1, sizeof *a->rates);
    if (g->key == 0)
        g->key = gox_rate_key(GOX__KEY_OTHER, "", 0);
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

void gox__access_tell(gox_access *a, struct gox_grant *g, int64_t now_ns,
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
    gox__access_tell(a, g, now_ns, err, false);
    return GOX_ERR_RATE_LIMITED;
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
    gox__access_tell(a, g, now_ns, err, true);
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
    gox__access_look_at_file(a, now_ns);
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
    g->key = gox_rate_key(GOX__KEY_TOKEN, found->id, strlen(found->id));
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
    gox__access_look_at_file(a, now_ns);
    code = check_scope(a, g, m, err);
    if (code < 0)
        gox__access_tell(a, g, now_ns, err, false);
    return code;
}
