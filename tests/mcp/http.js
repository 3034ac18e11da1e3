#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The HTTP transport from outside: status and body of what is right, wrong,
// hostile, parallel, slow and given up.
'use strict';
const assert = require('assert');
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');
const { spawn } = require('child_process');
const { Place, bin } = require('./client.js');

const M = '2026-07-28';
const meta = (caps = {}) => ({ 'io.modelcontextprotocol/protocolVersion': M,
  'io.modelcontextprotocol/clientCapabilities': caps });
let port, child;

function start(place, args) {
  child = spawn(path.join(bin, 'goxel-mcp'), ['--http', '127.0.0.1:0', ...args], { env: place.env });
  return new Promise((done, failed) => {
    child.stderr.on('data', (data) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(String(data));
      if (found) done(port = Number(found[1]));
    });
    child.on('exit', (code) => failed(new Error(`ended with ${code}`)));
  });
}

function send(method, headers, body, options = {}) {
  return new Promise((done, failed) => {
    const req = http.request({ port, host: '127.0.0.1', path: options.path || '/mcp', method,
      headers: Object.assign({ Host: 'localhost', Connection: 'close' }, headers) }, (res) => {
      let text = '';
      res.on('data', (data) => { text += data; if (options.onData) options.onData(text, req); });
      res.on('end', () => {
        let json;
        try { json = JSON.parse(text); } catch {
          const data = text.split('\n').filter((l) => l.startsWith('data: ')).map((l) => l.slice(6));
          try { json = JSON.parse(data[data.length - 1]); } catch { /* none */ }
        }
        done({ status: res.statusCode, headers: res.headers, text, json });
      });
      res.on('error', () => done({ status: res.statusCode, text }));
    });
    req.on('error', options.mayFail ? () => done({ status: 0 }) : failed);
    if (options.onRequest) options.onRequest(req);
    if (body !== undefined) req.write(typeof body === 'string' ? body : JSON.stringify(body));
    req.end();
  });
}

