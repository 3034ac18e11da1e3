/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as vxl. */
#define FUZZ_FORMAT gox_format_vxl
#include "fuzz_reader.h"
