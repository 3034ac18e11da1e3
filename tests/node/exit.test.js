// SPDX-License-Identifier: Apache-2.0
// What the end of the host process does to manager and daemon.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Place, until } = require('./place.js');

// A host that starts a daemon, tells its number, and ends as told.
function host(place, options, end) {
  return place.spawn(process.execPath, ['-e', `
    const { GoxelDaemonManager } = require(${JSON.stringify(require.resolve('../../scripts/mcp_daemon_manager.js'))});
    const manager = new GoxelDaemonManager(${JSON.stringify(place.options(options))});
    manager.start().then(({ pid }) => { console.log(pid); ${end} });`]);
}

const none = (place) => until('the end of both', () =>
  place.processes('goxel-daemon').length === 0 && place.processes('goxel-manager').length === 0);

test('an idle object does not keep the process alive; both go on', async (t) => {
  const place = new Place(t);
  const child = host(place, {}, '');
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  assert.deepEqual(place.processes('goxel-daemon'), [Number(child.text)]);
});

test('stopOnExit: the end of the process stops both', async (t) => {
  const place = new Place(t);
  const child = host(place, { stopOnExit: true }, '');
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  await none(place);
});

test('stopOnExit: process.exit and an exception, too', async (t) => {
  const place = new Place(t);
  const child = host(place, { stopOnExit: true }, 'process.exit(3)');
  assert.equal((await child.ended).code, 3);
  await none(place);
  const other = new Place(t);
  const thrown = host(other, { stopOnExit: true }, 'throw new Error("wanted by the test")');
  assert.notEqual((await thrown.ended).code, 0);
  await none(other);
});

test('stopOnExit: SIGTERM ends host and both', async (t) => {
  const place = new Place(t);
  const child = host(place, { stopOnExit: true }, 'setInterval(() => {}, 1000)');
  await until('a start', () => child.text.includes('\n'));
  child.kill('SIGTERM');
  assert.deepEqual(await child.ended, { code: null, signal: 'SIGTERM' });
  await none(place);
});

test('attached: stopOnExit leaves what somebody else started', async (t) => {
  const place = new Place(t);
  const owner = place.manager();
  const { pid } = await owner.start();
  const child = host(place, { stopOnExit: true }, '');
  await child.ended;
  assert.equal((await owner.getStatus()).pid, pid);
});
