/* SPDX-License-Identifier: Apache-2.0
 * The allowed directories, and finding for a client's path the one it is
 * below. Each root is held open, so renaming it does not change what it is. */
#include "platform/path.h"

#include "base/alloc.h"
#include "platform/os.h"
#include "platform/path_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct root {
    char *names[2]; /* as it was given; and with its links resolved */
    int fd;
};
struct gox_paths {
    struct root *roots;
    size_t count, capacity;
    char *base;
    bool is_all, use_walk;
};

gox_paths *gox_paths_new(const char *base_dir)
{
    gox_paths *paths = gox_calloc(1, sizeof *paths);
    if (paths == NULL)
        return NULL;
    paths->base = gox_strdup(base_dir);
    if (paths->base == NULL) {
        gox_free(paths);
        return NULL;
    }
    return paths;
}

void gox_paths_free(gox_paths *paths)
{
    if (paths == NULL)
        return;
    for (size_t i = 0; i < paths->count; i++) {
        close(paths->roots[i].fd);
        gox_free(paths->roots[i].names[0]);
        gox_free(paths->roots[i].names[1]);
    }
    gox_free(paths->roots);
    gox_free(paths->base);
    gox_free(paths);
}

void gox_paths_use_walk(gox_paths *paths, bool use_walk)
{
    paths->use_walk = use_walk;
}

static char *resolved_name(const char *dir)
{
    char *real = realpath(dir, NULL);
    char *name = gox_strdup(real != NULL ? real : dir);
    free(real);
    return name;
}

int gox_paths_add(gox_paths *paths, const char *dir, struct gox_error *err)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    int code = gox_os_absolute(dir, &text);
    if (code < 0 || !gox_grow(&paths->roots, &paths->capacity, paths->count + 1,
                            sizeof *paths->roots)) {
        gox_buf_fini(&text);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    struct root root = {{gox_strdup(gox_buf_text(&text)), resolved_name(dir)},
            open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    int error = errno;
    gox_buf_fini(&text);
    if (root.fd >= 0 && root.names[0] != NULL && root.names[1] != NULL) {
        paths->roots[paths->count++] = root;
        return 0;
    }
    gox_free(root.names[0]);
    gox_free(root.names[1]);
    if (root.fd >= 0) {
        close(root.fd);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    return gox_error_set_errno(err, GOX_ERR_IO, error,
            "the allowed directory %s cannot be opened", dir);
}

int gox_paths_add_all(gox_paths *paths, struct gox_error *err)
{
    paths->is_all = true;
    return gox_paths_add(paths, "/", err);
}

int gox_paths_full(
        const gox_paths *paths, const char *path, struct gox_buf *out)
{
    if (path[0] == '/')
        return gox_os_absolute(path, out);
    struct gox_buf joined;
    gox_buf_init(&joined, 0);
    gox_buf_printf(&joined, "%s/%s", paths->base, path);
    const char *text = gox_buf_text(&joined);
    int code = text != NULL ? gox_os_absolute(text, out) : GOX_ERR_NOMEM;
    gox_buf_fini(&joined);
    return code;
}

/* What follows the root in path, NULL when path is not below it. */
static const char *below(const char *root, const char *path)
{
    size_t len = strlen(root);
    if (strncmp(root, path, len) != 0)
        return NULL;
    if (len > 0 && root[len - 1] == '/')
        return path + len; /* the root of all */
    if (path[len] == '\0')
        return path + len;
    return path[len] == '/' ? path + len + 1 : NULL;
}

static void list_roots(const gox_paths *paths, struct gox_buf *out)
{
    for (size_t i = 0; i < paths->count; i++)
        gox_buf_printf(
                out, "%s%s", i > 0 ? ", " : "", paths->roots[i].names[0]);
}

static int fail_forbidden(
        const gox_paths *paths, const char *path, struct gox_error *err)
{
    struct gox_buf list;
    gox_buf_init(&list, 300);
    list_roots(paths, &list);
    const char *text = list.len > 0 ? (const char *)list.data : "none";
    gox_error_set(err, GOX_ERR_FORBIDDEN,
            "%.120s is outside the allowed directories (%.*s); "
            "security.allowed_paths adds to them",
            path, list.len > 0 ? (int)list.len : 4, text);
    gox_buf_fini(&list);
    return GOX_ERR_FORBIDDEN;
}

static int open_below(
        const gox_paths *paths, int root_fd, const char *rest, int flags)
{
    while (*rest == '/')
        rest++;
    if (*rest == '\0')
        rest = ".";
    if (paths->is_all)
        return openat(root_fd, rest, flags | O_CLOEXEC);
    if (!paths->use_walk) {
        int fd = gox__path_beneath(root_fd, rest, flags);
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return fd;
    }
    return gox__path_walk(root_fd, rest, flags);
}

/* Opens path, or its first len bytes. */
static int open_path(const gox_paths *paths, const char *path, size_t len,
        int flags, int *fd, struct gox_error *err)
{
    struct gox_buf full;
    int error = EXDEV;
    *fd = -1;
    gox_buf_init(&full, 0);
    /* Not folded: "a/../b" must mean what the system says it means. */
    if (path[0] != '/' || len == 0)
        gox_buf_printf(&full, "%s/", paths->base);
    gox_buf_put(&full, path, len);
    const char *text = gox_buf_text(&full);
    if (text == NULL) {
        gox_buf_fini(&full);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < paths->count * 2 && *fd < 0 && error == EXDEV; i++) {
        const struct root *root = &paths->roots[i / 2];
        const char *rest = below(root->names[i % 2], text);
        if (rest == NULL)
            continue;
        *fd = open_below(paths, root->fd, rest, flags);
        error = *fd < 0 ? errno : 0;
    }
    gox_buf_fini(&full);
    if (*fd >= 0)
        return 0;
    if (error == EXDEV)
        return fail_forbidden(paths, path, err);
    return gox_error_set_errno(err,
            error == ENOENT || error == ENOTDIR ? GOX_ERR_NOT_FOUND
                                                : GOX_ERR_IO,
            error, "%.200s cannot be opened", path);
}

int gox_paths_open_read(const gox_paths *paths, const char *path, int *fd,
        struct gox_error *err)
{
    if (path[0] == '\0')
        return gox_error_set(err, GOX_ERR_NOT_FOUND, "the path is empty");
    return open_path(paths, path, strlen(path),
            O_RDONLY | O_NONBLOCK | O_NOCTTY, fd, err);
}

int gox_paths_open_parent(const gox_paths *paths, const char *path, int *dir_fd,
        const char **name, struct gox_error *err)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
        return gox_error_set(err, GOX_ERR_IO,
                "\"%.200s\" does not end in the name of a file", path);
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    if (slash == path)
        len = 1;
    return open_path(paths, path, len, O_RDONLY | O_DIRECTORY, dir_fd, err);
}
