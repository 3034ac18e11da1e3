/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as slab6. */
#define FUZZ_FORMAT gox_format_slab6
#include "fuzz_reader.h"
