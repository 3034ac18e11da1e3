/* SPDX-License-Identifier: Apache-2.0
 * Users and groups by POSIX, and giving up root. The order of the three calls
 * matters: without root, groups and gid can no longer be changed. */
#include "platform/user.h"

#include "base/alloc.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define ENTRY_BYTES_MAX (1024 * 1024)

/* A bare number up to 2^32 - 2; -1 as an id means "leave it". */
static bool read_number(const char *text, uint32_t *value)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end != '\0' || errno != 0 || number >= UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

/* One record of the user or group data base: 1 found, 0 not, or an error. The
 * buffer grows, since a group may have thousands of members. */
static int look_up(const char *name, bool is_group, uint32_t *uid,
        uint32_t *gid, struct gox_error *err)
{
    int rc = ERANGE, found = 0;
    for (size_t size = 1024; rc == ERANGE && size <= ENTRY_BYTES_MAX;
            size *= 4) {
        char *bytes = gox_malloc(size);
        struct passwd user, *user_found = NULL;
        struct group group, *group_found = NULL;
        if (bytes == NULL)
            return gox_error_set(
                    err, GOX_ERR_NOMEM, "no memory to look up \"%.80s\"", name);
        rc = is_group ? getgrnam_r(name, &group, bytes, size, &group_found)
                      : getpwnam_r(name, &user, bytes, size, &user_found);
        if (group_found != NULL)
            *gid = group_found->gr_gid;
        if (user_found != NULL) {
            *uid = user_found->pw_uid;
            *gid = user_found->pw_gid;
        }
        found = group_found != NULL || user_found != NULL;
        gox_free(bytes);
    }
    /* Some systems say ENOENT for "not there". */
    if (rc == 0 || rc == ENOENT || rc == ESRCH)
        return found;
    return gox_error_set_errno(err, GOX_ERR_IO, rc, "the %s \"%.80s\" %s",
            is_group ? "group" : "user", name, "cannot be looked up");
}

int gox_user_find_group(const char *group, uint32_t *gid, struct gox_error *err)
{
    uint32_t unused;
    int code = look_up(group, true, &unused, gid, err);
    if (code != 0)
        return code < 0 ? code : 0;
    if (read_number(group, gid))
        return 0;
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "there is no group \"%.80s\"; create it or name another", group);
}

static int read_groups(struct gox_user *out, struct gox_error *err)
{
    gid_t list[GOX_USER_GROUPS_MAX];
    int count = GOX_USER_GROUPS_MAX;
    if (out->name[0] == '\0') {
        out->groups[0] = out->gid;
        out->group_count = 1;
        return 0;
    }
    if (getgrouplist(out->name, out->gid, list, &count) < 0)
        return gox_error_set(err, GOX_ERR_RANGE,
                "the user %s is in %d groups; %d are possible", out->name,
                count, GOX_USER_GROUPS_MAX);
    out->group_count = (size_t)count;
    for (int i = 0; i < count; i++)
        out->groups[i] = list[i];
    return 0;
}

int gox_user_find(const char *user, const char *group, struct gox_user *out,
        struct gox_error *err)
{
    bool has_group = group != NULL && group[0] != '\0';
    *out = (struct gox_user){0};
    int code = look_up(user, false, &out->uid, &out->gid, err);
    if (code < 0)
        return code;
    if (code == 1 && strlen(user) < sizeof out->name)
        memcpy(out->name, user, strlen(user) + 1);
    else if (code == 1)
        return gox_error_set(err, GOX_ERR_RANGE,
                "the user name \"%.80s\" is too long", user);
    else if (!read_number(user, &out->uid))
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "there is no user \"%.80s\"; create it or name another", user);
    else if (!has_group)
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "user %.80s has no account here, so its group must be named",
                user);
    code = has_group ? gox_user_find_group(group, &out->gid, err) : 0;
    return code < 0 ? code : read_groups(out, err);
}
