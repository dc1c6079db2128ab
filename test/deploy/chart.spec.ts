import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { describeWithTool, type GoTool } from '../support/go-tool';

const CHART = join(__dirname, '../../deploy/kubernetes');
const HELM: GoTool = {
  name: 'helm',
  path: 'helm.sh/helm/v3/cmd/helm',
  version: 'v3.22.0',
  installed: ['helm'],
};
/** A helm that is built from source reports a very old version of Kubernetes. */
const CLUSTER = ['--kube-version', '1.31.0'];

/** A Kubernetes object of any kind. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const LEAST = {
  secret: { name: 'tallystick-keys' },
  eventStore: 'esdb://eventstoredb.data:2113?tls=true&tlsCaFile=/tls/ca.crt',
  bus: 'kafka://kafka-0.data:9092,kafka-1.data:9092',
};
const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
const autoscaling = { enabled: true };
const EVERYTHING = {
  secret: { name: 'keys', keys: { eventStore: 'event-store-url', bus: 'bus-url' } },
  tls: { secretName: 'certificates' },
  catalog: 'a: "b"\nc: \'{{ d }}\'\n',
  settings: { TALLY_LOG_LEVEL: 'debug', TALLY_CACHED_ORGANIZATIONS: 20000 },
  imagePullSecrets: [{ name: 'registry' }],
  ingress: { enabled: true, host: 'credits.example.com', tlsSecretName: 'tls', className: 'nginx' },
  stopSeconds: 45,
  networkPolicy: { metricsFrom: [monitoring], kafka: { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] } },
  billing: { replicas: 3 },
  jobIntake: { autoscaling, nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
  creditLedger: { autoscaling, affinity: { nodeAffinity: {} }, podAnnotations: { c: 'd' } },
};
const SETS: Readonly<Record<string, object>> = {
  'the least': LEAST,
  everything: EVERYTHING,
  'policies of its own': { ...LEAST, networkPolicy: { enabled: false } },
};

const of = (objects: Any[], kind: string): Any[] => objects.filter((it) => it.kind === kind);
const deployments = (objects: Any[]) => of(objects, 'Deployment');
const containers = (objects: Any[]) => deployments(objects).map((it) => it.spec.template.spec.containers[0]);
const every = (list: Any[], holds: (it: Any) => boolean): boolean => list.length > 0 && list.every(holds);
const selects = (labels: Any, pod: Any): boolean =>
  Object.entries(labels ?? {}).every(([name, value]) => pod.metadata.labels[name] === value);
const component = (it: Any) => it['app.kubernetes.io/component'];
const policyOf = (objects: Any[], name: string): Any =>
  of(objects, 'NetworkPolicy').find((it) => component(it.spec.podSelector.matchLabels) === name);
const portsOf = (rules: Any[]): Any[] => rules.flatMap((it) => it.ports.map(({ port }: Any) => port));

/** Whether only these services, and metrics, reach the pods of a policy, on their internal port. */
const isReachedBy = ({ spec: { ingress } }: Any, names: readonly string[]): boolean => {
  const peers: Any[] = ingress[0].from;
  const [services, others] = [peers.slice(0, names.length), peers.slice(names.length)];
  return (
    ingress.length === 1 &&
    String(portsOf(ingress)) === 'internal' &&
    String(services.map((it) => component(it.podSelector?.matchLabels ?? {}))) === String(names) &&
    others.every((it) => stringify(it) === stringify(monitoring))
  );
};
/** Whether a number of services call another one on its internal port. */
const isCalledBy = (objects: Any[], name: string, setting: string, callers: number): boolean => {
  const service = of(objects, 'Service').find((it) => it.metadata.name.endsWith(`-${name}`));
  const { port } = service.spec.ports.find((it: Any) => it.targetPort === 'internal');
  const urls = containers(objects).flatMap(({ env }) => env.filter((it: Any) => it.name === setting));
  return urls.length === callers && urls.every(({ value }) => value === `http://${service.metadata.name}:${port}`);
};

