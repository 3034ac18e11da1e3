/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as kv6. */
#define FUZZ_FORMAT gox_format_kv6
#include "fuzz_reader.h"
