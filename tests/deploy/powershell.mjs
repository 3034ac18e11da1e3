// SPDX-License-Identifier: Apache-2.0
// Looks at PowerShell scripts without PowerShell, by the grammar of
// tree-sitter: no syntax mistakes, and each command that changes the system is
// within Invoke-Change, so that -WhatIf changes nothing.
//
//   powershell.mjs PACKAGES SCRIPT...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , packages, ...scripts] = process.argv;
const require = createRequire(path.join(packages, 'package.json'));
const { Parser, Language } = require('web-tree-sitter');

const CHANGING = /^(Copy|Move|New|Remove|Rename|Set|Clear|Start|Stop|Restart|Suspend|Add|Out)-(Item|ItemProperty|Content|Service|Acl|Process|File)$|^(sc|icacls|net|reg|takeown)(\.exe)?$|^\$wrapper$/i;

function* nodesOf(node) {
  yield node;
  for (const child of node.namedChildren)
    yield* nodesOf(child);
}

const nameOf = (command) => command.childForFieldName('command_name').text;

function isGuarded(node) {
  for (let each = node.parent; each !== null; each = each.parent)
    if (each.type === 'command' && nameOf(each) === 'Invoke-Change')
      return true;
  return false;
}

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(
  path.join(packages, 'node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm')));
const mistakes = [];
let changes = 0;
for (const file of scripts) {
  const { rootNode } = parser.parse(readFileSync(file, 'utf8'));
  const say = (node, text) => mistakes.push(`${file}:${node.startPosition.row + 1}: ${text}`);
  if (rootNode.hasError)
    say([...nodesOf(rootNode)].find((node) => node.isError || node.isMissing) || rootNode, 'syntax');
  for (const node of nodesOf(rootNode)) {
    if (node.type !== 'command' || node.childForFieldName('command_name') === null || !CHANGING.test(nameOf(node)))
      continue;
    changes++;
    if (!isGuarded(node))
      say(node, `${nameOf(node)} is not within Invoke-Change`);
  }
}
mistakes.forEach((line) => console.log(line));
console.log(`${changes} commands that change something, ${mistakes.length} mistakes`);
process.exit(mistakes.length === 0 && changes > 0 ? 0 : 1);
