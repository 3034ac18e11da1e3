/* SPDX-License-Identifier: Apache-2.0
 * What the files of the conformance fixture share. */
#ifndef GOX_MCP_FIXTURE_INTERNAL_H
#define GOX_MCP_FIXTURE_INTERNAL_H

#include "mcp/fixture.h"

/* A 2 x 2 picture and a thousandth of a second of silence. */
#define GOX__FIXTURE_PNG                                                       \
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR42mP476AA"         \
    "RAwKDv+BCAAmcgV9ltAQkAAAAABJRU5ErkJggg=="
#define GOX__FIXTURE_WAV                                                       \
    "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICA"         \
    "gICAgA=="

/* {"method": "elicitation/create", "params": {message, requestedSchema}} with
 * one required property. */
json_t *gox__fixture_elicit(
        const char *message, const char *property, const char *type);

/* Tools of fixture_input.c and fixture_tasks.c. */
int gox__fixture_sampling(struct gox_mcp_call *call);
int gox__fixture_elicitation(struct gox_mcp_call *call);
int gox__fixture_defaults(struct gox_mcp_call *call);
int gox__fixture_enums(struct gox_mcp_call *call);
int gox__fixture_need_one(struct gox_mcp_call *call);
int gox__fixture_need_state(struct gox_mcp_call *call);
int gox__fixture_need_many(struct gox_mcp_call *call);
int gox__fixture_need_rounds(struct gox_mcp_call *call);
int gox__fixture_need_allowed(struct gox_mcp_call *call);
int gox__fixture_need_prompt(struct gox_mcp_call *call);
int gox__fixture_missing(struct gox_mcp_call *call);
int gox__fixture_greet(struct gox_mcp_call *call);
int gox__fixture_slow(struct gox_mcp_call *call);
int gox__fixture_failing(struct gox_mcp_call *call);
int gox__fixture_protocol_error(struct gox_mcp_call *call);
int gox__fixture_confirm(struct gox_mcp_call *call);
int gox__fixture_multi(struct gox_mcp_call *call);
int gox__fixture_input_then_task(struct gox_mcp_call *call);

#endif
