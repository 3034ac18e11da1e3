/* SPDX-License-Identifier: Apache-2.0
 * Becoming another user, checked by asking for all three ids afterwards and by
 * trying to come back. */
#include "platform/user.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_already(const struct gox_user *user)
{
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;
    return getresuid(&ruid, &euid, &suid) == 0 &&
           getresgid(&rgid, &egid, &sgid) == 0 && ruid == user->uid &&
           euid == user->uid && suid == user->uid && rgid == user->gid &&
           egid == user->gid && sgid == user->gid;
}

/* Keeps errno for callers between fork and exec, who have nothing else. */
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
    if (setgroups(user->group_count, groups) != 0)
        return refuse(user, "setgroups", err);
    if (setresgid(user->gid, user->gid, user->gid) != 0)
        return refuse(user, "setresgid", err);
    if (setresuid(user->uid, user->uid, user->uid) != 0)
        return refuse(user, "setresuid", err);
    /* A kernel or a module that only pretends must not go unnoticed. */
    if (is_already(user) && (user->uid == 0 || setresuid(0, 0, 0) != 0))
        return 0;
    errno = EPERM;
    return refuse(user, "it did not take effect", err);
}
