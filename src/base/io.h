/* SPDX-License-Identifier: Apache-2.0
 * Where bytes come from and go to, without saying what is behind: a file, a
 * socket, memory. Formats and renderers know only these two interfaces.
 *
 * Invariant: an output is seen by nobody until gox_output_commit succeeded;
 * closing it uncommitted leaves what was there before. */
#ifndef GOX_BASE_IO_H
#define GOX_BASE_IO_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sink for bytes. write returns 0 or a GOX_ERR_* code and sets err. */
struct gox_output {
    const struct gox_output_ops *ops;
    struct gox_buf pending; /* up to GOX_OUTPUT_CHUNK bytes not yet passed on */
    uint64_t written_bytes; /* including pending */
    int error;
    struct gox_error *err; /* may be NULL; set at open */
};

#define GOX_OUTPUT_CHUNK (256 * 1024)

struct gox_output_ops {
    int (*write)(struct gox_output *out, const void *data, size_t len);
    int (*commit)(struct gox_output *out);
    void (*close)(struct gox_output *out); /* frees out */
};

/* Appends, with a sticky error as in gox_buf. */
void gox_output_put(struct gox_output *out, const void *data, size_t len);
void gox_output_put_str(struct gox_output *out, const char *text);
void gox_output_printf(struct gox_output *out, const char *fmt, ...)
        GOX_PRINTF(2, 3);

/* For the fastest writers: room for `len` bytes (len <= GOX_OUTPUT_CHUNK) in
 * the pending buffer, or NULL when failed; then gox_output_advance. */
uint8_t *gox_output_reserve(struct gox_output *out, size_t len);
void gox_output_advance(struct gox_output *out, size_t used);

/* Flushes and makes the output visible (file: fsync, rename). 0 or the first
 * error there was. */
int gox_output_commit(struct gox_output *out) GOX_MUST_CHECK;

/* Frees; without a commit before it, nothing is left behind. NULL is fine. */
void gox_output_close(struct gox_output *out);

/* An output to a file at path: a temporary file beside it, then fsync and
 * rename, keeping the mode of an existing file (0644 less umask for a new one).
 * Follows no symbolic link at the last component: the link is replaced. NULL
 * with err set (GOX_ERR_IO, GOX_ERR_NOMEM). */
struct gox_output *gox_output_open_file(
        const char *path, struct gox_error *err);

/* The same for `name` inside the open directory dir_fd (borrowed until close).
 * name has no slash. */
struct gox_output *gox_output_open_at(
        int dir_fd, const char *name, struct gox_error *err);

/* An output into *dest (borrowed), which gets the bytes at commit. */
struct gox_output *gox_output_open_memory(
        struct gox_buf *dest, struct gox_error *err);

/* Writes all of it to fd, however many calls that takes; a signal in between
 * does no harm. Returns the bytes that went out: fewer than len after an error,
 * which errno then tells (ENOSPC when the kernel took nothing and said
 * nothing). For a descriptor that does not block. */
size_t gox_write_all(int fd, const void *data, size_t len);

/* The bytes of a whole file, mapped or read. A file that shrinks while mapped
 * would raise SIGBUS, so only read() is used. */
struct gox_input {
    uint8_t *data;
    size_t len;
};

/* Reads a file whole, at most max_bytes (GOX_ERR_TOO_LARGE above; 0: 4 GiB).
 * Only regular files (GOX_ERR_IO otherwise: a FIFO would block). err names the
 * path. Free with gox_input_fini. */
int gox_input_read_file(struct gox_input *in, const char *path,
        uint64_t max_bytes, struct gox_error *err) GOX_MUST_CHECK;

/* The same from an open descriptor (borrowed); name is for messages. */
int gox_input_read_fd(struct gox_input *in, int fd, const char *name,
        uint64_t max_bytes, struct gox_error *err) GOX_MUST_CHECK;
void gox_input_fini(struct gox_input *in);

#endif
