/* SPDX-License-Identifier: Apache-2.0
 * Names of projects as names of files, and moving those.
 *
 * Letters, digits, '-', '_' and all of UTF-8 beyond ASCII stay; other bytes
 * become %XX. What would be too long for a file system is cut and ends in a
 * hash. The true name is inside the file.
 *
 * Invariant: different names give different files. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PLAIN 180 /* bytes of an escaped name */

int gox__name_check(const char *name, struct gox_error *err)
{
    size_t len = strlen(name);

    if (len == 0 || len >= GOX_NAME_BYTES)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "a project's name has 1 to %d bytes, this has %zu",
                GOX_NAME_BYTES - 1, len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f || c == '/')
            return gox_error_set(err, GOX_ERR_PARAMS,
                    "a project's name must not have control characters or "
                    "slashes");
    }
    return 0;
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

static void put_escaped(struct gox_buf *buf, const char *name)
{
    size_t start = buf->len;

    for (const char *p = name; *p != '\0'; p++) {
        if (is_plain((unsigned char)*p))
            gox_buf_put_byte(buf, (uint8_t)*p);
        else
            gox_buf_printf(buf, "%%%02X", (unsigned)(unsigned char)*p);
    }
    if (buf->error != 0 || buf->len - start <= MAX_PLAIN)
        return;
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA2_CTX ctx;
    SHA256Init(&ctx);
    SHA256Update(&ctx, (const uint8_t *)name, strlen(name));
    SHA256Final(hash, &ctx);
    size_t end = start + MAX_PLAIN - 40;
    while (end > start && (buf->data[end] & 0xc0) == 0x80)
        end--;
    buf->len = end;
    /* '~' is escaped otherwise, so no short name looks like this. */
    gox_buf_put_byte(buf, '~');
    for (unsigned i = 0; i < 16; i++)
        gox_buf_printf(buf, "%02x", hash[i]);
}

static char *take_text(struct gox_buf *buf)
{
    const char *text = gox_buf_text(buf);
    char *copy = text == NULL ? NULL : gox_strdup(text);

    gox_buf_fini(buf);
    return copy;
}

char *gox__name_path(const char *folder, const char *name, const char *suffix)
{
    struct gox_buf buf;

    gox_buf_init(&buf, 0);
    gox_buf_put_str(&buf, folder);
    gox_buf_put_byte(&buf, '/');
    put_escaped(&buf, name);
    gox_buf_put_str(&buf, suffix);
    return take_text(&buf);
}

char *gox__path_join(const char *a, const char *b)
{
    struct gox_buf buf;

    gox_buf_init(&buf, 0);
    gox_buf_put_str(&buf, a);
    gox_buf_put_str(&buf, b);
    return take_text(&buf);
}

bool gox__file_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

bool gox__file_is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t gox__file_bytes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void gox__dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* Some file systems refuse it; the name is then at worst the old one. */
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static int move_one(const char *from, const char *to, const char *suffix,
        bool must_exist, struct gox_error *err)
{
    char *a = gox__path_join(from, suffix), *b = gox__path_join(to, suffix);
    int rc = 0;

    if (a == NULL || b == NULL)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    else if (rename(a, b) != 0 && (must_exist || errno != ENOENT))
        rc = gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot rename %s to %s", a, b);
    gox_free(a);
    gox_free(b);
    return rc;
}

int gox__file_move(const char *from, const char *to, struct gox_error *err)
{
    if (gox__file_exists(to))
        return gox_error_set(
                err, GOX_ERR_EXISTS, "%s is there already; remove it", to);
    /* The log first: a file without its log is older, a log without its file
     * is nothing. */
    int rc = move_one(from, to, "-wal", false, err);
    return rc < 0 ? rc : move_one(from, to, "", true, err);
}

int gox__dir_make(const char *path, struct gox_error *err)
{
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return 0;
    return gox_error_set_errno(err,
            errno == EROFS || errno == EACCES ? GOX_ERR_READ_ONLY : GOX_ERR_IO,
            errno, "cannot make the directory %s", path);
}

bool gox__name_is_file(const char *name)
{
    size_t len = strlen(name), suffix = strlen(GOX_STORE_SUFFIX);

    return len > suffix && strcmp(name + len - suffix, GOX_STORE_SUFFIX) == 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool gox__name_is_of(const char *dir, const char *name, const char *path)
{
    char *own = gox__name_path(dir, name, GOX_STORE_SUFFIX);
    bool is_same = own != NULL && strcmp(own, path) == 0;

    gox_free(own);
    return is_same;
}

void gox__name_from_file(const char *file, char name[GOX_NAME_BYTES])
{
    size_t end = strlen(file) - strlen(GOX_STORE_SUFFIX), len = 0;

    for (size_t i = 0; i < end && len + 1 < GOX_NAME_BYTES; i++) {
        int high = file[i] == '%' && end - i > 2 ? hex_digit(file[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(file[i + 2]) : -1;
        name[len++] = low >= 0 ? (char)(high * 16 + low) : file[i];
        i += low >= 0 ? 2 : 0;
    }
    name[len] = '\0';
}
