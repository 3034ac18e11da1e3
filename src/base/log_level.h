/* SPDX-License-Identifier: Apache-2.0
 * The levels, components and formats of a log: here, because the settings name
 * them and the log acts on them, and neither folder includes the other. */
#ifndef GOX_BASE_LOG_LEVEL_H
#define GOX_BASE_LOG_LEVEL_H

enum gox_log_level { GOX_LOG_ERROR, GOX_LOG_WARN, GOX_LOG_INFO, GOX_LOG_DEBUG };
#define GOX_LOG_LEVEL_COUNT 4

/* X(NAME, text): which part of a program wrote a record. */
// clang-format off
#define GOX_LOG_COMPONENT_LIST(X)                                              \
    X(DAEMON,  "daemon")                                                       \
    X(CONFIG,  "config")                                                       \
    X(RPC,     "rpc")                                                          \
    X(SESSION, "session")                                                      \
    X(ACCESS,  "access")                                                       \
    X(WORKER,  "worker")                                                       \
    X(STORE,   "store")                                                        \
    X(RENDER,  "render")                                                       \
    X(SCRIPT,  "script")                                                       \
    X(HTTP,    "http")                                                         \
    X(HEALTH,  "health")                                                       \
    X(MANAGER, "manager")                                                      \
    X(CHILD,   "child")                                                        \
    X(MCP,     "mcp")                                                          \
    X(LOG,     "log")
// clang-format on

enum gox_log_component {
#define GOX_LOG_COMPONENT_ENUM(name, text) GOX_LOG_C_##name,
    GOX_LOG_COMPONENT_LIST(GOX_LOG_COMPONENT_ENUM)
#undef GOX_LOG_COMPONENT_ENUM
            GOX_LOG_COMPONENT_COUNT
};

enum gox_log_format {
    GOX_LOG_AUTO,
    GOX_LOG_JSON,
    GOX_LOG_TEXT,
    GOX_LOG_JOURNALD
};
#define GOX_LOG_FORMAT_COUNT 4

#endif
