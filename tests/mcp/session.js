#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Every tool, resource and prompt of goxel-mcp over stdio against the real
// daemon, which it starts by itself.
'use strict';
const assert = require('assert');
const { Place, Client } = require('./client.js');

function png(base64) {
  const data = Buffer.from(base64, 'base64');
  assert.equal(data.subarray(1, 4).toString(), 'PNG');
  return { width: data.readUInt32BE(16), height: data.readUInt32BE(20), bytes: data.length };
}

const tests = {
  async 'tools/list is short, sorted and hinted'(c) {
    const list = (await c.request('tools/list')).result.tools;
    const names = list.map((tool) => tool.name);
    assert.ok(list.length <= 15);
    assert.deepEqual(names, [...names].sort());
    for (const tool of list) {
      assert.match(tool.name, /^voxel_[a-z0-9_]+$/);
      assert.equal(tool.inputSchema.type, 'object');
      assert.equal(tool.annotations.openWorldHint, false);
    }
    // About four bytes a token: below 5,000 tokens.
    const bytes = JSON.stringify(list).length;
    assert.ok(bytes < 20000, `tools/list has ${bytes} bytes`);
    assert.equal(list.find((tool) => tool.name === 'voxel_render').outputSchema, undefined);
  },
  async 'project and shapes'(c) {
    await c.tool('voxel_project', { action: 'new', name: 'a b', size: [32, 32, 32] });
    const out = await c.tool('voxel_shapes', { shapes: [
      { shape: 'box', min: [0, 0, 0], max: [3, 3, 3], color: '#aa5533' },
      { shape: 'sphere', center: [10, 0, 2], size: [3, 3, 3], color: 'red', turns: 4, pivot: [1.5, 1.5, 0] },
      { shape: 'box', min: [0, 0, 10], max: [0, 0, 10], color: 'blue', repeat: { count: 3, step: [2, 0, 0] }, mirror: 'x' },
    ] });
    assert.equal(out.results.length, 1 + 4 + 3);
    assert.equal(out.results[0].voxels_created, 64);
    const bounds = await c.tool('voxel_read', { what: 'bounds' });
    assert.deepEqual([bounds.min, bounds.max], [[-8, -8, 0], [11, 11, 10]]);
  },
  async 'edit is atomic, tells the operation, can be tried'(c) {
    const before = await c.tool('voxel_project', { action: 'info' });
    const trial = await c.tool('voxel_edit', { dry_run: true, operations: [
      { type: 'box', min: [0, 0, 20], max: [1, 1, 20], color: 'green' }] });
    assert.equal(trial.dry_run, true);
    assert.equal(trial.results[0].voxels_created, 4);
    const text = await c.fails('voxel_edit', { operations: [
      { type: 'add_voxel', position: [0, 0, 30], color: 'red' },
      { type: 'add_voxl', position: [0, 0, 31] }] });
    assert.match(text, /operation 1.*add_voxel/s);
    await c.fails('voxel_edit', { dry_run: true, operations: [{ type: 'nix' }] });
    const after = await c.tool('voxel_project', { action: 'info' });
    assert.equal(after.revision, before.revision);
    assert.equal((await c.tool('voxel_project', { action: 'list' })).projects
      .filter((p) => p.name.startsWith('dry-run')).length, 0);
    const some = await c.tool('voxel_edit', { keep_going: true, operations: [
      { type: 'add_voxel', position: [0, 0, 30], color: 'red' }, { type: 'nix' }] });
    assert.equal(some.results[1].success, false);
    const old = await c.fails('voxel_edit', { if_revision: 0, operations: [
      { type: 'add_voxel', position: [0, 0, 31] }] });
    assert.match(old, /revision/);
    const shown = await c.request('tools/call', { name: 'voxel_edit', arguments: { render: true,
      operations: [{ type: 'add_voxel', position: [0, 0, 31], color: 'red' }] } });
    assert.equal(shown.result.structuredContent, undefined);
    assert.equal(shown.result.content[1].type, 'image');
  },
  async 'letters there and back'(c) {
    await c.tool('voxel_project', { action: 'new', name: 'letters' });
    await c.tool('voxel_write', { rows: ['aab', '..b'], palette: { a: 'red', b: '#00ff00' }, index: 4 });
    const out = await c.tool('voxel_read', { index: 4 });
    assert.equal(out.slices[0].rows.length, 2);
    assert.equal(out.slices[0].rows[1].slice(0, 2), '..');
    const voxels = await c.tool('voxel_read', { what: 'voxels', limit: 2 });
    assert.deepEqual([voxels.count, voxels.total], [2, 4]);
    assert.equal((await c.tool('voxel_read', { what: 'colors' })).unique_colors, 2);
  },
  async 'too much to read is told, not sent'(c) {
    await c.tool('voxel_project', { action: 'new', name: 'large' });
    await c.tool('voxel_shapes', { shapes: [{ shape: 'box', min: [0, 0, 0], max: [63, 63, 63], color: 'red' }] });
    assert.match(await c.fails('voxel_read', {}), /64 slices of 4096 letters.*"index"/);
    assert.equal((await c.tool('voxel_read', { range: [0, 3] })).slices.length, 4);
    const many = await c.tool('voxel_shapes', { shapes: [
      { shape: 'box', min: [0, 0, 70], max: [0, 0, 70], color: 'red', repeat: { count: 300, step: [1, 0, 0] } }] });
    assert.deepEqual([many.results.length, many.results_left_out], [100, 200]);
    await c.tool('voxel_project', { action: 'open', name: 'letters' });
  },
  async 'pictures are small enough and without structuredContent'(c) {
    for (const args of [{}, { views: ['front'] }, { views: ['front', 'top'], width: 1024, height: 1024 },
      { camera: { position: [20, -20, 20], target: [0, 0, 0] }, edges: true, background: 'white' }]) {
      const { result } = await c.request('tools/call', { name: 'voxel_render', arguments: args });
      assert.equal(result.structuredContent, undefined);
      assert.deepEqual(result.content.map((one) => one.type), ['text', 'image']);
      const size = png(result.content[1].data);
      assert.ok(size.width <= 1024 && size.height <= 1024 && size.bytes <= 1e6);
    }
    assert.match(await c.fails('voxel_render', { width: 5000 }), /1024/);
    assert.match(await c.fails('voxel_render', { viws: [] }), /did you mean "views"/);
    const view = await c.request('tools/call', { name: 'voxel_view_3d', arguments: {} });
    assert.equal(view.result.content[1].type, 'image');
  },
  async 'layers, colours, history, check'(c) {
    await c.tool('voxel_layers', { action: 'create', name: 'roof' });
    await c.tool('voxel_edit', { operations: [{ type: 'box', min: [0, 0, 9], max: [2, 2, 9], color: 'navy' }] });
    await c.tool('voxel_layers', { action: 'set', layer: 'roof', visible: false, opacity: 200 });
    await c.tool('voxel_layers', { action: 'duplicate', layer: 'roof' });
    await c.tool('voxel_layers', { action: 'rename', layer: 'roof copy', name: 'roof 2' });
    await c.tool('voxel_layers', { action: 'move', layer: 'roof 2', index: 0 });
    await c.tool('voxel_layers', { action: 'merge', layer: 'roof 2', into: 'roof' });
    await c.tool('voxel_layers', { action: 'set', layer: 'roof', visible: true });
    const { layers } = await c.tool('voxel_layers', { action: 'list' });
    assert.equal(layers.length, 2);
    await c.tool('voxel_layers', { action: 'activate', layer: layers[0].id });
    const near = await c.tool('voxel_palette', { action: 'nearest', color: 'darkred' });
    assert.deepEqual(near.nearest.rgba, [255, 0, 0, 255]);
    await c.tool('voxel_palette', { action: 'replace', color: 'red', to: 'orange' });
    assert.ok((await c.tool('voxel_palette', { action: 'list' })).colors.some((one) => one.hex.startsWith('#FFA500')));
    await c.tool('voxel_history', { action: 'checkpoint', label: 'now' });
    await c.tool('voxel_transform', { op: 'copy', region: { min: [0, 0, 4], max: [2, 1, 4] }, to: [10, 0, 0] });
    await c.tool('voxel_transform', { op: 'move', offset: [1, 0, 0] });
    await c.tool('voxel_transform', { op: 'rotate', axis: 'z', turns: 1 });
    await c.tool('voxel_transform', { op: 'mirror', axis: 'x' });
    await c.tool('voxel_transform', { op: 'scale', factor: 2 });
    assert.match(await c.fails('voxel_transform', { op: 'crop' }), /needs "region"/);
    assert.ok((await c.tool('voxel_history', { action: 'diff', from: 'now' })).added > 0);
    await c.tool('voxel_history', { action: 'undo', steps: 2 });
    await c.tool('voxel_history', { action: 'redo' });
    await c.tool('voxel_history', { action: 'restore', to: 'now' });
    assert.ok((await c.tool('voxel_history', { action: 'list' })).undo_count > 5);
    const check = await c.tool('voxel_check', {});
    assert.equal(check.ok, false);
    assert.match(check.problems.join(), /float/);
    await c.tool('voxel_layers', { action: 'clear', layer: 'roof' });
    await c.tool('voxel_layers', { action: 'delete', layer: 'roof' });
  },
  async 'files and scripts'(c) {
    for (const path of ['x.vox', 'x.glb', 'x.txt', 'x.obj']) {
      const out = await c.tool('voxel_export', { path });
      assert.ok(out.bytes > 0);
    }
    await c.tool('voxel_import', { path: 'x.vox', offset: [40, 0, 0] });
    assert.match(await c.fails('voxel_export', { path: '/nowhere/x.vox' }), /allowed directories/);
    const out = await c.tool('voxel_script', {
      script: 'for (var i = 0; i < 5; i++) goxel.add_voxel({x: i, y: i, z: 30}); print("hi"); i' });
    assert.deepEqual([out.output, out.result], ['hi\n', 5]);
    assert.match(await c.fails('voxel_script', { script: 'throw new Error("why")' }), /why/);
    assert.match(await c.fails('voxel_script', { script: 'let x = 1' }), /Only ES5/);
    await c.tool('voxel_project', { action: 'save', path: 'p.gox' });
    await c.tool('voxel_project', { action: 'copy', to: 'copy' });
    await c.tool('voxel_project', { action: 'open', name: 'copy' });
    await c.tool('voxel_project', { action: 'delete', name: 'copy', discard: true });
    assert.match(await c.fails('voxel_project', { action: 'info', name: 'copy' }), /voxel_project/);
    await c.tool('voxel_project', { action: 'open', path: 'p.gox' });
    await c.tool('voxel_project', { action: 'open', name: 'letters' });
  },
  async 'resources, templates, completion, prompts'(c) {
    const list = (await c.request('resources/list')).result.resources;
    assert.ok(list.some((one) => one.uri === 'goxel://project/letters'));
    assert.ok(list.some((one) => one.uri === 'goxel://project/a%20b'));
    const uris = list.map((one) => one.uri).concat(['', '/layers', '/palette', '/slice/z/4',
      '/render/front', '/render/sheet.png', '/export/vox'].map((part) => `goxel://project/letters${part}`));
    for (const uri of uris) {
      const answer = await c.request('resources/read', { uri });
      assert.ok(answer.result, `${uri}: ${JSON.stringify(answer.error)}`);
      const [one] = answer.result.contents;
      assert.equal(one.uri, uri);
      assert.ok(one.text || one.blob);
      if (one.mimeType === 'image/png') png(one.blob);
    }
    for (const uri of ['goxel://project/nix', 'goxel://project/letters/nix', 'goxel://project/letters/slice/q/1', 'x:']) {
      assert.equal((await c.request('resources/read', { uri })).error.code, -32002);
    }
    const templates = (await c.request('resources/templates/list')).result.resourceTemplates;
    assert.equal(templates.length, 6);
    for (const [name, value, wanted] of [['id', 'l', 'letters'], ['view', 'is', 'isometric'], ['format', 'v', 'vox'], ['axis', '', 'x']]) {
      const { completion } = (await c.request('completion/complete', {
        ref: { type: 'ref/resource', uri: 'goxel://project/{id}' }, argument: { name, value } })).result;
      assert.ok(completion.values.includes(wanted), name);
    }
    for (const [name, args] of [['build', { subject: 'a tree' }], ['review', {}], ['restyle', { style: 'winter' }]]) {
      const { messages } = (await c.request('prompts/get', { name, arguments: args })).result;
      assert.match(messages[0].content.text, /voxel_/);
    }
  },
  async 'who subscribed is told'(c, place) {
    await c.request('resources/subscribe', { uri: 'goxel://project/letters/layers' });
    const other = new Client(place);
    await other.start();
    await other.tool('voxel_edit', { project: 'letters', operations: [{ type: 'add_voxel', position: [9, 9, 9] }] });
    for (let i = 0; i < 200 && !c.notes.some((n) => n.method === 'notifications/resources/updated'); i++) {
      await c.request('ping');
      await new Promise((done) => setTimeout(done, 5));
    }
    const note = c.notes.find((n) => n.method === 'notifications/resources/updated');
    assert.equal(note.params.uri, 'goxel://project/letters/layers');
    await other.end();
    assert.equal(place.daemons().length, 1, 'both share one daemon, which lives on');
  },
  async 'two clients edit the same project, no edit is lost'(c, place) {
    const other = new Client(place);
    await other.start();
    await c.tool('voxel_project', { action: 'new', name: 'race' });
    const edits = [];
    for (let i = 0; i < 40; i++) {
      edits.push((i % 2 ? c : other).tool('voxel_edit', { project: 'race',
        operations: [{ type: 'add_voxel', position: [i, 0, 0], color: 'red' }] }));
    }
    const revisions = (await Promise.all(edits)).map((one) => one.revision).sort((a, b) => a - b);
    assert.deepEqual(revisions, Array.from({ length: 40 }, (_, i) => i + 1));
    assert.equal((await c.tool('voxel_read', { what: 'bounds', project: 'race' })).dimensions[0], 40);
    await other.end();
  },
  async 'a cancelled call ends in the daemon, a late one says so'(c, place) {
    const loop = { name: 'voxel_script', arguments: { project: 'race', script: 'for (;;) {}', timeout_ms: 60000 } };
    c.send({ jsonrpc: '2.0', id: 'loop', method: 'tools/call', params: loop });
    await c.tool('voxel_read', { what: 'bounds', project: 'race' });
    c.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'loop' } });
    // An edit of the same project waits for the script, so it tells the end.
    await c.tool('voxel_edit', { project: 'race', operations: [{ type: 'add_voxel', position: [0, 9, 0] }] });
    const hasty = new Client(place, ['--timeout', '0.3']);
    await hasty.start();
    assert.match(await hasty.fails('voxel_script', { project: 'race', script: 'for (;;) {}', timeout_ms: 60000 }), /in time/);
    await hasty.end();
    await c.tool('voxel_edit', { project: 'race', operations: [{ type: 'add_voxel', position: [0, 9, 1] }] });
  },
  async 'long work becomes a task, in 2026'(c, place) {
    const modern = new Client(place);
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } } };
    const script = 'var end = Date.now() + 3500; while (Date.now() < end) {} 7';
    const { result } = await modern.request('tools/call', { _meta: meta, name: 'voxel_script', arguments: { project: 'race', script } });
    assert.equal(result.resultType, 'task');
    let task;
    do {
      await new Promise((done) => setTimeout(done, result.pollIntervalMs / 5));
      task = (await modern.request('tasks/get', { _meta: meta, taskId: result.taskId })).result;
    } while (task.status === 'working');
    assert.equal(task.status, 'completed');
    assert.equal(task.result.structuredContent.result, 7);
    await modern.end();
  },
  async 'ends at the end of its input'(c) {
    const { code, ms } = await c.end();
    assert.equal(code, 0);
    console.log(`# ended ${ms.toFixed(1)} ms after the end of its input`);
    assert.ok(ms < 500);
  },
  async 'without a daemon it answers lists, and says what is missing'(c, place) {
    const alone = new Client(place, ['--no-start', '--socket', `${place.dir}/none.sock`, '--timeout', '1']);
    await alone.start();
    assert.ok((await alone.request('tools/list')).result.tools.length > 0);
    assert.match(await alone.fails('voxel_render', {}), /daemon/);
    assert.equal((await alone.end()).code, 0);
  },
};

(async () => {
  const place = new Place();
  let failed = 0;
  try {
    const client = new Client(place);
    const { result } = await client.start();
    assert.equal(result.protocolVersion, '2025-11-25');
    assert.match(result.instructions, /z up/);
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test(client, place);
        console.log(`ok - ${name}`);
      } catch (error) {
        failed++;
        console.log(`not ok - ${name}\n${error.stack}`);
      }
    }
  } finally {
    place.close();
  }
  process.exit(failed ? 1 : 0);
})();
