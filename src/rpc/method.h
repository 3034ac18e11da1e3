/* SPDX-License-Identifier: Apache-2.0
 * One row per method: from it come dispatch, the checking of arguments, the
 * OpenRPC document, the reference page and the help of the command line.
 *
 * Invariant: a row is const and says all that a client may send; a handler
 * never looks at a parameter that its row does not name. */
#ifndef GOX_RPC_METHOD_H
#define GOX_RPC_METHOD_H

#include "rpc/reader.h"

struct gox_call; /* daemon/api.h */

/* X(NAME, what a message says is expected). */
#define GOX_PARAM_TYPE_LIST(X)                                                 \
    X(INT, "integer")                                                          \
    X(NUMBER, "number")                                                        \
    X(BOOL, "boolean")                                                         \
    X(STRING, "string")                                                        \
    X(ENUM, "one of the names")                                                \
    X(COLOR, "color")    /* [r,g,b] [r,g,b,a] "#.." {r,g,b,a} CSS name */      \
    X(POINT, "point")    /* [x,y,z] or {x,y,z} */                              \
    X(REGION, "region")  /* {min,max}, both inclusive */                       \
    X(LAYER, "layer")    /* id (0: active) or name */                          \
    X(ARRAY, "array")    /* raw text, read by the handler */                   \
    X(OBJECT, "object")  /* raw text, read by the handler */                   \
    X(JSON, "any value") /* raw text */

enum gox_param_type {
#define GOX_PARAM_TYPE_ENUM(name, text) GOX_PARAM_##name,
    GOX_PARAM_TYPE_LIST(GOX_PARAM_TYPE_ENUM)
#undef GOX_PARAM_TYPE_ENUM
};

#define GOX_PARAM_REQUIRED 0x1u
#define GOX_PARAM_IGNORED  0x2u /* taken for the sake of old clients, unused */
/* The whole params value, of any type, goes into this only parameter (echo). */
#define GOX_PARAM_WHOLE 0x4u

struct gox_param {
    const char *name;
    enum gox_param_type type;
    unsigned flags;
    /* JSON text of the value when it is absent, such as "64" or "\"add\"";
     * NULL: none, gox_call_has tells. */
    const char *fallback;
    /* INT and NUMBER: the range, when min < max. INT without a range: 32 bits.
     * POINT: of each number, else the grid's. */
    double min, max;
    /* ENUM: NULL-ended; the value is the index. "+z|top": also "top". */
    const char *const *names;
    /* POINT, COLOR: the numbers may also come one by one, positionally or as
     * members with this prefix: "" gives x, y, z (r, g, b, a), "center_" gives
     * center_x ... NULL: no. */
    const char *flat;
    const char *alias; /* other names of it: "rgba|colour"; NULL: none */
    const char *help;
};

/* A bound argument. `is_given`: the client sent it; `is_set`: it has a value,
 * sent or by fallback. */
struct gox_arg {
    bool is_given, is_set;
    bool is_name; /* LAYER: text holds a name, else i holds an id */
    union {
        int64_t i; /* INT, ENUM, LAYER */
        double d;
        bool b;
        uint32_t rgba;
        int32_t point[3];
        int32_t region[2][3];  /* min, max; both inclusive */
        struct gox_slice text; /* STRING, LAYER: decoded, a NUL follows, holds
                                  none; ARRAY, OBJECT, JSON: raw */
    };
};
#define GOX_METHOD_MAX_PARAMS 24

/* flags of a method */
#define GOX_METHOD_READ   0x1u  /* uses a project, does not change it */
#define GOX_METHOD_EDIT   0x2u  /* changes a project; takes its turn */
#define GOX_METHOD_LONG   0x4u  /* may go to a worker; takes `progress` */
#define GOX_METHOD_ADMIN  0x8u  /* needs the admin scope */
#define GOX_METHOD_HEALTH 0x10u /* ahead of limits and queues */
#define GOX_METHOD_SUB    0x20u /* may be an operation of a batch or script */
#define GOX_METHOD_SAFE   0x40u /* twice is as once; clients repeat it */

struct gox_method {
    const char *name;
    const char *aliases; /* "goxel.ping|ping2"; NULL: none */
    const char *group;
    unsigned flags;
    /* Failures of the handler that have no code of their own on the wire are
     * answered with this one: GOX_ERR_ADD_VOXEL; 0: INTERNAL stays. */
    int error;
    const struct gox_param *params;
    size_t param_count;
    /* The members of the result: "success:bool x:int color:rgba name:string
     * layers:array box:object|null note:string? " - a '?' marks one that may be
     * absent, "|null" one that may be null. Types: int number bool string rgba
     * point array object any. "any" alone: the result may be of any kind. */
    const char *result;
    const char *summary; /* one sentence */
    /* 0: done, the result is written; GOX_CALL_WORK: `work` must follow on a
     * worker, then `finish`; GOX_CALL_WAIT: run again later, from the start;
     * negative: the error is set. Loop thread. */
    int (*run)(struct gox_call *call);
    /* On a worker: no access to the live project; 0 or an error. */
    int (*work)(struct gox_call *call);
    /* On the loop thread, after work succeeded: commits, may write the result.
     * NULL: nothing to do. */
    int (*finish)(struct gox_call *call);
    /* Frees what the handler keeps in call->state outside the call's own
     * memory; called exactly once when state is not NULL. NULL: nothing. */
    void (*drop)(struct gox_call *call);
};
#define GOX_CALL_WORK 1
#define GOX_CALL_WAIT 2

/* For tables: GOX_PARAMS(list) gives the pair of members. */
#define GOX_PARAMS(list)                                                       \
    .params = (list), .param_count = sizeof(list) / sizeof((list)[0])

#endif
