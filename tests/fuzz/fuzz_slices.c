/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as slices. */
#define FUZZ_FORMAT gox_format_slices
#include "fuzz_reader.h"
