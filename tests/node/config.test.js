// SPDX-License-Identifier: Apache-2.0
// Options, environment, entries of the package, and what goes into it.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
require('./place.js'); // takes this machine's variables away
const { GoxelDaemonManager, DaemonConfig, GoxelError } = require('../../scripts/mcp_daemon_manager.js');

const root = path.join(__dirname, '../..');

test('an option wins over its variable, a variable over the default', () => {
  const environment = {
    GOXEL_SOCKET_PATH: '/tmp/env.sock', GOXEL_MAX_WORKERS: '3', GOXEL_QUEUE_SIZE: '5',
    GOXEL_MAX_CONNECTIONS: '6', GOXEL_STARTUP_TIMEOUT: '11', GOXEL_SHUTDOWN_TIMEOUT: '12',
    GOXEL_HEALTH_TIMEOUT: '13', GOXEL_DAEMON_BINARY: '/b/d', GOXEL_MANAGER_BINARY: '/b/m',
    GOXEL_PID_FILE: '/p', GOXEL_LOG_FILE: '/l',
  };
  const config = new DaemonConfig({ workers: 8 }, environment);
  assert.equal(config.socketPath, '/tmp/env.sock');
  assert.equal(config.controlPath, '/tmp/env.sock.ctl');
  assert.equal(config.workers, 8);
  assert.deepEqual(
    [config.queueSize, config.maxConnections, config.startupTimeoutMs, config.shutdownTimeoutMs,
      config.healthCheckTimeoutMs, config.daemonBinary, config.managerBinary, config.pidFile,
      config.logFile],
    [5, 6, 11, 12, 13, '/b/d', '/b/m', '/p', '/l']);
  assert.equal(config.autoStart, false);
  assert.ok(config.toArguments().includes('server.workers=8'));
  assert.throws(() => {
    'use strict';
    config.workers = 1;
  }, TypeError);
});

test('what has no sense is refused at once, by name', () => {
  for (const [options, word] of [
    [{ worker: 1 }, /no option worker/], [{ workers: '4' }, /workers/], [{ workers: -1 }, /workers/],
    [{ startupTimeoutMs: 0 }, /startupTimeoutMs/], [{ autoStart: 1 }, /autoStart/],
    [{ socketPath: '' }, /socketPath/], [{ managerArguments: [1] }, /managerArguments/],
  ]) {
    assert.throws(() => new GoxelDaemonManager(options), (error) =>
      error instanceof TypeError && word.test(error.message));
  }
  assert.throws(() => new DaemonConfig({}, { GOXEL_MAX_WORKERS: 'many' }), /GOXEL_MAX_WORKERS/);
});

test('an error event without a listener is dropped, with one it is given', () => {
  const manager = new GoxelDaemonManager({ socketPath: '/nowhere/d.sock' });
  assert.equal(manager.emit('error', new Error('x')), false);
  let seen = null;
  manager.on('error', (error) => {
    seen = error;
  });
  assert.equal(manager.emit('error', new Error('y')), true);
  assert.equal(seen.message, 'y');
});

test('import and require give the same classes', () => {
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', `
    import { createRequire } from 'node:module';
    import entry, { GoxelDaemonManager, DaemonConfig, GoxelError } from '${root}/node/index.mjs';
    const other = createRequire('${root}/x.js')('./scripts/mcp_daemon_manager.js');
    console.log(other.GoxelDaemonManager === GoxelDaemonManager && other.DaemonConfig === DaemonConfig &&
      other.GoxelError === GoxelError && entry.GoxelDaemonManager === GoxelDaemonManager);`],
  { encoding: 'utf8' });
  assert.equal(text.trim(), 'true');
  assert.equal(GoxelError.name, 'GoxelError');
});

test('the package holds what it needs and nothing else, without dependencies', (t) => {
  const run = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: path.join(root, 'node'), encoding: 'utf8', env: { ...process.env, npm_config_offline: 'true' } });
  if (run.error) {
    t.skip('npm is not installed');
    return;
  }
  assert.equal(run.status, 0, run.stderr);
  const answer = JSON.parse(run.stdout);
  const [row] = Array.isArray(answer) ? answer : Object.values(answer);
  assert.deepEqual(row.files.map((file) => file.path).sort(), [
    'LICENSE', 'README.md', 'index.d.mts', 'index.d.ts', 'index.js', 'index.mjs',
    'lib/client.js', 'lib/config.js', 'lib/connection.js', 'lib/error.js', 'lib/launch.js',
    'lib/link.js', 'lib/manager.js', 'lib/safe.js', 'package.json']);
  const own = require('../../node/package.json');
  assert.equal(own.dependencies, undefined);
  const version = require('node:fs').readFileSync(path.join(root, 'include/goxel/version.h'), 'utf8');
  assert.ok(version.includes(`"${own.version}"`), 'the version is that of the programs');
});
