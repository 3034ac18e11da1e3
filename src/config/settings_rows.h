/* SPDX-License-Identifier: Apache-2.0
 * Every setting that goxel-daemon, goxel-manager and goxel-mcp have, one row
 * each, in the order of the file. From a row come the member of struct
 * gox_settings, the parser, --help, the JSON Schema, the sample file, the
 * manual page and the settings page.
 *
 * X(member, name, TYPE, fallback, min, max, unit, rule, flag, environment,
 *   APPLY, help)
 *
 * member: the name with '_' for '.'. TYPE: see config/settings.h. min, max: of
 * a number; characters of a text; entries of a list. rule: the choices of an
 * ENUM with '|' between them, a regular expression for TEXT and TEXTS, else
 * NULL. flag: without its dashes, or NULL (--set name=value does for all).
 * APPLY: LIVE takes effect at a reload, START at the next start, OTHER is read
 * by another program than the daemon. A fallback of "" of a PATH may have a
 * place of its own on each platform: config/places.c. */
#ifndef GOX_CONFIG_SETTINGS_ROWS_H
#define GOX_CONFIG_SETTINGS_ROWS_H

// clang-format off
#define GOX_SETTING_LIST_DAEMON(X)                                             \
    X(daemon_daemonize, "daemon.daemonize", BOOL, "false", 0, 1, "", NULL,     \
      "daemonize", "GOXEL_DAEMON_DAEMONIZE", START,                            \
      "go to the background once requests are served")                         \
    X(daemon_socket_path, "daemon.socket_path", PATH, "", 0, 107, "", NULL,    \
      "socket", "GOXEL_SOCKET_PATH", START, "Unix socket to listen on")        \
    X(daemon_pid_file, "daemon.pid_file", PATH, "", 0, 4095, "", NULL,         \
      "pid-file", "GOXEL_PID_FILE", START,                                     \
      "file to write the process id to; empty: none, but with daemonize the "  \
      "platform's place")                                                      \
    X(daemon_log_file, "daemon.log_file", PATH, "", 0, 4095, "", NULL,         \
      "log-file", "GOXEL_LOG_FILE", START,                                     \
      "file to append the log to; empty: standard error, but with daemonize "  \
      "the platform's place")                                                  \
    X(daemon_working_dir, "daemon.working_dir", PATH, "", 0, 4095, "", NULL,   \
      "working-dir", "GOXEL_DAEMON_WORKING_DIR", START,                        \
      "directory to change to at start; empty: stay, but with daemonize /")    \
    X(daemon_user, "daemon.user", TEXT, "", 0, 64, "",                         \
      "^[A-Za-z0-9_.-]*[$]?$", "user", "GOXEL_DAEMON_USER", START,             \
      "user (name or number) to become when started as root; empty: stay")     \
    X(daemon_group, "daemon.group", TEXT, "", 0, 64, "",                       \
      "^[A-Za-z0-9_.-]*[$]?$", "group", "GOXEL_DAEMON_GROUP", START,           \
      "group (name or number) to become when started as root; empty: the "     \
      "user's own")                                                            \
    X(daemon_takeover_seconds, "daemon.takeover_seconds", INT, "0", 0, 86400,  \
      "seconds", NULL, "takeover-seconds", "GOXEL_DAEMON_TAKEOVER_SECONDS",    \
      START, "how long to wait at the start for a data directory that another "\
      "daemon still uses; clients wait meanwhile; 0: end at once")