const kind = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const post = (body, headers = {}, options) => send('POST', Object.assign({}, kind, headers), body, options);
const call = (method, params = {}, id = 1) => ({ jsonrpc: '2.0', id, method, params });
function modern(method, params = {}, headers = {}, caps = {}, options) {
  const name = params.name || params.uri;
  return post(call(method, Object.assign({ _meta: meta(caps) }, params)), Object.assign(
    { 'MCP-Protocol-Version': M, 'Mcp-Method': method }, name ? { 'Mcp-Name': name } : {}, headers), options);
}
async function session(version = '2025-11-25') {
  const answer = await post(call('initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 't', version: '1' } }));
  return { 'Mcp-Session-Id': answer.headers['mcp-session-id'], 'MCP-Protocol-Version': version };
}
const is = (answer, status, code, about) => {
  assert.equal(answer.status, status, about + answer.text);
  if (code) assert.equal(answer.json.error.code, code, about + answer.text);
};

const tests = {
  async 'wrong messages'() {
    is(await post('{nonsense'), 400, -32700);
    const s = await session();
    const two = await post({ id: 5, method: 'ping' }, s);
    is(two, 400, -32600);
    assert.equal(two.json.id, 5);
    is(await post([call('ping'), call('ping', {}, 2)], s), 400, -32600);
    is(await post(call('nix'), s), 200, -32601);
    is(await post(call('tools/call', { name: 'nix' }), s), 200, -32602);
    const bad = await post(call('tools/call', { name: 'greet', arguments: { name: 3 } }), s);
    assert.equal(bad.json.result.isError, true);
  },
  async 'wrong headers'() {
    is(await post(call('ping'), { Accept: 'application/json' }), 406, -32000);
    is(await post(call('ping'), { 'Content-Type': 'text/plain' }), 415, -32000);
    is(await post(call('ping'), { 'MCP-Protocol-Version': '1999-01-01' }), 400, -32000);
    is(await post(call('ping')), 400, -32000);
    is(await post(call('ping'), { 'Mcp-Session-Id': 'bogus' }), 404, -32000);
    is(await send('PUT', kind, '{}'), 405);
    is(await send('GET', { Accept: 'text/event-stream' }), 405);
    is(await send('POST', kind, '{}', { path: '/nix' }), 404);
  },
  async 'strangers'() {
    for (const bad of [{ Host: 'evil.example' }, { Origin: 'http://evil.example' }, { Origin: 'null' },
      { Host: 'localhost.evil.example' }, { Origin: 'http://localhost.evil.example' }]) {
      is(await modern('tools/list', {}, bad), 403, -32000, JSON.stringify(bad));
    }
    for (const good of [{ Origin: 'http://localhost:3000' }, { Host: '127.0.0.1:1' }, { Host: '[::1]:1' }]) {
      is(await modern('tools/list', {}, good), 200, 0, JSON.stringify(good));
    }
  },
  async '2026: envelope and headers'() {
    is(await modern('tools/list'), 200);
    is(await modern('ping'), 404, -32601);
    is(await modern('nix/nix'), 404, -32601);
    is(await modern('tools/list', {}, { 'Mcp-Method': 'tools/call' }), 400, -32020);
    is(await modern('tools/list', {}, { 'MCP-Protocol-Version': '2025-11-25' }), 400, -32020);
    is(await post(call('tools/list', { _meta: meta() })), 400, -32020);
    is(await post(call('tools/list'), { 'MCP-Protocol-Version': M, 'Mcp-Method': 'tools/list' }), 400, -32602);
    is(await modern('tools/call', { name: 'test_simple_text' }, { 'Mcp-Name': 'TEST_simple_text' }), 400, -32020);
    is(await modern('tools/call', { name: 'test_simple_text' }, { 'Mcp-Name': '=?base64?dGVzdF9zaW1wbGVfdGV4dA==?=' }), 200);
    is(await modern('tools/call', { name: 'test_simple_text' }, { 'Mcp-Name': '=?base64?dGVzdF9zaW1wbGVfdGV4dA?=' }), 400, -32020);
    const old = await post(call('tools/list', { _meta: Object.assign(meta(), { 'io.modelcontextprotocol/protocolVersion': 'x' }) }),
      { 'MCP-Protocol-Version': 'x', 'Mcp-Method': 'tools/list' });
    is(old, 400, -32022);
    assert.deepEqual(old.json.error.data.supported, [M]);
    is(await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, { 'MCP-Protocol-Version': M }), 202);
    // Sessions mean nothing here.
    is(await modern('tools/list', {}, { 'Mcp-Session-Id': 'bogus', 'Last-Event-ID': '7' }), 200);
  },
  async 'before 2026: sessions'() {
    const s = await session();
    is(await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, s), 202);
    is(await post(call('ping'), s), 200);
    let seen = '';
    const stream = send('GET', Object.assign({ Accept: 'text/event-stream' }, s), undefined,
      { onData: (text) => { seen = text; }, mayFail: true });
    for (let i = 0; i < 500 && !seen; i++) await new Promise((done) => setTimeout(done, 4));
    is(await send('GET', Object.assign({ Accept: 'text/event-stream' }, s)), 409);
    await post(call('tools/call', { name: 'test_trigger_tool_change' }), s);
    for (let i = 0; i < 500 && !seen.includes('list_changed'); i++) await new Promise((done) => setTimeout(done, 4));
    assert.match(seen, /notifications\/tools\/list_changed/);
    is(await send('DELETE', s), 200);
    await stream;
    is(await post(call('ping'), s), 404);
    is(await send('DELETE', s), 404);
    const old = await session('2025-03-26');
    const both = await post([call('ping'), call('ping', {}, 2)], old);
    assert.equal(both.json.length, 2);
  },
  async 'a client that goes away cancels, in 2026'() {
    let request;
    const before = await threads();
    const one = modern('tools/call', { name: 'slow_compute', arguments: { seconds: 600 } }, {}, {},
      { mayFail: true, onRequest: (req) => { request = req; } });
    await new Promise((done) => setTimeout(done, 50));
    request.destroy();
    await one;
    is(await modern('tools/list'), 200);
    assert.ok(await threads() <= before + 1);
  },
  async 'cancelled by a message, before 2026'() {
    const s = await session();
    const one = post(call('tools/call', { name: 'slow_compute', arguments: { seconds: 600 } }, 'a'), s);
    await new Promise((done) => setTimeout(done, 50));
    is(await post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'a' } }, s), 202);
    assert.equal((await one).text, '');
    const two = post(call('tools/call', { name: 'slow_compute', arguments: { seconds: 600 } }, 'b'), s, { mayFail: true });
    await new Promise((done) => setTimeout(done, 50));
    is(await send('DELETE', s), 200);
    await two;
  },
  async 'oversize, and cut off in the middle'() {
    is(await post('x'.repeat(65 * 1024 * 1024), {}, { mayFail: true }).then((a) =>
      (a.status === 0 ? { status: 413 } : a)), 413);
    for (const text of ['POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"a',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n', '\0\0\0\0', 'GET\r\n\r\n',
      `POST /mcp HTTP/1.1\r\n${'A: b\r\n'.repeat(20000)}\r\n`]) {
      await new Promise((done) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('error', done);
        socket.on('close', done);
        socket.on('data', () => socket.destroy());
        setTimeout(() => socket.destroy(), 100);
      });
    }
    is(await modern('tools/list'), 200);
  },
  async 'a hundred at once, and some who do not read'() {
    const slow = [];
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify(call('tools/list', { _meta: meta() }));
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.pause();
      for (let k = 0; k < 20; k++) {
        socket.write(`POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
          `Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: ${M}\r\nMcp-Method: tools/list\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`);
      }
      slow.push(socket);
    }
    const many = await Promise.all(Array.from({ length: 100 }, (_, i) =>
      modern('tools/call', i % 2 ? { name: 'test_simple_text' } : { name: 'test_tool_with_progress',
        _meta: Object.assign({ progressToken: i }, meta()) })));
    for (const answer of many) {
      is(answer, 200);
      assert.ok(answer.json.result.content.length > 0);
    }
    slow.forEach((socket) => socket.destroy());
  },
};

// What the server holds open tells whether something was left behind.
async function threads() {
  await modern('tools/list');
  return fs.readdirSync(`/proc/${child.pid}/fd`).length;
}

(async () => {
  const place = new Place();
  let failed = 0;
  try {
    await start(place, ['--conformance']);
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test();
        console.log(`ok - ${name}`);
      } catch (error) {
        failed = 1;
        console.log(`not ok - ${name}\n${error.stack}`);
      }
    }
    child.removeAllListeners('exit');
    const ended = new Promise((done) => child.on('exit', done));
    child.kill('SIGTERM');
    assert.equal(await ended, 0, 'ends when told to');
    const tokens = path.join(place.dir, 'tokens');
    fs.writeFileSync(tokens, 'first\nsecond\n');
    await start(place, ['--conformance', '--token-file', tokens, '--allow-origin', 'good.example']);
    is(await modern('tools/list'), 401, -32000);
    is(await modern('tools/list', {}, { Authorization: 'Bearer third' }), 401, -32000);
    is(await modern('tools/list', {}, { Authorization: 'Bearer second', Origin: 'https://good.example' }), 200);
    console.log('ok - tokens and allowed origins');
  } catch (error) {
    failed = 1;
    console.log(`not ok - ${error.stack}`);
  } finally {
    child.removeAllListeners('exit');
    child.kill();
    place.close();
  }
  process.exit(failed);
})();
