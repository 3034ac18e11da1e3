/* SPDX-License-Identifier: Apache-2.0
 * The one list of errors. Functions return 0 or more for success and a
 * negative GOX_ERR_* for failure; the same row gives the JSON-RPC code that the
 * daemon answers and the text that a person reads.
 *
 * Invariant: numbers are part of the interface and are never reused. */
#ifndef GOXEL_ERROR_H
#define GOXEL_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, JSON-RPC code, text). Codes -1001 ... -1021 are those of the
 * methods that clients of older Goxel daemons know; -32000 ... -32099 is the
 * range that JSON-RPC 2.0 leaves to servers. */
// clang-format off
#define GOX_ERROR_LIST(X)                                                      \
    X(NOMEM,             -1, -32603, "out of memory")                          \
    X(INTERNAL,          -2, -32603, "internal error")                         \
    X(IO,                -3, -32603, "input or output error")                  \
    X(PARSE,             -4, -32700, "parse error")                            \
    X(INVALID_REQUEST,   -5, -32600, "invalid request")                        \
    X(METHOD,            -6, -32601, "method not found")                       \
    X(PARAMS,            -7, -32602, "invalid parameters")                     \
    X(FORMAT,            -8, -32603, "malformed data")                         \
    X(UNSUPPORTED,       -9, -32603, "not supported")                          \
    X(NOT_FOUND,        -10, -32004, "not found")                              \
    X(EXISTS,           -11, -32005, "already exists")                         \
    X(RANGE,            -12, -32602, "out of range")                           \
    X(BUSY,             -13, -32001, "busy, try again later")                  \
    X(RATE_LIMITED,     -14, -32002, "rate limit reached")                     \
    X(UNAUTHENTICATED,  -15, -32003, "not authenticated")                      \
    X(FORBIDDEN,        -16, -32006, "forbidden")                              \
    X(TOO_LARGE,        -17, -32007, "too large")                              \
    X(CANCELLED,        -18, -32008, "cancelled")                              \
    X(TIMEOUT,          -19, -32009, "timed out")                              \
    X(CONFLICT,         -20, -32010, "the project has moved on")               \
    X(READ_ONLY,        -21, -32011, "read-only")                              \
    X(LOCKED,           -22, -32012, "layer is locked")                        \
    X(SCRIPT,           -23, -32013, "script failed")                          \
    X(CLOSED,           -24, -32014, "connection closed")                      \
    X(CREATE_PROJECT,  -101,  -1001, "project not created")                    \
    X(LOAD,            -102,  -1002, "project not loaded")                     \
    X(SAVE,            -103,  -1003, "project not saved")                      \
    X(ADD_VOXEL,       -104,  -1004, "voxel not added")                        \
    X(REMOVE_VOXEL,    -105,  -1005, "voxel not removed")                      \
    X(GET_VOXEL,       -106,  -1006, "voxel not read")                         \
    X(EXPORT,          -107,  -1007, "model not exported")                     \
    X(CREATE_LAYER,    -108,  -1008, "layer not created")                      \
    X(PAINT,           -109,  -1009, "voxels not painted")                     \
    X(FLOOD_FILL,      -110,  -1010, "region not filled")                      \
    X(SHAPE,           -111,  -1011, "shape not created")                      \
    X(DELETE_LAYER,    -112,  -1012, "layer not deleted")                      \
    X(MERGE,           -113,  -1013, "layers not merged")                      \
    X(VISIBILITY,      -114,  -1014, "visibility not changed")                 \
    X(RENDER,          -115,  -1015, "scene not rendered")                     \
    X(RENDER_INFO,     -120,  -1020, "render file not known")                  \
    X(CLEANUP,         -121,  -1021, "render file not removed")
// clang-format on

enum gox_error_code {
    GOX_OK = 0,
#define GOX_ERROR_ENUM(name, value, rpc, text) GOX_ERR_##name = value,
    GOX_ERROR_LIST(GOX_ERROR_ENUM)
#undef GOX_ERROR_ENUM
};

/* What failed, on what, why, and what to do now; in the caller's memory. */
struct gox_error {
    int code;       /* GOX_ERR_*, 0 when unset */
    int64_t offset; /* byte position in the input, -1 when it has none */
    char text[400]; /* one line, UTF-8, no trailing newline */
};

/* The identifier of a code without its prefix, such as "NOMEM". Never NULL;
 * an unknown code gives "UNKNOWN". Static memory. */
const char *gox_error_name(int code);

/* The text of a code for people. Never NULL. Static memory. */
const char *gox_error_text(int code);

/* The JSON-RPC code for a GOX_ERR_* code; -32603 for an unknown one. */
int gox_error_rpc_code(int code);

#ifdef __cplusplus
}
#endif
#endif
