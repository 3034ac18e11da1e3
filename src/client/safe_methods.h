/* SPDX-License-Identifier: Apache-2.0
 * Made by scripts/safe_methods.js from the tables of methods: those that may be
 * called again when their answer was lost. In the order of strcmp. */
#ifndef GOX_CLIENT_SAFE_METHODS_H
#define GOX_CLIENT_SAFE_METHODS_H

// clang-format off
static const char *const gox__safe_methods[] = {
    "daemon.config",
    "daemon.health",
    "daemon.metrics",
    "daemon.ready",
    "daemon.status",
    "echo",
    "goxel.analyze",
    "goxel.check_project",
    "goxel.diff",
    "goxel.echo",
    "goxel.find_voxels_by_color",
    "goxel.get_bounding_box",
    "goxel.get_color_histogram",
    "goxel.get_daemon_status",
    "goxel.get_layer_voxels",
    "goxel.get_performance_metrics",
    "goxel.get_project_info",
    "goxel.get_render_info",
    "goxel.get_render_stats",
    "goxel.get_status",
    "goxel.get_unique_colors",
    "goxel.get_version",
    "goxel.get_voxel",
    "goxel.get_voxel_count",
    "goxel.get_voxel_info",
    "goxel.get_voxels_region",
    "goxel.health_check",
    "goxel.history",
    "goxel.list_checkpoints",
    "goxel.list_formats",
    "goxel.list_layers",
    "goxel.list_methods",
    "goxel.list_projects",
    "goxel.list_renders",
    "goxel.list_trash",
    "goxel.open_project",
    "goxel.ping",
    "goxel.read_slices",
    "list_methods",
    "manager.config",
    "manager.events",
    "manager.health",
    "manager.list",
    "manager.logs",
    "manager.metrics",
    "manager.status",
    "manager.subscribe",
    "ping",
    "rpc.discover",
    "status",
    "version",
};
// clang-format on

#endif
