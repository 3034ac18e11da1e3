/* SPDX-License-Identifier: Apache-2.0
 * The file that says which process runs, so that the next manager takes it over
 * instead of starting a second one. One line: number, start time, boot; a
 * number alone would name whoever has it today.
 *
 * Invariant: the line always has the same length and is written over the one
 * before by one call, so that a manager which dies leaves the old or the new
 * one. Renaming would make the file system write to the disk in the middle of a
 * restart; after a crash of the machine there is nothing to take over. */
#include "base/io.h"
#include "manager/manager_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void path_of(const gox_instance *i, char path[GOX_INSTANCE_PATH + 32])
{
    snprintf(path, GOX_INSTANCE_PATH + 32, "%s/process", i->dir);
}

bool gox__write_file(const char *path, const void *data, size_t len)
{
    char aside[GOX_INSTANCE_PATH + 64];
    int used = snprintf(aside, sizeof aside, "%s.new", path);
    if (used < 0 || (size_t)used >= sizeof aside)
        return false;
    int fd = open(
            aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool is_written = fd >= 0 && write(fd, data, len) == (ssize_t)len;
    if (fd >= 0)
        close(fd);
    if (is_written && rename(aside, path) == 0)
        return true;
    unlink(aside);
    return false;
}

void gox__record_write(gox_instance *i)
{
    char path[GOX_INSTANCE_PATH + 32];
    char text[GOX_PROC_ID_TEXT_BYTES];
    gox_proc_id_format(&i->process.id, text);
    size_t len = strlen(text);
    memset(text + len, ' ', sizeof text - len);
    text[sizeof text - 1] = '\n';
    path_of(i, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool is_written =
            fd >= 0 && write(fd, text, sizeof text) == (ssize_t)sizeof text;
    if (fd >= 0)
        close(fd);
    if (!is_written)
        gox__manager_trouble(i->manager, i,
                "%s cannot be written; if this manager dies, the next one "
                "cannot take the daemon over",
                path);
}

void gox__record_remove(gox_instance *i)
{
    char path[GOX_INSTANCE_PATH + 32];
    path_of(i, path);
    unlink(path);
}

bool gox__record_read(const gox_instance *i, struct gox_proc_id *id)
{
    char path[GOX_INSTANCE_PATH + 32];
    char text[GOX_PROC_ID_TEXT_BYTES + 1];
    struct gox_input in;
    path_of(i, path);
    if (gox_input_read_file(&in, path, sizeof text - 1, NULL) < 0)
        return false;
    size_t len = in.len;
    while (len > 0 && in.data[len - 1] == '\n')
        len--;
    memcpy(text, in.data, len);
    text[len] = '\0';
    gox_input_fini(&in);
    return gox_proc_id_parse(text, id) == 0;
}
