#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Load on a daemon that is killed, restarted or upgraded meanwhile. Each client
// sets one voxel after the other and sends one that was not answered again, on
// a new connection. At the end (standard input closed) every answered edit must
// be in the project.
//
// usage: load.js SOCKET|HOST:PORT PROJECT [CLIENTS]; prints one JSON object. A token
// in GOXEL_TOKEN is given first on each connection.
// Exit code 1: a connection was refused, or an answered edit is gone.
'use strict';
const net = require('net');

const [socket, project, clientCount = '4'] = process.argv.slice(2);
const [, host, port] = /^([^/]+):(\d+)$/.exec(socket) || [];
const target = port ? {host, port: Number(port)} : {path: socket};
const greeting = process.env.GOXEL_TOKEN ? JSON.stringify({jsonrpc: '2.0',
  id: 0, method: 'daemon.authenticate',
  params: {token: process.env.GOXEL_TOKEN}}) + '\n' : '';
const stats = {acked: 0, repeated: 0, refused: 0, reconnects: 0, errors: 0,
  lost: 0, longest_gap_ms: 0};
let isStopping = false;
let lastAckAt = Date.now();

class Client {
  constructor(row) {
    this.row = row;
    this.acked = 0;
    this.done = new Promise((resolve) => { this.finish = resolve; });
    this.connect();
  }

  connect() {
    const stream = net.connect(target);
    let text = '';
    stream.on('connect', () => {
      stream.write(greeting);
      this.send(stream);
    });
    stream.on('data', (data) => {
      text += data;
      for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1))
        this.answer(stream, JSON.parse(text.slice(0, end)));
    });
    stream.on('error', (err) => {
      if (err.code === 'ECONNREFUSED' || err.code === 'ENOENT') {
        stats.refused += 1;
        stats.last_refusal = err.code;
      }
    });
    stream.on('close', () => {
      if (this.isDone) return;
      stats.reconnects += 1;
      setTimeout(() => this.connect(), 5);
    });
  }

  send(stream) {
    if (this.sent === this.acked + 1) stats.repeated += 1;
    this.sent = this.acked + 1;
    stream.write(JSON.stringify({jsonrpc: '2.0', id: this.acked + 1,
      method: 'goxel.add_voxel', params: {project,
        position: [this.acked, this.row, 0], color: [1, 2, 3, 255]}}) + '\n');
  }

  answer(stream, reply) {
    if (reply.id === 0 && !reply.error) return;
    if (reply.error || reply.id !== this.acked + 1) {
      stats.errors += 1;
      stats.last_error = reply.error;
      stream.destroy();
      return;
    }
    this.acked += 1;
    stats.acked += 1;
    stats.longest_gap_ms = Math.max(stats.longest_gap_ms, Date.now() - lastAckAt);
    lastAckAt = Date.now();
    if (isStopping) {
      this.isDone = true;
      stream.end();
      this.finish();
      return;
    }
    this.send(stream);
  }
}

function call(method, params) {
  return new Promise((resolve, reject) => {
    const stream = net.connect(target);
    let text = '';
    stream.on('connect', () => stream.write(greeting +
        JSON.stringify({jsonrpc: '2.0', id: 1, method, params}) + '\n'));
    stream.on('data', (data) => {
      text += data;
      if (text.split('\n').length < (greeting ? 3 : 2)) return;
      stream.destroy();
      const reply = JSON.parse(text.split('\n')[greeting ? 1 : 0]);
      if (reply.error) reject(new Error(reply.error.message));
      else resolve(reply.result);
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('no answer')));
  });
}

async function countLost(clients) {
  for (const client of clients) {
    const found = new Set();
    for (let from = 0; from < client.acked; from += 1000) {
      const width = Math.min(1000, client.acked - from);
      const region = await call('goxel.get_voxels_region', {project,
        min: [from, client.row, 0], max: [from + width - 1, client.row, 0],
        limit: 2000});
      for (const voxel of region.voxels) found.add(voxel.x);
    }
    for (let x = 0; x < client.acked; x += 1)
      if (!found.has(x)) stats.lost += 1;
  }
}

async function main() {
  await call('goxel.create_project', {name: project});
  lastAckAt = Date.now();
  const clients = Array.from({length: Number(clientCount)}, (_, row) => new Client(row));
  const startAt = Date.now();
  process.stdin.on('end', () => {
    isStopping = true;
    stats.load_ms = Date.now() - startAt;
  });
  process.stdin.resume();
  await Promise.all(clients.map((client) => client.done));
  await countLost(clients);
  console.log(JSON.stringify(stats));
  process.exit(stats.refused || stats.lost || stats.errors ? 1 : 0);
}

main().catch((err) => {
  console.error(`load.js: ${err.message}`);
  process.exit(2);
});
