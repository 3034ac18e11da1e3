#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The daemon is killed with -9 between calls and during them: reads show no
// error, edits are made exactly once. GOX_MCP_KILLS says how often (20).
'use strict';
const assert = require('assert');
const { Place, Client } = require('./client.js');

const kills = Number(process.env.GOX_MCP_KILLS || 20);

function shoot(place) {
  for (const pid of place.daemons()) {
    try { process.kill(pid, 'SIGKILL'); } catch { /* gone already */ }
  }
}

(async () => {
  const place = new Place();
  // A manager, where there is one, would call this a crash loop and wait.
  Object.assign(place.env, { GOXEL_AUTO_START_MAX_RESTARTS: '0', GOXEL_AUTO_START_RESTART_DELAY_MS: '10',
    GOXEL_AUTO_START_RESTART_DELAY_MAX_MS: '10' });
  let failed = 0, edits = 0, longest = 0;
  const client = new Client(place);
  try {
    await client.start();
    await client.tool('voxel_project', { action: 'new', name: 'k' });
    for (let i = 0; i < kills; i++) {
      const during = i % 2 === 1;
      // An edit that would show if it were made twice or not at all: it paints
      // a new voxel and moves everything by one.
      const edit = () => client.tool('voxel_edit', { operations: [
        { type: 'add_voxel', position: [0, i, 0], color: 'red' },
        { type: 'transform', op: 'translate', offset: [1, 0, 0] }] });
      const at = Date.now();
      if (!during) shoot(place);
      const work = [edit(), client.tool('voxel_read', { what: 'bounds' }),
        client.tool('voxel_project', { action: 'info' })];
      if (during) {
        await new Promise((done) => setTimeout(done, i % 5));
        shoot(place);
      }
      const [edited, ...reads] = await Promise.allSettled(work);
      longest = Math.max(longest, Date.now() - at);
      for (const read of reads) assert.equal(read.status, 'fulfilled', read.reason && read.reason.message);
      assert.equal(edited.status, 'fulfilled', edited.reason && edited.reason.message);
      edits++;
      const { voxels } = await client.tool('voxel_read', { what: 'voxels', limit: 10000 });
      assert.equal(voxels.length, edits, `after kill ${i}`);
      const first = voxels.find((v) => v.y === 0);
      assert.equal(first.x, edits, `each edit moves by one, after kill ${i}`);
    }
    console.log(`ok - ${kills} kills, ${edits} edits made once, the slowest answer took ${longest} ms`);
  } catch (error) {
    failed = 1;
    console.log(`not ok - ${error.stack}`);
  } finally {
    await client.end();
    place.close();
  }
  process.exit(failed);
})();
