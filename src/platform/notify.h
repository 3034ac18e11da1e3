/* SPDX-License-Identifier: Apache-2.0
 * The sd_notify protocol, both sides: the daemon tells its service manager how
 * it is, and our manager hears it. One datagram of "KEY=value" lines each.
 *
 * Invariants: nobody listening is no error; a text never brings in a second
 * line; what comes in is bounded, has the kernel's word for its sender, and
 * leaves no descriptor open. One thread a struct. */
#ifndef GOX_PLATFORM_NOTIFY_H
#define GOX_PLATFORM_NOTIFY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_NOTIFY_ADDRESS_BYTES 108  /* path or "@name", with its NUL */
#define GOX_NOTIFY_STATUS_BYTES  256  /* with its NUL; longer ones are cut */
#define GOX_NOTIFY_MESSAGE_MAX   4096 /* bytes of a datagram */
#define GOX_NOTIFY_SEND_MS       1000 /* the longest wait for room */
#define GOX_NOTIFY_FDS_MAX       253  /* descriptors of a datagram (kernel) */

/* ---- client ---- */

struct gox_notify {
    int fd; /* -1: nobody wants to be told */
    /* Kept as text and looked up for each message, so that a manager that was
     * started anew at the same path hears the next one. */
    char address[GOX_NOTIFY_ADDRESS_BYTES];
    int64_t watchdog_us; /* a WATCHDOG=1 is due within this; 0: none is */
    uint64_t lost_count; /* messages that did not fit into the queue */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (a value for another
 * process means no watchdog). unset_env removes them, so that no child answers
 * in our name: call before the first thread. 0 also when nobody wants to be
 * told; GOX_ERR_UNSUPPORTED for an address that is neither a path nor "@name"
 * (notify is then off), GOX_ERR_IO. */
int gox_notify_init(struct gox_notify *notify, bool unset_env,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_notify_fini(struct gox_notify *notify);
bool gox_notify_is_on(const struct gox_notify *notify);

/* Status, watchdog and timeout messages are sent without waiting; the others
 * wait up to GOX_NOTIFY_SEND_MS for room in a full queue. 1: queued, 0: nobody
 * wants to be told, GOX_ERR_BUSY: the queue is full (counted in lost_count),
 * GOX_ERR_CLOSED: nobody listens at the address, GOX_ERR_TOO_LARGE, GOX_ERR_IO.
 * Losing one is seldom worth more than a log record. status may be NULL; line
 * breaks in it become spaces. */
int gox_notify_ready(struct gox_notify *notify, const char *status);
/* With MONOTONIC_USEC in the same datagram; gox_notify_ready must follow, also
 * when the reload failed. Call it after the signal has come. */
int gox_notify_reloading(struct gox_notify *notify, const char *status);
int gox_notify_stopping(struct gox_notify *notify, const char *status);
int gox_notify_status(struct gox_notify *notify, const char *status);
int gox_notify_watchdog(struct gox_notify *notify);
/* Asks to be treated as if the watchdog had run out. */
int gox_notify_watchdog_trigger(struct gox_notify *notify);
/* "Give me this long from now, and expect the next word before." */
int gox_notify_extend_timeout(struct gox_notify *notify, int64_t ms);
/* Another process takes over; only the main process may say so. */
int gox_notify_main_pid(struct gox_notify *notify, int64_t pid);
/* Why it ends: errno value and exit code, each -1 to leave out. */
int gox_notify_exit(struct gox_notify *notify, int errno_value, int exit_code);
/* Leaves copies of descriptors with the manager under a name (1 to 255 bytes
 * without ':' and control characters), and takes all of that name back. */
int gox_notify_store_fds(struct gox_notify *notify, const char *name,
        const int *fds, size_t count);
int gox_notify_remove_fds(struct gox_notify *notify, const char *name);
/* Any other lines, without a newline at the end. */
int gox_notify_send(struct gox_notify *notify, const char *lines);
/* Blocks until the manager has handled all that was sent before. 1: it has, 0:
 * notify is off; GOX_ERR_TIMEOUT and those above. */
int gox_notify_barrier(struct gox_notify *notify, int timeout_ms);

/* ---- server ---- */

struct gox_notify_server {
    int fd;                                 /* readable when a message waits */
    char address[GOX_NOTIFY_ADDRESS_BYTES]; /* for NOTIFY_SOCKET */
    int64_t client_uid;                     /* may send, besides us and root */
};

/* What one datagram said. Numbers are -1 when it did not say. */
struct gox_notify_message {
    int64_t pid, uid, gid; /* of the sender, by the kernel; -1 in a parse */
    bool is_ready, is_reloading, is_stopping;
    bool is_watchdog, is_watchdog_trigger;
    bool is_barrier; /* answered already, by closing its descriptor */
    bool is_fd_store, is_fd_store_remove;
    bool has_status;
    char status[GOX_NOTIFY_STATUS_BYTES]; /* UTF-8, no control characters */
    int64_t monotonic_us, extend_timeout_us, watchdog_us;
    int64_t main_pid, errno_value, exit_status;
    unsigned fd_count;      /* came with it, closed */
    unsigned unknown_count; /* lines with another key, or not a number */
};

/* Listens at a path (mode 0600, an old socket there is replaced, anything else
 * stays and is GOX_ERR_EXISTS) or at "@name". client_uid (-1: none) becomes the
 * owner of the path, so that a daemon under its own user can send. */
int gox_notify_server_open(struct gox_notify_server *server,
        const char *address, int64_t client_uid,
        struct gox_error *err) GOX_MUST_CHECK;
/* Removes the path, too. keep_path: a successor will listen there. */
void gox_notify_server_close(struct gox_notify_server *server, bool keep_path);

/* Takes one datagram. 1: *message is filled; 0: none waits. A datagram that is
 * not to be believed is dropped and tells why: GOX_ERR_TOO_LARGE (it was cut),
 * GOX_ERR_FORBIDDEN (user not allowed), GOX_ERR_FORMAT; message->pid is then
 * set when known; more may wait. GOX_ERR_IO: the socket is broken. That pid is
 * the supervised process is for the caller to check. */
int gox_notify_server_receive(struct gox_notify_server *server,
        struct gox_notify_message *message,
        struct gox_error *err) GOX_MUST_CHECK;

/* The text alone, for tests and fuzzing. GOX_ERR_FORMAT for what is no list of
 * KEY=value lines or holds a NUL. */
int gox_notify_parse(struct gox_notify_message *message, const char *text,
        size_t len, struct gox_error *err) GOX_MUST_CHECK;

#endif
