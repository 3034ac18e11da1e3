/* SPDX-License-Identifier: Apache-2.0
 * What is made from the rows: schema, sample, settings page, manual page. The
 * copies in the tree are made by `goxelctl config`; a test fails when one is
 * stale. */
#ifndef GOX_CONFIG_GENERATE_H
#define GOX_CONFIG_GENERATE_H

#include "config/settings.h"
#include "rpc/writer.h"

/* JSON Schema, draft 2020-12. Failures are in out. */
void gox_config_put_schema(struct gox_buf *out);
/* Every setting with its fallback. */
void gox_config_put_sample(struct gox_buf *out);
/* docs/settings.md. */
void gox_config_put_page(struct gox_buf *out);
/* goxel-daemon.json(5), mdoc. */
void gox_config_put_man(struct gox_buf *out);

/* All settings as the nested object of a file, on one line. */
void gox_settings_put_object(const struct gox_settings *s, struct gox_buf *out);
/* The member "server.workers": {"value": .., "origin": ..} of an object. */
void gox_settings_put_row(
        const struct gox_settings *s, size_t row, struct gox_writer *w);
/* Compact JSON with line breaks and indentation; ends with a newline. */
void gox_json_put_pretty(struct gox_buf *out, const char *json, size_t len);

#endif
