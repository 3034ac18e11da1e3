// SPDX-License-Identifier: Apache-2.0
// Turns the OpenRPC documents of the daemon and of the manager into the lists of
// methods that a client may call again when an answer was lost. The method tables
// in the source say which these are (GOX_METHOD_SAFE, "x-safe"); this only copies.
//
//   node scripts/safe_methods.js c DAEMON.json MANAGER.json    > src/client/safe_methods.h
//   node scripts/safe_methods.js node DAEMON.json MANAGER.json > node/lib/safe.js
//
// tests/node/safe.sh does both with --write.
'use strict';

const fs = require('node:fs');

const [kind, ...files] = process.argv.slice(2);
const names = new Set();
for (const file of files) {
  for (const method of JSON.parse(fs.readFileSync(file, 'utf8')).methods) {
    if (!method['x-safe']) continue;
    for (const name of [method.name, ...(method['x-aliases'] ?? [])]) names.add(name);
  }
}
const sorted = [...names].sort();

const head = {
  c: [
    '/* SPDX-License-Identifier: Apache-2.0',
    ' * Made by scripts/safe_methods.js from the tables of methods: those that may be',
    ' * called again when their answer was lost. In the order of strcmp. */',
    '#ifndef GOX_CLIENT_SAFE_METHODS_H',
    '#define GOX_CLIENT_SAFE_METHODS_H',
    '',
    '// clang-format off',
    'static const char *const gox__safe_methods[] = {',
  ],
  node: [
    '// SPDX-License-Identifier: Apache-2.0',
    '// Made by scripts/safe_methods.js from the tables of methods: those that may be',
    '// called again when their answer was lost, because twice is the same as once.',
    "'use strict';",
    '',
    'const NAMES = new Set([',
  ],
};
const tail = {
  c: ['};', '// clang-format on', '', '#endif'],
  node: [
    ']);', '', 'function isSafe(method) {', '  return NAMES.has(method);', '}', '',
    'module.exports = { isSafe };',
  ],
};
const rows = sorted.map((name) => (kind === 'c' ? `    "${name}",` : `  '${name}',`));
console.log([...head[kind], ...rows, ...tail[kind]].join('\n'));
