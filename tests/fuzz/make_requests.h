/* SPDX-License-Identifier: Apache-2.0
 * Requests made of any bytes: each byte chooses a method, a parameter or a
 * value, so that a fuzzer gets behind the checks of the JSON and the binding.
 */
#ifndef GOX_TESTS_MAKE_REQUESTS_H
#define GOX_TESTS_MAKE_REQUESTS_H

#include "rpc/method.h"

/* One request a line, with ids 1, 2, ...; their number. */
unsigned make_requests(struct gox_buf *out, const struct gox_method *rows,
        size_t row_count, const uint8_t *data, size_t len);

#endif