const RULES: Readonly<Record<string, (objects: Any[]) => boolean>> = {
  'three services': (objects) => deployments(objects).length === 3 && of(objects, 'Service').length === 3,
  'has startup, liveness and readiness probes': (objects) =>
    every(
      containers(objects),
      (it) =>
        it.startupProbe?.httpGet.path === '/health/live' &&
        it.livenessProbe?.httpGet.path === '/health/live' &&
        it.readinessProbe?.httpGet.path === '/health/ready',
    ),
  'has enough time to stop': (objects) =>
    every(deployments(objects), ({ spec: { template } }) => {
      const [{ env, lifecycle }] = template.spec.containers;
      const stop = env.find((it: Any) => it.name === 'TALLY_STOP_SECONDS').value;
      const before = lifecycle.preStop.exec.command[1];
      return template.spec.terminationGracePeriodSeconds > Number(stop) + Number(before);
    }),
  'replaced one by one': (objects) =>
    every(deployments(objects), ({ spec }) => spec.strategy.rollingUpdate.maxUnavailable === 0),
  'has at least two replicas, or autoscaling': (objects) =>
    every(deployments(objects), ({ metadata, spec }) => {
      const scaled = of(objects, 'HorizontalPodAutoscaler').find((it) => it.spec.scaleTargetRef.name === metadata.name);
      return scaled ? spec.replicas === undefined && scaled.spec.minReplicas >= 2 : spec.replicas >= 2;
    }),
  'is spread over nodes': (objects) =>
    every(deployments(objects), ({ spec: { template } }) =>
      every(template.spec.topologySpreadConstraints, (it) => selects(it.labelSelector.matchLabels, template)),
    ),
  'has a disruption budget of one': (objects) =>
    every(deployments(objects), ({ spec: { template } }) =>
      of(objects, 'PodDisruptionBudget').some(
        ({ spec }) => spec.maxUnavailable === 1 && selects(spec.selector.matchLabels, template),
      ),
    ),
  'has minimal privileges': (objects) =>
    every(
      deployments(objects),
      ({ spec: { template } }) =>
        template.spec.securityContext.runAsNonRoot === true &&
        template.spec.securityContext.runAsUser > 0 &&
        template.spec.securityContext.seccompProfile.type === 'RuntimeDefault' &&
        template.spec.automountServiceAccountToken === false,
    ) &&
    every(
      containers(objects).map((it) => it.securityContext),
      (it) =>
        it.readOnlyRootFilesystem === true &&
        it.allowPrivilegeEscalation === false &&
        it.capabilities.drop.includes('ALL'),
    ),
  'has resource limits': (objects) =>
    every(
      containers(objects),
      ({ resources }) => resources.requests.cpu && resources.requests.memory && resources.limits.memory,
    ),
  'mounts an existing Secret as files': (objects) =>
    of(objects, 'Secret').length === 0 &&
    every(containers(objects), ({ env }) =>
      env.every(({ name, value }: Any) => !/(_KEY|PASSWORD|SECRET)$/.test(name) && !/\/\/[^/]*@/.test(value)),
    ),
  'is selected by its Service': (objects) =>
    every(of(objects, 'Service'), ({ spec }) =>
      deployments(objects).some((it) => selects(spec.selector, it.spec.template)),
    ),
  'closed unless opened': (objects) =>
    of(objects, 'NetworkPolicy').some(
      ({ spec }) =>
        spec.policyTypes.length === 2 &&
        !spec.ingress &&
        !spec.egress &&
        every(deployments(objects), (it) => selects(spec.podSelector.matchLabels, it.spec.template)),
    ),
  'has a ledger that only intake, billing and metrics can reach': (objects) =>
    isReachedBy(policyOf(objects, 'credit-ledger'), ['job-intake', 'billing']),
  'has billing that only intake and metrics can reach': (objects) =>
    isReachedBy(policyOf(objects, 'billing'), ['job-intake']),
  'has egress to its dependencies only': (objects) =>
    String(portsOf(policyOf(objects, 'job-intake').spec.egress)) === 'internal,9092,5432,53,53' &&
    String(portsOf(policyOf(objects, 'billing').spec.egress)) === 'internal,9092,2113,5432,53,53' &&
    String(portsOf(policyOf(objects, 'credit-ledger').spec.egress)) === '9092,2113,5432,53,53',
  'internal but to services and metrics': (objects) =>
    policyOf(objects, 'job-intake').spec.ingress.every(
      ({ from, ports }: Any) =>
        ports.every(({ port }: Any) => port === 'http') || stringify(from) === stringify([monitoring]),
    ) &&
    every(containers(objects), ({ env, ports }) => {
      const at = (name: string) => ports.find((it: Any) => it.name === name)?.containerPort;
      const listens = (name: string) => env.find((it: Any) => it.name === name)?.value;
      return (
        listens('TALLY_LISTEN') === `0.0.0.0:${at('http')}` &&
        listens('TALLY_INTERNAL_LISTEN') === `0.0.0.0:${at('internal')}`
      );
    }),
  'calls the internal ports of the ledger and of billing': (objects) =>
    isCalledBy(objects, 'credit-ledger', 'TALLY_LEDGER_URL', 2) &&
    isCalledBy(objects, 'billing', 'TALLY_BILLING_URL', 1),
  'public by intake alone': (objects) =>
    of(objects, 'Service').every((it) => it.spec.type === 'ClusterIP') &&
    of(objects, 'Ingress').every(({ spec }) =>
      spec.rules[0].http.paths.every((it: Any) => it.backend.service.name.endsWith('-job-intake')),
    ),
};
const OF_POLICIES = new Set([
  'closed unless opened',
  'has a ledger that only intake, billing and metrics can reach',
  'has billing that only intake and metrics can reach',
  'has egress to its dependencies only',
  'internal but to services and metrics',
]);

