/* SPDX-License-Identifier: Apache-2.0
 * Checks arguments against the part of JSON Schema 2020-12 that our own
 * schemas use, and says what is wrong so that a model can mend its call. */
#ifndef GOX_MCP_SCHEMA_H
#define GOX_MCP_SCHEMA_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>

/* True when value fits. Else `why` (appended to) tells the place, what was
 * expected and what came: "box.min: expected an array of 3 integers, got 2
 * elements". type, enum, const, properties, required, additionalProperties
 * (false or a schema), items, prefixItems, minItems, maxItems, minimum,
 * maximum, minLength, maxLength, anyOf and oneOf are known; other words pass.
 */
bool gox_mcp_schema_check(
        const json_t *schema, const json_t *value, struct gox_buf *why);

/* Many clients hand over an array, an object or a number as a string that holds
 * its JSON. Where the schema takes no string there, it becomes what it holds;
 * everything else stays as it is. */
void gox_mcp_schema_mend(const json_t *schema, json_t *value);

#endif
