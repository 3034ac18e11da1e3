/* SPDX-License-Identifier: Apache-2.0
 * One value of a parameter's type; shared by the two files of the binding. */
#ifndef GOX_RPC_PARAMS_VALUE_INTERNAL_H
#define GOX_RPC_PARAMS_VALUE_INTERNAL_H

#include "rpc/params.h"

/* Reads the next value into arg by the type of param. False when it does not
 * fit (the reader's own error may or may not be set) or without memory (then
 * *is_nomem). */
bool gox__param_read(struct gox_binding *b, const struct gox_param *param,
        struct gox_reader *r, struct gox_arg *arg, bool *is_nomem);
/* The inclusive range of the numbers of an INT or POINT. */
void gox__param_range(
        const struct gox_param *param, int64_t *min, int64_t *max);

#endif
