/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as mts. */
#define FUZZ_FORMAT gox_format_mts
#include "fuzz_reader.h"
