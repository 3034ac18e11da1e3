/* SPDX-License-Identifier: Apache-2.0
 * The file of access tokens: who may do what with a server that asks for them.
 * One line a token:
 *     id scopes created expires hash name
 *     4f1c09aa read,edit 2026-01-02T03:04:05Z - 9f86...0f00a08 build server
 * expires "-": never. Empty lines and lines that begin with '#' are skipped.
 *
 * hash is the SHA-256 of the token. A slow hash, as for passwords, would gain
 * nothing: a token is 256 bits from the system's random source, so there is no
 * list of likely ones to try, and each request over HTTP pays for the check.
 *
 * Invariants: the secret itself is in no file; only its owner (or root) may
 * read the file; it changes as a whole, under a lock. */
#ifndef GOX_CONFIG_TOKENS_H
#define GOX_CONFIG_TOKENS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, bit, text) */
#define GOX_SCOPE_LIST(X)                                                      \
    X(READ, 1u, "read")                                                        \
    X(EDIT, 2u, "edit")                                                        \
    X(ADMIN, 4u, "admin")
enum gox_scope {
#define GOX_SCOPE_ENUM(name, bit, text) GOX_SCOPE_##name = bit,
    GOX_SCOPE_LIST(GOX_SCOPE_ENUM)
#undef GOX_SCOPE_ENUM
            GOX_SCOPE_ALL = 7
};

#define GOX_TOKEN_PREFIX       "goxel_"
#define GOX_TOKEN_ID_BYTES     9 /* with the NUL */
#define GOX_TOKEN_NAME_BYTES   65
#define GOX_TOKEN_HASH_BYTES   32
#define GOX_TOKEN_SECRET_BYTES 50 /* prefix, 43 letters for 256 bits, NUL */

struct gox_token {
    char id[GOX_TOKEN_ID_BYTES];
    unsigned scopes;    /* enum gox_scope */
    int64_t created_ms; /* since 1970 */
    int64_t expires_ms; /* 0: never */
    uint8_t hash[GOX_TOKEN_HASH_BYTES];
    char name[GOX_TOKEN_NAME_BYTES]; /* for people; may be empty */
};

struct gox_tokens {
    struct gox_token *items; /* owned */
    size_t count, capacity;
};

/* Fills *tokens (which was not initialised). GOX_ERR_NOT_FOUND: no file;
 * GOX_ERR_FORBIDDEN: others may read or change it; GOX_ERR_FORMAT: with the
 * line; GOX_ERR_IO, GOX_ERR_NOMEM. */
int gox_tokens_load(struct gox_tokens *tokens, const char *path,
        struct gox_error *err) GOX_MUST_CHECK;
/* The same for a tool that shows the file: root may look at the file of a
 * daemon that runs as somebody else. */
int gox_tokens_load_for_admin(struct gox_tokens *tokens, const char *path,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_tokens_fini(struct gox_tokens *tokens);

/* The token whose secret this is and which has not expired; NULL: none. The
 * time it takes depends on how many tokens there are and on nothing else. */
const struct gox_token *gox_tokens_find(const struct gox_tokens *tokens,
        const char *secret, size_t len, int64_t now_ms);

/* A new token and its secret, the only copy. name may be NULL. GOX_ERR_IO when
 * the system gives no random bytes; GOX_ERR_PARAMS for a name that does not
 * fit a line. */
int gox_token_make(struct gox_token *token, char secret[GOX_TOKEN_SECRET_BYTES],
        unsigned scopes, const char *name, int64_t created_ms,
        int64_t expires_ms, struct gox_error *err) GOX_MUST_CHECK;
/* Overwrites a secret that is no longer needed; no compiler leaves it out. */
void gox_token_wipe(void *secret, size_t len);
/* Adds it to the file, which is made (mode 0600) when it is not there. */
int gox_tokens_add(const char *path, const struct gox_token *token,
        struct gox_error *err) GOX_MUST_CHECK;
/* GOX_ERR_NOT_FOUND: no token has this id. */
int gox_tokens_remove(
        const char *path, const char *id, struct gox_error *err) GOX_MUST_CHECK;

/* "read,edit"; 0 for a text that is none. */
unsigned gox_scopes_parse(const char *text, size_t len);
void gox_scopes_put(struct gox_buf *out, unsigned scopes);

#endif