#define GOX_SETTING_LIST_SERVER(X)                                             \
    X(server_workers, "server.workers", INT, "0", 0, 256, "threads", NULL,     \
      "workers", "GOXEL_MAX_WORKERS", START,                                   \
      "threads for long work; 0: one per core, at least 2")                    \
    X(server_queue_size, "server.queue_size", INT, "256", 1, 65536,            \
      "requests", NULL, "queue-size", "GOXEL_QUEUE_SIZE", LIVE,                \
      "long requests that may wait for a worker")                              \
    X(server_max_connections, "server.max_connections", INT, "256", 1, 65536,  \
      "clients", NULL, "max-connections", "GOXEL_MAX_CONNECTIONS", LIVE,       \
      "clients at the same time")                                              \
    X(server_enable_priority_queue, "server.enable_priority_queue", BOOL,      \
      "true", 0, 1, "", NULL, NULL, "GOXEL_SERVER_ENABLE_PRIORITY_QUEUE",      \
      LIVE, "let waiting work that is usually short pass work that is "        \
      "usually long; nothing waits for ever")                                  \
    X(server_bind_address, "server.bind_address", TEXT, "127.0.0.1", 1, 64,    \
      "", "^[0-9A-Fa-f:.]+$", "bind-address", "GOXEL_SERVER_BIND_ADDRESS",     \
      START, "IP address to listen on when server.port is set; beyond "        \
      "loopback only with security.enable_authentication")                     \
    X(server_port, "server.port", INT, "0", 0, 65535, "", NULL, "port",        \
      "GOXEL_SERVER_PORT", START, "TCP port to listen on besides the socket; " \
      "0: none")                                                               \
    X(server_timeout_seconds, "server.timeout_seconds", INT, "30", 1, 86400,   \
      "seconds", NULL, "timeout-seconds", "GOXEL_SERVER_TIMEOUT_SECONDS",      \
      LIVE, "a client that does not read its answers, or does not end a "      \
      "request that it began, is cut off after this")                          \
    X(server_drain_seconds, "server.drain_seconds", INT, "10", 0, 3600,        \
      "seconds", NULL, "drain-seconds", "GOXEL_SERVER_DRAIN_SECONDS", LIVE,    \
      "how long requests under way may take to finish when the daemon stops")

#define GOX_SETTING_LIST_LOGGING(X)                                            \
    X(logging_level, "logging.level", ENUM, "info", 0, 0, "",                  \
      "error|warn|info|debug", "log-level", "GOXEL_LOG_LEVEL", LIVE,           \
      "what is logged: this and all that is more severe")                      \
    X(logging_format, "logging.format", ENUM, "auto", 0, 0, "",                \
      "auto|json|text|journald", "log-format", "GOXEL_LOGGING_FORMAT", LIVE,   \
      "one JSON object a line, text, or journald's own protocol; auto: "       \
      "journald under systemd, text on a terminal, else JSON")                 \
    X(logging_levels, "logging.levels", LEVELS, "", 0, 64, "", NULL, NULL,     \
      "GOXEL_LOGGING_LEVELS", LIVE,                                            \
      "a level of its own for a component, such as {\"store\": \"debug\"}")    \
    X(logging_rotation_enabled, "logging.rotation.enabled", BOOL, "true", 0,   \
      1, "", NULL, NULL, "GOXEL_LOGGING_ROTATION_ENABLED", LIVE,               \
      "begin a new log file by size and age (only with daemon.log_file)")      \
    X(logging_rotation_max_size_mb, "logging.rotation.max_size_mb", INT,       \
      "64", 1, 65536, "MiB", NULL, NULL,                                       \
      "GOXEL_LOGGING_ROTATION_MAX_SIZE_MB", LIVE,                              \
      "a log file that is larger is put aside")                                \
    X(logging_rotation_max_files, "logging.rotation.max_files", INT, "8", 1,   \
      1000, "files", NULL, NULL, "GOXEL_LOGGING_ROTATION_MAX_FILES", LIVE,     \
      "old log files that are kept")                                           \
    X(logging_rotation_max_age_days, "logging.rotation.max_age_days", INT,     \
      "30", 0, 3650, "days", NULL, NULL,                                       \
      "GOXEL_LOGGING_ROTATION_MAX_AGE_DAYS", LIVE,                             \
      "older log files are removed; 0: never")                                 \
    X(logging_rotation_compress, "logging.rotation.compress", BOOL, "true",    \
      0, 1, "", NULL, NULL, "GOXEL_LOGGING_ROTATION_COMPRESS", LIVE,           \
      "compress old log files")                                                \
    X(logging_include_timestamps, "logging.include_timestamps", BOOL, "true",  \
      0, 1, "", NULL, NULL, "GOXEL_LOGGING_INCLUDE_TIMESTAMPS", LIVE,          \
      "begin each record with its time")                                       \
    X(logging_include_pid, "logging.include_pid", BOOL, "true", 0, 1, "",      \
      NULL, NULL, "GOXEL_LOGGING_INCLUDE_PID", LIVE,                           \
      "put the process id into each record")                                   \
    X(logging_include_thread_id, "logging.include_thread_id", BOOL, "true",    \
      0, 1, "", NULL, NULL, "GOXEL_LOGGING_INCLUDE_THREAD_ID", LIVE,           \
      "put the thread id into each record")                                    \
    X(logging_include_request_id, "logging.include_request_id", BOOL, "true",  \
      0, 1, "", NULL, NULL, "GOXEL_LOGGING_INCLUDE_REQUEST_ID", LIVE,          \
      "put the number of the request into the records that belong to one")

