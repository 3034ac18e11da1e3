/* SPDX-License-Identifier: Apache-2.0
 * Comparing JSON values: a result with the row of its method, and with what a
 * test expects. A difference fails the test and tells where it is. */
#ifndef GOX_TESTS_API_CHECK_H
#define GOX_TESTS_API_CHECK_H

#include "gox_test.h"

#include <jansson.h>

#define GOX_API_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* methods: OpenRPC rows by name. */
void api_check_result(
        const json_t *methods, const char *method, const json_t *result);
/* The rules are those of api_expect. */
void api_check_has(const json_t *got, const json_t *expected);
/* What the test is at, told with each difference. */
void api_check_note(const char *fmt, ...) GOX_API_PRINTF(1, 2);

#endif
