// SPDX-License-Identifier: Apache-2.0
// Three daemons behind the shipped HAProxy configuration: each project is on
// one of them, and stays there while that one is killed and started again under
// load; no answered edit is lost. Prints TAP and figures.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { Place, bin, config, request, until } = require('./haproxy_place.js');

for (const name of Object.keys(process.env)) {
  if (name.startsWith('GOXEL_')) delete process.env[name];
}

const place = new Place();
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const stats = { requests: 0, acked: 0, repeats: 0, lost: 0, wrong_replica: 0, longest_wait_ms: 0 };
let replicas, proxy, token;

function rpc(project, method, params = {}, { headers = {}, port = proxy.port, ...more } = {}) {
  return request(port, { agent, ...more, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    headers: { Authorization: `Bearer ${token}`, ...(project === null ? {} : { 'X-Goxel-Project': project }),
      ...headers } });
}

async function resultOf(project, method, params, options) {
  const answer = await rpc(project, method, params, options);
  assert.equal(answer.status, 200, answer.text);
  const reply = JSON.parse(answer.text);
  assert.equal(reply.error, undefined, answer.text);
  return reply.result;
}

// Where a name goes to; the answer says it.
async function whereIs(name, port) {
  const answer = await rpc(name, 'ping', {}, { port });
  assert.equal(answer.status, 200, answer.text);
  return answer.headers['x-goxel-replica'];
}
const names = Array.from({ length: 300 }, (_, i) => `${['castle', 'ship-v', 'Haus ', 'level.'][i % 4]}${i}`);
async function whereAre(port) {
  const found = new Map();
  for (let i = 0; i < names.length; i += 30) {
    await Promise.all(names.slice(i, i + 30).map(async (name) => found.set(name, await whereIs(name, port))));
  }
  return found;
}

function errorOf(answer) {
  assert.equal(answer.headers['content-type'], 'application/json', answer.text);
  const { jsonrpc, id, error } = JSON.parse(answer.text);
  assert.equal(jsonrpc, '2.0');
  assert.equal(id, null);
  return error;
}

// Sets one voxel after the other and repeats one that was not answered.
class Client {
  constructor(project, home) {
    Object.assign(this, { project, home, acked: 0, isStopping: false });
    this.done = this.run();
    this.done.catch((err) => { this.error = err; });
  }

  async run() {
    while (!this.isStopping) {
      const beganAt = Date.now();
      while (!(await this.send())) stats.repeats += 1;
      stats.longest_wait_ms = Math.max(stats.longest_wait_ms, Date.now() - beganAt);
      this.acked += 1;
      stats.acked += 1;
    }
  }

  async send() {
    stats.requests += 1;
    let answer;
    try {
      answer = await rpc(this.project, 'goxel.add_voxel', { position: [this.acked, 0, 0], color: [1, 2, 3, 255] });
    } catch {
      return false;
    }
    if (answer.status === 502 || answer.status === 503) {
      assert.ok(errorOf(answer).data.reason);
      return false;
    }
    assert.equal(answer.status, 200, answer.text);
    assert.equal(JSON.parse(answer.text).error, undefined, answer.text);
    if (answer.headers['x-goxel-replica'] !== this.home.name) stats.wrong_replica += 1;
    return true;
  }

  async countLost() {
    const found = new Set();
    for (let from = 0; from < this.acked; from += 1000) {
      const to = Math.min(from + 999, this.acked - 1);
      const region = await resultOf(this.project, 'goxel.get_voxels_region',
        { min: [from, 0, 0], max: [to, 0, 0], limit: 2000 });
      for (const voxel of region.voxels) found.add(voxel.x);
    }
    for (let x = 0; x < this.acked; x += 1) if (!found.has(x)) stats.lost += 1;
  }
}

// One is away for a time: its projects are served by nobody, others go on.
async function outage(clients, victim, signal) {
  const sum = (isVictim) => clients.filter((client) => (client.home === victim) === isVictim)
    .reduce((all, client) => all + client.acked, 0);
  await place.end(victim.child, signal);
  await pause(50); // answers that are on their way
  const own = sum(true);
  const others = sum(false);
  await pause(1500);
  assert.equal(sum(true), own, 'projects of a replica that is away were served');
  assert.ok(sum(false) > others + 100, 'the other replicas stood still');
  const before = new Map(clients.map((client) => [client, client.acked]));
  place.startReplica(victim);
  await until('all projects are served', () => clients.every((client) => {
    if (client.error) throw client.error; // it would stand still for another reason
    return client.acked > before.get(client) + 50;
  }));
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The lines marked REPLICAS for a fourth one.
function withFourth(text) {
  return text.replace(/^( *)(use-server|server) c (.*)$/gm, (line, space, word, rest) =>
    `${line}\n${space}${word} d ${rest.replace(/\bc\b/, 'd').replace('GOXEL_C', 'GOXEL_D').replace('id 3', 'id 4')}`)
    .replaceAll('-m str a b c', '-m str a b c d').replace('lt 3', 'lt 4');
}
function ctl(replica, ...args) {
  return execFileSync(path.join(bin, 'goxelctl'), [...args, '--socket', path.join(replica.data, 's')],
    { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, GOXEL_TOKEN: token } });
}

