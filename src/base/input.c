/* SPDX-License-Identifier: Apache-2.0
 * Reading a whole file. The size is only a first guess: a file that grows or
 * shrinks meanwhile is read as far as it goes. */
#include "base/alloc.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MAX_BYTES (UINT64_C(4) << 30)

static int check_kind(int fd, const char *name, uint64_t max_bytes,
        uint64_t *size, struct gox_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot read %s", name);
    if (S_ISDIR(st.st_mode))
        return gox_error_set(
                err, GOX_ERR_IO, "cannot read %s: it is a directory", name);
    if (!S_ISREG(st.st_mode))
        return gox_error_set(err, GOX_ERR_IO,
                "cannot read %s: it is not a regular file", name);
    if ((uint64_t)st.st_size > max_bytes)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "cannot read %s: it has %lld bytes, at most %llu are allowed",
                name, (long long)st.st_size, (unsigned long long)max_bytes);
    *size = (uint64_t)st.st_size;
    return 0;
}

int gox_input_read_fd(struct gox_input *in, int fd, const char *name,
        uint64_t max_bytes, struct gox_error *err)
{
    *in = (struct gox_input){0};
    if (max_bytes == 0)
        max_bytes = DEFAULT_MAX_BYTES;
    uint64_t size = 0;
    int rc = check_kind(fd, name, max_bytes, &size, err);
    if (rc < 0)
        return rc;
    in->data = gox_malloc_array((size_t)size + 1, 1);
    if (in->data == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "cannot read %s: out of memory for %llu bytes", name,
                (unsigned long long)size);
    while (in->len < size) {
        ssize_t n = read(fd, in->data + in->len, (size_t)size - in->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = gox_error_set_errno(
                    err, GOX_ERR_IO, errno, "cannot read %s", name);
            gox_input_fini(in);
            return rc;
        }
        if (n == 0)
            break;
        in->len += (size_t)n;
    }
    return 0;
}

int gox_input_read_file(struct gox_input *in, const char *path,
        uint64_t max_bytes, struct gox_error *err)
{
    *in = (struct gox_input){0};
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot open %s", path);
    int rc = gox_input_read_fd(in, fd, path, max_bytes, err);
    close(fd);
    return rc;
}

void gox_input_fini(struct gox_input *in)
{
    gox_free(in->data);
    *in = (struct gox_input){0};
}
