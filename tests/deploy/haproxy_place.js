// SPDX-License-Identifier: Apache-2.0
// What the HAProxy test stands on: free ports, daemons, proxies, requests. All
// that was started is ended, whatever happens.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawn } = require('node:child_process');

const source = process.env.GOX_SOURCE_DIR ?? path.join(__dirname, '../..');
const bin = process.env.GOX_BIN_DIR ?? path.join(source, 'build/bin');
const config = path.join(source, 'config/haproxy/haproxy.cfg');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Waits until fn gives a true value, at most 15 s.
async function until(what, fn) {
  const endAt = Date.now() + 15000;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > endAt) throw new Error(`did not happen within 15 s: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

// Resolves with {status, headers, text}, rejects when there was no answer.
function request(port, { method = 'POST', path: where = '/rpc', headers = {}, body, agent, from }) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, method, path: where, agent, localAddress: from,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers } },
    (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (part) => { text += part; });
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

class Place {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gox-ha-'));
    this.running = new Map(); // process -> its name
    // Also when the test ends in a way that nobody thought of.
    process.on('exit', () => { for (const child of this.running.keys()) child.kill('SIGKILL'); });
  }

  start(name, program, args, env = {}) {
    const log = fs.openSync(path.join(this.dir, `${name}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
    fs.closeSync(log);
    this.running.set(child, name);
    child.on('exit', () => this.running.delete(child));
    return child;
  }

  async end(child, signal = 'SIGKILL') {
    if (!this.running.has(child)) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }

  async addReplica(name) {
    const data = path.join(this.dir, name);
    fs.mkdirSync(data);
    return { name, data, port: await freePort() };
  }

  startReplica(replica) {
    replica.child = this.start(replica.name, path.join(bin, 'goxel-daemon'), [
      '--socket', path.join(replica.data, 's'), '--data-dir', replica.data, '--log-level', 'warn',
      '--metrics-listen', `127.0.0.1:${replica.port}`], {
      GOXEL_SECURITY_ENABLE_AUTHENTICATION: 'true',
      GOXEL_SECURITY_TOKEN_FILE: path.join(replica.data, 'tokens'),
    });
  }

  // The same tokens for all: one file, copied.
  makeToken(replicas) {
    const token = execFileSync(path.join(bin, 'goxelctl'),
      ['token', 'new', '--file', path.join(replicas[0].data, 'tokens'), '--scopes', 'read,edit'],
      { encoding: 'utf8', stdio: 'pipe' }).trim();
    this.copyTokens(replicas[0], replicas.slice(1));
    return token;
  }

  copyTokens(from, replicas) {
    for (const replica of replicas) {
      fs.copyFileSync(path.join(from.data, 'tokens'), path.join(replica.data, 'tokens'));
      fs.chmodSync(path.join(replica.data, 'tokens'), 0o600);
    }
  }

  // The shipped file, without what needs root; change makes another of it.
  async startProxy(name, replicas, change = (text) => text) {
    const file = path.join(this.dir, `${name}.cfg`);
    const text = fs.readFileSync(config, 'utf8').replace(/^ *(user|group|chroot) .*\n/gm, '');
    fs.writeFileSync(file, change(text));
    const proxy = { port: await freePort(), watch: await freePort(), admin: path.join(this.dir, `${name}.admin`) };
    const env = { GOXEL_PROXY_BIND: `127.0.0.1:${proxy.port}`, GOXEL_PROXY_WATCH: `127.0.0.1:${proxy.watch}`,
      GOXEL_PROXY_ADMIN: proxy.admin };
    for (const replica of replicas) env[`GOXEL_${replica.name.toUpperCase()}`] = `127.0.0.1:${replica.port}`;
    proxy.child = this.start(name, 'haproxy', ['-db', '-f', file], env);
    await until(`${name} listens`, () => request(proxy.port, { method: 'GET', path: '/healthz' })
      .then((answer) => answer.status === 200, () => false));
    return proxy;
  }

  // A command for HAProxy's own socket.
  admin(proxy, command) {
    return new Promise((resolve, reject) => {
      const stream = net.connect(proxy.admin, () => stream.end(`${command}\n`));
      let text = '';
      stream.on('data', (part) => { text += part; });
      stream.on('end', () => resolve(text));
      stream.on('error', reject);
    });
  }

  async close(isKept) {
    await Promise.all([...this.running.keys()].map((child) => this.end(child)));
    if (isKept) console.log(`# kept: ${this.dir}`);
    else fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

module.exports = { Place, bin, config, request, until };
