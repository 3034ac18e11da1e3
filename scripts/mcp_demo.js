#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Builds a house, a tree and a character through goxel-mcp, as an AI client
// would, and writes the pictures that its tools answer:
//     scripts/mcp_demo.js [OUT_DIR]      (docs/images)
'use strict';
const fs = require('fs');
const path = require('path');
const { Place, Client } = require('../tests/mcp/client.js');

const out = process.argv[2] || path.join(__dirname, '../docs/images');
const box = (min, max, color, more) => ({ shape: 'box', min, max, color, ...more });
const at = (shape, min, max, color, more) => ({ shape, min, max, color, ...more });

const models = {
  house: [
    box([-14, -12, -1], [14, 13, -1], '#6a9a3c'),                       // grass
    box([-2, -12, -1], [1, -7, -1], '#c9b48a'),                         // path
    box([-9, -7, 0], [8, 7, 0], '#7d7d80'),                             // base
    box([-8, -6, 1], [7, 6, 8], '#e9dcc0', { hollow: 1 }),              // walls
    box([-8, -6, 1], [-8, -6, 8], '#8a5a33', { mirror: 'xy', mirror_at: [-0.5, 0, 0] }), // beams
    box([-8, -6, 8], [7, 6, 8], '#8a5a33', { mode: 'paint' }),
    box([-2, -6, 1], [1, -6, 5], '#5b3a20'),                            // door
    box([0, -6, 3], [0, -6, 3], '#e3c14a'),
    box([-6, -6, 3], [-4, -6, 6], '#8a5a33', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),
    box([-5, -6, 4], [-5, -6, 5], '#9fd3ea', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),  // windows
    box([7, -3, 3], [7, 3, 6], '#8a5a33'), box([7, -2, 4], [7, 2, 5], '#9fd3ea'),
    ...Array.from({ length: 8 }, (_, i) =>
      box([-10, -8 + i, 8 + i], [9, -8 + i, 9 + i], i % 2 ? '#a8432f' : '#b64d37',
        { mirror: 'y', mirror_at: [0, 0, 0] })),                        // roof
    box([-10, -1, 16], [9, 1, 16], '#8f3726'),
    ...Array.from({ length: 7 }, (_, i) => [
      box([-8, -6 + i, 9 + i], [-8, 6 - i, 9 + i], '#e9dcc0'),
      box([7, -6 + i, 9 + i], [7, 6 - i, 9 + i], '#e9dcc0')]).flat(),   // gables
    box([4, 3, 12], [6, 5, 19], '#7d6a60'), box([5, 4, 19], [5, 4, 19], '#333333'),
    at('sphere', [-13, -11, 0], [-9, -8, 3], '#3f7a34'), at('sphere', [10, -11, 0], [13, -8, 2], '#4c8c3d'),
  ],
  tree: [
    at('cylinder', [-10, -10, -1], [10, 10, -1], '#6f9e3f'),
    at('cone', [-3, -3, 0], [3, 3, 6], '#6b4423'),
    at('cylinder', [-1, -1, 0], [1, 1, 14], '#6b4423'),
    { shape: 'capsule', from: [0, 0, 9], to: [6, 1, 13], radius: 1, color: '#5c3a1e', turns: 4, pivot: [0, 0, 0] },
    at('sphere', [-7, -7, 12], [7, 7, 22], '#3d7d33'),
    at('sphere', [2, -5, 11], [11, 4, 18], '#488c3b', { turns: 4, pivot: [0, 0, 0] }),
    at('sphere', [-5, -5, 18], [5, 5, 26], '#57a046'),
    ...[[6, -7, 16], [-8, 3, 15], [-4, -7, 18], [10, 1, 14], [0, -8, 15]].map(([x, y, z]) =>
      at('sphere', [x, y, z], [x + 1, y + 1, z + 1], '#d8402f')),       // apples
    at('sphere', [6, -6, 0], [7, -5, 1], '#d8402f'),
  ],
  character: [
    box([-4, -3, 0], [-1, 3, 1], '#3a2a20', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),   // boots
    box([-4, -2, 2], [-1, 1, 8], '#2f4a7a', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),   // legs
    box([-5, -2, 9], [4, 2, 17], '#b8392e'),                            // body
    box([-5, -2, 9], [4, 2, 10], '#5b3a20', { mode: 'paint' }), box([-1, -2, 9], [0, -2, 10], '#e3c14a'),
    box([-8, -1, 9], [-6, 1, 17], '#b8392e', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),  // arms
    box([-8, -1, 7], [-6, 1, 9], '#e8b78e', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),   // hands
    box([-5, -4, 18], [4, 4, 26], '#e8b78e'),                           // head
    box([-5, -4, 25], [4, 4, 27], '#5a3418'), box([-5, 2, 19], [4, 5, 25], '#5a3418'),   // hair
    box([-5, -4, 24], [4, -4, 24], '#5a3418'),
    box([-3, -4, 21], [-2, -4, 22], '#ffffff', { mirror: 'x', mirror_at: [-0.5, 0, 0] }), // eyes
    box([-2, -4, 21], [-2, -4, 22], '#2b5fa8', { mirror: 'x', mirror_at: [-0.5, 0, 0] }),
    box([-2, -4, 19], [1, -4, 19], '#a3483c'), box([-1, -5, 20], [0, -5, 20], '#dca67c'),
    box([6, -3, 8], [6, 1, 8], '#8a5a33'), box([6, -12, 8], [6, -5, 8], '#c9d2d8'),      // sword
    box([6, -4, 7], [6, -4, 9], '#e3c14a'),
  ],
};

(async () => {
  const place = new Place();
  try {
    const client = new Client(place);
    await client.start();
    for (const [name, shapes] of Object.entries(models)) {
      await client.tool('voxel_project', { action: 'new', name, size: [32, 32, 32] });
      await client.tool('voxel_shapes', { shapes });
      const check = await client.tool('voxel_check', {});
      const { result } = await client.request('tools/call', { name: 'voxel_render',
        arguments: { views: ['isometric', 'front', 'right', 'top'] } });
      const file = path.join(out, `mcp-${name}.png`);
      fs.writeFileSync(file, Buffer.from(result.content[1].data, 'base64'));
      console.log(`${file}: ${check.voxel_count} voxels; ${check.problems.join('; ') || 'nothing to mend'}`);
    }
    await client.end();
  } finally {
    place.close();
  }
})();
