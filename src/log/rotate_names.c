/* SPDX-License-Identifier: Apache-2.0
 * The chain of files that were put aside. A step that fails leaves an old file
 * where it was; the next rotation or sweep takes it up again. */
#include "log/compress.h"
#include "log/rotate_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffixes[] = {"", GOX_COMPRESS_SUFFIX};

const char *gox__rotate_name(struct gox_buf *name, const char *path,
        unsigned number, const char *suffix)
{
    gox_buf_reset(name);
    gox_buf_printf(name, "%s.%u%s", path, number, suffix);
    return gox_buf_text(name);
}

/* Moves number to number + 1, or removes it when it is the last. */
static void shift_one(const char *path, unsigned number, bool is_last,
        struct gox_buf *from, struct gox_buf *to)
{
    for (size_t i = 0; i < 2; i++) {
        const char *old = gox__rotate_name(from, path, number, suffixes[i]);
        const char *next = gox__rotate_name(to, path, number + 1, suffixes[i]);
        if (old == NULL || next == NULL)
            return;
        if (is_last)
            unlink(old);
        else
            rename(old, next);
    }
}

/* The first number that no file has, at most max_files: the chain has no holes
 * below it, so that only so many names are touched. */
static unsigned first_free(
        const char *path, unsigned max_files, struct gox_buf *name)
{
    unsigned number = 1;
    for (; number < max_files; number++) {
        bool is_there = false;
        for (size_t i = 0; i < 2; i++) {
            const char *each =
                    gox__rotate_name(name, path, number, suffixes[i]);
            is_there |= each != NULL && access(each, F_OK) == 0;
        }
        if (!is_there)
            break;
    }
    return number;
}

bool gox__rotate_shift(const char *path, unsigned max_files)
{
    if (max_files == 0)
        return unlink(path) == 0;
    struct gox_buf from, to;
    gox_buf_init(&from, 0);
    gox_buf_init(&to, 0);
    for (unsigned i = first_free(path, max_files, &from); i > 0; i--)
        shift_one(path, i, i == max_files, &from, &to);
    const char *first = gox__rotate_name(&to, path, 1, "");
    bool is_moved = first != NULL && rename(path, first) == 0;
    gox_buf_fini(&from);
    gox_buf_fini(&to);
    return is_moved;
}

/* The number in "<base>.<number>[.gz[.tmp]]"; 0 when name is none of these.
 * *is_part: the last form. */
static unsigned long number_of(
        const char *name, const char *base, bool *is_part)
{
    size_t len = strlen(base);
    char *end;
    if (strncmp(name, base, len) != 0 || name[len] != '.' ||
            name[len + 1] < '1' || name[len + 1] > '9')
        return 0;
    errno = 0;
    unsigned long number = strtoul(name + len + 1, &end, 10);
    *is_part = strcmp(end, GOX_COMPRESS_SUFFIX ".tmp") == 0;
    bool is_ours =
            *is_part || *end == '\0' || strcmp(end, GOX_COMPRESS_SUFFIX) == 0;
    return is_ours && errno == 0 ? number : 0;
}

void gox__rotate_sweep(const char *path, unsigned max_files, int64_t max_age_ms,
        int64_t now_ms)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    struct gox_buf dir_name;
    gox_buf_init(&dir_name, 0);
    gox_buf_put(&dir_name, path, (size_t)(base - path));
    gox_buf_put_byte(&dir_name, '.');
    const char *text = gox_buf_text(&dir_name);
    DIR *dir = text != NULL ? opendir(text) : NULL;
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        struct stat st;
        bool is_part = false;
        unsigned long number = number_of(e->d_name, base, &is_part);
        if (number == 0 ||
                fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
                !S_ISREG(st.st_mode))
            continue;
        int64_t age_ms = now_ms - (int64_t)st.st_mtime * 1000;
        if (is_part || number > max_files ||
                (max_age_ms > 0 && age_ms > max_age_ms))
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
    gox_buf_fini(&dir_name);
}