#define GOX_SETTING_LIST_SECURITY(X)                                           \
    X(security_socket_permissions, "security.socket_permissions", OCTAL,       \
      "0660", 0, 0777, "", NULL, "socket-permissions",                         \
      "GOXEL_SECURITY_SOCKET_PERMISSIONS", START, "mode of the socket, octal") \
    X(security_socket_group, "security.socket_group", TEXT, "", 0, 64, "",     \
      "^[A-Za-z0-9_.-]*[$]?$", NULL, "GOXEL_SECURITY_SOCKET_GROUP", START,     \
      "group (name or number) of the socket; empty: the daemon's")             \
    X(security_enable_authentication, "security.enable_authentication", BOOL,  \
      "false", 0, 1, "", NULL, NULL, "GOXEL_SECURITY_ENABLE_AUTHENTICATION",   \
      START, "serve only clients that give a token of token_file")             \
    X(security_token_file, "security.token_file", PATH, "", 0, 4095, "",       \
      NULL, NULL, "GOXEL_SECURITY_TOKEN_FILE", START,                          \
      "file of hashed tokens (goxelctl token makes it); empty: tokens "        \
      "in the data directory")                                                 \
    X(security_allowed_uids, "security.allowed_uids", IDS, "", 0, 1024, "",    \
      NULL, NULL, "GOXEL_SECURITY_ALLOWED_UIDS", LIVE,                         \
      "users that may connect to the socket; with an empty allowed_gids too: " \
      "all that its mode lets in")                                             \
    X(security_allowed_gids, "security.allowed_gids", IDS, "", 0, 1024, "",    \
      NULL, NULL, "GOXEL_SECURITY_ALLOWED_GIDS", LIVE,                         \
      "groups whose members may connect to the socket")                        \
    X(security_allowed_paths, "security.allowed_paths", PATHS, "", 0, 1024,    \
      "", NULL, "allowed-paths", "GOXEL_SECURITY_ALLOWED_PATHS", START,        \
      "directories below which requests may read and write files, beside the " \
      "data and render directories")                                           \
    X(security_max_request_size_mb, "security.max_request_size_mb", INT,       \
      "64", 1, 2047, "MiB", NULL, "max-request-size-mb",                       \
      "GOXEL_SECURITY_MAX_REQUEST_SIZE_MB", LIVE, "largest request")           \
    X(security_rate_limiting_enabled, "security.rate_limiting.enabled", BOOL,  \
      "false", 0, 1, "", NULL, NULL,                                           \
      "GOXEL_SECURITY_RATE_LIMITING_ENABLED", LIVE,                            \
      "bound the requests that one peer may make")                             \
    X(security_rate_limiting_requests_per_second,                              \
      "security.rate_limiting.requests_per_second", INT, "1000", 1, 10000000,  \
      "requests per second", NULL, NULL,                                       \
      "GOXEL_SECURITY_RATE_LIMITING_REQUESTS_PER_SECOND", LIVE,                \
      "requests that one peer may make over time")                             \
    X(security_rate_limiting_burst_size,                                       \
      "security.rate_limiting.burst_size", INT, "2000", 1, 10000000,           \
      "requests", NULL, NULL, "GOXEL_SECURITY_RATE_LIMITING_BURST_SIZE", LIVE, \
      "requests that one peer may make at once")                               \
    X(security_sandbox, "security.sandbox", ENUM, "best-effort", 0, 0, "",     \
      "off|best-effort|require", "sandbox", "GOXEL_SECURITY_SANDBOX", START,   \
      "let the kernel hold the daemon to what it needs (Landlock, seccomp); "  \
      "require: do not start without")

