/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as ply. */
#define FUZZ_FORMAT gox_format_ply
#include "fuzz_mesh.h"
