// SPDX-License-Identifier: Apache-2.0
// Asks ajv and goxelctl about the same files and tells where they differ.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const Ajv = require('ajv/dist/2020');

const [, , goxelctl, schemaFile, corpus, scratch] = process.argv;
const schema = JSON.parse(fs.readFileSync(schemaFile, 'utf8'));
const ajv = new Ajv({ strict: true, allErrors: true, strictTypes: false });
const validate = ajv.compile(schema);

let asked = 0;
const differences = [];

// Mistakes that have no place in the file concern more than one setting, or
// what only the system knows; a schema cannot say them.
function ours(file) {
  const run = spawnSync(goxelctl, ['config', 'check', '--json', file],
    { env: {}, encoding: 'utf8' });
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`${file}: goxelctl ended with ${run.status}`);
  const answer = JSON.parse(run.stdout);
  return answer.errors.every((error) => error.line === undefined);
}

function compare(name, text, file) {
  const theirs = validate(JSON.parse(text));
  const mine = ours(file);
  asked++;
  if (theirs !== mine)
    differences.push(`${name}: ajv says ${theirs}, goxelctl says ${mine}`);
  return theirs;
}

// The corpus: each file is what its name says. syntax-* are no JSON, or have
// names twice, which ajv does not see.
for (const name of fs.readdirSync(corpus)) {
  if (name.startsWith('syntax-'))
    continue;
  const file = path.join(corpus, name);
  const verdict = compare(name, fs.readFileSync(file, 'utf8'), file);
  if (verdict !== name.startsWith('good-'))
    differences.push(`${name}: ajv says ${verdict}`);
}

// Every setting: its own limits and what it is not.
function resolve(node) {
  const target = node.$ref ? schema.$defs[node.$ref.split('/').pop()] : {};
  return Object.assign({}, target, node);
}

function candidates(node) {
  const values = [null, true, 'text', '', '/path', 0, -1, 1, 1.5, [], {}, [1],
    ['/a'], ['a'], { a: 'b' }, 'x'.repeat(5000), '/' + 'x'.repeat(5000), 1e300];
  for (const limit of [node.minimum, node.maximum])
    if (limit !== undefined)
      values.push(limit - 1, limit, limit + 1);
  if (node.maxLength !== undefined)
    values.push('/' + 'x'.repeat(node.maxLength - 1),
      '/' + 'é'.repeat(node.maxLength - 1), '/' + 'x'.repeat(node.maxLength));
  for (const choice of node.enum || [])
    values.push(choice, choice + ' ', choice.toUpperCase());
  if (node.maxItems !== undefined)
    values.push(Array(node.maxItems).fill('/a'),
      Array(node.maxItems + 1).fill('/a'), Array(node.maxItems + 1).fill(1));
  return values;
}

function walk(node, steps) {
  const full = resolve(node);
  if (full.properties) {
    for (const [key, child] of Object.entries(full.properties))
      walk(child, steps.concat(key));
    return;
  }
  candidates(full).forEach((value, i) => {
    const json = JSON.stringify(
      steps.reduceRight((inner, step) => ({ [step]: inner }), value));
    const file = path.join(scratch, 'case.json');
    fs.writeFileSync(file, json);
    compare(`${steps.join('.')} #${i} ${json.slice(0, 80)}`, json, file);
  });
}
for (const [key, child] of Object.entries(schema.properties))
  if (key !== 'defaults')
    walk(child, [key]);

for (const line of differences)
  console.log(line);
console.log(`${asked} files, ${differences.length} differences`);
process.exit(differences.length === 0 && asked > 500 ? 0 : 1);