#define GOX_SETTING_LIST_PERFORMANCE(X)                                        \
    X(performance_worker_thread_stack_size_kb,                                 \
      "performance.worker_thread_stack_size_kb", INT, "2048", 256, 65536,      \
      "KiB", NULL, NULL, "GOXEL_PERFORMANCE_WORKER_THREAD_STACK_SIZE_KB",      \
      START, "stack of each thread for long work")                             \
    X(performance_message_buffer_size_kb,                                      \
      "performance.message_buffer_size_kb", INT, "64", 4, 65536, "KiB", NULL,  \
      NULL, "GOXEL_PERFORMANCE_MESSAGE_BUFFER_SIZE_KB", LIVE,                  \
      "memory that an idle connection may keep for each direction")            \
    X(performance_max_memory_mb, "performance.max_memory_mb", INT, "0", 0,     \
      16777216, "MiB", NULL, NULL, "GOXEL_PERFORMANCE_MAX_MEMORY_MB", LIVE,    \
      "above this, requests that need more memory are refused; 0: no bound")   \
    X(performance_max_open_projects, "performance.max_open_projects", INT,     \
      "256", 1, 100000, "projects", NULL, NULL,                                \
      "GOXEL_PERFORMANCE_MAX_OPEN_PROJECTS", LIVE,                             \
      "beyond it the project that was idle for longest is closed; it is "      \
      "opened again when a request names it")                                  \
    X(performance_durability, "performance.durability", ENUM, "interval", 0,   \
      0, "", "always|interval|none", "durability",                             \
      "GOXEL_PERFORMANCE_DURABILITY", START,                                   \
      "when an edit is safe from a power cut: before its answer, within "      \
      "durability_interval_ms, or when the system likes; after a crash of "    \
      "the daemon it is safe with all three")                                  \
    X(performance_durability_interval_ms,                                      \
      "performance.durability_interval_ms", INT, "1000", 10, 60000,            \
      "milliseconds", NULL, NULL,                                              \
      "GOXEL_PERFORMANCE_DURABILITY_INTERVAL_MS", START,                       \
      "edits are on disk after this at the latest, with durability interval")  \
    X(performance_history_max_mb, "performance.history_max_mb", INT, "1024",   \
      0, 1048576, "MiB", NULL, NULL, "GOXEL_PERFORMANCE_HISTORY_MAX_MB",       \
      START, "journal on disk of each project, for undo after a restart")      \
    X(performance_max_undo_mb, "performance.max_undo_mb", INT, "256", 0,       \
      65536, "MiB", NULL, "max-undo-mb", "GOXEL_PERFORMANCE_MAX_UNDO_MB",      \
      START, "memory for undo of each project")                                \
    X(performance_max_pending_mb, "performance.max_pending_mb", INT, "64", 1,  \
      4096, "MiB", NULL, "max-pending-mb",                                     \
      "GOXEL_PERFORMANCE_MAX_PENDING_MB", LIVE,                                \
      "answers that may wait for a slow client before it is not served")       \
    X(performance_max_request_seconds, "performance.max_request_seconds",      \
      INT, "300", 0, 86400, "seconds", NULL, "max-request-seconds",            \
      "GOXEL_PERFORMANCE_MAX_REQUEST_SECONDS", LIVE,                           \
      "long work is given up after this; 0: never")                            \
    X(performance_trash_days, "performance.trash_days", INT, "30", 0, 3650,    \
      "days", NULL, NULL, "GOXEL_PERFORMANCE_TRASH_DAYS", LIVE,                \
      "removed projects are kept this long; 0: for good")

