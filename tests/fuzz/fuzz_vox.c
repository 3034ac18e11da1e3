/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as vox. */
#define FUZZ_FORMAT gox_format_vox
#include "fuzz_reader.h"
