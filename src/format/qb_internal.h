/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of the Qubicle binary format share. */
#ifndef GOX_FORMAT_QB_INTERNAL_H
#define GOX_FORMAT_QB_INTERNAL_H

#include "format/format.h"

/* Words that are no colours (their alpha would be 0). */
#define GOX__QB_RUN        2u
#define GOX__QB_NEXT_SLICE 6u
#define GOX__QB_VERSION    257u

int gox__qb_probe(const uint8_t *data, size_t len);
int gox__qb_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
