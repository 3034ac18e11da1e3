/* SPDX-License-Identifier: Apache-2.0
 * The door to journald's native protocol: one datagram an entry, and a sealed
 * memory file for an entry that no datagram holds. What is in an entry is up to
 * the caller.
 *
 * Invariant: sending never waits longer than GOX_JOURNAL_WAIT_MS, also when
 * journald is stopped. */
#ifndef GOX_PLATFORM_JOURNAL_H
#define GOX_PLATFORM_JOURNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define GOX_JOURNAL_SOCKET  "/run/systemd/journal/socket"
#define GOX_JOURNAL_WAIT_MS 200

/* True when JOURNAL_STREAM names the file that fd is: then journald reads
 * what is written there, and entries may be sent to it directly. */
bool gox_journal_is_stream(int fd);

/* A socket to send from. GOX_ERR_UNSUPPORTED where there is no journal at
 * path (NULL: GOX_JOURNAL_SOCKET), GOX_ERR_IO. */
int gox_journal_open(const char *path, int *fd) GOX_MUST_CHECK;

/* Sends one entry. GOX_ERR_BUSY when journald does not read, GOX_ERR_IO. */
int gox_journal_send(
        int fd, const char *path, const void *data, size_t len) GOX_MUST_CHECK;

#endif
