/* SPDX-License-Identifier: Apache-2.0
 * Users and groups by name or number, and becoming another user for good.
 *
 * Invariant: after gox_user_drop has returned 0 there is no way back. */
#ifndef GOX_PLATFORM_USER_H
#define GOX_PLATFORM_USER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define GOX_USER_GROUPS_MAX 128

struct gox_user {
    uint32_t uid, gid;
    size_t group_count;
    uint32_t groups[GOX_USER_GROUPS_MAX]; /* supplementary, with gid */
    char name[64];                        /* empty for a bare number */
};

/* By name, or by number when there is no such name. group (NULL or "": the
 * user's own) replaces gid; the supplementary groups are the user's. A number
 * without an account needs a group. GOX_ERR_NOT_FOUND, GOX_ERR_RANGE (more
 * groups than GOX_USER_GROUPS_MAX), GOX_ERR_IO. */
int gox_user_find(const char *user, const char *group, struct gox_user *out,
        struct gox_error *err) GOX_MUST_CHECK;
/* The number of a group by name or number. GOX_ERR_NOT_FOUND, GOX_ERR_IO. */
int gox_user_find_group(
        const char *group, uint32_t *gid, struct gox_error *err) GOX_MUST_CHECK;

/* Groups first, then gid, then uid, each real, effective and saved; then
 * checks that all took effect and that root does not come back. Fine when it
 * is that user already. On failure the process must end: it may be half
 * changed. Before the first thread. GOX_ERR_FORBIDDEN, GOX_ERR_IO; errno is
 * that of the call that failed. */
int gox_user_drop(
        const struct gox_user *user, struct gox_error *err) GOX_MUST_CHECK;

#endif
