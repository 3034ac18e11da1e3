// SPDX-License-Identifier: Apache-2.0
// manager.call(): answers, errors, restarts in between, starting on first use.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const net = require('node:net');
const { Place, until } = require('./place.js');
const { isSafe } = require('../../node/lib/safe.js');

test('autoStart: the first call starts what does not run', async (t) => {
  const place = new Place(t);
  await assert.rejects(place.manager().call('version'), { reason: 'NOT_FOUND' });
  const manager = place.manager({ autoStart: true });
  const answers = await Promise.all([manager.call('version'), manager.call('ping')]);
  assert.equal(answers.length, 2);
  assert.equal(place.processes('goxel-daemon').length, 1);
});

test('errors of the daemon come with code, reason and data', async (t) => {
  const manager = new Place(t).manager({ autoStart: true });
  await assert.rejects(manager.call('goxel.no_such_method'), (error) => {
    assert.equal(error.code, -32601);
    assert.equal(error.reason, 'METHOD');
    assert.equal(error.retryable, false);
    return true;
  });
  await assert.rejects(manager.call('manager.start', { name: 'nobody' }), { code: -32004 });
});

test('large answers and texts of every kind come whole', async (t) => {
  const manager = new Place(t).manager({ autoStart: true });
  const text = 'käse \u{1F9C0} "\\\n'.repeat(20000);
  const answer = await manager.call('echo', { text });
  assert.equal(answer.text ?? answer.params?.text ?? answer, text);
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) =>
    manager.call('echo', { i })));
  assert.deepEqual(many.map((a) => a.i ?? a.params?.i), Array.from({ length: 200 }, (_, i) => i));
});

test('safe calls survive kills of the daemon, and keep their project', async (t) => {
  const place = new Place(t);
  const manager = place.manager({ autoStart: true });
  await manager.call('goxel.create_project', { name: 'kept' });
  await manager.call('goxel.add_voxel', { x: 1, y: 2, z: 3, color: '#102030' });
  let calls = 0;
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const voxel = await manager.call('goxel.get_voxel', { x: 1, y: 2, z: 3 });
      assert.deepEqual(voxel.color.slice(0, 3), [16, 32, 48]);
      calls += 1;
    }
  };
  const callers = [caller(), caller(), caller()];
  for (let kill = 0; kill < 4; kill++) {
    const { pid } = await until('a daemon', async () => {
      const now = await manager.getStatus();
      return now.ready && now;
    });
    const before = calls;
    await until('calls', () => calls > before + 20);
    process.kill(pid, 'SIGKILL');
    await until('another daemon', async () => {
      const now = await manager.getStatus();
      return now.ready && now.pid !== pid;
    });
  }
  isOver = true;
  await Promise.all(callers); // not one failed
});

// A server that takes a request and hangs up: what a crash looks like, at the
// moment that matters and as often as wanted.
function hangUp(t, place, times) {
  let count = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      count += 1;
      if (count <= times) {
        socket.destroy();
        return;
      }
      const { id } = JSON.parse(data.toString().split('\n')[0]);
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { count } })}\n`);
    });
  });
  t.after(() => server.close());
  return new Promise((done) => server.listen(place.socket, () => done(() => count)));
}

test('a lost answer: looking is repeated, an edit is not unless asked for', async (t) => {
  const place = new Place(t);
  const count = await hangUp(t, place, 3);
  const manager = place.manager();
  assert.equal((await manager.call('goxel.get_voxel', { x: 0, y: 0, z: 0 })).count, 4);
  manager.close();
  const other = new Place(t);
  const otherCount = await hangUp(t, other, 1);
  const editor = other.manager();
  await assert.rejects(editor.call('goxel.add_voxel', { x: 0, y: 0, z: 0 }), (error) => {
    assert.equal(error.unknownOutcome, true);
    assert.equal(error.reason, 'CLOSED');
    return true;
  });
  assert.equal(otherCount(), 1);
  assert.equal(count(), 4);
  const third = new Place(t);
  await hangUp(t, third, 1);
  assert.equal((await third.manager().call('goxel.add_voxel', {}, { retry: true })).count, 2);
});

test('a call ends at its limit', async (t) => {
  const place = new Place(t);
  const server = net.createServer((socket) => socket.on('error', () => {}).resume());
  t.after(() => server.close());
  await new Promise((done) => server.listen(place.socket, done));
  await assert.rejects(place.manager().call('ping', null, { timeoutMs: 50 }), { reason: 'TIMEOUT' });
});

test('every method that is repeated is one of the daemon and changes nothing', async (t) => {
  const manager = new Place(t).manager({ autoStart: true });
  const { methods } = await manager.call('rpc.discover');
  const safe = methods.filter((method) => isSafe(method.name));
  assert.ok(safe.length > 20);
  for (const method of safe) assert.equal(method['x-edits'] || method['x-admin'], false, method.name);
});
