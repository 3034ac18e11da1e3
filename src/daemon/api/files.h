/* SPDX-License-Identifier: Apache-2.0
 * The format options that clients may give, and the list of formats. */
#ifndef GOX_DAEMON_API_FILES_H
#define GOX_DAEMON_API_FILES_H

#include "daemon/api.h"
#include "format/format.h"

/* Reads the options object of parameter i (absent: none). An option that the
 * format does not use is not an error: one set of options serves a batch. */
int gox_api_format_options(struct gox_call *call, size_t i,
        struct gox_format_options *opts) GOX_MUST_CHECK;

/* The handler of goxel.list_formats. */
int gox_api_list_formats(struct gox_call *call);

#endif
