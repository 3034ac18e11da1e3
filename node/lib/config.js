// SPDX-License-Identifier: Apache-2.0
// The options of a manager: from the caller, else from the environment, else
// the defaults of the daemon's own settings.
//
// Invariant: a DaemonConfig is checked and never changes.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

// name: [type, environment variable, setting of the daemon, default]. An option
// that is not given and has no default is left to the daemon's settings.
const OPTIONS = {
  daemonBinary: ['path', 'GOXEL_DAEMON_BINARY', null, null],
  managerBinary: ['path', 'GOXEL_MANAGER_BINARY', null, null],
  socketPath: ['path', 'GOXEL_SOCKET_PATH', null, null],
  controlPath: ['path', null, null, null],
  pidFile: ['path', 'GOXEL_PID_FILE', 'daemon.pid_file', null],
  logFile: ['path', 'GOXEL_LOG_FILE', 'daemon.log_file', null],
  configFile: ['path', null, null, null],
  workers: ['count', 'GOXEL_MAX_WORKERS', 'server.workers', null],
  queueSize: ['count', 'GOXEL_QUEUE_SIZE', 'server.queue_size', null],
  maxConnections: ['count', 'GOXEL_MAX_CONNECTIONS', 'server.max_connections', null],
  startupTimeoutMs: ['ms', 'GOXEL_STARTUP_TIMEOUT', 'auto_start.startup_timeout_ms', null],
  shutdownTimeoutMs: ['ms', 'GOXEL_SHUTDOWN_TIMEOUT', 'auto_start.shutdown_timeout_ms', null],
  healthCheckTimeoutMs: ['ms', 'GOXEL_HEALTH_TIMEOUT', 'auto_start.health_timeout_ms', null],
  healthCheckIntervalMs: ['ms', null, 'auto_start.health_interval_ms', null],
  maxRestartAttempts: ['count', null, 'auto_start.max_restarts', null],
  restartDelayMs: ['count', null, 'auto_start.restart_delay_ms', null],
  callTimeoutMs: ['ms', null, null, 30000],
  autoStart: ['flag', null, null, false],
  restartOnFailure: ['flag', null, 'auto_start.restart_on_failure', null],
  stopOnExit: ['flag', null, null, false],
  verbose: ['flag', null, null, false],
  enableStructuredLogging: ['flag', null, null, null],
  token: ['text', 'GOXEL_TOKEN', null, null],
  instance: ['text', null, null, null],
  managerArguments: ['texts', null, null, null],
};

function fail(name, expected, value) {
  throw new TypeError(`GoxelDaemonManager: ${name} must be ${expected}, not ${
    typeof value === 'string' ? JSON.stringify(value) : String(value)}`);
}

function check(name, type, value) {
  switch (type) {
    case 'path':
    case 'text':
      if (typeof value !== 'string' || value === '' || value.includes('\0')) {
        fail(name, 'a text that is not empty', value);
      }
      return value;
    case 'count':
    case 'ms':
      if (!Number.isSafeInteger(value) || value < (type === 'ms' ? 1 : 0)) {
        fail(name, type === 'ms' ? 'milliseconds above 0' : 'a whole number', value);
      }
      return value;
    case 'flag':
      if (typeof value !== 'boolean') fail(name, 'true or false', value);
      return value;
    default:
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
        fail(name, 'an array of texts', value);
      }
      return Object.freeze([...value]);
  }
}

function fromEnvironment(name, type, variable, environment) {
  const text = variable === null ? undefined : environment[variable];
  if (text === undefined || text === '') return undefined;
  const isNumber = type === 'count' || type === 'ms';
  return check(variable, type, isNumber ? (/^\d+$/.test(text) ? Number(text) : text) : text);
}

// Where a daemon of this user listens when nothing else is said; the same
// places as in src/config/places.c.
function usualSocket(environment) {
  if (process.platform === 'win32') return '\\\\.\\pipe\\goxel-daemon';
  if (process.platform === 'darwin') return '/usr/local/var/run/goxel/goxel-daemon.sock';
  const uid = process.getuid();
  if (uid === 0) return '/run/goxel-daemon.sock';
  const runtime = environment.XDG_RUNTIME_DIR;
  const dir = runtime?.startsWith('/') ? path.join(runtime, 'goxel') : `/tmp/goxel-${uid}`;
  return path.join(dir, 'goxel-daemon.sock');
}

// The socket that a file of settings names. What else is in the file, and
// whether it is right, is the manager's to say.
function socketOfFile(file) {
  try {
    const named = JSON.parse(fs.readFileSync(file, 'utf8'))?.daemon?.socket_path;
    return typeof named === 'string' && named !== '' ? named : undefined;
  } catch {
    return undefined;
  }
}

class DaemonConfig {
  constructor(options = {}, environment = process.env) {
    if (options === null || typeof options !== 'object') {
      throw new TypeError('GoxelDaemonManager: the options must be an object');
    }
    for (const name of Object.keys(options)) {
      if (!Object.hasOwn(OPTIONS, name)) {
        throw new TypeError(`GoxelDaemonManager: there is no option ${name}; it takes ${
          Object.keys(OPTIONS).join(', ')}`);
      }
    }
    for (const [name, [type, variable, , fallback]] of Object.entries(OPTIONS)) {
      const given = options[name];
      this[name] = given === undefined || given === null
        ? fromEnvironment(name, type, variable, environment) ?? fallback
        : check(name, type, given);
    }
    this.socketPath ??= (this.configFile && socketOfFile(this.configFile)) ??
      usualSocket(environment);
    if (process.platform !== 'win32' || !this.socketPath.startsWith('\\\\.\\')) {
      this.socketPath = path.resolve(this.socketPath);
    }
    this.controlPath ??= `${this.socketPath}.ctl`;
    Object.freeze(this);
  }

  // What goxel-manager is started with.
  toArguments() {
    const args = ['--daemonize', '--no-start', '--socket', this.socketPath,
      '--control', this.controlPath];
    const add = (setting, value) => args.push('--set', `${setting}=${value}`);
    if (this.daemonBinary !== null) args.push('--daemon', this.daemonBinary);
    if (this.configFile !== null) args.push('--config', path.resolve(this.configFile));
    for (const [name, [type, , setting]] of Object.entries(OPTIONS)) {
      if (setting === null || this[name] === null) continue;
      add(setting, type === 'path' ? path.resolve(this[name]) : this[name]);
    }
    if (this.verbose) add('logging.level', 'debug');
    if (this.enableStructuredLogging !== null) {
      add('logging.format', this.enableStructuredLogging ? 'json' : 'text');
    }
    if (this.managerArguments !== null) args.push(...this.managerArguments);
    return args;
  }
}

module.exports = { DaemonConfig };