const cases = {
  async 'the shipped file is valid'() {
    const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', config], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout + stderr, /WARNING/);
  },

  async 'three daemons behind it'() {
    replicas = await Promise.all(['a', 'b', 'c'].map((name) => place.addReplica(name)));
    token = place.makeToken(replicas);
    for (const replica of replicas) place.startReplica(replica);
    proxy = await place.startProxy('proxy', replicas);
    for (const { name } of replicas) {
      await until(`${name} serves`, async () => (await rpc(null, 'ping', {}, { headers: { 'X-Goxel-Replica': name } }))
        .status === 200);
    }
  },

  async 'names are spread evenly, and stay where they are'() {
    const before = await whereAre(proxy.port);
    const counts = {};
    for (const name of before.values()) counts[name] = (counts[name] ?? 0) + 1;
    assert.deepEqual(Object.keys(counts).sort(), ['a', 'b', 'c']);
    assert.ok(Math.min(...Object.values(counts)) >= 60, JSON.stringify(counts));
    assert.deepEqual(await whereAre(proxy.port), before);
    stats.names = counts;
  },

  async 'requests that name no project get a clear answer'() {
    for (const headers of [{}, { 'X-Goxel-Project': '' }, { 'X-Goxel-Project': ['one', 'two'] }]) {
      const answer = await rpc(null, 'ping', {}, { headers });
      assert.equal(answer.status, 400);
      assert.match(errorOf(answer).message, /X-Goxel-Project must name/);
    }
    const other = [['goxel.get_voxel_count', { project: 'another' }], ['goxel.create_project', { name: 'another' }]];
    for (const [method, params] of other) {
      const answer = await rpc('one', method, params);
      assert.equal(answer.status, 400);
      assert.match(errorOf(answer).message, /may be on another replica/);
    }
    const nowhere = await rpc(null, 'ping', {}, { headers: { 'X-Goxel-Replica': 'z' } });
    assert.equal(nowhere.status, 404);
    assert.match(errorOf(nowhere).message, /names no replica/);
    assert.equal((await request(proxy.port, { method: 'GET', path: '/metrics' })).status, 404);
    assert.equal((await request(proxy.port, { method: 'GET' })).status, 405);
  },

  async 'tokens pass, and who sends wrong ones is slowed down alone'() {
    const headers = { Authorization: '' };
    for (let i = 0; i < 4; i += 1) {
      const answer = await rpc('one', 'ping', {}, { headers, from: '127.0.0.2', agent: undefined });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
    }
    const slowed = await rpc('one', 'ping', {}, { headers, from: '127.0.0.2', agent: undefined });
    assert.equal(slowed.status, 429);
    assert.match(slowed.text, /without a valid token/);
    assert.ok(Number(slowed.headers['retry-after']) > 0);
    await resultOf('one', 'ping');
  },

  async 'metrics and health of each replica'() {
    const watch = (where, headers = {}) => request(proxy.watch, { method: 'GET', path: where, headers });
    const own = await until('health is known', async () => {
      const { text } = await watch('/metrics');
      return replicas.every(({ name }) =>
        text.includes(`haproxy_server_status{proxy="replicas",server="${name}",state="UP"} 1`)) && text;
    });
    assert.match(own, /haproxy_server_queue_length|haproxy_server_current_queue/);
    for (const { name } of replicas) {
      assert.equal((await watch(`/metrics/${name}`)).status, 401);
      const page = await watch(`/metrics/${name}`, { Authorization: `Bearer ${token}` });
      assert.equal(page.status, 200);
      assert.match(page.text, /^goxel_uptime_seconds/m);
    }
    assert.equal((await watch('/metrics/z')).status, 404);
  },

  async 'a daemon that is killed or stopped is waited for; nothing is lost or moved'() {
    const clients = [];
    for (let i = 0; clients.length < 12; i += 1) {
      const project = `load ${i}`;
      const at = await whereIs(project, proxy.port);
      if (clients.filter((client) => client.home.name === at).length === 4) continue;
      await resultOf(project, 'goxel.create_project', { name: project });
      clients.push(new Client(project, replicas.find(({ name }) => name === at)));
    }
    await until('the load runs', () => clients.every((client) => client.acked > 20));
    await outage(clients, replicas[1], 'SIGKILL');
    // In order: what is under way is answered, new requests wait.
    await outage(clients, replicas[2], 'SIGTERM');
    for (const client of clients) client.isStopping = true;
    await Promise.all(clients.map((client) => client.done));
    for (const client of clients) await client.countLost();
    assert.equal(stats.lost, 0);
    assert.equal(stats.wrong_replica, 0);
    assert.ok(stats.repeats <= 4 * clients.length, `${stats.repeats} repeats`);
    for (const { project, home } of clients) {
      const file = `projects/${encodeURIComponent(project)}.goxdb`;
      const having = replicas.filter(({ data }) => fs.existsSync(path.join(data, file)));
      assert.deepEqual(having.map(({ name }) => name), [home.name], project);
    }
  },

  async 'a fourth replica: what moves is carried over by hand'() {
    const fourth = await place.addReplica('d');
    place.copyTokens(replicas[0], [fourth]);
    place.startReplica(fourth);
    const four = await place.startProxy('four', [...replicas, fourth], withFourth);
    const served = () => rpc(null, 'ping', {}, { port: four.port, headers: { 'X-Goxel-Replica': 'd' } });
    await until('d serves', async () => (await served()).status === 200);
    const before = await whereAre(proxy.port);
    const after = await whereAre(four.port);
    const moved = names.filter((name) => after.get(name) !== before.get(name));
    assert.ok(moved.length >= 30 && moved.length <= 120, `${moved.length} moved`);
    for (const name of moved) assert.equal(after.get(name), 'd');
    stats.moved_to_a_fourth = moved.length;

    let carried = 0;
    for (const home of replicas) {
      const { projects } = await resultOf(null, 'goxel.list_projects', {}, { headers: { 'X-Goxel-Replica': home.name } });
      for (const { name } of projects) {
        if ((await whereIs(name, four.port)) !== 'd') continue;
        const { count } = await resultOf(name, 'goxel.get_voxel_count');
        const file = path.join(home.data, 'moving.goxdb');
        ctl(home, 'store', 'backup', name, file);
        fs.renameSync(file, path.join(fourth.data, 'moving.goxdb'));
        ctl(fourth, 'store', 'restore', path.join(fourth.data, 'moving.goxdb'), name);
        ctl(home, 'call', 'goxel.delete_project', `name=${name}`);
        assert.equal((await resultOf(name, 'goxel.get_voxel_count', {}, { port: four.port })).count, count);
        carried += 1;
      }
    }
    assert.ok(carried > 0);
    stats.carried = carried;
    await place.end(four.child);
    await place.end(fourth.child);
  },

  async 'a daemon that stays away gives 503, and its project no other'() {
    const short = await place.startProxy('short', replicas, (text) => text.replace('retries 60', 'retries 2')
      .replace('maxconn 200 maxqueue 800', 'maxconn 2 maxqueue 2'));
    const home = replicas[2];
    const all = await whereAre(proxy.port);
    const project = names.find((name) => all.get(name) === home.name);
    await place.end(home.child);
    const answer = await rpc(project, 'ping', {}, { port: short.port });
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['retry-after'], '1');
    const error = errorOf(answer);
    assert.equal(error.code, -32001);
    assert.equal(error.data.retry_after_ms, 1000);
    assert.match(error.message, /was not carried out, send it again/);
    // Two try to connect, two wait, the others are told at once.
    const beganAt = Date.now();
    const took = [];
    const answers = await Promise.all(Array.from({ length: 6 }, async () => {
      const one = await rpc(project, 'ping', {}, { port: short.port, agent: undefined });
      took.push(Date.now() - beganAt);
      return one.status;
    }));
    assert.deepEqual(answers, Array(6).fill(503));
    assert.ok(took[1] < 900 && took[2] > 900, `answered after ${took} ms`);
    place.startReplica(home);
    await until('it is back', async () => (await rpc(project, 'ping', {}, { port: short.port })).status === 200);
    await place.end(short.child);
  },

  async 'a replica that is taken out of the ring stops all'() {
    await place.admin(proxy, 'set server goxel/b state maint');
    const answer = await rpc('one', 'ping');
    assert.equal(answer.status, 503);
    assert.match(errorOf(answer).message, /taken out of the ring/);
    await place.admin(proxy, 'set server goxel/b state ready');
    await resultOf('one', 'ping');
  },

  async 'the speed through it'() {
    for (const [key, port] of [['warm', proxy.port], ['direct_per_s', replicas[0].port], ['proxied_per_s', proxy.port]]) {
      const beganAt = process.hrtime.bigint();
      for (let i = 0; i < 400; i += 1) await resultOf('one', 'ping', {}, { port });
      const rate = Math.round(400 / (Number(process.hrtime.bigint() - beganAt) / 1e9));
      if (key !== 'warm') stats[key] = rate;
    }
  },
};

async function main() {
  let failed = 0;
  console.log(`1..${Object.keys(cases).length}`);
  for (const [name, run] of Object.entries(cases)) {
    const beganAt = Date.now();
    try {
      await run();
      console.log(`ok - ${name} (${Date.now() - beganAt} ms)`);
    } catch (err) {
      failed += 1;
      console.log(`not ok - ${name} (${Date.now() - beganAt} ms)\n# ${(err.stack ?? String(err)).replace(/\n/g, '\n# ')}`);
      if (proxy === undefined) break;
    }
  }
  console.log(`# ${JSON.stringify(stats)}`);
  agent.destroy();
  await place.close(process.env.GOX_KEEP === '1');
  process.exit(failed === 0 ? 0 : 1);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => place.close().then(() => process.exit(130)));
main();
