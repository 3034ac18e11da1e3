// SPDX-License-Identifier: Apache-2.0
// Steering and looking: start, stop, restart, reload, events, attaching.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Place, until, isAlive, bin } = require('./place.js');

test('the life that the documentation shows', async (t) => {
  const place = new Place(t);
  const manager = place.manager({
    autoStart: true, restartOnFailure: true, healthCheckTimeoutMs: 5000,
  });
  const seen = Place.record(manager);
  const started = await manager.start();
  assert.equal(started.ready, true);
  assert.equal(seen.of('started')[0].pid, started.pid);
  assert.equal(seen.of('ready')[0].pid, started.pid);
  const status = await manager.getStatus();
  assert.equal(status.state, 'running');
  assert.equal(status.pid, started.pid);
  assert.ok(isAlive(status.pid));
  const health = await manager.performHealthCheck();
  assert.equal(health.status, 'healthy');
  assert.deepEqual(health.stages.map((stage) => stage.name),
    ['socket', 'rpc', 'process', 'log', 'event']);
  assert.ok(seen.of('health_check').some((event) => event.status === 'healthy'));
  const again = await manager.restart();
  assert.notEqual(again.pid, status.pid);
  assert.equal(seen.of('restarted')[0].cause, 'operator');
  const stopped = await manager.stop();
  assert.equal(stopped.state, 'stopped');
  assert.equal(seen.of('stopped').length, 1);
  assert.deepEqual(place.processes('goxel-manager'), []);
  assert.deepEqual(place.processes('goxel-daemon'), []);
  assert.deepEqual(seen.of('error'), []);
});

test('looking starts nothing, and answers when nothing runs', async (t) => {
  const manager = new Place(t).manager({ autoStart: true });
  const status = await manager.getStatus();
  assert.equal(status.state, 'stopped');
  assert.equal(status.health, 'not_running');
  assert.equal(status.pid, null);
  assert.equal((await manager.performHealthCheck()).status, 'not_running');
  assert.equal((await manager.stop()).state, 'stopped');
  await assert.rejects(manager.getEvents(), { reason: 'NOT_FOUND' });
});

test('a second object attaches, and leaves the manager to the first', async (t) => {
  const place = new Place(t);
  const first = place.manager();
  const { pid } = await first.start();
  const second = place.manager();
  const seen = Place.record(second);
  assert.equal((await second.start()).pid, pid);
  assert.equal(seen.of('attached')[0].pid, pid);
  assert.equal(second.startedManager, false);
  await second.stop();
  assert.equal((await first.getStatus()).state, 'stopped');
  assert.equal(place.processes('goxel-manager').length, 1);
  await first.stop();
  assert.equal(place.processes('goxel-manager').length, 0);
});

test('two that start at the same moment get one daemon', async (t) => {
  const place = new Place(t);
  const all = [place.manager(), place.manager(), place.manager()];
  const pids = new Set((await Promise.all(all.map((m) => m.start()))).map((s) => s.pid));
  assert.equal(pids.size, 1);
  assert.equal(place.processes('goxel-daemon').length, 1);
  assert.equal(all.filter((m) => m.startedManager).length, 1);
});

test('a crash is told: exited, restarted, and the same again in getEvents', async (t) => {
  const place = new Place(t);
  const manager = place.manager();
  const seen = Place.record(manager);
  const { pid } = await manager.start();
  process.kill(pid, 'SIGKILL');
  const [restarted] = await until('a restart', () => seen.of('restarted').length && seen.of('restarted'));
  assert.equal(restarted.cause, 'signal');
  const [exited] = seen.of('exited');
  assert.equal(exited.pid, pid);
  assert.equal(exited.signal, 9);
  const stored = await manager.getEvents({ types: ['exited'] });
  assert.equal(stored.events[0].seq, exited.seq);
  assert.ok(fs.existsSync(exited.bundle));
});

test('options reach manager and daemon', async (t) => {
  const place = new Place(t);
  const manager = place.manager({
    workers: 1, queueSize: 7, maxConnections: 9, healthCheckIntervalMs: 123456,
    maxRestartAttempts: 3, restartDelayMs: 77, restartOnFailure: false,
    logFile: path.join(place.dir, 'own.log'), pidFile: path.join(place.dir, 'own.pid'),
    enableStructuredLogging: true,
  });
  const { pid } = await manager.start();
  const config = async (key) => (await manager.call('daemon.config', { key })).settings?.[key]?.value ??
    (await manager.call('daemon.config', { key }))[key]?.value;
  const { settings } = await manager.call('manager.config');
  assert.equal(settings['auto_start.max_restarts'].value, 3);
  assert.equal(settings['auto_start.restart_delay_ms'].value, 77);
  assert.equal(settings['auto_start.health_interval_ms'].value, 123456);
  assert.equal(settings['auto_start.restart_on_failure'].value, false);
  const metrics = await manager.call('daemon.metrics');
  assert.equal(metrics.queue_capacity, 7);
  assert.equal(metrics.connections_max, 9);
  assert.equal(metrics.workers, 1);
  assert.equal(await config('logging.format'), 'json');
  assert.equal(fs.readFileSync(path.join(place.dir, 'own.pid'), 'utf8').trim(), String(pid));
  assert.match(fs.readFileSync(path.join(place.dir, 'own.log'), 'utf8'), /"message"/);
});

