/* SPDX-License-Identifier: Apache-2.0
 * Texts and errors of Windows. Compiled, not tested on Windows yet. */
#include "platform/windows/wide.h"

#include "base/alloc.h"

#include <windows.h>

wchar_t *gox__wide_dup(const char *text)
{
    int len = MultiByteToWideChar(
            CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide =
            len > 0 ? gox_malloc_array((size_t)len, sizeof *wide) : NULL;
    if (wide != NULL)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, len);
    return wide;
}

int gox__win_code(unsigned long error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_DIRECTORY:
        return GOX_ERR_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
        return GOX_ERR_FORBIDDEN;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return GOX_ERR_NOMEM;
    case ERROR_ALREADY_EXISTS:
    case ERROR_PIPE_BUSY:
        return GOX_ERR_EXISTS;
    default:
        return GOX_ERR_IO;
    }
}