#define GOX_SETTING_LIST_MONITORING(X)                                         \
    X(monitoring_enable_health_check, "monitoring.enable_health_check", BOOL,  \
      "true", 0, 1, "", NULL, NULL, "GOXEL_MONITORING_ENABLE_HEALTH_CHECK",    \
      LIVE, "look at disk, memory and the loop from time to time, and log "    \
      "when the verdict changes")                                              \
    X(monitoring_health_check_interval_seconds,                                \
      "monitoring.health_check_interval_seconds", INT, "30", 1, 3600,          \
      "seconds", NULL, NULL,                                                   \
      "GOXEL_MONITORING_HEALTH_CHECK_INTERVAL_SECONDS", LIVE,                  \
      "how often")                                                             \
    X(monitoring_enable_metrics, "monitoring.enable_metrics", BOOL, "true",    \
      0, 1, "", NULL, NULL, "GOXEL_MONITORING_ENABLE_METRICS", LIVE,           \
      "count requests and their times")                                        \
    X(monitoring_metrics_endpoint, "monitoring.metrics_endpoint", TEXT,        \
      "/metrics", 1, 255, "", "^/[A-Za-z0-9/_.-]*$", NULL,                     \
      "GOXEL_MONITORING_METRICS_ENDPOINT", START,                              \
      "path of the metrics page of metrics_listen")                            \
    X(monitoring_metrics_listen, "monitoring.metrics_listen", TEXT, "", 0,     \
      255, "", NULL, "metrics-listen", "GOXEL_MONITORING_METRICS_LISTEN",      \
      START, "where to serve HTTP: address:port such as 127.0.0.1:9464, or "   \
      "the path of a Unix socket; empty: nowhere")

#define GOX_SETTING_LIST_PATHS(X)                                              \
    X(paths_data_dir, "paths.data_dir", PATH, "", 0, 4095, "", NULL,           \
      "data-dir", "GOXEL_PATHS_DATA_DIR", START,                               \
      "directory of the daemon's own files; relative paths of requests start " \
      "here")                                                                  \
    X(render_dir, "render.dir", PATH, "", 0, 4095, "", NULL, "render-dir",     \
      "GOXEL_RENDER_DIR", START, "directory of registered render files; "      \
      "empty: renders in the data directory")                                  \
    X(render_ttl, "render.ttl", INT, "3600", 1, 31536000, "seconds", NULL,     \
      "render-ttl", "GOXEL_RENDER_TTL", START,                                 \
      "life of a registered render file")                                      \
    X(render_max_size, "render.max_size", INT, "1073741824", 1048576,          \
      1099511627776, "bytes", NULL, "render-max-size",                         \
      "GOXEL_RENDER_MAX_SIZE", START, "all registered render files together")  \
    X(render_cleanup_interval, "render.cleanup_interval", INT, "300", 1,       \
      86400, "seconds", NULL, "render-cleanup-interval",                       \
      "GOXEL_RENDER_CLEANUP_INTERVAL", START,                                  \
      "how often expired render files are removed")                            \
    X(environment, "environment", MAP, "", 0, 256, "",                         \
      "^[A-Za-z_][A-Za-z0-9_]*$", NULL, NULL, START,                           \
      "variables to set in the daemon's environment at start")

