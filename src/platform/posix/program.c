/* SPDX-License-Identifier: Apache-2.0
 * Where an executable is, by the rules of POSIX. */
#include "platform/program.h"

#include "platform/os.h"
#include "platform/procinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_in(
        const char *dir, size_t len, const char *name, char *path, size_t size)
{
    int used = snprintf(path, size, "%.*s/%s", (int)len, dir, name);
    return used > 0 && (size_t)used < size && access(path, X_OK) == 0;
}

bool gox_program_beside(
        const char *beside, const char *name, char *path, size_t size)
{
    const char *slash = beside != NULL ? strrchr(beside, '/') : NULL;
    return slash != NULL &&
           is_in(beside, (size_t)(slash - beside), name, path, size);
}

bool gox_program_beside_own(const char *name, char *path, size_t size)
{
    char own[4096];
    return gox_proc_program(gox_os_pid(), own, sizeof own) == 0 &&
           gox_program_beside(own, name, path, size);
}

bool gox_program_on_path(const char *name, char *path, size_t size)
{
    const char *list = getenv("PATH");
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ":");
        if (len > 0 && is_in(list, len, name, path, size))
            return true;
        list += len + (list[len] == ':');
    }
    return false;
}
