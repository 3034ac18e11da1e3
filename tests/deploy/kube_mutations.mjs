// SPDX-License-Identifier: Apache-2.0
// One mistake each, made in objects that are right: [what, how, a word of what
// must be said]. A check that finds nothing here would find nothing anywhere.
const of = (objects, kind, name) => objects.find((o) => o.kind === kind && (!name || o.metadata.name === name));
const set = (o) => of(o, 'StatefulSet').spec;
const pod = (o) => set(o).template.spec;
const main = (o) => pod(o).containers[0];

function settings(o, change) {
  const map = of(o, 'ConfigMap');
  const config = JSON.parse(map.data['daemon_config.json']);
  change(config);
  map.data['daemon_config.json'] = JSON.stringify(config);
}

function rename(object, from, to) {
  object[to] = object[from];
  delete object[from];
}

export const mutations = [
  ['a key of a probe', (o) => rename(main(o).livenessProbe, 'periodSeconds', 'periodSecond'), 'no such key'],
  ['a key of a container', (o) => rename(main(o), 'resources', 'resource'), 'no such key'],
  ['a key of a pod', (o) => rename(pod(o), 'enableServiceLinks', 'enableServiceLink'), 'no such key'],
  ['a key at the top', (o) => { of(o, 'Service').specs = {}; }, 'no such key'],
  ['a key of a volume', (o) => rename(pod(o).volumes[0].configMap, 'name', 'configMapName'), 'no such key'],
  ['a key of the network policy', (o) => rename(of(o, 'NetworkPolicy').spec.ingress[0], 'from', 'form'), 'no such key'],
  ['a type', (o) => { set(o).replicas = 'one'; }, 'integer'],
  ['a word of a list', (o) => { set(o).podManagementPolicy = 'Serial'; }, 'enum'],
  ['an object without its selector', (o) => delete set(o).selector, 'required'],
  ['a kind that there is not', (o) => { of(o, 'PodDisruptionBudget').apiVersion = 'policy/v2'; }, 'not known'],
  ['root', (o) => { pod(o).securityContext.runAsNonRoot = false; }, 'runAsNonRoot'],
  ['user 0', (o) => { main(o).securityContext.runAsUser = 0; }, 'runAsUser'],
  ['no seccomp', (o) => delete pod(o).securityContext.seccompProfile, 'seccompProfile'],
  ['a root that can be written', (o) => { main(o).securityContext.readOnlyRootFilesystem = false; }, 'readOnlyRootFilesystem'],
  ['escalation', (o) => delete pod(o).initContainers[0].securityContext.allowPrivilegeEscalation, 'allowPrivilegeEscalation'],
  ['capabilities', (o) => delete main(o).securityContext.capabilities, 'capabilities'],
  ['a directory of the node', (o) => pod(o).volumes.push({ name: 'x', hostPath: { path: '/' } }), 'hostPath'],
  ['the network of the node', (o) => { pod(o).hostNetwork = true; }, 'hostNetwork'],
  ['a token of the cluster', (o) => delete pod(o).automountServiceAccountToken, 'token of the cluster'],
  ['no liveness probe', (o) => delete main(o).livenessProbe, 'livenessProbe'],
  ['a liveness probe that fails on degraded', (o) => { main(o).livenessProbe.exec.command = ['goxelctl', 'health']; }, 'goxel-probe'],
  ['labels that are not selected', (o) => { set(o).template.metadata.labels['app.kubernetes.io/name'] = 'other'; }, 'select'],
  ['a Service for nobody', (o) => { of(o, 'Service', 'goxel-daemon').spec.selector.app = 'x'; }, 'selects no pod'],
  ['a Service over three replicas', (o) => { set(o).replicas = 3; }, 'projects of their own'],
  ['two writers', (o) => { set(o).volumeClaimTemplates[0].spec.accessModes = ['ReadWriteMany']; }, 'two writers'],
  ['a Secret that nobody makes', (o) => { pod(o).volumes.find((v) => v.secret).secret.secretName = 'other'; }, 'no Secret other'],
  ['a volume that is not there', (o) => { main(o).volumeMounts[0].name = 'other'; }, 'no volume other'],
  ['drains that never end', (o) => { const s = of(o, 'PodDisruptionBudget').spec; delete s.maxUnavailable; s.minAvailable = 1; }, 'drained'],
  ['an open network', (o) => delete of(o, 'NetworkPolicy').spec.ingress[0].from, 'everybody'],
  ['a setting that there is not', (o) => settings(o, (c) => { c.server.wokers = 2; }), 'settings'],
  ['a setting out of bounds', (o) => settings(o, (c) => { c.server.workers = 1000; }), 'settings'],
  ['no tokens', (o) => settings(o, (c) => { c.security.enable_authentication = false; }), 'no tokens'],
  ['another port', (o) => settings(o, (c) => { c.monitoring.metrics_listen = '0.0.0.0:80'; }), 'port 80'],
  ['a long drain', (o) => settings(o, (c) => { c.server.drain_seconds = 25; }), 'drain_seconds'],
  ['more memory than there is', (o) => settings(o, (c) => { c.performance.max_memory_mb = 900; }), 'max_memory_mb'],
  ['projects beside the volume', (o) => settings(o, (c) => { c.paths.data_dir = '/srv'; }), 'data_dir'],
  ['tokens that the group may read', (o) => { pod(o).initContainers[0].command[2] = '0640'; }, '0600'],
];
