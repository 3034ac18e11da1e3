/* SPDX-License-Identifier: Apache-2.0
 * What a process asks the system about itself and its user. */
#ifndef GOX_PLATFORM_OS_H
#define GOX_PLATFORM_OS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* "linux", "macos" or "windows". */
const char *gox_os_name(void);
/* Resident memory of this process in bytes, 0 when it cannot be told. */
uint64_t gox_os_rss_bytes(void);
/* Gives memory that was freed back to the system, where the allocator would
 * keep it. */
void gox_os_trim_memory(void);
/* Processor time this process has used, user and system. */
int64_t gox_os_cpu_ns(void);
/* Open descriptors and threads of this process; -1 when they cannot be told. */
int gox_os_fd_count(void);
int gox_os_thread_count(void);
/* Processors this process may use, at least 1. */
unsigned gox_os_cpu_count(void);
int gox_os_pid(void);
/* The calling thread's number as the system lists it. */
int gox_os_thread_id(void);
/* When the file was made, milliseconds since 1970; 0 when it cannot be told. */
int64_t gox_os_file_birth_ms(int fd);
void gox_os_hostname(char *name, size_t size);
/* Free bytes of the file system at path; -1 when they cannot be told. */
int64_t gox_os_disk_free(const char *path);

/* Writing to a closed socket or beyond a limit of file sizes becomes an error
 * instead of a signal, and a hang-up of the terminal does not end a server. */
void gox_os_ignore_signals(void);

/* Lets this process open at least count descriptors, as far as it may. */
void gox_os_raise_fd_limit(unsigned count);

/* Directories by the XDG rules; GOX_ERR_NOMEM. The runtime directory falls back
 * to /tmp/goxel-<uid> when the session has none; root gets /run and
 * /var/lib/goxel. */
int gox_os_runtime_dir(struct gox_buf *path) GOX_MUST_CHECK;
int gox_os_state_dir(struct gox_buf *path) GOX_MUST_CHECK;
bool gox_os_is_root(void);
/* True when path is there and belongs to neither this user nor root. Always
 * false for root. */
bool gox_os_is_foreign(const char *path);
/* Makes a directory and those above it, mode 0700 for new ones. One that is
 * there already is fine, unless it is another user's in a directory that all
 * may write to (GOX_ERR_FORBIDDEN). */
int gox_os_make_dirs(const char *path, struct gox_error *err) GOX_MUST_CHECK;
/* The path made absolute by the current directory, without "." and "..". */
int gox_os_absolute(const char *path, struct gox_buf *out) GOX_MUST_CHECK;

#endif
