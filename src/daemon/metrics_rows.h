/* SPDX-License-Identifier: Apache-2.0
 * The rows of single metrics. From a row come the member of the sample, the
 * member of daemon.metrics, the Prometheus metric and the row of
 * docs/monitoring.md.
 *
 * X(member, TYPE, Prometheus name, scale, WHEN, help)
 *
 * member: also the name in daemon.metrics. scale: Prometheus wants seconds and
 * bytes; the member's value times this. WHEN: ALWAYS, or COUNTED when it is
 * there only while metrics are collected. A value below 0 is not known and is
 * left out. */
#ifndef GOX_DAEMON_METRICS_ROWS_H
#define GOX_DAEMON_METRICS_ROWS_H

// clang-format off
#define GOX_METRIC_LIST(X)                                                     \
    X(uptime_seconds, GAUGE, "goxel_uptime_seconds", 1, ALWAYS,                \
      "Time since the daemon was started.")                                    \
    X(start_time_seconds, GAUGE, "process_start_time_seconds", 1, ALWAYS,      \
      "When the daemon was started, since 1970.")                              \
    X(health, GAUGE, "goxel_health_status", 1, ALWAYS,                         \
      "Verdict of daemon.health: 0 healthy, 1 degraded, 2 unhealthy.")         \
    X(ready, GAUGE, "goxel_ready", 1, ALWAYS,                                  \
      "1 while requests are taken.")                                           \
    X(requests, COUNTER, "goxel_requests_received_total", 1, COUNTED,          \
      "Requests, notifications and entries of batches.")                       \
    X(errors, COUNTER, "goxel_errors_total", 1, COUNTED,                       \
      "Requests that were answered with an error.")                            \
    X(notifications, COUNTER, "goxel_notifications_total", 1, COUNTED,         \
      "Requests without an id.")                                               \
    X(batches, COUNTER, "goxel_batches_total", 1, COUNTED,                     \
      "Batches of requests.")                                                  \
    X(rate_limited, COUNTER, "goxel_rate_limited_total", 1, ALWAYS,            \
      "Requests refused because the client sent too many.")                    \
    X(auth_failures, COUNTER, "goxel_auth_failures_total", 1, ALWAYS,          \
      "Tokens that were refused.")                                             \
    X(forbidden, COUNTER, "goxel_forbidden_total", 1, ALWAYS,                  \
      "Requests refused because the token has no such scope, or without one.") \
    X(peers_refused, COUNTER, "goxel_peers_refused_total", 1, ALWAYS,          \
      "Clients refused by security.allowed_uids and allowed_gids.")            \
    X(memory_refused, COUNTER, "goxel_memory_refused_total", 1, ALWAYS,        \
      "Requests refused because of performance.max_memory_mb.")                \
    X(connections_open, GAUGE, "goxel_connections", 1, ALWAYS,                 \
      "Clients that are connected; each request to /rpc is one.")              \
    X(connections_max, GAUGE, "goxel_connections_max", 1, ALWAYS,              \
      "Clients that may be connected (server.max_connections).")               \
    X(connections, COUNTER, "goxel_connections_accepted_total", 1, COUNTED,    \
      "Clients that connected.")                                               \
    X(connections_refused, COUNTER, "goxel_connections_refused_total", 1,      \
      COUNTED, "Clients that were refused because of the limit.")              \
    X(slow_clients_cut, COUNTER, "goxel_slow_clients_cut_total", 1, COUNTED,   \
      "Clients that were cut off because they read nothing.")                  \
    X(bytes_in, COUNTER, "goxel_received_bytes_total", 1, COUNTED,             \
      "Bytes of requests.")                                                    \
    X(bytes_out, COUNTER, "goxel_sent_bytes_total", 1, COUNTED,                \
      "Bytes of answers.")                                                     \
    X(http_requests, COUNTER, "goxel_http_requests_total", 1, COUNTED,         \
      "Requests to the HTTP listener.")                                        \
    X(http_refused, COUNTER, "goxel_http_refused_total", 1, COUNTED,           \
      "HTTP requests refused by path, method, size, host or origin.")          \
    X(http_timed_out, COUNTER, "goxel_http_timed_out_total", 1, COUNTED,       \
      "HTTP clients cut off because they sent too slowly.")                    \
    X(http_connections, GAUGE, "goxel_http_connections", 1, ALWAYS,            \
      "HTTP connections that are open.")                                       \
    X(long_started, COUNTER, "goxel_long_started_total", 1, COUNTED,           \
      "Requests that went to a worker.")                                       \
    X(long_finished, COUNTER, "goxel_long_finished_total", 1, COUNTED,         \
      "Requests that a worker has finished.")                                  \
    X(long_cancelled, COUNTER, "goxel_long_cancelled_total", 1, COUNTED,       \
      "Requests that were cancelled, by the client or by its leaving.")        \
    X(long_average_ms, GAUGE, "goxel_long_average_seconds", 0.001, ALWAYS,     \
      "Time of the last requests with a worker, averaged.")                    \
    X(queue_depth, GAUGE, "goxel_queue_depth", 1, ALWAYS,                      \
      "Requests that wait for a worker.")                                      \
    X(queue_capacity, GAUGE, "goxel_queue_capacity", 1, ALWAYS,                \
      "Requests that may wait (server.queue_size).")                           \
    X(queue_oldest_ms, GAUGE, "goxel_queue_oldest_seconds", 0.001, ALWAYS,     \
      "How long the first of them has waited.")                                \
    X(workers, GAUGE, "goxel_workers", 1, ALWAYS,                              \
      "Threads for long requests.")                                            \
    X(workers_busy, GAUGE, "goxel_workers_busy", 1, ALWAYS,                    \
      "Of these, busy.")                                                       \
    X(projects, GAUGE, "goxel_projects_open", 1, ALWAYS,                       \
      "Projects in memory.")                                                   \
    X(voxels, GAUGE, "goxel_voxels", 1, ALWAYS,                                \
      "Voxels of all layers of these projects.")                               \
    X(projects_evicted, COUNTER, "goxel_projects_evicted_total", 1, ALWAYS,    \
      "Idle projects closed to keep the bound on memory.")                     \
    X(projects_damaged, COUNTER, "goxel_projects_damaged_total", 1, ALWAYS,    \
      "Projects whose file was damaged when it was opened.")                   \
    X(store_commits, COUNTER, "goxel_store_commits_total", 1, COUNTED,         \
      "Turns of the loop whose edits were committed, or were to be.")          \
    X(store_failures, COUNTER, "goxel_store_commit_failures_total", 1,         \
      COUNTED, "Commits that failed; their edits were taken back.")            \
    X(store_syncs, COUNTER, "goxel_store_syncs_total", 1, ALWAYS,             \
      "Times that a project's file was brought to the disk (fsync).")          \
    X(store_checkpoints, COUNTER, "goxel_store_checkpoints_total", 1, ALWAYS, \
      "Times that a project's log was moved into its file.")                   \
    X(store_snapshots, COUNTER, "goxel_store_snapshots_total", 1, ALWAYS,     \
      "Snapshots that were written.")                                          \
    X(journal_bytes, GAUGE, "goxel_store_journal_bytes", 1, ALWAYS,            \
      "History of all open projects.")                                         \
    X(wal_bytes, GAUGE, "goxel_store_wal_bytes", 1, ALWAYS,                    \
      "Logs of all open projects that are not yet in their files.")            \
    X(store_unsafe, GAUGE, "goxel_store_unsafe_projects", 1, ALWAYS,           \
      "Open projects that are read-only because an fsync failed.")             \
    X(disk_free_bytes, GAUGE, "goxel_disk_free_bytes", 1, ALWAYS,              \
      "Free bytes where the projects are.")                                    \
    X(rss_bytes, GAUGE, "process_resident_memory_bytes", 1, ALWAYS,            \
      "Resident memory of the daemon.")                                        \
    X(memory_limit_bytes, GAUGE, "goxel_memory_limit_bytes", 1, ALWAYS,        \
      "The limit of it (performance.max_memory_mb); 0: none.")                 \
    X(cpu_seconds, COUNTER, "process_cpu_seconds_total", 1, ALWAYS,            \
      "Processor time, user and system.")                                      \
    X(fds, GAUGE, "process_open_fds", 1, ALWAYS,                               \
      "Open descriptors.")                                                     \
    X(threads, GAUGE, "goxel_threads", 1, ALWAYS,                              \
      "Threads of the daemon.")                                                \
    X(loop_lag_ms, GAUGE, "goxel_loop_lag_seconds", 0.001, ALWAYS,             \
      "The longest turn of the loop in the last seconds: how long a request "  \
      "may have had to wait.")                                                 \
    X(log_records, COUNTER, "goxel_log_records_total", 1, ALWAYS,              \
      "Records of the log.")                                                   \
    X(log_drops, COUNTER, "goxel_log_dropped_total", 1, ALWAYS,                \
      "Records that were dropped because the log's ring was full.")
// clang-format on

/* Metrics with labels. X(NAME, TYPE, Prometheus name, labels, WHEN, help) */
// clang-format off
#define GOX_METRIC_FAMILY_LIST(X)                                              \
    X(BUILD_INFO, GAUGE, "goxel_build_info", "version, os", ALWAYS,            \
      "1; the labels say what runs.")                                          \
    X(REQUESTS, COUNTER, "goxel_requests_total", "method, code", COUNTED,      \
      "Requests that were answered, by method and JSON-RPC code (0: "          \
      "success).")                                                             \
    X(LATENCY, HISTOGRAM, "goxel_request_duration_seconds", "method", COUNTED, \
      "Time from a whole request to its answer, waiting included.")            \
    X(QUEUE_WAIT, HISTOGRAM, "goxel_queue_wait_seconds", "", COUNTED,          \
      "Time that long requests waited for a worker.")                          \
    X(COMMIT, HISTOGRAM, "goxel_store_commit_duration_seconds", "", COUNTED,   \
      "Time to commit the edits of a turn, with the fsync if there is one.")
// clang-format on

#endif
