/* SPDX-License-Identifier: Apache-2.0
 * Who may connect, and what a connection may ask for: peer credentials, tokens
 * and their scopes, and how often. docs/security.md tells it to users.
 *
 * With security.enable_authentication every connection gives a token first,
 * also one of the daemon's own user and of root: who may do what is then in
 * one place. Health is answered without (a supervisor has no token), and the
 * client of --stdio, which started the daemon, needs none.
 *
 * Invariant: what has no rule is refused to all but tokens with `edit`. Loop
 * thread only; the settings are looked at anew each time, so that a reload
 * acts at once. */
#ifndef GOX_DAEMON_ACCESS_H
#define GOX_DAEMON_ACCESS_H

#include "base/error.h"
#include "config/settings.h"
#include "config/tokens.h"
#include "log/log.h"
#include "rpc/method.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gox_access gox_access;

/* What is known of the other end; part of each session. All zero: nothing. */
struct gox_grant {
    bool is_trusted;                   /* --stdio: no limits */
    bool is_known;                     /* gox_access_admit has filled it in */
    int64_t uid, pid;                  /* -1: not known */
    char address[64];                  /* of TCP; "" else */
    char token_id[GOX_TOKEN_ID_BYTES]; /* "": none was given */
    unsigned scopes;
    int64_t expires_ms; /* of the token; 0: never */
    uint64_t epoch;     /* of the tokens when it was checked */
    uint64_t peer_key;  /* of uid or address */
    uint64_t key;       /* for rate limits: of the token or the peer */
    uint32_t slot;
};

/* Settings and log are borrowed. Reads the tokens when they are asked for; NULL
 * with err set. */
gox_access *gox_access_new(const struct gox_settings *settings, gox_log *log,
        struct gox_error *err);
void gox_access_free(gox_access *access);

/* A new connection on fd (a socket of any kind): GOX_ERR_FORBIDDEN when
 * security.allowed_uids and allowed_gids do not have its peer. */
int gox_access_admit(gox_access *access, int fd, struct gox_grant *grant,
        struct gox_error *err) GOX_MUST_CHECK;

/* Gives the connection the scopes of its token; also for Bearer tokens of HTTP.
 * GOX_ERR_UNAUTHENTICATED (the grant has none then), GOX_ERR_RATE_LIMITED
 * after too many failures, with *retry_after_ms. */
int gox_access_check_token(gox_access *access, struct gox_grant *grant,
        const char *token, size_t len, int64_t now_ns, int64_t *retry_after_ms,
        struct gox_error *err) GOX_MUST_CHECK;

/* Before each request. GOX_ERR_UNAUTHENTICATED, GOX_ERR_FORBIDDEN,
 * GOX_ERR_RATE_LIMITED with *retry_after_ms. */
int gox_access_check_call(gox_access *access, struct gox_grant *grant,
        const struct gox_method *method, int64_t now_ns,
        int64_t *retry_after_ms, struct gox_error *err) GOX_MUST_CHECK;

/* Whether the connection may (still) be told what it subscribed to: its token
 * may have been revoked since. */
bool gox_access_may_read(gox_access *access, struct gox_grant *grant);

/* GOX_ERR_BUSY with *retry_after_ms when so much more memory would pass
 * performance.max_memory_mb. Only for requests that need memory. */
int gox_access_check_memory(gox_access *access, uint64_t more_bytes,
        int64_t now_ns, int64_t *retry_after_ms,
        struct gox_error *err) GOX_MUST_CHECK;

/* Reads the file of tokens again when it has changed; what was revoked is
 * refused from now on. It is also looked at once a second while requests come.
 * When the new file is wrong the old tokens stay, with err set. */
int gox_access_reload(gox_access *access, struct gox_error *err) GOX_MUST_CHECK;

/* True for the file of tokens and its lock: no request may open them. dir_fd is
 * the directory that holds `name`. Any thread. */
bool gox_access_is_private(
        const gox_access *access, int dir_fd, const char *name);
/* The same for an open file. Any thread. */
bool gox_access_is_private_file(const gox_access *access, int fd);

/* The scope that a method needs; 0: none. */
unsigned gox_access_scope_of(const struct gox_method *method);

struct gox_access_stats {
    uint64_t refused;       /* connections, by peer credentials */
    uint64_t auth_failures; /* tokens that were none */
    uint64_t forbidden;     /* requests beyond the scopes, or without token */
    uint64_t rate_limited;  /* requests */
    uint64_t out_of_memory; /* requests, by performance.max_memory_mb */
    size_t tokens;
};
void gox_access_get_stats(
        const gox_access *access, struct gox_access_stats *stats);

#endif
