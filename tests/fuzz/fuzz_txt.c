/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as txt. */
#define FUZZ_FORMAT gox_format_txt
#include "fuzz_reader.h"
