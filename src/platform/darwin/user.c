/* SPDX-License-Identifier: Apache-2.0
 * Becoming another user on macOS, which has no setresuid(2): as root, setgid
 * and setuid change all three ids. Not tested on macOS yet. */
#include "platform/user.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_already(const struct gox_user *user)
{
    return getuid() == user->uid && geteuid() == user->uid &&
           getgid() == user->gid && getegid() == user->gid;
}

static int refuse(
        const struct gox_user *user, const char *what, struct gox_error *err)
{
    int error = errno;
    int code = gox_error_set_errno(err,
            error == EPERM ? GOX_ERR_FORBIDDEN : GOX_ERR_IO, error,
            "cannot become user %u, group %u (%s)", user->uid, user->gid, what);
    errno = error;
    return code;
}

int gox_user_drop(const struct gox_user *user, struct gox_error *err)
{
    gid_t groups[GOX_USER_GROUPS_MAX];
    if (geteuid() != 0 && is_already(user))
        return 0;
    for (size_t i = 0; i < user->group_count; i++)
        groups[i] = user->groups[i];
    if (setgroups((int)user->group_count, groups) != 0)
        return refuse(user, "setgroups", err);
    if (setgid(user->gid) != 0)
        return refuse(user, "setgid", err);
    if (setuid(user->uid) != 0)
        return refuse(user, "setuid", err);
    if (is_already(user) && (user->uid == 0 || setuid(0) != 0))
        return 0;
    errno = EPERM;
    return refuse(user, "it did not take effect", err);
}
