#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The 3D viewer in a real Chromium, in a sandboxed frame with the default rules
// of MCP Apps, beside a page that plays the host. The picture of the browser is
// looked at: the model's colours must be there, with WebGL and without.
// Skipped (77) where there is no Chromium.
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { execFileSync, spawn } = require('child_process');
const { Place, Client } = require('./client.js');

const CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

function findBrowser() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try { return execFileSync('sh', ['-c', `command -v ${name}`]).toString().trim(); } catch { /* next */ }
  }
  console.log('skipped: there is no Chromium');
  process.exit(77);
}

// How many pixels of a PNG (8 bits a channel) fit.
function countPixels(file, fits) {
  const data = fs.readFileSync(file);
  const width = data.readUInt32BE(16), height = data.readUInt32BE(20), type = data[25];
  const size = { 2: 3, 6: 4 }[type];
  const parts = [];
  for (let at = 8; at < data.length; at += 12 + data.readUInt32BE(at)) {
    if (data.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(data.subarray(at + 8, at + 8 + data.readUInt32BE(at)));
  }
  const raw = zlib.inflateSync(Buffer.concat(parts)), line = width * size;
  let before = Buffer.alloc(line), count = 0;
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)], row = Buffer.from(raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1)));
    for (let i = 0; i < line; i++) {
      const a = i >= size ? row[i - size] : 0, b = before[i], c = i >= size ? before[i - size] : 0;
      const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
      const guess = [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter];
      row[i] = row[i] + guess;
    }
    for (let x = 0; x < width; x++) count += fits(row[x * size], row[x * size + 1], row[x * size + 2]) ? 1 : 0;
    before = row;
  }
  return count;
}

function hostPage(html, result, resources) {
  const page = html.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${CSP}">`);
  const json = (value) => JSON.stringify(value).replace(/</g, '\\u003c');
  return `<!doctype html><body style="margin:0"><iframe id="app" sandbox="allow-scripts" style="border:0;width:640px;height:520px"></iframe>
<pre id="log"></pre><script>
const app = document.getElementById('app'), resources = ${json(resources)};
const log = (text) => { document.getElementById('log').textContent += text + '\\n'; };
const post = (message) => app.contentWindow.postMessage(Object.assign({ jsonrpc: '2.0' }, message), '*');
addEventListener('message', ({ source, data }) => {
  if (source !== app.contentWindow) return;
  log('got ' + (data.method || 'answer'));
  if (data.method === 'ui/initialize') {
    post({ id: data.id, result: { protocolVersion: data.params.protocolVersion, hostInfo: { name: 'test', version: '1' },
      hostCapabilities: {}, hostContext: { theme: 'light' } } });
  } else if (data.method === 'ui/notifications/initialized') {
    post({ id: 'ping', method: 'ping' });
    post({ method: 'ui/notifications/tool-result', params: ${json(result)} });
  } else if (data.method === 'resources/read') {
    const found = resources[data.params.uri];
    log('read ' + data.params.uri);
    post(found ? { id: data.id, result: found } : { id: data.id, error: { code: -32602, message: 'none' } });
  }
});
app.srcdoc = ${json(page)};
</script></body>`;
}

// Opens the page and takes pictures of it until one is as it should be, for at
// most 30 s. Talks over the browser's pipe.
async function browse(browser, dir, url, isRight) {
  const child = spawn(browser, ['--headless=new', '--no-sandbox', '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader', `--user-data-dir=${dir}/chrome`, '--window-size=640,800',
    '--hide-scrollbars', '--remote-debugging-pipe', 'about:blank'],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const waiting = new Map();
  let next = 0, rest = '';
  child.stdio[4].on('data', (data) => {
    rest += data;
    for (let at; (at = rest.indexOf('\0')) >= 0; rest = rest.slice(at + 1)) {
      const message = JSON.parse(rest.slice(0, at));
      if (waiting.has(message.id)) waiting.get(message.id)(message.result || {});
      waiting.delete(message.id);
    }
  });
  const ask = (method, params = {}, sessionId) => new Promise((done) => {
    waiting.set(++next, done);
    child.stdio[3].write(JSON.stringify({ id: next, method, params, sessionId }) + '\0');
  });
  const { targetId } = await ask('Target.createTarget', { url });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  const shot = path.join(dir, 'shot.png');
  const end = Date.now() + 30000;
  let text;
  do {
    const { data } = await ask('Page.captureScreenshot', { format: 'png' }, sessionId);
    if (data) fs.writeFileSync(shot, Buffer.from(data, 'base64'));
    const { result } = await ask('Runtime.evaluate', { expression: "document.getElementById('log').textContent" }, sessionId);
    text = (result && result.value) || '';
  } while (!(fs.existsSync(shot) && isRight(shot)) && Date.now() < end);
  const ended = new Promise((done) => child.on('exit', done));
  await ask('Browser.close');
  await ended;
  return { text, shot };
}

(async () => {
  const browser = findBrowser();
  const place = new Place();
  let failed = 0;
  try {
    const client = new Client(place);
    await client.start();
    await client.tool('voxel_project', { action: 'new', name: 'a b' });
    await client.tool('voxel_shapes', { shapes: [
      { shape: 'box', min: [0, 0, 0], max: [7, 7, 7], color: '#ff0000' },
      { shape: 'box', min: [0, 0, 8], max: [7, 7, 9], color: '#0000ff' }] });
    const list = (await client.request('tools/list')).result.tools;
    const uri = list.find((tool) => tool.name === 'voxel_view_3d')._meta.ui.resourceUri;
    const { contents } = (await client.request('resources/read', { uri })).result;
    assert.equal(contents[0].mimeType, 'text/html;profile=mcp-app');
    assert.ok(contents[0].text.length < 60000);
    const { result } = await client.request('tools/call', { name: 'voxel_view_3d', arguments: {} });
    const glb = 'goxel://project/a%20b/export/glb';
    const resources = { [glb]: (await client.request('resources/read', { uri: glb })).result };
    await client.end();

    const rows = [['draws the model', contents[0].text, 'read ' + glb],
      ['falls back to the picture', contents[0].text.replace("getContext('webgl'", "getContext('none'"), 'got ui/notifications/size-changed']];
    for (const [name, html, sign] of rows) {
      const page = path.join(place.dir, 'host.html');
      const reds = (file) => countPixels(file, (r, g, b) => r > 120 && g < 60 && b < 60);
      const blues = (file) => countPixels(file, (r, g, b) => b > 120 && r < 60 && g < 60);
      fs.writeFileSync(page, hostPage(html, result, resources));
      const { text, shot } = await browse(browser, place.dir, `file://${page}`, (file) => reds(file) > 2000 && blues(file) > 500);
      if (process.env.GOX_KEEP) fs.copyFileSync(shot, path.join(process.env.GOX_KEEP, `${name.split(' ')[0]}.png`));
      const red = reds(shot), blue = blues(shot);
      fs.rmSync(shot);
      try {
        assert.ok(text.includes(sign), text);
        assert.ok(text.includes('got answer'), 'answers the ping of its host');
        assert.ok(red > 2000 && blue > 500, `${red} red and ${blue} blue pixels`);
        console.log(`ok - ${name}: ${red} red, ${blue} blue pixels`);
      } catch (error) {
        failed = 1;
        console.log(`not ok - ${name}: ${error.message}`);
      }
    }
  } catch (error) {
    failed = 1;
    console.log(`not ok - ${error.stack}`);
  } finally {
    place.close();
  }
  process.exit(failed);
})();