#define GOX_SETTING_LIST_AUTO_START(X)                                         \
    X(auto_start_enabled, "auto_start.enabled", BOOL, "true", 0, 1, "", NULL,  \
      NULL, "GOXEL_AUTO_START_ENABLED", OTHER,                                 \
      "start the daemon when it is needed and does not run")                   \
    X(auto_start_startup_timeout_ms, "auto_start.startup_timeout_ms", INT,     \
      "10000", 100, 3600000, "milliseconds", NULL, NULL,                       \
      "GOXEL_STARTUP_TIMEOUT", OTHER,                                          \
      "the daemon must be ready within this")                                  \
    X(auto_start_shutdown_timeout_ms, "auto_start.shutdown_timeout_ms", INT,   \
      "15000", 100, 3600000, "milliseconds", NULL, NULL,                       \
      "GOXEL_SHUTDOWN_TIMEOUT", OTHER,                                         \
      "a daemon that was asked to stop is killed after this")                  \
    X(auto_start_health_timeout_ms, "auto_start.health_timeout_ms", INT,       \
      "5000", 10, 600000, "milliseconds", NULL, NULL, "GOXEL_HEALTH_TIMEOUT",  \
      OTHER, "a health check that takes longer has failed")                    \
    X(auto_start_health_interval_ms, "auto_start.health_interval_ms", INT,     \
      "10000", 100, 3600000, "milliseconds", NULL, NULL,                       \
      "GOXEL_AUTO_START_HEALTH_INTERVAL_MS", OTHER,                            \
      "between two health checks")                                             \
    X(auto_start_restart_on_failure, "auto_start.restart_on_failure", BOOL,    \
      "true", 0, 1, "", NULL, NULL, "GOXEL_AUTO_START_RESTART_ON_FAILURE",     \
      OTHER, "start the daemon again when it ended by itself")                 \
    X(auto_start_max_restarts, "auto_start.max_restarts", INT, "5", 0, 1000,   \
      "restarts", NULL, NULL, "GOXEL_AUTO_START_MAX_RESTARTS", OTHER,          \
      "more restarts within restart_window_seconds count as failed")           \
    X(auto_start_restart_window_seconds, "auto_start.restart_window_seconds",  \
      INT, "300", 1, 86400, "seconds", NULL, NULL,                             \
      "GOXEL_AUTO_START_RESTART_WINDOW_SECONDS", OTHER,                        \
      "the time in which restarts are counted")                                \
    X(auto_start_restart_delay_ms, "auto_start.restart_delay_ms", INT, "500",  \
      0, 3600000, "milliseconds", NULL, NULL,                                  \
      "GOXEL_AUTO_START_RESTART_DELAY_MS", OTHER,                              \
      "wait before the first restart; doubled for each one that follows")      \
    X(auto_start_restart_delay_max_ms, "auto_start.restart_delay_max_ms",      \
      INT, "30000", 0, 3600000, "milliseconds", NULL, NULL,                    \
      "GOXEL_AUTO_START_RESTART_DELAY_MAX_MS", OTHER,                          \
      "longest wait before a restart")                                         \
    X(auto_start_backend, "auto_start.backend", ENUM, "auto", 0, 0, "",        \
      "auto|builtin|systemd|systemd-user|launchd|windows|external", NULL,      \
      "GOXEL_AUTO_START_BACKEND", OTHER,                                       \
      "who runs the daemon: goxel-manager itself, a service manager, or "      \
      "somebody else; auto: what fits")                                        \
    X(auto_start_unit, "auto_start.unit", TEXT, "goxel-daemon", 1, 255, "",    \
      "^[A-Za-z0-9@:_.-]+$", NULL, "GOXEL_AUTO_START_UNIT", OTHER,             \
      "the unit, job or service of that backend")                              \
    X(auto_start_memory_soft_mb, "auto_start.memory_soft_mb", INT, "0", 0,     \
      16777216, "MiB", NULL, NULL, "GOXEL_AUTO_START_MEMORY_SOFT_MB", OTHER,   \
      "restart the daemon in good order above this; 0: never")                 \
    X(auto_start_memory_max_mb, "auto_start.memory_max_mb", INT, "0", 0,       \
      16777216, "MiB", NULL, NULL, "GOXEL_AUTO_START_MEMORY_MAX_MB", OTHER,    \
      "memory that the kernel gives the daemon, where control groups are "     \
      "delegated; 0: no limit")                                                \
    X(auto_start_pids_max, "auto_start.pids_max", INT, "0", 0, 4194304,        \
      "processes", NULL, NULL, "GOXEL_AUTO_START_PIDS_MAX", OTHER,             \
      "the same for processes and threads; 0: no limit")                       \
    X(auto_start_files_max, "auto_start.files_max", INT, "0", 0, 1073741824,   \
      "descriptors", NULL, NULL, "GOXEL_AUTO_START_FILES_MAX", OTHER,          \
      "open descriptors of the daemon; 0: as many as goxel-manager may have")  \
    X(auto_start_watchdog_ms, "auto_start.watchdog_ms", INT, "0", 0, 3600000,  \
      "milliseconds", NULL, NULL, "GOXEL_AUTO_START_WATCHDOG_MS", OTHER,       \
      "the daemon must send WATCHDOG=1 this often; 0: need not")               \
    X(auto_start_hooks, "auto_start.hooks", MAP, "", 0, 64, "",                \
      "^[a-z_]+$", NULL, NULL, OTHER,                                          \
      "shell commands to run on events, such as {\"failed\": \"mail me\"}; "   \
      "all: on each")                                                          \
    X(auto_start_hook_limit_ms, "auto_start.hook_limit_ms", INT, "30000", 1,   \
      3600000, "milliseconds", NULL, NULL,                                     \
      "GOXEL_AUTO_START_HOOK_LIMIT_MS", OTHER,                                 \
      "a command that runs longer is killed with all that it started")

