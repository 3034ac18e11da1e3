// SPDX-License-Identifier: Apache-2.0
// The connection to goxel-manager: made on demand, made again when it was lost,
// with the events that came meanwhile.
//
// Invariant: no stored event is given twice, and none is left out that the
// manager still has.
'use strict';

const { Connection } = require('./connection.js');
const { GoxelError } = require('./error.js');
const { launchManager } = require('./launch.js');

const CONNECT_MS = 3000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 2000;

const isAbsent = (error) => error.reason === 'NOT_FOUND' || error.reason === 'CLOSED';

class Link {
  #config;
  #connection = null;
  #opening = null;
  #lastSeq = null;
  #timer = null;
  #isClosed = false;
  #onEvent;
  #onLost;

  // wasStarted: this object started the manager that it talks to.
  wasStarted = false;

  constructor(config, onEvent, onLost) {
    this.#config = config;
    this.#onEvent = onEvent;
    this.#onLost = onLost;
  }

  get isOpen() {
    return this.#connection !== null && this.#connection.isOpen;
  }

  #instance(params) {
    const { instance } = this.#config;
    return instance === null ? params : { name: instance, ...params };
  }

  // False when no manager runs and none may be started.
  async open(mayLaunch) {
    this.#isClosed = false;
    for (;;) {
      if (this.isOpen) return true;
      const isOwn = this.#opening === null;
      this.#opening ??= this.#open(mayLaunch).finally(() => {
        this.#opening = null;
      });
      const done = await this.#opening;
      // Somebody else's attempt may have been one that only looks.
      if (done || isOwn || !mayLaunch) return done;
    }
  }

  async #open(mayLaunch) {
    try {
      await this.#connect();
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      if (!mayLaunch) return false;
    }
    const { program, code, words } = await launchManager(this.#config);
    try {
      await this.#connect();
    } catch (error) {
      throw new GoxelError(`${program} did not start: ${words || `it ended with ${code}`}`, {
        reason: 'IO',
        cause: error,
      });
    }
    this.wasStarted = code === 0;
    return true;
  }

  async #connect() {
    const connection = new Connection(this.#config.controlPath);
    await connection.connect(CONNECT_MS);
    connection.on('notification', (method, params) => {
      if (method !== 'manager.event' || params === null || typeof params !== 'object') return;
      if (params.seq > 0) {
        if (this.#lastSeq !== null && params.seq <= this.#lastSeq) return;
        this.#lastSeq = params.seq;
      }
      this.#onEvent(params);
    });
    const subscribe = (params) =>
      connection.call('manager.subscribe', this.#instance(params), CONNECT_MS);
    try {
      let { latest } = await subscribe(this.#lastSeq === null ? {} : { after: this.#lastSeq });
      // A manager with a new store of events counts from 1 again.
      if (this.#lastSeq !== null && latest < this.#lastSeq) this.#lastSeq = null;
      this.#lastSeq ??= latest;
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.on('close', () => this.#lost(connection));
    this.#connection = connection;
  }

  #lost(connection) {
    if (this.#connection !== connection) return;
    this.#connection = null;
    if (!this.#isClosed) this.#reconnect(FIRST_PAUSE_MS, true);
  }

  // In the background; it does not keep the host process alive.
  #reconnect(ms, isFirst) {
    this.#timer = setTimeout(async () => {
      this.#timer = null;
      if (this.#isClosed || this.isOpen) return;
      let error = null;
      try {
        if (await this.open(false)) return;
      } catch (failure) {
        error = failure;
      }
      if (this.#isClosed) return;
      // The first attempt that fails says that the manager has gone.
      if (isFirst && await this.#onLost(error)) return;
      if (!this.#isClosed && !this.isOpen) this.#reconnect(Math.min(ms * 2, LONGEST_PAUSE_MS), false);
    }, ms);
    this.#timer.unref();
  }

  // Until the connection that stands now is gone, or the time is over.
  waitLost(timeoutMs) {
    const connection = this.#connection;
    if (connection === null) return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(done, timeoutMs);
      connection.once('close', () => {
        clearTimeout(timer);
        done();
      });
    });
  }

  call(method, params, timeoutMs) {
    if (!this.isOpen) {
      return Promise.reject(new GoxelError(`${method}: no manager answers at ${
        this.#config.controlPath}`, { reason: 'CLOSED', retryable: true }));
    }
    return this.#connection.call(method, this.#instance(params ?? {}), timeoutMs);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}

module.exports = { Link, isAbsent };
