/* SPDX-License-Identifier: Apache-2.0
 * What the files of the control socket's methods share. */
#ifndef GOX_MANAGER_METHODS_H
#define GOX_MANAGER_METHODS_H

#include "manager/control_internal.h"

/* The first of every row: the dispatcher looks the instance up. */
enum { GOX__P_NAME };
#define GOX__NAME_PARAM                                                        \
    {                                                                          \
        .name = "name", .type = GOX_PARAM_STRING,                              \
        .help = "the instance; absent: the first one"                          \
    }

/* methods_events.c */
extern const struct gox_param gox__events_params[5], gox__subscribe_params[4];
int gox__method_events(struct gox_call *call);
int gox__method_subscribe(struct gox_call *call);

#endif
