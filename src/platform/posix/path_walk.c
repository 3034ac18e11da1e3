/* SPDX-License-Identifier: Apache-2.0
 * Resolution below a directory, component by component, for systems without
 * openat2. Links are read and followed here, never by the kernel; ".." goes
 * back to a directory that was opened on the way down.
 *
 * Invariant: dirs[0] is the root and is never left upwards. */
#include "platform/path_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 128
#define MAX_LINKS 40

struct walk {
    int dirs[MAX_DEPTH]; /* dirs[0] borrowed */
    int depth;
    int links;
    char rest[PATH_MAX];
};

static int fail(int error)
{
    errno = error;
    return -1;
}

/* Cuts the first component off w->rest into name; 0 when there is none. */
static int next_component(struct walk *w, char name[NAME_MAX + 1])
{
    char *p = w->rest + strspn(w->rest, "/");
    size_t len = strcspn(p, "/");
    if (len > NAME_MAX)
        return fail(ENAMETOOLONG);
    memcpy(name, p, len);
    name[len] = '\0';
    memmove(w->rest, p + len, strlen(p + len) + 1);
    return len > 0;
}

/* Puts the target of a link before the rest. */
static int follow_link(struct walk *w, const char *name)
{
    char target[PATH_MAX];
    ssize_t len =
            readlinkat(w->dirs[w->depth], name, target, sizeof target - 1);
    if (len < 0) /* EINVAL: it is no link, so a file where a directory is due */
        return fail(errno == EINVAL ? ENOTDIR : errno);
    target[len] = '\0';
    if (target[0] == '/')
        return fail(EXDEV);
    if (++w->links > MAX_LINKS)
        return fail(ELOOP);
    size_t rest = strlen(w->rest);
    if ((size_t)len + 1 + rest >= sizeof w->rest)
        return fail(ENAMETOOLONG);
    memmove(w->rest + len + 1, w->rest, rest + 1);
    memcpy(w->rest, target, (size_t)len);
    w->rest[len] = '/';
    return 0;
}

static int go_up(struct walk *w)
{
    if (w->depth == 0)
        return fail(EXDEV);
    close(w->dirs[w->depth--]);
    return 0;
}

static int go_down(struct walk *w, const char *name)
{
    if (w->depth + 1 >= MAX_DEPTH)
        return fail(ELOOP);
    int fd = openat(w->dirs[w->depth], name,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP || errno == ENOTDIR ? follow_link(w, name) : -1;
    w->dirs[++w->depth] = fd;
    return 0;
}

/* The last component, or the directory reached when there is none. */
static int open_last(struct walk *w, const char *name, int flags)
{
    int fd = openat(w->dirs[w->depth], name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    int error = errno;
    if ((error == ELOOP || error == ENOTDIR || error == EMLINK) &&
            follow_link(w, name) == 0)
        return -2; /* go on with the target */
    return errno == ENOTDIR ? fail(error) : -1;
}

static int walk_all(struct walk *w, int flags)
{
    char name[NAME_MAX + 1];
    for (;;) {
        int more = next_component(w, name);
        if (more < 0)
            return -1;
        bool is_last = w->rest[strspn(w->rest, "/")] == '\0';
        int result = 0;
        if (more == 0 || (is_last && strcmp(name, ".") == 0))
            return openat(w->dirs[w->depth], ".", flags | O_CLOEXEC);
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0)
            result = go_up(w);
        else if (!is_last)
            result = go_down(w, name);
        else if ((result = open_last(w, name, flags)) != -2)
            return result;
        if (result == -1)
            return -1;
    }
}

int gox__path_walk(int root_fd, const char *path, int flags)
{
    struct walk w = {.dirs = {root_fd}};
    if (strlen(path) >= sizeof w.rest)
        return fail(ENAMETOOLONG);
    if (path[0] == '/')
        return fail(EXDEV);
    if (path[0] == '\0')
        return fail(ENOENT);
    snprintf(w.rest, sizeof w.rest, "%s", path);
    int fd = walk_all(&w, flags);
    int error = errno;
    while (w.depth > 0)
        close(w.dirs[w.depth--]);
    errno = error;
    return fd;
}
