// SPDX-License-Identifier: Apache-2.0
import { GoxelDaemonManager, DaemonConfig, GoxelError } from 'goxel-daemon-manager';
import type { ManagerOptions, Status, HealthResult } from 'goxel-daemon-manager';

const options: ManagerOptions = { autoStart: true, restartOnFailure: true, healthCheckTimeoutMs: 5000 };
const config: DaemonConfig = new DaemonConfig(options);
const path: string = config.socketPath;
const workers: number | null = config.workers;

export async function live(): Promise<void> {
  const manager = new GoxelDaemonManager(options);
  const other = new GoxelDaemonManager(config);
  manager.on('started', ({ pid }) => pid.toFixed());
  manager.on('exited', ({ cause, code }) => `${cause} ${code ?? ''}`);
  manager.on('health_check', ({ status }) => status === 'healthy');
  manager.once('error', (error) => error.reason.length);
  const started: Status = await manager.start();
  const health: HealthResult = await manager.performHealthCheck();
  const voxel = await manager.call<{ color: number[] }>('goxel.get_voxel', { x: 0, y: 0, z: 0 });
  voxel.color.map((c) => c + 1);
  await manager.call('ping', null, { timeoutMs: 10, retry: true });
  const { events } = await manager.getEvents({ last: 3 });
  events[0]?.seq.toFixed();
  try {
    await manager.restart();
  } catch (error) {
    if (error instanceof GoxelError && error.unknownOutcome) throw error;
  }
  await manager.upgrade({ what: 'daemon', binary: '/x' });
  await manager.stop();
  other.close();
  [started.pid, health.stages, path, workers].map(String);
}
