// SPDX-License-Identifier: Apache-2.0
// What the schemas cannot say of the objects for Kubernetes: that they fit each
// other, the daemon and its settings, and the Pod Security Standard
// "restricted". Each rule gives lines that tell what is wrong.
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral',
  'persistentVolumeClaim', 'projected', 'secret'];
// Secrets that people make, unless `closed` is asked for.
const BY_HAND = /goxel-daemon-(tokens|scrape)$/;
const UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

const bytes = (text) => parseFloat(text) * (UNITS[String(text).slice(-2)] || 1);
const covers = (labels, selector) => Object.keys(selector).length > 0 &&
  Object.entries(selector).every(([key, value]) => labels[key] === value);

function podRules(pod, say) {
  const wide = pod.securityContext || {};
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (pod[key]) say(`${key} is set`);
  if (pod.automountServiceAccountToken !== false) say('a token of the cluster is mounted');
  if (pod.enableServiceLinks !== false) say('variables for services are made');
  for (const volume of pod.volumes || [])
    for (const kind of Object.keys(volume))
      if (kind !== 'name' && !VOLUMES.includes(kind)) say(`volume ${volume.name}: ${kind} is not restricted`);
  for (const c of [...(pod.initContainers || []), ...pod.containers]) {
    const own = c.securityContext || {};
    const of = (key) => own[key] !== undefined ? own[key] : wide[key];
    if (of('runAsNonRoot') !== true) say(`${c.name}: runAsNonRoot is not true`);
    if (!(of('runAsUser') > 0)) say(`${c.name}: runAsUser is no number above 0`);
    if (!['RuntimeDefault', 'Localhost'].includes((of('seccompProfile') || {}).type)) say(`${c.name}: no seccompProfile`);
    if (own.allowPrivilegeEscalation !== false) say(`${c.name}: allowPrivilegeEscalation is not false`);
    if (own.readOnlyRootFilesystem !== true) say(`${c.name}: readOnlyRootFilesystem is not true`);
    if (own.privileged) say(`${c.name}: privileged`);
    const caps = own.capabilities || {};
    if (!(caps.drop || []).includes('ALL')) say(`${c.name}: capabilities are not all dropped`);
    if ((caps.add || []).some((each) => each !== 'NET_BIND_SERVICE')) say(`${c.name}: capabilities are added`);
    if ((c.ports || []).some((port) => port.hostPort)) say(`${c.name}: a hostPort`);
    if (!c.resources || !c.resources.requests || !(c.resources.limits || {}).memory) say(`${c.name}: no resources`);
    if (/(:latest|^[^:@]+)$/.test(c.image)) say(`${c.name}: the image ${c.image} has no version`);
  }
}

function probeRules(c, say) {
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe'])
    if (!c[name]) say(`no ${name}`);
  const { startupProbe: startup, livenessProbe: live, readinessProbe: ready } = c;
  if (!startup || !live || !ready) return;
  if (startup.periodSeconds * startup.failureThreshold < 60) say('startupProbe: less than a minute to recover projects');
  if (live.periodSeconds * live.failureThreshold < 30) say('livenessProbe: kills a daemon that is only busy');
  // goxelctl health itself ends with 1 when the daemon is degraded.
  for (const probe of [startup, live])
    if (!probe.exec || String(probe.exec.command) !== 'goxel-probe') say('startup and liveness must ask goxel-probe');
  const port = ready.httpGet && c.ports.find((each) => each.name === ready.httpGet.port);
  if (!port) say('readinessProbe: asks no port of the container');
  else if (ready.httpGet.path !== '/readyz') say('readinessProbe: asks another path than /readyz');
}

function mountRules(set, pod, say) {
  const names = [...(pod.volumes || []), ...set.spec.volumeClaimTemplates.map((v) => v.metadata)].map((v) => v.name);
  for (const c of [...(pod.initContainers || []), ...pod.containers])
    for (const mount of c.volumeMounts || [])
      if (!names.includes(mount.name)) say(`${c.name}: there is no volume ${mount.name}`);
}

// The settings, and what the pod must have for them.
function settingRules(set, config, say) {
  const pod = set.spec.template.spec;
  const main = pod.containers[0];
  const copy = (pod.initContainers || [])[0];
  const mount = (name) => ((main.volumeMounts || []).find((m) => m.name === name) || {}).mountPath;
  const env = Object.fromEntries((main.env || []).map((e) => [e.name, e.value]));
  const { daemon, security, monitoring, paths, performance, server } = config;
  if (env.GOXEL_SOCKET_PATH !== daemon.socket_path) say('GOXEL_SOCKET_PATH is not daemon.socket_path');
  if (!daemon.socket_path.startsWith(`${mount('run')}/`)) say('daemon.socket_path is on no volume that can be written');
  if (paths.data_dir !== mount('data')) say('paths.data_dir is not where the volume is');
  if (main.command[main.command.length - 1] !== `${mount('config')}/daemon_config.json`) say('the settings are not where the daemon looks');
  if (security.enable_authentication !== true) say('no tokens, but other machines');
  if (!copy || copy.command[copy.command.length - 1] !== security.token_file) say('the tokens are not copied to security.token_file');
  if (!(copy && copy.command.includes('0600'))) say('the tokens are copied with another mode than 0600');
  const port = parseInt(/:(\d+)$/.exec(monitoring.metrics_listen)[1], 10);
  if (!main.ports.some((each) => each.containerPort === port)) say(`nobody knows of port ${port}`);
  if (server.drain_seconds + 10 > pod.terminationGracePeriodSeconds) say('terminationGracePeriodSeconds is too short for server.drain_seconds');
  const limit = bytes(main.resources.limits.memory);
  if (performance.max_memory_mb * 2 ** 20 > 0.8 * limit) say('performance.max_memory_mb is above 80 % of the limit');
}

