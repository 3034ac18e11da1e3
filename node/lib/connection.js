// SPDX-License-Identifier: Apache-2.0
// One connection that speaks JSON-RPC 2.0, a message a line.
//
// Invariant: every call gets exactly one outcome, also when the other end dies;
// a connection keeps the host process alive only while calls wait.
'use strict';

const net = require('node:net');
const { EventEmitter } = require('node:events');
const { GoxelError } = require('./error.js');

const MAX_REPLY_BYTES = 512 * 1024 * 1024;
const NEWLINE = 0x0a;

// The system's reason in the words of our list.
function reasonOf(systemError) {
  switch (systemError.code) {
    case 'ENOENT':
      return 'NOT_FOUND';
    case 'ECONNREFUSED':
      return 'CLOSED';
    case 'EACCES':
    case 'EPERM':
      return 'FORBIDDEN';
    default:
      return 'IO';
  }
}

class Connection extends EventEmitter {
  #socket = null;
  #parts = [];
  #bytes = 0;
  #calls = new Map();
  #nextId = 1;
  #path;

  constructor(path) {
    super();
    this.#path = path;
  }

  get isOpen() {
    return this.#socket !== null && !this.#socket.destroyed;
  }

  // The socket of a held-up server may be full: then the system says EAGAIN,
  // and trying again within the limit is what it asks for.
  async connect(timeoutMs) {
    const endAt = Date.now() + timeoutMs;
    for (;;) {
      try {
        await this.#connectOnce(Math.max(endAt - Date.now(), 1));
        return this;
      } catch (error) {
        if (error.cause?.code !== 'EAGAIN' || Date.now() >= endAt) throw error;
        await new Promise((done) => setTimeout(done, 5));
      }
    }
  }

  #connectOnce(timeoutMs) {
    return new Promise((resolve, reject) => {
      const socket = net.createConnection(this.#path);
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new GoxelError(`${this.#path} did not take a connection within ${timeoutMs} ms`, {
          reason: 'TIMEOUT',
          retryable: true,
        }));
      }, timeoutMs);
      socket.once('error', (cause) => {
        clearTimeout(timer);
        reject(new GoxelError(`cannot connect to ${this.#path}: ${cause.message}`, {
          reason: reasonOf(cause),
          retryable: true,
          cause,
        }));
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        this.#take(socket);
        resolve();
      });
    });
  }

  #take(socket) {
    this.#socket = socket;
    this.#parts = [];
    this.#bytes = 0;
    let failure = null;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#fail(failure);
      this.emit('close', failure);
    });
    socket.unref();
  }

  #fail(failure) {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      call.reject(new GoxelError(
        `${call.method}: the connection to ${this.#path} ended before the answer` +
          (failure ? ` (${failure.message})` : ''),
        { reason: 'CLOSED', unknownOutcome: true, cause: failure ?? undefined },
      ));
    }
  }

  #onData(chunk) {
    let from = 0;
    let at;
    while ((at = chunk.indexOf(NEWLINE, from)) >= 0) {
      this.#parts.push(chunk.subarray(from, at));
      const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
      from = at + 1;
      if (line.length > 0) this.#onLine(line.toString('utf8'));
      if (this.#socket === null) return;
    }
    if (from < chunk.length) {
      this.#parts.push(chunk.subarray(from));
      this.#bytes += chunk.length - from;
      if (this.#bytes > MAX_REPLY_BYTES) {
        this.#socket.destroy(new Error(`an answer is larger than ${MAX_REPLY_BYTES} bytes`));
      }
    }
  }

  #onLine(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch (error) {
      this.#socket.destroy(new Error(`an answer is no JSON: ${error.message}`));
      return;
    }
    if (message.method !== undefined && message.id === undefined) {
      this.emit('notification', message.method, message.params);
      return;
    }
    const call = this.#calls.get(message.id);
    if (call === undefined) return; // given up before
    this.#settle(message.id, call);
    if (message.error) call.reject(GoxelError.fromAnswer(message.error, call.method));
    else call.resolve(message.result);
  }

  #settle(id, call) {
    clearTimeout(call.timer);
    this.#calls.delete(id);
    if (this.#calls.size === 0 && this.#socket !== null) this.#socket.unref();
  }

  call(method, params, timeoutMs) {
    if (!this.isOpen) {
      return Promise.reject(new GoxelError(`${method}: not connected to ${this.#path}`, {
        reason: 'CLOSED',
        retryable: true,
      }));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const request = { jsonrpc: '2.0', id, method };
      if (params !== undefined && params !== null) request.params = params;
      const call = { method, resolve, reject, timer: null };
      call.timer = setTimeout(() => {
        this.#settle(id, call);
        if (this.isOpen) {
          this.#write({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id } });
        }
        reject(new GoxelError(`${method}: no answer within ${timeoutMs} ms`, {
          reason: 'TIMEOUT',
          unknownOutcome: true,
        }));
      }, timeoutMs);
      this.#calls.set(id, call);
      this.#socket.ref();
      this.#write(request);
    });
  }

  #write(message) {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#fail(null);
    if (socket !== null) socket.destroy();
  }
}

module.exports = { Connection };
