/* SPDX-License-Identifier: Apache-2.0
 * Loaded before the C library of a daemon under test: fsync or
 * writing of projects' files fails, and the wall clock is another, when the
 * test says so through a mapped file (GOX_TEST_FAULTS).
 *
 * Invariant: without that file, and until the test says so, everything is as
 * the kernel has it. */
#include "daemon/fault_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHIM __attribute__((visibility("default")))

/* Mapped by the first thread that looks; a second mapping does no harm. */
static struct durable_faults *get_faults(void)
{
    static _Atomic(struct durable_faults *) known;
    static struct durable_faults none;
    struct durable_faults *f = atomic_load(&known);
    if (f != NULL)
        return f;
    const char *path = getenv("GOX_TEST_FAULTS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE,
                                  MAP_SHARED, fd, 0)
                        : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    f = map != MAP_FAILED ? map : &none;
    atomic_store(&known, f);
    return f;
}

static bool is_of_project(int fd)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    return strstr(path, ".goxdb") != NULL;
}

static int sync_fd(int fd, long call)
{
    struct durable_faults *f = get_faults();
    if (atomic_load(&f->fail_sync) != 0 && is_of_project(fd)) {
        atomic_fetch_add(&f->failed_syncs, 1);
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

SHIM int fsync(int fd)
{
    return sync_fd(fd, SYS_fsync);
}

SHIM int fdatasync(int fd)
{
    return sync_fd(fd, SYS_fdatasync);
}

/* ---- writing ---- */

static bool may_write(int fd)
{
    struct durable_faults *f = get_faults();
    int code = atomic_load(&f->write_errno);
    if (code == 0 || !is_of_project(fd))
        return true;
    if (atomic_fetch_sub(&f->writes_first, 1) > 0)
        return true;
    atomic_fetch_add(&f->failed_writes, 1);
    errno = code;
    return false;
}

SHIM ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return may_write(fd) ? (ssize_t)syscall(SYS_pwrite64, fd, data, len, at)
                         : -1;
}

SHIM ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return pwrite(fd, data, len, at);
}

SHIM ssize_t write(int fd, const void *data, size_t len)
{
    return may_write(fd) ? (ssize_t)syscall(SYS_write, fd, data, len) : -1;
}

SHIM int ftruncate(int fd, off_t len)
{
    return may_write(fd) ? (int)syscall(SYS_ftruncate, fd, len) : -1;
}

SHIM int ftruncate64(int fd, off64_t len)
{
    return ftruncate(fd, len);
}

/* ---- time ---- */

SHIM int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, id, t);
    struct durable_faults *f = get_faults();
    if (rc == 0 && id == CLOCK_REALTIME) {
        t->tv_sec += atomic_load(&f->clock_offset_s);
        atomic_fetch_add(&f->clock_looks, 1);
    }
    return rc;
}

SHIM int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int rc = clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = (suseconds_t)(now.tv_nsec / 1000);
    return rc;
}

SHIM time_t time(time_t *at)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL)
        *at = now.tv_sec;
    return now.tv_sec;
}
