/* SPDX-License-Identifier: Apache-2.0
 * The method table as an OpenRPC 1.3 document, with JSON Schema for parameters
 * and results. */
#ifndef GOX_DAEMON_OPENRPC_H
#define GOX_DAEMON_OPENRPC_H

#include "rpc/registry.h"
#include "rpc/writer.h"

void gox_openrpc_put(const gox_registry *reg, struct gox_writer *out);

#endif
