/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as kvx. */
#define FUZZ_FORMAT gox_format_kvx
#include "fuzz_reader.h"
