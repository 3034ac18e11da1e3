// SPDX-License-Identifier: Apache-2.0
// GoxelDaemonManager: steering the daemon through the goxel-manager of its
// socket, hearing its events, calling it. Nothing is supervised in this process,
// so the daemon's life does not depend on it.
//
// Invariants: looking (getStatus, performHealthCheck) starts nothing and never
// fails because nothing runs; an `error` event without a listener is dropped.
'use strict';

const { EventEmitter } = require('node:events');
const { Client } = require('./client.js');
const { Connection } = require('./connection.js');
const { DaemonConfig } = require('./config.js');
const { GoxelError } = require('./error.js');
const { Link, isAbsent } = require('./link.js');
const { isSafe } = require('./safe.js');

const LOOK_MS = 10000;
// Beyond the manager's own limit for a call that waits, so that its answer,
// which says more, comes first.
const EXTRA_MS = 5000;
const LONGEST_MS = 3600000;
const RETRY_MS = 20;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function isThere(pid) {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

class GoxelDaemonManager extends EventEmitter {
  #config;
  #link;
  #client;
  #starting = null;
  #managerPid = null;
  #relaunches = 0;
  #exitHooks = null;

  constructor(options = {}) {
    super();
    this.#config = options instanceof DaemonConfig ? options : new DaemonConfig(options);
    this.#link = new Link(this.#config, (event) => this.#onEvent(event),
      (error) => this.#onLost(error));
    this.#client = new Client(this.#config.socketPath, this.#config.token);
  }

  get config() {
    return this.#config;
  }

  // True when this object started the manager; then stop() ends it, too.
  get startedManager() {
    return this.#link.wasStarted;
  }

  emit(name, ...args) {
    if (name === 'error' && this.listenerCount('error') === 0) return false;
    return super.emit(name, ...args);
  }

  #say(text) {
    if (this.#config.verbose) process.stderr.write(`goxel-daemon-manager: ${text}\n`);
  }

  #onEvent(event) {
    this.#say(`${event.event} ${JSON.stringify(event)}`);
    if (event.event === 'error') {
      const error = new GoxelError(event.text ?? 'the manager reports an error', { data: event });
      this.emit('error', error);
      return;
    }
    this.emit(event.event, event);
  }

  // The manager has gone. True when it is back.
  async #onLost(cause) {
    const mayStart = this.#link.wasStarted && this.#config.restartOnFailure === true &&
      this.#relaunches < (this.#config.maxRestartAttempts ?? 5);
    this.emit('error', new GoxelError(
      `the manager at ${this.#config.controlPath} does not answer any more; ${
        mayStart ? 'starting it again, the daemon goes on' : 'trying to reach it again'}`,
      { reason: 'CLOSED', cause: cause ?? undefined }));
    if (!mayStart) return false;
    this.#relaunches += 1;
    try {
      await this.start();
      return true;
    } catch (error) {
      this.emit('error', error);
      return false;
    }
  }

  // ---- steering ----

  #waitParams(timeoutMs) {
    return timeoutMs === null ? { wait: true } : { wait: true, timeout_ms: timeoutMs };
  }

  async #order(method, timeoutMs, params = {}) {
    const limit = timeoutMs === null ? LONGEST_MS : timeoutMs + EXTRA_MS;
    const status = await this.#link.call(
      method, { ...this.#waitParams(timeoutMs), ...params }, limit);
    this.#managerPid = status.manager?.pid ?? null;
    return status;
  }

  start() {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start() {
    await this.#link.open(true);
    let before = await this.#link.call('manager.status', {}, LOOK_MS);
    if (before.backend === 'external' && !before.ready) {
      // Somebody else's daemon is found by the first round of checks.
      await this.#link.call('manager.health', { check: true }, LOOK_MS);
      before = await this.#link.call('manager.status', {}, LOOK_MS);
    }
    const status = await this.#order('manager.start', this.#config.startupTimeoutMs);
    if (before.ready) {
      this.emit('attached', {
        seq: 0,
        event: 'attached',
        name: status.name,
        pid: status.pid,
        adopted: status.adopted,
        backend: status.backend,
      });
    }
    if (this.#link.wasStarted && this.#config.stopOnExit) this.#hookExit();
    return status;
  }

  // Of a manager that this object started, the manager, too; of another one
  // only the daemon.
  async stop() {
    await this.#starting?.catch(() => {});
    this.#unhookExit();
    this.#client.close();
    if (!await this.#link.open(false)) {
      this.#link.close();
      const status = await this.getStatus();
      if (!status.ready) return status;
      throw new GoxelError(`the daemon at ${this.#config.socketPath} (pid ${status.pid}) runs ` +
        'without a manager, and goes on; call("daemon.shutdown") ends it', { reason: 'UNSUPPORTED' });
    }
    const status = await this.#order('manager.stop', this.#config.shutdownTimeoutMs);
    if (this.#link.wasStarted) {
      await this.#endManager();
      status.manager = null;
    }
    return status;
  }

  // It closes the connection shortly before it has ended.
  async #endManager() {
    const pid = this.#managerPid;
    const connection = new Connection(this.#config.controlPath);
    await connection.connect(LOOK_MS);
    const ended = new Promise((done) => connection.once('close', done));
    this.#link.close();
    this.#link.wasStarted = false;
    const alive = setTimeout(() => connection.close(), LOOK_MS);
    await connection.call('manager.shutdown', { leave: false }, LOOK_MS);
    if (connection.isOpen) await ended;
    clearTimeout(alive);
    for (const endAt = Date.now() + LOOK_MS; isThere(pid) && Date.now() < endAt;) await pause(2);
  }

  async restart() {
    if (!await this.#link.open(false)) return this.start();
    const { startupTimeoutMs, shutdownTimeoutMs } = this.#config;
    const limit = startupTimeoutMs === null ? null
      : startupTimeoutMs + (shutdownTimeoutMs ?? 15000);
    return this.#order('manager.restart', limit);
  }

  async #managed() {
    if (await this.#link.open(false)) return;
    throw new GoxelError(`no manager answers at ${this.#config.controlPath}; start() starts one`,
      { reason: 'NOT_FOUND' });
  }

  async reload() {
    if (await this.#link.open(false)) return this.#link.call('manager.reload', {}, LOOK_MS + EXTRA_MS);
    return this.call('daemon.reload');
  }

  async reset() {
    await this.#managed();
    return this.#link.call('manager.reset', {}, LOOK_MS);
  }

  async upgrade({ what = 'daemon', binary } = {}) {
    await this.#managed();
    const params = binary === undefined ? { what } : { what, binary };
    const lost = what === 'manager' ? this.#link.waitLost(LOOK_MS) : null;
    const status = await this.#order('manager.upgrade', this.#config.startupTimeoutMs, params);
    if (lost === null) return status;
    // The new program closes the connections of the old one, and then serves.
    await lost;
    for (const endAt = Date.now() + LOOK_MS; Date.now() < endAt; await pause(5)) {
      if (await this.#link.open(false).catch(() => false)) break;
    }
    return this.getStatus();
  }

  // ---- looking ----

  // The daemon itself, where no manager runs: {reply} or {error}.
  async #askDaemon(method, timeoutMs) {
    const connection = new Connection(this.#config.socketPath);
    try {
      await connection.connect(timeoutMs);
      if (this.#config.token !== null) {
        await connection.call('daemon.authenticate', { token: this.#config.token }, timeoutMs);
      }
      return { reply: await connection.call(method, undefined, timeoutMs) };
    } catch (error) {
      return { error };
    } finally {
      connection.close();
    }
  }

  async getStatus() {
    if (await this.#link.open(false).catch(() => false)) {
      try {
        const status = await this.#link.call('manager.status', {}, LOOK_MS);
        this.#managerPid = status.manager?.pid ?? null;
        return status;
      } catch (error) {
        if (error.reason !== 'CLOSED') throw error;
      }
    }
    const { reply, error } = await this.#askDaemon('daemon.health', LOOK_MS);
    const isDown = error !== undefined && isAbsent(error);
    return {
      name: 'default',
      state: reply ? 'running' : isDown ? 'stopped' : 'unknown',
      health: reply ? reply.status : isDown ? 'not_running' : 'unknown',
      reason: error?.message ?? '',
      pid: reply?.pid ?? null,
      ready: reply !== undefined,
      uptime_ms: reply ? reply.uptime_seconds * 1000 : null,
      socket: this.#config.socketPath,
      process: null,
      last_exit: null,
      manager: null,
    };
  }

  async performHealthCheck() {
    const limit = this.#config.healthCheckTimeoutMs ?? LOOK_MS;
    if (await this.#link.open(false).catch(() => false)) {
      try {
        return await this.#link.call('manager.health', { check: true }, limit);
      } catch (error) {
        if (error.reason === 'TIMEOUT') return this.#verdict('unknown', error.message, null);
        if (error.reason !== 'CLOSED') throw error;
      }
    }
    const { reply, error } = await this.#askDaemon('daemon.health', limit);
    const health = reply ? this.#verdict(reply.status, '', reply)
      : this.#verdict(isAbsent(error) ? 'not_running'
        : error.reason === 'TIMEOUT' ? 'unhealthy' : 'unknown', error.message, null);
    this.emit('health_check', { seq: 0, event: 'health_check', ...health });
    return health;
  }

  #verdict(status, reason, daemon) {
    return { status, reason, at: new Date().toISOString(), stages: [], daemon };
  }

  async getEvents(params = {}) {
    await this.#managed();
    return this.#link.call('manager.events', params, LOOK_MS);
  }

  async getLogs(params = {}) {
    await this.#managed();
    return this.#link.call('manager.logs', params, LOOK_MS);
  }

  async getMetrics() {
    if (await this.#link.open(false)) {
      return (await this.#link.call('manager.metrics', {}, LOOK_MS)).text;
    }
    throw new GoxelError('only a manager has metrics as text; call("daemon.metrics") asks a ' +
      'daemon without one', { reason: 'NOT_FOUND' });
  }

  // ---- calling ----

  async call(method, params, { timeoutMs = this.#config.callTimeoutMs, retry } = {}) {
    if (method.startsWith('manager.')) return this.#callManager(method, params, timeoutMs, retry);
    try {
      return await this.#client.call(method, params, { timeoutMs, retry });
    } catch (error) {
      const mayStart = this.#config.autoStart && error instanceof GoxelError &&
        isAbsent(error) && !error.unknownOutcome && error.cause !== undefined;
      if (!mayStart) throw error;
    }
    await this.start();
    return this.#client.call(method, params, { timeoutMs, retry });
  }

  // A manager that goes away meanwhile (upgrade, crash) comes again.
  async #callManager(method, params, timeoutMs, retry) {
    const endAt = Date.now() + timeoutMs;
    const left = () => Math.max(endAt - Date.now(), 1);
    let wasThere = false;
    for (;;) {
      try {
        await this.#managed();
        wasThere = true;
        return await this.#link.call(method, params, left());
      } catch (error) {
        const isLost = wasThere && error instanceof GoxelError && isAbsent(error) &&
          error.data === null && (!error.unknownOutcome || (retry ?? isSafe(method)));
        if (!isLost || Date.now() + RETRY_MS >= endAt) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  // ---- the end ----

  // Gives the connections back; manager and daemon go on.
  close() {
    this.#unhookExit();
    this.#client.close();
    this.#link.close();
  }

  // At the exit of the host nothing can be waited for, so the manager gets the
  // signal that stops both. Its number is used only while its connection stands.
  #stopNow() {
    if (this.#managerPid === null || !this.#link.isOpen) return;
    try {
      process.kill(this.#managerPid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  }

  #hookExit() {
    if (this.#exitHooks !== null) return;
    const onExit = () => this.#stopNow();
    const onSignal = (signal) => {
      // With another listener the host decides whether it ends.
      if (process.listenerCount(signal) > 1) return;
      this.#stopNow();
      this.#unhookExit();
      process.kill(process.pid, signal);
    };
    this.#exitHooks = { onExit, onSignal };
    process.once('exit', onExit);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }

  #unhookExit() {
    if (this.#exitHooks === null) return;
    process.removeListener('exit', this.#exitHooks.onExit);
    for (const signal of SIGNALS) process.removeListener(signal, this.#exitHooks.onSignal);
    this.#exitHooks = null;
  }
}

if (Symbol.asyncDispose !== undefined) {
  Object.defineProperty(GoxelDaemonManager.prototype, Symbol.asyncDispose, {
    value: async function dispose() {
      this.close();
    },
  });
}

module.exports = { GoxelDaemonManager };
