// SPDX-License-Identifier: Apache-2.0
// The entry for require(). What it offers is described in index.d.ts.
'use strict';

const { DaemonConfig } = require('./lib/config.js');
const { GoxelError } = require('./lib/error.js');
const { GoxelDaemonManager } = require('./lib/manager.js');

module.exports = { GoxelDaemonManager, DaemonConfig, GoxelError };