test('reload: a good file is used, a bad one is refused', async (t) => {
  const place = new Place(t);
  const file = path.join(place.dir, 'c.json');
  fs.writeFileSync(file, '{"logging": {"level": "warn"}}');
  const manager = place.manager({ configFile: file });
  const seen = Place.record(manager);
  await manager.start();
  fs.writeFileSync(file, '{"logging": {"level": "error"}}');
  assert.equal((await manager.reload()).reloaded, true);
  await until('the event', () => seen.of('reloaded').length === 1);
  fs.writeFileSync(file, '{"logging": {"level": "loud"}}');
  assert.equal((await manager.reload()).reloaded, false);
  assert.equal((await manager.getStatus()).state, 'running');
});

test('the socket of a file of settings is found', async (t) => {
  const place = new Place(t);
  const file = path.join(place.dir, 'c.json');
  const socket = path.join(place.dir, 'other.sock');
  fs.writeFileSync(file, JSON.stringify({ daemon: { socket_path: socket } }));
  const manager = place.manager({ configFile: file, socketPath: undefined });
  assert.equal(manager.config.socketPath, socket);
  await manager.start();
  assert.ok(fs.existsSync(socket));
  await manager.stop();
});

test('a manager that was killed is started again, with the same daemon', async (t) => {
  const place = new Place(t);
  const manager = place.manager({ restartOnFailure: true });
  const seen = Place.record(manager);
  const { pid, manager: { pid: managerPid } } = await manager.start();
  process.kill(managerPid, 'SIGKILL');
  const status = await until('another manager', async () => {
    const now = await manager.getStatus();
    return now.manager !== null && now.manager.pid !== managerPid && now;
  });
  assert.equal(status.pid, pid);
  assert.equal(place.processes('goxel-daemon').length, 1);
  process.kill(pid, 'SIGKILL');
  await until('events of the new one', () => seen.of('exited').length === 1);
  const numbers = seen.map((item) => item.event.seq).filter((seq) => seq > 0);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
});

test('calls of the manager survive its end, when they only look', async (t) => {
  const place = new Place(t);
  const manager = place.manager({ restartOnFailure: true });
  const { manager: { pid } } = await manager.start();
  let isOver = false;
  let calls = 0;
  const caller = (async () => {
    while (!isOver) {
      assert.equal((await manager.call('manager.status')).name, 'default');
      calls += 1;
    }
  })();
  await until('calls', () => calls > 20);
  process.kill(pid, 'SIGKILL');
  const before = calls;
  await until('another manager', async () => {
    const now = await manager.getStatus();
    return now.manager !== null && now.manager.pid !== pid;
  });
  await until('more calls', () => calls > before + 20);
  isOver = true;
  await caller;
});

test('upgrade of the manager: events go on, the daemon stays', async (t) => {
  const place = new Place(t);
  const manager = place.manager();
  const seen = Place.record(manager);
  const { pid } = await manager.start();
  const status = await manager.upgrade({ what: 'manager' });
  assert.equal(status.pid, pid);
  await manager.restart();
  await until('the restart', () => seen.of('restarted').length === 1);
});

test('upgrade of the daemon: another process, one copy', async (t) => {
  const place = new Place(t);
  const manager = place.manager();
  const { pid } = await manager.start();
  const status = await manager.upgrade({ binary: path.join(bin, 'goxel-daemon') });
  assert.notEqual(status.pid, pid);
  assert.equal(status.ready, true);
  assert.equal(place.processes('goxel-daemon').length, 1);
});

test('failed: given up, told, and reset', async (t) => {
  const place = new Place(t);
  const program = path.join(place.dir, 'goxel-daemon');
  fs.writeFileSync(program, '#!/bin/sh\nexit 78\n', { mode: 0o755 });
  const manager = place.manager({
    daemonBinary: program, managerBinary: path.join(bin, 'goxel-manager'),
  });
  const seen = Place.record(manager);
  await assert.rejects(manager.start(), (error) => error.name === 'GoxelError' && error.reason === 'IO');
  assert.equal(seen.of('exited')[0].code, 78);
  assert.equal(seen.of('failed')[0].cause, 'config');
  assert.equal((await manager.getStatus()).restarts.given_up, true);
});

test('a daemon without a manager is looked at itself', async (t) => {
  const place = new Place(t);
  const child = place.spawn(path.join(bin, 'goxel-daemon'),
    ['--socket', place.socket, '--data-dir', path.join(place.dir, 'data')]);
  const manager = place.manager();
  const status = await until('an answer', async () => {
    const now = await manager.getStatus();
    return now.ready && now;
  });
  assert.equal(status.pid, child.pid);
  assert.equal(status.manager, null);
  assert.equal((await manager.performHealthCheck()).status, 'healthy');
  const { reloaded } = await manager.reload();
  assert.equal(reloaded, true);
  await assert.rejects(manager.stop(), /daemon\.shutdown/);
  // A manager that comes later watches it, and does not start another.
  assert.equal((await manager.start()).pid, child.pid);
  assert.equal((await manager.getStatus()).backend, 'external');
  assert.equal(place.processes('goxel-daemon').length, 1);
  child.kill('SIGTERM');
  await child.ended;
});

test('a manager that cannot be found or started says why', async (t) => {
  const place = new Place(t);
  const lost = place.manager({ managerBinary: path.join(place.dir, 'nothing') });
  await assert.rejects(lost.start(), { reason: 'NOT_FOUND' });
  const wrong = place.manager({ managerArguments: ['--no-such-flag'] });
  await assert.rejects(wrong.start(), /no-such-flag/);
  const path0 = process.env.PATH;
  process.env.PATH = place.dir;
  t.after(() => {
    process.env.PATH = path0;
  });
  const nowhere = place.manager({ daemonBinary: undefined });
  await assert.rejects(nowhere.start(), /GOXEL_MANAGER_BINARY/);
});
