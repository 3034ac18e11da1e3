// SPDX-License-Identifier: Apache-2.0
// Checks objects against the schemas of Kubernetes and of the Prometheus
// operator, which npm packages carry as compiled validators.
//
// These accept keys that they do not know, as the schemas do; the API server
// drops such keys or refuses them. So each object is shown to its validator
// through a proxy that notes which keys were asked for. Invariant: a key that
// nobody asked for is a mistake.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = {
  'v1/ConfigMap': 'IoK8sApiCoreV1ConfigMap',
  'v1/Namespace': 'IoK8sApiCoreV1Namespace',
  'v1/Secret': 'IoK8sApiCoreV1Secret',
  'v1/Service': 'IoK8sApiCoreV1Service',
  'v1/ServiceAccount': 'IoK8sApiCoreV1ServiceAccount',
  'apps/v1/StatefulSet': 'IoK8sApiAppsV1StatefulSet',
  'policy/v1/PodDisruptionBudget': 'IoK8sApiPolicyV1PodDisruptionBudget',
  'networking.k8s.io/v1/NetworkPolicy': 'IoK8sApiNetworkingV1NetworkPolicy',
  'monitoring.coreos.com/v1/ServiceMonitor':
    'ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1ServiceMonitor',
};
const PACKAGES = ['kubernetes-models', '@kubernetes-models/prometheus-operator'];

// packages: a directory with node_modules.
export function requireFrom(packages) {
  return createRequire(path.join(packages, 'package.json'));
}

async function load(packages, name) {
  for (const each of PACKAGES) {
    const file = path.join(packages, 'node_modules', each, '_schemas', `${name}.js`);
    if (existsSync(file))
      return (await import(pathToFileURL(file))).validate;
  }
  throw new Error(`no package has the schema ${name}`);
}

// A view of value that notes in seen (a Map of object -> Set of keys, or
// 'all') what is read through it.
function watch(value, seen) {
  if (value === null || typeof value !== 'object')
    return value;
  const keys = Array.isArray(value) ? 'all' : new Set();
  if (!seen.has(value))
    seen.set(value, keys);
  return new Proxy(value, {
    get(target, key) {
      if (seen.get(target) !== 'all')
        seen.get(target).add(key);
      return watch(target[key], seen);
    },
    // Who lists the keys takes any (labels, annotations, data).
    ownKeys(target) {
      seen.set(target, 'all');
      return Reflect.ownKeys(target);
    },
  });
}

function unknownKeys(value, seen, where, mistakes) {
  if (value === null || typeof value !== 'object')
    return;
  const known = seen.get(value);
  for (const [key, inner] of Object.entries(value)) {
    const place = `${where}/${key}`;
    if (known === undefined || (known !== 'all' && !known.has(key)))
      mistakes.push(`${place}: there is no such key`);
    else
      unknownKeys(inner, seen, place, mistakes);
  }
}

// Returns what is wrong with the shape of an object, as lines.
export async function checkShape(packages, object) {
  const type = `${object.apiVersion}/${object.kind}`;
  const name = `${object.kind} ${object.metadata && object.metadata.name}`;
  if (KINDS[type] === undefined)
    return [`${name}: ${type} is not known here`];
  const validate = await load(packages, KINDS[type]);
  const seen = new Map();
  const mistakes = [];
  if (!validate(watch(object, seen)))
    for (const e of validate.errors)
      mistakes.push(`${e.instancePath}: ${e.keyword} ${JSON.stringify(e.params)}`);
  if (mistakes.length === 0)
    unknownKeys(object, seen, '', mistakes);
  return mistakes.map((line) => `${name} ${line}`);
}
