/* SPDX-License-Identifier: Apache-2.0
 * Named pipes with an access list. Compiled, not tested on Windows yet. */
#include "platform/named_pipe.h"

#include "base/alloc.h"
#include "platform/windows/wide.h"

/* windows.h before sddl.h. */
// clang-format off
#include <windows.h>
#include <sddl.h>
// clang-format on

#define BUFFER_BYTES 65536
/* Full access for the system, administrators and the owner; nobody else. */
#define DEFAULT_ACCESS "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)"

static int create(const wchar_t *name, const wchar_t *access, bool is_first,
        intptr_t *handle)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    DWORD mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
                 (is_first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
                access, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL))
        return GOX_ERR_PARAMS;
    HANDLE pipe = CreateNamedPipeW(name, mode,
            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
                    PIPE_REJECT_REMOTE_CLIENTS,
            PIPE_UNLIMITED_INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 0, &security);
    DWORD error = GetLastError();
    LocalFree(security.lpSecurityDescriptor);
    if (pipe != INVALID_HANDLE_VALUE) {
        *handle = (intptr_t)pipe;
        return 0;
    }
    /* "Access denied" for a first instance: somebody else has the name. */
    return is_first && error == ERROR_ACCESS_DENIED ? GOX_ERR_EXISTS
                                                    : gox__win_code(error);
}

int gox_named_pipe_create(const char *name, const char *access, bool is_first,
        intptr_t *handle, struct gox_error *err)
{
    wchar_t *wide_name = gox__wide_dup(name);
    wchar_t *wide_access =
            gox__wide_dup(access != NULL ? access : DEFAULT_ACCESS);
    int code = GOX_ERR_NOMEM;
    *handle = -1;
    if (wide_name != NULL && wide_access != NULL)
        code = create(wide_name, wide_access, is_first, handle);
    gox_free(wide_access);
    gox_free(wide_name);
    if (code == 0)
        return 0;
    return gox_error_set(err, code, "the pipe %.200s cannot be made: %s", name,
            code == GOX_ERR_EXISTS   ? "another program has this name"
            : code == GOX_ERR_PARAMS ? "its access list is not SDDL"
                                     : gox_error_text(code));
}

int gox_named_pipe_peer(intptr_t handle, struct gox_peer *peer)
{
    ULONG pid;
    *peer = (struct gox_peer){.pid = -1, .uid = -1, .gid = -1};
    if (!GetNamedPipeClientProcessId((HANDLE)handle, &pid))
        return GOX_ERR_IO;
    peer->pid = pid;
    return 0;
}
