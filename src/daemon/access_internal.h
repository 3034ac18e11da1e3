/* SPDX-License-Identifier: Apache-2.0
 * What access.c (who may connect) and access_grant.c (what they may ask for)
 * share.
 *
 * Invariant: epoch counts up whenever the tokens change, so that a grant knows
 * whether it is still what the file says. */
#ifndef GOX_DAEMON_ACCESS_INTERNAL_H
#define GOX_DAEMON_ACCESS_INTERNAL_H

#include "daemon/access.h"
#include "daemon/rate_limit.h"

#include <sys/stat.h>

/* What a key for rate limits is made of. */
enum gox__key_kind {
    GOX__KEY_UID,
    GOX__KEY_ADDRESS,
    GOX__KEY_TOKEN,
    GOX__KEY_OTHER
};

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

/* Reads the file of tokens when it has changed, looking once a second: a
 * revoked token must not need anybody to think of a reload. */
void gox__access_look_at_file(gox_access *access, int64_t now_ns);
/* Logs a refusal: once a minute for each peer (and once for its tokens), so
 * that a peer cannot fill the log. */
void gox__access_tell(gox_access *access, struct gox_grant *grant,
        int64_t now_ns, const struct gox_error *err, bool is_token);

#endif
