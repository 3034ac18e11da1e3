// SPDX-License-Identifier: Apache-2.0
// Questions about the files for Kubernetes; exit 1 and lines when not so.
//
//   kube_check.mjs PACKAGES base DIR OUT      DIR's objects without kustomize
//   kube_check.mjs PACKAGES check FILE [closed]
//   kube_check.mjs PACKAGES same FILE FILE    describe the same objects
//   kube_check.mjs PACKAGES mutate FILE       every mistake is found
//   kube_check.mjs PACKAGES values SCHEMA GOOD.yaml BAD.yaml...
//   kube_check.mjs PACKAGES pod FILE DIR PORT what the pod would run, below DIR
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import assert from 'node:assert';
import path from 'node:path';
import { checkRules } from './kube_rules.mjs';
import { checkShape, requireFrom } from './kube_schema.mjs';
import { mutations } from './kube_mutations.mjs';

const [, , packages, verb, ...args] = process.argv;
const require = requireFrom(packages);
const yaml = require('yaml');
const source = process.env.GOX_SOURCE_DIR || path.join(import.meta.dirname, '../..');
const read = (file) => readFileSync(file, 'utf8');

function objectsOf(file) {
  const out = [];
  for (const doc of yaml.parseAllDocuments(read(file), { uniqueKeys: true })) {
    if (doc.errors.length > 0) throw new Error(`${file}: ${doc.errors[0].message}`);
    const object = doc.toJS();
    if (object === null) continue;
    // Long base64 comes in lines, which Kubernetes takes and the schema does not.
    if (object.kind === 'Secret')
      for (const key of Object.keys(object.data))
        object.data[key] = object.data[key].replace(/\n/g, '');
    out.push(object);
  }
  return out;
}

// As much of kustomize as the base needs, for machines without it.
function baseOf(dir) {
  const [k] = objectsOf(path.join(dir, 'kustomization.yaml'));
  const known = ['apiVersion', 'kind', 'resources', 'configMapGenerator'];
  assert.deepEqual(Object.keys(k).filter((key) => !known.includes(key)), [], 'the base needs a real kustomize');
  const maps = k.configMapGenerator.map((each) => ({ apiVersion: 'v1', kind: 'ConfigMap',
    metadata: { name: each.name, labels: each.options.labels },
    data: Object.fromEntries(each.files.map((file) => [file, read(path.join(dir, file))])) }));
  return [...k.resources.flatMap((file) => objectsOf(path.join(dir, file))), ...maps];
}

function settingsChecker() {
  const Ajv = require('ajv/dist/2020');
  const schema = JSON.parse(read(path.join(source, 'config/daemon_config.schema.json')));
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return (config) => validate(config) ? [] : validate.errors.map((e) =>
    `settings ${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`);
}

const checkSettings = settingsChecker();
async function mistakesOf(objects, isClosed) {
  const shape = (await Promise.all(objects.map((o) => checkShape(packages, o)))).flat();
  // Rules take the shape for granted.
  return shape.length > 0 ? shape : checkRules(objects, checkSettings, isClosed);
}

// Without what differs by design: hashes in names, and what Helm adds.
function plain(objects) {
  const text = JSON.stringify(objects).replace(/(goxel-daemon-(?:config|tokens))-[0-9a-z]{10}\b/g, '$1');
  const out = JSON.parse(text, (key, value) =>
    ['helm.sh/chart', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version', 'checksum/config',
      'checksum/tokens'].includes(key) ? undefined : value);
  for (const o of out) {
    const meta = o.kind === 'StatefulSet' ? o.spec.template.metadata : o.metadata;
    if (meta.annotations && Object.keys(meta.annotations).length === 0) delete meta.annotations;
    if (o.kind === 'ConfigMap') o.data['daemon_config.json'] = JSON.parse(o.data['daemon_config.json']);
  }
  return Object.fromEntries(out.map((o) => [`${o.kind} ${o.metadata.name}`, o]));
}

async function mutate(file) {
  const missed = [];
  assert.deepEqual(await mistakesOf(objectsOf(file), false), []);
  for (const [what, change, word] of mutations) {
    const objects = objectsOf(file);
    change(objects);
    const said = await mistakesOf(objects, false);
    if (!said.some((line) => line.includes(word)))
      missed.push(`${what}: not found, but ${JSON.stringify(said)}`);
  }
  console.log(`${mutations.length} mistakes, ${missed.length} not found`);
  return missed;
}

function checkValues(schemaFile, good, ...bad) {
  const Ajv = require('ajv');
  const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false })
    .compile(JSON.parse(read(schemaFile)));
  const said = validate(objectsOf(good)[0]) ? [] : validate.errors.map((e) => `${good}: ${e.instancePath}: ${e.message}`);
  return said.concat(bad.filter((file) => validate(objectsOf(file)[0])).map((file) => `${file}: no mistake was found`));
}

// The kubelet's part, as far as files go: settings behind two links, and each
// command of the pod as a script that works in dir.
function writePod(file, dir, port) {
  const objects = objectsOf(file);
  const spec = objects.find((o) => o.kind === 'StatefulSet').spec.template.spec;
  const [main] = spec.containers;
  const here = (text) => text.replace(/\/etc\/goxel-tokens|\/etc\/goxel|\/run\/goxel|\/var\/lib\/goxel/g,
    (place) => `${dir}${place}`).replace(/:9464\b/, `:${port}`);
  const script = (name, command) => writeFileSync(path.join(dir, name),
    `umask 022\n${main.env.map((e) => `export ${e.name}='${here(e.value)}'\n`).join('')}` +
    `exec ${command.map((word) => `'${here(word)}'`).join(' ')}\n`);
  const etc = path.join(dir, 'etc/goxel');
  for (const each of ['etc/goxel/..2026', 'etc/goxel-tokens', 'run/goxel', 'var/lib/goxel/lost+found'])
    mkdirSync(path.join(dir, each), { recursive: true });
  writeFileSync(path.join(etc, '..2026/daemon_config.json'),
    here(objects.find((o) => o.kind === 'ConfigMap').data['daemon_config.json']));
  symlinkSync('..2026', path.join(etc, '..data'));
  symlinkSync('..data/daemon_config.json', path.join(etc, 'daemon_config.json'));
  script('init.sh', spec.initContainers[0].command);
  script('start.sh', main.command);
  script('check.sh', [...main.command, '--check']);
  script('live.sh', main.livenessProbe.exec.command);
  writeFileSync(path.join(dir, 'ready'), `http://127.0.0.1:${port}${main.readinessProbe.httpGet.path}`);
  writeFileSync(path.join(dir, 'grace'), String(spec.terminationGracePeriodSeconds));
  writeFileSync(path.join(dir, 'user'), String(spec.securityContext.runAsUser));
  return [];
}

const verbs = {
  base(dir, out) {
    writeFileSync(out, baseOf(dir).map((o) => yaml.stringify(o)).join('---\n'));
    return [];
  },
  async check(file, closed) {
    const objects = objectsOf(file);
    const said = await mistakesOf(objects, closed === 'closed');
    console.log(`${objects.length} objects, ${said.length} mistakes`);
    return objects.length > 0 ? said : ['no objects'];
  },
  same(a, b) {
    assert.deepStrictEqual(plain(objectsOf(a)), plain(objectsOf(b)));
    return [];
  },
  mutate,
  values: checkValues,
  pod: writePod,
};
const said = await verbs[verb](...args);
said.forEach((line) => console.log(line));
process.exit(said.length === 0 ? 0 : 1);
