// SPDX-License-Identifier: Apache-2.0
// Types of goxel-daemon-manager. The members of events and answers are those of
// docs/manager.md.
/// <reference types="node" />
import { EventEmitter } from 'node:events';

export interface ManagerOptions {
  /** goxel-daemon; default: GOXEL_DAEMON_BINARY, else as the manager finds it. */
  daemonBinary?: string;
  /** goxel-manager; default: GOXEL_MANAGER_BINARY, beside daemonBinary, or on PATH. */
  managerBinary?: string;
  /** Of the daemon; default: GOXEL_SOCKET_PATH, else the usual place of this user. */
  socketPath?: string;
  /** Of the manager; default: socketPath with ".ctl" behind it. */
  controlPath?: string;
  pidFile?: string;
  logFile?: string;
  configFile?: string;
  workers?: number;
  queueSize?: number;
  maxConnections?: number;
  startupTimeoutMs?: number;
  shutdownTimeoutMs?: number;
  healthCheckTimeoutMs?: number;
  healthCheckIntervalMs?: number;
  maxRestartAttempts?: number;
  restartDelayMs?: number;
  /** Limit of call(), all its attempts together; default 30000. */
  callTimeoutMs?: number;
  /** The first call() starts what does not run; default false. */
  autoStart?: boolean;
  /** Also: a manager that this object started is started again when it was killed. */
  restartOnFailure?: boolean;
  /** At the end of this process, stop what this object started; default false. */
  stopOnExit?: boolean;
  /** The daemon logs at level debug, and events go to standard error. */
  verbose?: boolean;
  /** The daemon logs JSON (true) or text (false). */
  enableStructuredLogging?: boolean;
  /** Given to the daemon on each connection; default: GOXEL_TOKEN. */
  token?: string;
  /** Which daemon of a manager that has several. */
  instance?: string;
  /** More arguments of a goxel-manager that is started. */
  managerArguments?: readonly string[];
}

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> | null };

/** Options, environment and defaults together; checked, and never changed. */
export interface DaemonConfig extends Resolved<Omit<ManagerOptions, 'socketPath' | 'controlPath'>> {
  readonly socketPath: string;
  readonly controlPath: string;
  readonly callTimeoutMs: number;
  readonly autoStart: boolean;
  readonly stopOnExit: boolean;
  readonly verbose: boolean;
  /** What goxel-manager is started with. */
  toArguments(): string[];
}
export const DaemonConfig: {
  /** Throws TypeError for an option that is unknown or has no sense. */
  new (options?: ManagerOptions, environment?: Record<string, string | undefined>): DaemonConfig;
};

/** An error of this package, of the manager or of the daemon. */
export class GoxelError extends Error {
  /** JSON-RPC number; include/goxel/error.h lists them. */
  readonly code: number;
  /** Its name in that list: "TIMEOUT", "CLOSED", "NOT_FOUND" ... */
  readonly reason: string;
  readonly data: unknown;
  /** The same call may be made again without doing something twice. */
  readonly retryable: boolean;
  /** It was sent, and no answer came: it may have been carried out. */
  readonly unknownOutcome: boolean;
}

export type State =
  | 'stopped' | 'starting' | 'running' | 'degraded' | 'unhealthy' | 'stopping' | 'backoff'
  | 'failed' | 'upgrading' | 'attached' | 'unknown';
export type Health =
  | 'healthy' | 'degraded' | 'unhealthy' | 'not_running' | 'unknown' | 'starting';
export type Cause =
  | 'crash' | 'signal' | 'oom' | 'watchdog' | 'probe' | 'memory' | 'operator' | 'upgrade'
  | 'exit' | 'config' | 'startup';

export interface Status {
  name: string;
  state: State;
  health: Health;
  reason: string;
  pid: number | null;
  ready: boolean;
  uptime_ms: number | null;
  socket: string;
  /** null where no manager runs, and after stop() ended it. */
  manager: {
    pid: number;
    version: string;
    uptime_ms: number;
    rss_bytes: number;
    latest_event: number;
  } | null;
  process: {
    state: string;
    rss_bytes: number;
    cpu_ms: number;
    fds: number;
    threads: number;
  } | null;
  last_exit: {
    cause: Cause;
    text: string;
    code: number | null;
    signal: number | null;
    at: string;
    bundle: string | null;
  } | null;
  /** The rest is there when a manager answers. */
  adopted?: boolean;
  started_at?: string | null;
  backend?: string;
  backend_reason?: string;
  holds_socket?: boolean;
  binary?: string;
  log_file?: string;
  state_dir?: string;
  restarts?: {
    total: number;
    last_cause: Cause | null;
    failures: number;
    next_in_ms: number | null;
    given_up: boolean;
  };
}

