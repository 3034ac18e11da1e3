/* SPDX-License-Identifier: Apache-2.0
 * What the tests of access and of bounds share: one daemon at a time, its
 * tokens, its log and its directory.
 *
 * Invariant: the directory is there for one test, from rig_set_up to
 * rig_tear_down. */
#ifndef GOX_TESTS_ACCESS_RIG_H
#define GOX_TESTS_ACCESS_RIG_H

#include "config/tokens.h"
#include "daemon/wire.h"

/* The options of a daemon that asks for tokens. */
#define WITH_TOKENS                                                            \
    "--set", "security.enable_authentication=true", "--set",                   \
            rig_option("security.token_file", rig_in_dir("tokens")),           \
            "--log-file", rig_in_dir("log")

/* For cmocka. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
struct wire *rig_wire(void);
void rig_start(const char *const *args);

/* A token in dir/tokens. */
void rig_add_token(char secret[GOX_TOKEN_SECRET_BYTES], struct gox_token *token,
        unsigned scopes, int64_t expires_ms);
/* Gives the token; the answer has the expected text. */
void rig_login(int fd, const char *secret, const char *expected);
/* Asks; the answer has the expected text. */
void rig_call(
        int fd, const char *method, const char *params, const char *expected);

/* Whether the daemon's log (its file) has the text. */
bool rig_log_has(const char *text);
/* Waits until it has. */
void rig_expect_log(const char *text);

/* "name=value" and a path in the directory; the next few calls keep them. */
const char *rig_option(const char *name, const char *value);
const char *rig_in_dir(const char *name);

#endif
