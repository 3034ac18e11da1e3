/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as obj. */
#define FUZZ_FORMAT gox_format_obj
#include "fuzz_mesh.h"