export interface HealthStage {
  name: string;
  finding: 'skipped' | 'pass' | 'unknown' | 'warn' | 'fail';
  took_ms: number;
  text: string;
}
export interface HealthResult {
  status: Health;
  reason: string;
  at: string | null;
  /** Empty where no manager runs. */
  stages: HealthStage[];
  /** What daemon.health answered, or null. */
  daemon: Record<string, unknown> | null;
  took_ms?: number;
  rounds?: number;
  failed?: number;
  unknown?: number;
  flapping?: boolean;
}

export interface ManagerEvent {
  /** 0: not stored. */
  seq: number;
  event: string;
  name?: string;
  time?: string;
}
export interface StartedEvent extends ManagerEvent { pid: number; binary: string }
export interface ReadyEvent extends ManagerEvent { pid: number; after_ms: number }
export interface RestartedEvent extends ManagerEvent {
  pid: number;
  cause: Cause;
  down_ms: number;
  total: number;
}
export interface StoppedEvent extends ManagerEvent { pid?: number; text?: string }
export interface ExitedEvent extends ManagerEvent {
  pid: number;
  cause: Cause;
  code: number | null;
  signal: number | null;
  text: string;
  uptime_ms: number;
  bundle: string | null;
  /** null: it is not started again. */
  next_in_ms: number | null;
}
export interface FailedEvent extends ManagerEvent {
  cause: Cause;
  text: string;
  retry_in_ms: number | null;
}
export interface AttachedEvent extends ManagerEvent {
  pid: number | null;
  adopted?: boolean;
  backend?: string;
}
export interface VerdictEvent extends ManagerEvent { reason: string }
export interface HealthCheckEvent extends ManagerEvent {
  status: Health;
  reason: string;
  took_ms?: number;
}
export interface ReloadEvent extends ManagerEvent { message: string }
export interface UpgradedEvent extends ManagerEvent { what: string; binary: string; pid: number }
export interface LogEvent extends ManagerEvent { level: string; text: string }

export interface ManagerEvents {
  started: [StartedEvent];
  ready: [ReadyEvent];
  restarted: [RestartedEvent];
  stopped: [StoppedEvent];
  exited: [ExitedEvent];
  failed: [FailedEvent];
  attached: [AttachedEvent];
  degraded: [VerdictEvent];
  recovered: [VerdictEvent];
  health_check: [HealthCheckEvent];
  reloaded: [ReloadEvent];
  reload_failed: [ReloadEvent];
  upgraded: [UpgradedEvent];
  log: [LogEvent];
  /** Without a listener it is dropped: it never ends the process. */
  error: [GoxelError];
}

export interface CallOptions {
  timeoutMs?: number;
  /** true: send again when the answer was lost; default: for methods that only look. */
  retry?: boolean;
}

export class GoxelDaemonManager extends EventEmitter {
  constructor(options?: ManagerOptions | DaemonConfig);
  readonly config: DaemonConfig;
  /** This object started the manager, so stop() ends it, too. */
  readonly startedManager: boolean;

  /** Starts manager and daemon as far as they do not run; waits for the first answer. */
  start(): Promise<Status>;
  /** Stops the daemon, and the manager when this object started it. */
  stop(): Promise<Status>;
  restart(): Promise<Status>;
  /** `reloaded` false: the old configuration stays in use. */
  reload(): Promise<{ reloaded: boolean; message?: string }>;
  /** Forgets failures; starts what was given up. */
  reset(): Promise<Status>;
  upgrade(options?: { what?: 'daemon' | 'manager'; binary?: string }): Promise<Status>;

  /** Starts nothing; also answers when nothing runs. */
  getStatus(): Promise<Status>;
  /** A round of checks now. Starts nothing; also answers when nothing runs. */
  performHealthCheck(): Promise<HealthResult>;
  getEvents(params?: { after?: number; limit?: number; types?: string[]; last?: number }):
    Promise<{
      events: ManagerEvent[];
      next: number;
      oldest: number;
      latest: number;
      missed: number;
    }>;
  getLogs(params?: { lines?: number; level?: 'error' | 'all' }):
    Promise<{ lines: string[]; dropped: number; file: string }>;
  /** The manager's figures as Prometheus text. */
  getMetrics(): Promise<string>;

  /** Calls a method of the daemon ("goxel.get_voxel"), or of the manager ("manager.list"). */
  call<T = any>(method: string, params?: object | null, options?: CallOptions): Promise<T>;

  /** Gives the connections back. Manager and daemon go on. */
  close(): void;

  on<K extends keyof ManagerEvents>(event: K, listener: (...args: ManagerEvents[K]) => void): this;
  once<K extends keyof ManagerEvents>(event: K, listener: (...args: ManagerEvents[K]) => void): this;
  off<K extends keyof ManagerEvents>(event: K, listener: (...args: ManagerEvents[K]) => void): this;
}

declare const entry: {
  GoxelDaemonManager: typeof GoxelDaemonManager;
  DaemonConfig: typeof DaemonConfig;
  GoxelError: typeof GoxelError;
};
export default entry;