function serviceRules(objects, set, say) {
  const labels = set.spec.template.metadata.labels;
  const ports = set.spec.template.spec.containers[0].ports.map((p) => p.name);
  const services = objects.filter((o) => o.kind === 'Service');
  for (const { metadata, spec } of services) {
    const { 'statefulset.kubernetes.io/pod-name': one, ...rest } = spec.selector;
    const number = one === undefined ? 0 : Number(one.slice(set.metadata.name.length + 1));
    if (!covers(labels, rest)) say(`Service ${metadata.name}: selects no pod`);
    if (one !== undefined && !(one.startsWith(`${set.metadata.name}-`) && number < set.spec.replicas)) say(`Service ${metadata.name}: there is no pod ${one}`);
    if (one === undefined && spec.clusterIP !== 'None' && set.spec.replicas > 1) say(`Service ${metadata.name}: mixes replicas that have projects of their own`);
    for (const port of spec.ports)
      if (!ports.includes(port.targetPort)) say(`Service ${metadata.name}: no port ${port.targetPort}`);
  }
  const head = services.find((s) => s.metadata.name === set.spec.serviceName);
  if (!head || head.spec.clusterIP !== 'None') say('serviceName is no headless Service');
  for (const o of objects.filter((each) => each.kind === 'ServiceMonitor')) {
    const found = services.filter((s) => covers(s.metadata.labels, o.spec.selector.matchLabels));
    if (found.length !== 1) say(`ServiceMonitor: finds ${found.length} Services, so pods are read ${found.length} times`);
    for (const end of o.spec.endpoints)
      if (found.some((s) => !s.spec.ports.some((p) => p.name === end.port))) say(`ServiceMonitor: no port ${end.port}`);
  }
}

function policyRules(objects, set, say) {
  const labels = set.spec.template.metadata.labels;
  const one = (kind) => objects.filter((o) => o.kind === kind)[0];
  const budget = one('PodDisruptionBudget');
  const network = one('NetworkPolicy');
  if (!budget || !covers(labels, budget.spec.selector.matchLabels)) say('no PodDisruptionBudget for the pods');
  else if (budget.spec.minAvailable !== undefined && set.spec.replicas <= budget.spec.minAvailable) say('PodDisruptionBudget: no node can be drained');
  if (!network || !covers(labels, network.spec.podSelector.matchLabels)) { say('no NetworkPolicy for the pods'); return; }
  if (!['Ingress', 'Egress'].every((each) => network.spec.policyTypes.includes(each))) say('NetworkPolicy: one direction is open');
  if ((network.spec.egress || []).length > 0) say('NetworkPolicy: the daemon needs no way out');
  const ports = set.spec.template.spec.containers[0].ports.map((p) => p.name);
  for (const rule of network.spec.ingress) {
    if (!rule.from || rule.from.length === 0) say('NetworkPolicy: lets everybody in');
    if (!rule.ports || rule.ports.some((p) => !ports.includes(p.port))) say('NetworkPolicy: another port than the container has');
  }
}

function referenceRules(objects, set, isClosed, say) {
  const has = (kind, name) => objects.some((o) => o.kind === kind && o.metadata.name === name) ||
    (!isClosed && kind === 'Secret' && BY_HAND.test(name));
  const pod = set.spec.template.spec;
  for (const v of pod.volumes || []) {
    if (v.configMap && !has('ConfigMap', v.configMap.name)) say(`there is no ConfigMap ${v.configMap.name}`);
    if (v.secret && !has('Secret', v.secret.secretName)) say(`there is no Secret ${v.secret.secretName}`);
  }
  if (!has('ServiceAccount', pod.serviceAccountName)) say(`there is no ServiceAccount ${pod.serviceAccountName}`);
  for (const o of objects.filter((each) => each.kind === 'ServiceMonitor'))
    for (const end of o.spec.endpoints)
      if (!has('Secret', end.authorization.credentials.name)) say(`there is no Secret ${end.authorization.credentials.name}`);
  for (const o of objects.filter((each) => each.kind === 'Namespace'))
    if (o.metadata.labels['pod-security.kubernetes.io/enforce'] !== 'restricted') say('the Namespace does not enforce "restricted"');
}

// checkSettings(config) gives lines for settings that are wrong.
export function checkRules(objects, checkSettings, isClosed) {
  const mistakes = [];
  const say = (line) => mistakes.push(line);
  const names = objects.map((o) => `${o.kind} ${o.metadata.name}`);
  names.filter((n, i) => names.indexOf(n) !== i).forEach((n) => say(`${n} is there twice`));
  const set = objects.find((o) => o.kind === 'StatefulSet');
  if (!set) return [...mistakes, 'there is no StatefulSet'];
  const pod = set.spec.template.spec;
  if (!covers(set.spec.template.metadata.labels, set.spec.selector.matchLabels)) say('the StatefulSet does not select its pods');
  for (const claim of set.spec.volumeClaimTemplates)
    if (!/^ReadWriteOnce(Pod)?$/.test(String(claim.spec.accessModes))) say('a volume may have two writers');
  podRules(pod, say);
  probeRules(pod.containers[0], say);
  mountRules(set, pod, say);
  serviceRules(objects, set, say);
  policyRules(objects, set, say);
  referenceRules(objects, set, isClosed, say);
  const map = objects.find((o) => o.kind === 'ConfigMap');
  if (!map) return [...mistakes, 'there is no ConfigMap'];
  const config = JSON.parse(map.data['daemon_config.json']);
  const wrong = checkSettings(config);
  mistakes.push(...wrong);
  if (wrong.length === 0) settingRules(set, config, say);
  return mistakes;
}
