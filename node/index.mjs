// SPDX-License-Identifier: Apache-2.0
// The entry for import: the same classes, so that instanceof holds across both.
import entry from './index.js';

export const { GoxelDaemonManager, DaemonConfig, GoxelError } = entry;
export default entry;
