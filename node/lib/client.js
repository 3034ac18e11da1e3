// SPDX-License-Identifier: Apache-2.0
// Calls of the daemon over a connection that is made again when it was lost.
//
// Invariants: a call that may have been carried out is sent again only when
// that does no harm (safe.js, or retry: true); a new connection works on the
// same project as the one before.
'use strict';

const { Connection } = require('./connection.js');
const { GoxelError } = require('./error.js');
const { isSafe } = require('./safe.js');

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 200;
// Methods after which the connection has a current project.
const OPENERS = new Set(['goxel.create_project', 'goxel.open_project', 'goxel.load_project']);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Client {
  #path;
  #token;
  #connection = null;
  #connecting = null;
  #project = null;
  #wasConnected = false;

  constructor(path, token) {
    this.#path = path;
    this.#token = token;
  }

  get isOpen() {
    return this.#connection !== null && this.#connection.isOpen;
  }

  close() {
    this.#connection?.close();
    this.#connection = null;
  }

  // What the new connection must know before it is used.
  async #prepare(connection, timeoutMs) {
    if (this.#token) {
      await connection.call('daemon.authenticate', { token: this.#token }, timeoutMs);
    }
    if (this.#project !== null) {
      await connection.call('goxel.open_project', { name: this.#project }, timeoutMs);
    }
  }

  async #connect(timeoutMs) {
    const connection = new Connection(this.#path);
    await connection.connect(timeoutMs);
    try {
      await this.#prepare(connection, timeoutMs);
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#connection = connection;
    this.#wasConnected = true;
  }

  #ensure(timeoutMs) {
    if (this.isOpen) return Promise.resolve();
    this.#connecting ??= this.#connect(timeoutMs).finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  #remember(method, result) {
    if (OPENERS.has(method) && typeof result?.project === 'string') {
      this.#project = result.project;
    } else if (OPENERS.has(method) && typeof result?.name === 'string') {
      this.#project = result.name;
    } else if (method === 'goxel.close_project' || method === 'goxel.delete_project') {
      this.#project = null;
    }
  }

  // How long to wait before the next attempt; null: the error is final.
  #pauseAfter(error, wasSent, mayRepeat, attempt) {
    if (typeof error.data?.retry_after_ms === 'number') {
      return Math.max(error.data.retry_after_ms, 1); // refused, so not carried out
    }
    if (error.reason !== 'CLOSED' && error.reason !== 'NOT_FOUND') return null;
    if (typeof error.data?.reason === 'string') return null; // an answer, no lost connection
    if (wasSent && !mayRepeat) return null;
    if (!wasSent && !this.#wasConnected) return null; // nobody was ever there
    return Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  }

  async call(method, params, { timeoutMs, retry }) {
    const endAt = Date.now() + timeoutMs;
    const mayRepeat = retry ?? isSafe(method);
    for (let attempt = 0; ; attempt++) {
      let wasSent = false;
      try {
        await this.#ensure(Math.max(endAt - Date.now(), 1));
        wasSent = true;
        const result = await this.#connection.call(
          method, params, Math.max(endAt - Date.now(), 1));
        this.#remember(method, result);
        return result;
      } catch (error) {
        const ms = error instanceof GoxelError
          ? this.#pauseAfter(error, wasSent && error.unknownOutcome, mayRepeat, attempt)
          : null;
        if (ms === null || Date.now() + ms >= endAt) throw error;
        await pause(attempt === 0 && ms === FIRST_PAUSE_MS ? 0 : ms);
      }
    }
  }
}

module.exports = { Client };