const directory = mkdtempSync(join(tmpdir(), 'tallystick-chart-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeWithTool('the chart', HELM, (run) => {
  const withValues = (command: readonly string[], values: object) => {
    const file = join(directory, 'values.yaml');
    writeFileSync(file, stringify(values));
    return run([...command, CHART, ...CLUSTER, '--values', file]);
  };
  const render = (values: object): Any[] => {
    const { code, out, err } = withValues(['template', 'credits'], values);
    if (code !== 0) throw new Error(err);
    return parseAllDocuments(out)
      .flatMap((it) => ('errors' in it ? [it.toJSON()] : []))
      .filter(Boolean);
  };
  const broken = (objects: Any[]): string[] => {
    const hasPolicies = of(objects, 'NetworkPolicy').length > 0;
    const rules = Object.entries(RULES).filter(([rule]) => hasPolicies || !OF_POLICIES.has(rule));
    return rules.flatMap(([rule, holds]) => (holds(objects) ? [] : [rule]));
  };

  describe.each(Object.entries(SETS))('with %s', (_, values) => {
    test('passes helm’s lint', () => {
      expect(withValues(['lint', '--strict'], values)).toMatchObject({ code: 0 });
    });

    test('follows the rules', () => {
      expect(broken(render(values))).toEqual([]);
    });
  });

  const pod = (objects: Any[]) => deployments(objects)[0].spec.template.spec;
  const planted: readonly (readonly [string, (objects: Any[]) => unknown])[] = [
    ['three services', (all) => deployments(all).forEach((it) => (it.kind = 'StatefulSet'))],
    ['has startup, liveness and readiness probes', (all) => delete pod(all).containers[0].readinessProbe],
    ['has enough time to stop', (all) => (pod(all).terminationGracePeriodSeconds = 15)],
    ['replaced one by one', (all) => (deployments(all)[1].spec.strategy.rollingUpdate.maxUnavailable = 1)],
    ['has at least two replicas, or autoscaling', (all) => (deployments(all)[0].spec.replicas = 1)],
    ['is spread over nodes', (all) => (pod(all).topologySpreadConstraints = [])],
    ['has a disruption budget of one', (all) => (of(all, 'PodDisruptionBudget')[0].kind = 'Other')],
    ['has minimal privileges', (all) => (pod(all).securityContext.runAsNonRoot = false)],
    ['has resource limits', (all) => delete pod(all).containers[0].resources.limits.memory],
    [
      'mounts an existing Secret as files',
      (all) => pod(all).containers[0].env.push({ name: 'TALLY_OPERATOR_KEY', value: 'x' }),
    ],
    ['is selected by its Service', (all) => (of(all, 'Service')[0].spec.selector = { a: 'b' })],
    ['closed unless opened', (all) => (of(all, 'NetworkPolicy')[0].spec.ingress = [{}])],
    [
      'has a ledger that only intake, billing and metrics can reach',
      (all) => policyOf(all, 'credit-ledger').spec.ingress[0].from.push({ podSelector: {} }),
    ],
    [
      'has billing that only intake and metrics can reach',
      (all) => policyOf(all, 'billing').spec.ingress[0].from.push({ podSelector: {} }),
    ],
    [
      'has egress to its dependencies only',
      (all) => policyOf(all, 'job-intake').spec.egress.push({ ports: [{ port: 2113 }] }),
    ],
    [
      'internal but to services and metrics',
      (all) => (policyOf(all, 'job-intake').spec.ingress[0].ports[0].port = 'internal'),
    ],
    [
      'calls the internal ports of the ledger and of billing',
      (all) => of(all, 'Service').forEach((it) => (it.spec.ports[1].port = 4400)),
    ],
    ['public by intake alone', (all) => (of(all, 'Service')[0].spec.type = 'LoadBalancer')],
  ];
  test.each(planted)('the rule "%s" detects a planted violation', (rule, breach) => {
    const objects = render(LEAST);
    breach(objects);
    expect(broken(objects)).toContain(rule);
  });

  test('every rule has a planted violation', () => {
    expect(Object.keys(RULES).filter((rule) => !planted.some(([it]) => it === rule))).toEqual([]);
  });

  test('mounts the catalog unchanged in all services and restarts them when it changes', () => {
    const objects = render(EVERYTHING);
    expect(of(objects, 'ConfigMap')[0].data['catalog.yaml']).toBe(EVERYTHING.catalog);
    for (const { env } of containers(objects))
      expect(env).toContainEqual({ name: 'TALLY_CATALOG', value: '/catalog/catalog.yaml' });
    const sum = (all: Any[]) => deployments(all)[0].spec.template.metadata.annotations['checksum/catalog'];
    expect(sum(objects)).not.toBe(sum(render({ ...EVERYTHING, catalog: 'a: "c"' })));
  });

  test('gives intake no access to the event store', () => {
    const [billing, ledger, intake] = deployments(render(EVERYTHING)).map((it) => it.spec.template.spec);
    const files = (it: Any) =>
      it.volumes.find(({ name }: Any) => name === 'keys').secret.items.map((item: Any) => item.key);
    for (const one of [billing, ledger]) expect(files(one)).toContain('event-store-url');
    expect(files(intake)).not.toContain('event-store-url');
    const names = (it: Any) => it.containers[0].env.map(({ name }: Any) => name);
    for (const one of [billing, ledger]) expect(names(one)).toContain('TALLY_EVENT_STORE_FILE');
    expect(names(intake).join()).not.toContain('EVENT_STORE');
  });

  test.each([
    ['no name of the Secret', { secret: undefined }, 'name'],
    ['a password in an address', { bus: 'kafka://user:password@kafka:9092' }, 'bus'],
    ['a secret among the settings', { settings: { TALLY_OPERATOR_KEY: 'x' } }, 'TALLY_OPERATOR_KEY'],
    ['a setting that the chart sets itself', { settings: { TALLY_LISTEN: '1' } }, 'TALLY_LISTEN'],
    ['where it has its internal listener', { settings: { TALLY_INTERNAL_LISTEN: 'none' } }, 'TALLY_INTERNAL_LISTEN'],
    ['no event store', { eventStore: '' }, 'secret.keys.eventStore'],
    ['a misspelt value', { replica: 3 }, 'replica'],
    ['an Ingress without a name', { ingress: { enabled: true } }, 'ingress.host'],
  ])('refuses %s', (_, change, named) => {
    const { code, err } = withValues(['template', 'credits'], { ...LEAST, ...change });
    expect([code, err]).toEqual([1, expect.stringContaining(named)]);
  });
});
