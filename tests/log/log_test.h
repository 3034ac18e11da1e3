/* SPDX-License-Identifier: Apache-2.0
 * A directory of its own for each test of the log, and reading what is in it.
 */
#ifndef GOX_TESTS_LOG_LOG_TEST_H
#define GOX_TESTS_LOG_LOG_TEST_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes a directory; cmocka's setup and teardown. *state is its path. */
int log_test_setup(void **state);
int log_test_teardown(void **state);
/* dir/name, valid until the third next call. */
const char *log_test_path(void **state, const char *name);
/* The whole file, decompressed when it ends in ".gz"; false: not there. */
bool log_test_read(const char *path, struct gox_buf *text);
/* All lines of path.N[.gz] ... path.1[.gz], path, oldest first; how many files
 * there were. */
unsigned log_test_read_chain(const char *path, struct gox_buf *text);
uint64_t log_test_count_lines(const struct gox_buf *text);

#endif