#define GOX_SETTING_LIST_MCP(X)                                                \
    X(mcp_integration_enabled, "mcp_integration.enabled", BOOL, "true", 0, 1,  \
      "", NULL, NULL, "GOXEL_MCP_INTEGRATION_ENABLED", OTHER,                  \
      "let goxel-mcp serve this daemon")                                       \
    X(mcp_integration_port, "mcp_integration.port", INT, "0", 0, 65535, "",    \
      NULL, NULL, "MCP_SERVER_PORT", OTHER,                                    \
      "TCP port of goxel-mcp --http; 0: 8787")                                 \
    X(mcp_integration_bind_address, "mcp_integration.bind_address", TEXT,      \
      "127.0.0.1", 1, 64, "", "^[0-9A-Fa-f:.]+$", NULL,                        \
      "GOXEL_MCP_INTEGRATION_BIND_ADDRESS", OTHER,                             \
      "IP address of that port")                                               \
    X(mcp_integration_token_file, "mcp_integration.token_file", PATH, "", 0,   \
      4095, "", NULL, NULL, "GOXEL_MCP_INTEGRATION_TOKEN_FILE", OTHER,         \
      "file of bearer tokens, one a line, of which HTTP clients of goxel-mcp " \
      "must give one; empty: none is asked for")                               \
    X(mcp_integration_allow_origins, "mcp_integration.allow_origins", TEXTS,   \
      "", 0, 256, "", "^[^, ]+$", NULL,                                        \
      "GOXEL_MCP_INTEGRATION_ALLOW_ORIGINS", OTHER,                            \
      "web origins beside localhost whose pages may use goxel-mcp")

#define GOX_SETTING_LIST(X)                                                    \
    GOX_SETTING_LIST_DAEMON(X)                                                 \
    GOX_SETTING_LIST_SERVER(X)                                                 \
    GOX_SETTING_LIST_LOGGING(X)                                                \
    GOX_SETTING_LIST_SECURITY(X)                                               \
    GOX_SETTING_LIST_PERFORMANCE(X)                                            \
    GOX_SETTING_LIST_MONITORING(X)                                             \
    GOX_SETTING_LIST_PATHS(X)                                                  \
    GOX_SETTING_LIST_AUTO_START(X)                                             \
    GOX_SETTING_LIST_MCP(X)
// clang-format on

/* X(section, help), in the order of the file. `defaults` and `$schema` are no
 * sections of settings. */
#define GOX_SECTION_LIST(X)                                                    \
    X("daemon", "The process and its files")                                   \
    X("server", "Connections, workers, stopping")                              \
    X("logging", "The log")                                                    \
    X("security", "Who may do what")                                           \
    X("performance", "Memory, disk, time")                                     \
    X("monitoring", "Health and metrics")                                      \
    X("paths", "Directories")                                                  \
    X("render", "Registered render files")                                     \
    X("environment", "Variables for the daemon")                               \
    X("auto_start", "How goxel-manager keeps the daemon running")              \
    X("mcp_integration", "How goxel-mcp serves the daemon")

#endif
