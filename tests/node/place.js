// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, with managers and daemons that belong
// to it; whatever happens, none of them is left.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { GoxelDaemonManager } = require('../../scripts/mcp_daemon_manager.js');

const bin = process.env.GOX_BIN_DIR ?? path.join(__dirname, '../../build/bin');
// Nothing of this machine's may decide a test.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('GOXEL_')) delete process.env[name];
}

// Waits until fn gives a true value, at most 10 s.
async function until(what, fn) {
  const endAt = Date.now() + 10000;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > endAt) throw new Error(`did not happen within 10 s: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

class Place {
  constructor(t) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gox-node-'));
    this.socket = path.join(this.dir, 'd.sock');
    this.managers = [];
    t.after(() => this.clear());
  }

  options(more = {}) {
    return {
      socketPath: this.socket,
      daemonBinary: path.join(bin, 'goxel-daemon'),
      managerArguments: ['--state-dir', path.join(this.dir, 'state'), '--set',
        `paths.data_dir=${path.join(this.dir, 'data')}`],
      ...more,
    };
  }

  manager(more) {
    const manager = new GoxelDaemonManager(this.options(more));
    this.managers.push(manager);
    return manager;
  }

  // Records the events of a manager by name.
  static record(manager) {
    const seen = [];
    for (const name of ['started', 'stopped', 'restarted', 'exited', 'failed', 'attached', 'ready',
      'degraded', 'recovered', 'health_check', 'reloaded', 'reload_failed', 'upgraded', 'log', 'error']) {
      manager.on(name, (event) => seen.push({ name, event }));
    }
    seen.of = (name) => seen.filter((item) => item.name === name).map((item) => item.event);
    return seen;
  }

  // Processes whose command line names our directory.
  processes(program) {
    return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return path.basename(line.split('\0')[0]) === program && line.includes(this.dir);
      } catch {
        return false;
      }
    }).map(Number).filter(isAlive);
  }

  // A program of ours with its output; ends with the test.
  spawn(program, args, env = {}) {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.text = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      child.text += text;
    });
    child.ended = new Promise((done) => child.once('close', (code, signal) => done({ code, signal })));
    return child;
  }

  async clear() {
    for (const manager of this.managers) manager.close();
    // Managers first, then daemons: nothing is started anew. One that changes
    // its program just now has no command line, so look until there is none.
    await until('the end of all processes', () => {
      const left = ['goxel-manager', 'goxel-daemon'].flatMap((program) => this.processes(program));
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended already.
        }
      }
      return left.length === 0;
    });
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

module.exports = { Place, until, isAlive, bin };
