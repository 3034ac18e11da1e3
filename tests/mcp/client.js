// SPDX-License-Identifier: Apache-2.0
// A small MCP client over stdio for the tests, with a daemon of its own:
// own socket, own data directory, ended and removed at the end.
'use strict';
const { spawn, execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const bin = process.env.GOX_BIN_DIR || path.join(__dirname, '../../build/bin');

class Place {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gox-mcp-'));
    this.socket = path.join(this.dir, 'd.sock');
    this.env = Object.assign({}, process.env, {
      HOME: this.dir, XDG_RUNTIME_DIR: this.dir, XDG_STATE_HOME: this.dir,
      XDG_CONFIG_HOME: this.dir, GOXEL_SOCKET_PATH: this.socket,
      GOXEL_PATHS_DATA_DIR: path.join(this.dir, 'data'),
      GOXEL_RENDER_DIR: path.join(this.dir, 'data/renders'),
      GOXEL_DAEMON_BINARY: path.join(bin, 'goxel-daemon'),
    });
    fs.mkdirSync(path.join(this.dir, 'data'));
  }
  // Processes of a program whose command line names our socket.
  processes(program) {
    return fs.readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        const line = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return path.basename(line.split('\0')[0]) === program && line.includes(this.socket);
      } catch { return false; }
    }).map(Number);
  }
  daemons() { return this.processes('goxel-daemon'); }
  close() {
    // Helpers first, then managers: nothing is started anew.
    const programs = ['exe', 'goxel-mcp', 'goxel-manager', 'goxel-daemon'];
    for (const pid of programs.flatMap((program) => this.processes(program))) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* gone already */ }
    }
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

class Client {
  constructor(place, args = []) {
    this.child = spawn(path.join(bin, 'goxel-mcp'), args,
      { env: place.env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = new Map();
    this.notes = [];
    this.next = 0;
    this.ended = new Promise((done) => this.child.on('exit', done));
    let rest = '';
    this.child.stdout.on('data', (data) => {
      rest += data;
      for (let at; (at = rest.indexOf('\n')) >= 0; rest = rest.slice(at + 1)) {
        const message = JSON.parse(rest.slice(0, at));
        const done = this.waiting.get(message.id);
        if (done && !message.method) done(message);
        else this.notes.push(message);
        this.waiting.delete(message.id);
      }
    });
  }
  send(message) {
    this.child.stdin.write(JSON.stringify(message) + '\n');
  }
  request(method, params) {
    const id = ++this.next;
    this.send({ jsonrpc: '2.0', id, method, params });
    return new Promise((done) => this.waiting.set(id, done));
  }
  start(version = '2025-11-25') {
    return this.request('initialize', { protocolVersion: version,
      capabilities: {}, clientInfo: { name: 'test', version: '1' } });
  }
  // The result of a tool; isError becomes an exception.
  async tool(name, args) {
    // Clients ask for progress with every call, so these do, too.
    const answer = await this.request('tools/call', { name, arguments: args, _meta: { progressToken: `t${this.next}` } });
    if (answer.error) throw new Error(`${name}: ${answer.error.message}`);
    if (answer.result.isError) {
      throw new Error(`${name}: ${answer.result.content[0].text}`);
    }
    return answer.result.structuredContent || answer.result;
  }
  async fails(name, args) {
    try { await this.tool(name, args); } catch (error) { return error.message; }
    throw new Error(`${name} ${JSON.stringify(args)} should have failed`);
  }
  async end() {
    const at = process.hrtime.bigint();
    this.child.stdin.end();
    const code = await this.ended;
    return { code, ms: Number(process.hrtime.bigint() - at) / 1e6 };
  }
}

module.exports = { Place, Client, bin, execFileSync };
