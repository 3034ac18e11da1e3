/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as qb. */
#define FUZZ_FORMAT gox_format_qb
#include "fuzz_reader.h"
