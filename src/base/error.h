/* SPDX-License-Identifier: Apache-2.0
 * Filling in a struct gox_error, and the attribute that stops a result from
 * being dropped. The list of codes is in goxel/error.h. */
#ifndef GOX_BASE_ERROR_H
#define GOX_BASE_ERROR_H

#include "goxel/error.h"

#include <stdarg.h>

#if defined(__GNUC__) || defined(__clang__)
#define GOX_MUST_CHECK        __attribute__((warn_unused_result))
#define GOX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* Seldom called: the compiler moves the branches that lead there out of the way
 * of the usual ones, which makes the code that runs for each request shorter.
 */
#define GOX_COLD __attribute__((cold))
#else
#define GOX_COLD
#define GOX_MUST_CHECK
#define GOX_PRINTF(fmt, args)
#endif

/* Sets code and text, leaves the offset unset, and returns code, so that
 * `return gox_error_set(err, GOX_ERR_X, "...")` is the usual form. err may be
 * NULL. Text that does not fit is cut at a character boundary. */
int gox_error_set(struct gox_error *err, int code, const char *fmt, ...)
        GOX_PRINTF(3, 4) GOX_COLD;

/* The same with the byte position in the input where reading failed. */
int gox_error_set_at(struct gox_error *err, int code, int64_t offset,
        const char *fmt, ...) GOX_PRINTF(4, 5) GOX_COLD;

/* Sets code and the code's own text followed by strerror(errno_value). */
int gox_error_set_errno(struct gox_error *err, int code, int errno_value,
        const char *fmt, ...) GOX_PRINTF(4, 5) GOX_COLD;

/* Puts a printf-like prefix and ": " before the text, to say on what it
 * failed. Keeps code and offset. err may be NULL. */
void gox_error_prefix(struct gox_error *err, const char *fmt, ...)
        GOX_PRINTF(2, 3) GOX_COLD;

#endif
