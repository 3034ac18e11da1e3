/* SPDX-License-Identifier: Apache-2.0
 * Projects that were deleted: they are in a folder of their own until they are
 * put back or their time is over.
 *
 * Invariant: only closed projects are moved. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both paths of a closed project, in its place and in the trash. */
static int trash_paths(gox_stores *stores, const char *name, char **place,
        char **trashed, struct gox_error *err)
{
    int rc = gox__name_check(name, err);

    *place = *trashed = NULL;
    if (rc < 0)
        return rc;
    if (stores->vfs == NULL)
        return gox_error_set(err, GOX_ERR_READ_ONLY,
                "%s was opened to read only", stores->dir);
    *place = gox__name_path(stores->dir, name, GOX_STORE_SUFFIX);
    *trashed = gox__name_path(stores->trash, name, GOX_STORE_SUFFIX);
    if (*place == NULL || *trashed == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    pthread_mutex_lock(&stores->mutex);
    bool is_open = gox__stores_find(stores, name) != NULL;
    pthread_mutex_unlock(&stores->mutex);
    if (is_open)
        return gox_error_set(err, GOX_ERR_BUSY,
                "project \"%s\" is open; close it first", name);
    return gox__dir_make(stores->trash, err);
}

static void remove_trashed(const char *path)
{
    char *wal = gox__path_join(path, "-wal");

    (void)unlink(path);
    if (wal != NULL)
        (void)unlink(wal);
    gox_free(wal);
}

int gox_stores_delete(
        gox_stores *stores, const char *name, struct gox_error *err)
{
    char *place, *trashed;

    int rc = trash_paths(stores, name, &place, &trashed, err);
    if (rc == 0 && !gox__file_exists(place))
        rc = gox_error_set(
                err, GOX_ERR_NOT_FOUND, "there is no project \"%s\"", name);
    if (rc == 0) {
        /* The one of this name that was deleted before goes for good. */
        remove_trashed(trashed);
        rc = gox__file_move(place, trashed, err);
    }
    if (rc == 0) {
        /* Its time in the trash begins now. */
        (void)utimensat(AT_FDCWD, trashed, NULL, 0);
        gox__dir_sync(stores->trash);
        gox__dir_sync(stores->dir);
    }
    gox_free(place);
    gox_free(trashed);
    return rc;
}

int gox_stores_undelete(
        gox_stores *stores, const char *name, struct gox_error *err)
{
    char *place, *trashed;

    int rc = trash_paths(stores, name, &place, &trashed, err);
    if (rc == 0 && !gox__file_exists(trashed))
        rc = gox_error_set(err, GOX_ERR_NOT_FOUND,
                "there is no project \"%s\" in the trash", name);
    if (rc == 0)
        rc = gox__file_move(trashed, place, err);
    if (rc == 0) {
        gox__dir_sync(stores->dir);
        gox__dir_sync(stores->trash);
    }
    gox_free(place);
    gox_free(trashed);
    return rc;
}

int gox_stores_purge(
        gox_stores *stores, const char *name, struct gox_error *err)
{
    int rc = gox__name_check(name, err);
    char *path = rc < 0 ? NULL
                        : gox__name_path(stores->trash, name, GOX_STORE_SUFFIX);

    if (rc == 0 && path == NULL)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (rc == 0 && !gox__file_exists(path))
        rc = gox_error_set(err, GOX_ERR_NOT_FOUND,
                "there is no project \"%s\" in the trash", name);
    if (rc == 0) {
        remove_trashed(path);
        gox__dir_sync(stores->trash);
    }
    gox_free(path);
    return rc;
}

int gox_stores_empty_trash(
        gox_stores *stores, int64_t before_ms, struct gox_error *err)
{
    int removed = 0;
    DIR *dir = opendir(stores->trash);

    if (dir == NULL && errno == ENOENT)
        return 0;
    if (dir == NULL)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot read %s", stores->trash);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct stat st;
        if (!gox__name_is_file(e->d_name) ||
                fstatat(dirfd(dir), e->d_name, &st, 0) != 0)
            continue;
        int64_t at_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
                        st.st_mtim.tv_nsec / 1000000;
        char *folder = gox__path_join(stores->trash, "/");
        char *path = folder == NULL ? NULL : gox__path_join(folder, e->d_name);
        if (at_ms < before_ms && path != NULL) {
            remove_trashed(path);
            removed++;
        }
        gox_free(path);
        gox_free(folder);
    }
    closedir(dir);
    return removed;
}

/* ---- the list ---- */

static int compare_trashed(const void *a, const void *b)
{
    const struct gox_store_trashed *x = a, *y = b;

    if (x->deleted_ms != y->deleted_ms)
        return x->deleted_ms > y->deleted_ms ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int look_at(gox_stores *stores, const char *file,
        struct gox_store_trashed *item, struct gox_error *err)
{
    struct gox_store_info info = {.name = ""};
    struct stat st;
    char *folder = gox__path_join(stores->trash, "/");
    char *path = folder == NULL ? NULL : gox__path_join(folder, file);
    char *wal = path == NULL ? NULL : gox__path_join(path, "-wal");

    memset(item, 0, sizeof(*item));
    if (wal != NULL && stat(path, &st) == 0) {
        item->bytes = (uint64_t)st.st_size + gox__file_bytes(wal);
        item->deleted_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
                           st.st_mtim.tv_nsec / 1000000;
        /* The file's name is good enough for one that cannot be read. */
        snprintf(info.name, sizeof(info.name), "%.*s",
                (int)(strlen(file) - strlen(GOX_STORE_SUFFIX)), file);
        gox__stores_true_name(stores, path, &info);
        memcpy(item->name, info.name, sizeof(item->name));
    }
    int rc = wal == NULL ? gox_error_set(err, GOX_ERR_NOMEM, "out of memory")
                         : 0;
    gox_free(wal);
    gox_free(path);
    gox_free(folder);
    return rc;
}

int gox_stores_list_trash(gox_stores *stores, struct gox_store_trashed **list,
        size_t *count, struct gox_error *err)
{
    struct gox_store_trashed *items = NULL;
    size_t capacity = 0;
    int rc = 0;
    DIR *dir = opendir(stores->trash);

    *list = NULL;
    *count = 0;
    if (dir == NULL && errno == ENOENT)
        return 0;
    if (dir == NULL)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot read %s", stores->trash);
    for (struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;) {
        if (!gox__name_is_file(e->d_name))
            continue;
        if (!gox_grow(&items, &capacity, *count + 1, sizeof(*items)))
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        else
            rc = look_at(stores, e->d_name, &items[(*count)++], err);
    }
    closedir(dir);
    if (rc < 0) {
        gox_free(items);
        *count = 0;
        return rc;
    }
    if (*count > 0)
        qsort(items, *count, sizeof(*items), compare_trashed);
    *list = items;
    return 0;
}
