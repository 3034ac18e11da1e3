/* SPDX-License-Identifier: Apache-2.0
 * Compressing a file to gzip beside it, a slice at a time, so that the thread
 * which does it can look after its records in between.
 *
 * Invariant: the compressed file has its name only when it is whole; until then
 * the plain one stays. */
#ifndef GOX_LOG_COMPRESS_H
#define GOX_LOG_COMPRESS_H

#include <stdbool.h>

#define GOX_COMPRESS_SUFFIX ".gz"

typedef struct gox_compress gox_compress;

/* NULL when the file cannot be read, the other not made, or no memory is left:
 * the plain file stays. */
gox_compress *gox_compress_new(const char *path);
/* One slice; true while there is more. On a failure (a full disk) the plain
 * file stays and what was made of the other goes. */
bool gox_compress_step(gox_compress *compress);
/* Gives up what is not finished. NULL is fine. */
void gox_compress_free(gox_compress *compress);

#endif
