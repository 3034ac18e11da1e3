// SPDX-License-Identifier: Apache-2.0
import { GoxelDaemonManager, DaemonConfig } from 'goxel-daemon-manager';

const manager = new GoxelDaemonManager();
new GoxelDaemonManager({ worker: 4 }); // wrong
new GoxelDaemonManager({ workers: '4' }); // wrong
manager.on('started', ({ cause }) => cause); // wrong
manager.upgrade({ what: 'everything' }); // wrong
new DaemonConfig().socketPath = 'x'; // wrong
manager.start().then((status) => status.state === 'sleeping'); // wrong
