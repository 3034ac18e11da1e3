// SPDX-License-Identifier: Apache-2.0
// Finding goxel-manager and starting it. It goes to the background by itself
// and tells by its exit code whether it serves, so there is nothing to guess.
//
// Two programs that start one at the same moment are fine: the second manager
// ends with "another one answers", and both programs use the first.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { GoxelError } = require('./error.js');

const NAME = process.platform === 'win32' ? 'goxel-manager.exe' : 'goxel-manager';
const LONGEST_MS = 20000;

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

// managerBinary (with GOXEL_MANAGER_BINARY in it), beside daemonBinary, PATH.
function findManager(config) {
  if (config.managerBinary !== null) return config.managerBinary;
  const dirs = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  if (config.daemonBinary?.includes(path.sep)) {
    dirs.unshift(path.dirname(path.resolve(config.daemonBinary)));
  }
  const found = dirs.map((dir) => path.join(dir, NAME)).find(isProgram);
  if (found !== undefined) return found;
  throw new GoxelError(
    `no manager answers at ${config.controlPath}, and ${NAME} is neither beside daemonBinary ` +
      'nor on PATH; set managerBinary or GOXEL_MANAGER_BINARY',
    { reason: 'NOT_FOUND' },
  );
}

// Resolves with {code, words} when the process that was started has ended.
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let words = '';
    const timer = setTimeout(() => {
      child.stderr.destroy();
      child.unref();
      reject(new GoxelError(`${program} did not serve within ${LONGEST_MS} ms; it was left alone`,
        { reason: 'TIMEOUT' }));
    }, LONGEST_MS);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => {
      if (words.length < 4000) words += text;
    });
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new GoxelError(`cannot start ${program}: ${cause.message}`, {
        reason: cause.code === 'ENOENT' ? 'NOT_FOUND' : 'IO',
        cause,
      }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, words: words.trim().replace(/\s*\n\s*/g, '; ') });
    });
  });
}

async function launchManager(config) {
  const program = findManager(config);
  const { code, words } = await run(program, config.toArguments());
  return { program, code, words };
}

module.exports = { launchManager };
