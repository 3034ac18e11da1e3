/* SPDX-License-Identifier: Apache-2.0
 * Changing the file of tokens: lock, read, write a new one beside it, rename. A
 * reader sees the old file or the new one.
 *
 * Root may change the file of a daemon that runs as another user: the new file
 * belongs to whom the old one did, or to the owner of its directory. */
#include "base/alloc.h"
#include "base/io.h"
#include "config/tokens.h"
#include "config/tokens_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0600

/* "path" plus suffix; NULL: no memory. Owned. */
static char *name_of(const char *path, const char *suffix)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_buf_printf(&text, "%s%s", path, suffix);
    const char *all = gox_buf_text(&text);
    char *copy = all != NULL ? gox_strdup(all) : NULL;
    gox_buf_fini(&text);
    return copy;
}

/* Only root gives files away: to whom the file at path belongs, or its
 * directory. */
static bool give(const char *path, int fd)
{
    struct stat st;
    char *dir = gox_strdup(path);
    if (dir == NULL)
        return false;
    char *slash = strrchr(dir, '/');
    if (slash != NULL)
        slash[slash == dir] = '\0';
    bool is_known =
            stat(path, &st) == 0 || stat(slash != NULL ? dir : ".", &st) == 0;
    gox_free(dir);
    return geteuid() != 0 ||
           (is_known && fchown(fd, st.st_uid, st.st_gid) == 0);
}

/* Made by root it must still be the daemon's user who can lock it; one that was
 * there already is not given away, whatever it may be a link to. */
static int open_lock(const char *name, const char *path)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(name, flags | O_CREAT | O_EXCL, MODE);
    if (fd < 0)
        return errno == EEXIST ? open(name, flags) : -1;
    if (!give(path, fd)) {
        int error = errno;
        close(fd);
        unlink(name);
        errno = error;
        return -1;
    }
    return fd;
}

/* Two that change the file at the same time do so one after the other. */
static int take_lock(const char *path, int *fd, struct gox_error *err)
{
    char *name = name_of(path, ".lock");
    if (name == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    *fd = open_lock(name, path);
    int error = errno;
    if (*fd >= 0 && flock(*fd, LOCK_EX) != 0) {
        error = errno;
        close(*fd);
        *fd = -1;
    }
    int code = 0;
    if (*fd < 0)
        code = gox_error_set_errno(
                err, GOX_ERR_IO, error, "%s cannot be locked", name);
    gox_free(name);
    return code;
}

static int write_file(
        const char *path, const struct gox_buf *text, struct gox_error *err)
{
    char *temporary = name_of(path, ".new");
    if (temporary == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    unlink(temporary); /* of a run that was cut off; we hold the lock */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    bool is_done = fd >= 0 && give(path, fd) &&
                   gox_write_all(fd, text->data, text->len) == text->len &&
                   fsync(fd) == 0 && rename(temporary, path) == 0;
    int code = 0;
    if (!is_done) {
        code = gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the token file %s cannot be written; it is unchanged", path);
        if (fd >= 0)
            unlink(temporary);
    }
    if (fd >= 0)
        close(fd);
    gox_free(temporary);
    return code;
}

/* Removes the token with this id (NULL: none), adds own (NULL: none). */
static int change(const char *path, const char *without,
        const struct gox_token *with, struct gox_error *err)
{
    struct gox_tokens tokens = {0};
    struct gox_buf text;
    int lock = -1;
    int code = take_lock(path, &lock, err);
    if (code < 0)
        return code;
    gox_buf_init(&text, 0);
    gox_buf_put_str(&text, "# id scopes created expires sha256 name; changed "
                           "by goxelctl token\n");
    code = gox__tokens_load(&tokens, path, geteuid() == 0, err);
    if (code == GOX_ERR_NOT_FOUND && with != NULL)
        code = 0;
    size_t kept = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        if (without != NULL && strcmp(tokens.items[i].id, without) == 0)
            continue;
        gox__token_put(&text, &tokens.items[i]);
        kept++;
    }
    if (code == 0 && without != NULL && kept == tokens.count)
        code = gox_error_set(err, GOX_ERR_NOT_FOUND,
                "no token in %s has the id %.40s; goxelctl token list shows "
                "them",
                path, without);
    if (with != NULL)
        gox__token_put(&text, with);
    if (code == 0 && gox_buf_error(&text) < 0)
        code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (code == 0)
        code = write_file(path, &text, err);
    gox_tokens_fini(&tokens);
    gox_buf_fini(&text);
    close(lock);
    return code;
}

int gox_tokens_add(
        const char *path, const struct gox_token *token, struct gox_error *err)
{
    return change(path, NULL, token, err);
}

int gox_tokens_remove(const char *path, const char *id, struct gox_error *err)
{
    return change(path, id, NULL, err);
}
