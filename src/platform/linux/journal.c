/* SPDX-License-Identifier: Apache-2.0
 * journald's native protocol on Linux. The socket is not connected: a journald
 * that was restarted is found again by its path, at the price of a name lookup
 * for each entry. */
#include "platform/journal.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool gox_journal_is_stream(int fd)
{
    const char *text = getenv("JOURNAL_STREAM");
    struct stat st;
    uintmax_t dev, inode;
    char extra;
    if (text == NULL || sscanf(text, "%" SCNuMAX ":%" SCNuMAX "%c", &dev,
                                &inode, &extra) != 2)
        return false;
    return fstat(fd, &st) == 0 && (uintmax_t)st.st_dev == dev &&
           (uintmax_t)st.st_ino == inode;
}

static bool make_address(const char *path, struct sockaddr_un *address)
{
    const char *name = path != NULL ? path : GOX_JOURNAL_SOCKET;
    size_t len = strlen(name);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len >= sizeof address->sun_path)
        return false;
    memcpy(address->sun_path, name, len + 1);
    return true;
}

int gox_journal_open(const char *path, int *fd)
{
    struct sockaddr_un address;
    *fd = -1;
    if (!make_address(path, &address) || access(address.sun_path, F_OK) != 0)
        return GOX_ERR_UNSUPPORTED;
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *fd >= 0 ? 0 : GOX_ERR_IO;
}

/* 0, or an errno value. */
static int send_message(int fd, const struct msghdr *message)
{
    for (int i = 0; i < 2; i++) {
        if (sendmsg(fd, message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (i == 0 && poll(&room, 1, GOX_JOURNAL_WAIT_MS) < 0)
            return errno;
    }
    return EAGAIN;
}

/* A sealed memory file with the entry; -1 with errno. */
static int make_file(const void *data, size_t len)
{
    int fd = memfd_create("goxel-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (gox_write_all(fd, data, len) < len)
        goto fail;
    if (fcntl(fd, F_ADD_SEALS,
                F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        goto fail;
    return fd;
fail:
    close(fd);
    return -1;
}

static int send_file(
        int fd, struct msghdr *message, const void *data, size_t len)
{
    union {
        struct cmsghdr header; /* for its alignment */
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    int file = make_file(data, len);
    if (file < 0)
        return errno;
    message->msg_iov = NULL;
    message->msg_iovlen = 0;
    message->msg_control = control.bytes;
    message->msg_controllen = sizeof control.bytes;
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(head), &file, sizeof file);
    int error = send_message(fd, message);
    close(file);
    return error;
}

int gox_journal_send(int fd, const char *path, const void *data, size_t len)
{
    struct sockaddr_un address;
    if (!make_address(path, &address))
        return GOX_ERR_IO;
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    struct msghdr message = {.msg_name = &address,
            .msg_namelen = sizeof address,
            .msg_iov = &part,
            .msg_iovlen = 1};
    int error = send_message(fd, &message);
    if (error == EMSGSIZE || error == ENOBUFS)
        error = send_file(fd, &message, data, len);
    if (error == 0)
        return 0;
    return error == EAGAIN ? GOX_ERR_BUSY : GOX_ERR_IO;
}
