// SPDX-License-Identifier: Apache-2.0
// The Node package goxel-daemon-manager for programs that take it from a copy
// of this repository.
'use strict';

module.exports = require('../node/index.js');
