// SPDX-License-Identifier: Apache-2.0
// The official TypeScript clients against goxel-mcp and a real daemon: connect,
// list, call every tool, read every resource and get every prompt, over stdio
// and HTTP.  node clients.js NODE_MODULES_DIR
'use strict';
const assert = require('assert');
const path = require('path');
const { spawn } = require('child_process');
const { createRequire } = require('module');
const { Place, bin } = require('./client.js');

const need = createRequire(path.join(path.resolve(process.argv[2]), 'x.js'));
const v1 = {
  Client: need('@modelcontextprotocol/sdk/client/index.js').Client,
  Stdio: need('@modelcontextprotocol/sdk/client/stdio.js').StdioClientTransport,
  Http: need('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPClientTransport,
};
const v2 = {
  Client: need('@modelcontextprotocol/client').Client,
  Stdio: need('@modelcontextprotocol/client/stdio').StdioClientTransport,
  Http: need('@modelcontextprotocol/client').StreamableHTTPClientTransport,
};

// Arguments that make each tool do something.
const calls = {
  voxel_project: { action: 'new', name: 'client', overwrite: true },
  voxel_shapes: { shapes: [{ shape: 'box', min: [0, 0, 0], max: [3, 3, 3], color: 'red' }] },
  voxel_edit: { operations: [{ type: 'add_voxel', position: [5, 5, 5], color: 'blue' }] },
  voxel_write: { rows: ['ab'], palette: { a: 'red', b: 'green' }, index: 9 },
  voxel_read: {}, voxel_render: { width: 128, height: 128 }, voxel_view_3d: {}, voxel_check: {},
  voxel_layers: { action: 'list' }, voxel_palette: { action: 'list' },
  voxel_transform: { op: 'move', offset: [1, 0, 0] }, voxel_history: { action: 'list' },
  voxel_export: { path: 'client.vox' }, voxel_import: { path: 'client.vox', offset: [20, 0, 0] },
  voxel_script: { script: '1 + 1' },
};

async function exercise(client) {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(), Object.keys(calls).sort());
  for (const [name, args] of Object.entries(calls)) {
    const result = await client.callTool({ name, arguments: args });
    assert.ok(!result.isError, `${name}: ${JSON.stringify(result.content)}`);
    assert.ok(result.content.length > 0, name);
  }
  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  const uris = resources.map((one) => one.uri).concat(resourceTemplates.map((one) =>
    one.uriTemplate.replace('{id}', 'client').replace('{axis}', 'z').replace('{n}', '1')
      .replace('{view}', 'front').replace('{format}', 'vox')));
  for (const uri of uris) {
    const { contents } = await client.readResource({ uri });
    assert.equal(contents[0].uri, uri);
  }
  const { prompts } = await client.listPrompts();
  for (const prompt of prompts) {
    const got = await client.getPrompt({ name: prompt.name, arguments: { subject: 'a', style: 'b' } });
    assert.ok(got.messages.length > 0);
  }
  const { completion } = await client.complete({
    ref: { type: 'ref/resource', uri: 'goxel://project/{id}' }, argument: { name: 'id', value: 'cl' } });
  assert.deepEqual(completion.values, ['client']);
  return `${tools.length} tools, ${uris.length} resources, ${prompts.length} prompts`;
}

async function serve(place) {
  const child = spawn(path.join(bin, 'goxel-mcp'), ['--http', '127.0.0.1:0'], { env: place.env });
  const url = await new Promise((done, failed) => {
    child.stderr.on('data', (data) => {
      const found = /http:\S+/.exec(String(data));
      if (found) done(found[0]);
    });
    child.on('exit', () => failed(new Error('goxel-mcp --http ended')));
  });
  return { child, url };
}

(async () => {
  const place = new Place();
  let failed = 0;
  const info = { name: 'test', version: '1' };
  const modern = { versionNegotiation: { mode: 'auto' } };
  const rows = [['sdk v1', v1, {}], ['client v2', v2, {}], ['client v2, 2026-07-28', v2, modern]];
  const server = await serve(place);
  for (const [name, sdk, options] of rows) {
    for (const way of ['stdio', 'http']) {
      try {
        const client = new sdk.Client(info, options);
        await client.connect(way === 'stdio'
          ? new sdk.Stdio({ command: path.join(bin, 'goxel-mcp'), env: place.env })
          : new sdk.Http(new URL(server.url)));
        const what = await exercise(client);
        const version = client.getNegotiatedProtocolVersion ? client.getNegotiatedProtocolVersion() : '';
        if (options === modern) assert.equal(version, '2026-07-28');
        await client.close();
        console.log(`ok - ${name} over ${way}: ${what} ${version || ''}`);
      } catch (error) {
        failed = 1;
        console.log(`not ok - ${name} over ${way}: ${error.stack}`);
      }
    }
  }
  server.child.kill();
  place.close();
  process.exit(failed);
})();
