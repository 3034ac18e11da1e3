// SPDX-License-Identifier: Apache-2.0
// Turns the OpenRPC document on standard input (the answer to rpc.discover) into
// the reference page docs/api.md. The method table in the source is the only
// place where methods are described; this only sets it in columns.
//
//   goxelctl call rpc.discover --stdio --json | node scripts/api_page.js > docs/api.md
'use strict';

const fs = require('node:fs');

const document = JSON.parse(fs.readFileSync(0, 'utf8'));

/** A schema in a few words. */
function describe(schema) {
  if (!schema) return 'any';
  if (schema.enum) return schema.enum.map((name) => `\`${name}\``).join(' ');
  if (schema.oneOf) return [...new Set(schema.oneOf.map(describe))].join(' or ');
  const range = [schema.minimum, schema.maximum];
  const limits = range.some((n) => n !== undefined) && schema.maximum < 2 ** 31 - 1
    ? ` ${range[0]} to ${range[1]}`
    : '';
  if (schema.type === 'array') {
    const { minItems: min, maxItems: max } = schema;
    return min === undefined ? 'array' : `array of ${min === max ? min : `${min} to ${max}`}`;
  }
  if (schema.type === 'object' && schema.properties) {
    return `{${Object.keys(schema.properties).join(', ')}}`;
  }
  return (schema.type ?? 'any') + limits;
}

const escape = (text) => String(text).replaceAll('|', '\\|');

function parameterRow(param) {
  const names = [param.name, ...(param['x-aliases'] ?? [])].map((name) => `\`${name}\``);
  const { default: fallback } = param.schema ?? {};
  const value = param.required ? 'required' : fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``;
  return `| ${names.join(', ')} | ${escape(describe(param.schema))} | ${escape(value)} | ${escape(param.description ?? '')} |`;
}

function resultLine(result) {
  const schema = result?.schema;
  if (!schema?.properties) return `Result: ${describe(schema)}.`;
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties).map(
    ([name, member]) => `\`${name}\`${required.has(name) ? '' : '?'} ${describe(member)}`,
  );
  return `Result: ${members.join(', ')}.`;
}

const groups = new Map();
for (const method of document.methods) {
  const group = method.tags?.[0]?.name ?? 'other';
  if (!groups.has(group)) groups.set(group, []);
  groups.get(group).push(method);
}

const out = [
  '# Methods',
  '',
  `Made from the method table of goxel-daemon ${document.info.version} by \`scripts/api_page.js\`; a test fails when it is stale.`,
  '',
  'Parameters go by name or by position, in the order of the tables. Points that are listed as one parameter may also be',
  'given as single numbers (`x`, `y`, `z`), colours as `[r,g,b]`, `[r,g,b,a]`, `"#RRGGBB"`, `"#RRGGBBAA"`, `{r,g,b,a}` or a',
  'CSS name. Every method takes `project`; every edit takes `if_revision` and answers the new `revision`. Regions are `{min, max}`,',
  'both inclusive. A `?` marks members that may be absent.',
  '',
  `| group | methods |`,
  `|---|---|`,
];
for (const [group, methods] of groups) {
  const links = methods.map(({ name }) => `[${name}](#${name.toLowerCase().replace(/[^a-z0-9_-]/g, '')})`);
  out.push(`| ${group} | ${links.join(', ')} |`);
}
for (const [group, methods] of groups) {
  out.push('', `## Group: ${group}`);
  for (const method of methods) {
    out.push('', `### ${method.name}`, '', method.summary);
    if (method['x-aliases']?.length) {
      out.push('', `Also called ${method['x-aliases'].map((name) => `\`${name}\``).join(', ')}.`);
    }
    if (method.params?.length) {
      out.push('', '| parameter | type | default | |', '|---|---|---|---|', ...method.params.map(parameterRow));
    }
    out.push('', resultLine(method.result));
  }
}
process.stdout.write(`${out.join('\n')}\n`);
