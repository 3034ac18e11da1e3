// SPDX-License-Identifier: Apache-2.0
// Which methods may be called again when their answer was lost: those that
// only look, so that doing them twice is the same as doing them once.
'use strict';

const NAMES = new Set([
  'echo', 'version', 'status', 'ping', 'list_methods', 'rpc.discover',
  'daemon.health', 'daemon.ready', 'daemon.metrics', 'daemon.config', 'daemon.status',
  'goxel.health_check', 'goxel.analyze', 'goxel.history', 'goxel.diff',
  'goxel.check_project', 'goxel.open_project',
  'manager.status', 'manager.list', 'manager.health', 'manager.logs', 'manager.events',
  'manager.metrics', 'manager.config', 'manager.subscribe',
]);
const PREFIXES = ['goxel.get_', 'goxel.list_', 'goxel.find_'];

function isSafe(method) {
  return NAMES.has(method) || PREFIXES.some((prefix) => method.startsWith(prefix));
}

module.exports = { isSafe };
