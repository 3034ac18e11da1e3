/* SPDX-License-Identifier: Apache-2.0
 * Shared by reading and changing the file of tokens. */
#ifndef GOX_CONFIG_TOKENS_INTERNAL_H
#define GOX_CONFIG_TOKENS_INTERNAL_H

#include "config/tokens.h"

/* Appends the token's line. */
void gox__token_put(struct gox_buf *out, const struct gox_token *token);
/* gox_tokens_load; is_any_owner: also another user's file, for root, who
 * changes the file of a daemon that runs as somebody else. */
int gox__tokens_load(struct gox_tokens *tokens, const char *path,
        bool is_any_owner, struct gox_error *err) GOX_MUST_CHECK;

#endif
