/* SPDX-License-Identifier: Apache-2.0
 * Requests of goxelctl store that name a file of the user's. */
#ifndef GOX_CLI_STORE_FILE_H
#define GOX_CLI_STORE_FILE_H

#include "cli/session.h"

enum gox_store_way { GOX_STORE_READS, GOX_STORE_WRITES };

/* Calls method with own_params and "path": file, which the daemon reads or
 * writes. Where its settings keep it away from there, the file goes through its
 * data directory, when this user may write to that; nothing is left there, and
 * file appears whole or not at all. result's "path" is then the file. An exit
 * code; `on` is for gox_session_fail. */
int gox_store_call_file(struct gox_cli_session *session, const char *on,
        const char *method, json_t *own_params, const char *file,
        enum gox_store_way way, json_t **result);

#endif
