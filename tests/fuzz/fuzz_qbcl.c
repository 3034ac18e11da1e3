/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as qbcl. */
#define FUZZ_FORMAT gox_format_qbcl
#include "fuzz_reader.h"
