import type { Message } from 'kafkajs';

/** The default limit of brokers for a batch with its overhead. */
const LARGEST_BYTES = 1_048_588;
const OVERHEAD_BYTES = 200;
const DEEP = 20_000;

const envelope = (type: string, data: unknown, more: object = {}) =>
  JSON.stringify({ specversion: '1.0', id: 'e', source: '/foreign', type, data, ...more });
const job = (at: number) => ({
  id: `bad-${at}`,
  organizationId: 'poison-1',
  operation: 'document-extraction',
  usage: { pages: 1 },
});

/** Pseudo-random bytes: the same for the same number. */
function noise(at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = at * 2_654_435_761 + 1;
  for (let i = 0; i < length; i++) bytes[i] = (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  return bytes;
}

type Make = (at: number) => Partial<Message>;

/** One message of each invalid kind that other producers can send. None of them may move a credit. */
const KINDS: readonly Make[] = [
  (at) => ({ value: `not JSON ${at}` }),
  (at) => ({ value: envelope('tallystick.job.submitted', job(at)).slice(0, -(1 + (at % 60))) }),
  (at) => ({ value: noise(at, 1 + (at % 500)) }),
  (at) => ({ value: ['[]', 'null', '1e999', '"text"', 'true', '[{}]', '{}', ' ', ''][at % 9]! }),
  () => ({ value: null }),
  (at) => ({ value: envelope('com.github.push', { ref: `refs/heads/${at}` }) }),
  (at) => ({ value: envelope('tallystick.job.exploded', job(at)) }),
  (at) => ({ value: envelope('tallystick.job.submitted', { ...job(at), usage: { pages: -1 } }) }),
  (at) => ({
    value: envelope('tallystick.job.submitted', { ...job(at), id: ['', 'a b', 'ü'.repeat(300), 7, null, {}][at % 6] }),
  }),
  (at) => ({
    value: envelope('tallystick.job.submitted', job(at), { specversion: ['0.3', 1, null][at % 3] }),
  }),
  (at) => ({ value: envelope('tallystick.job.submitted', job(at), { time: '9998-12-31T00:00:00Z' }) }),
  (at) => ({ value: envelope('tallystick.job.submitted', [job(at)]) }),
  (at) => ({ value: envelope('tallystick.job.submitted', undefined, { data_base64: 'e30=', at }) }),
  (at) => ({
    value: JSON.stringify(job(at)),
    headers: { ce_specversion: '1.0', ce_id: 'e', ce_type: 'tallystick.job.submitted' },
  }),
  (at) => ({
    value: JSON.stringify(job(at)),
    headers: { ce_specversion: ['1.0', '2.0'], ce_id: '', ce_source: '', ce_type: 'x' },
  }),
  (at) => ({ value: `{"specversion":"1.0","__proto__":{"type":"tallystick.job.submitted"},"at":${at}}` }),
  (at) => ({ key: null, value: envelope('tallystick.job.completed', { id: `keyless-${at}` }) }),
  (at) => ({
    key: 'ghost',
    value: envelope('tallystick.job.completed', { id: `nowhere-${at}`, organizationId: 'ghost' }),
  }),
  (at) => ({
    value: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(envelope('tallystick.job.submitted', job(at)))]),
  }),
  (at) => ({
    value: `${at}`,
    headers: { 'dead-letter-class': 'parked', 'origin-topic': 'elsewhere', 'origin-offset': '7' },
  }),
];

/** Messages that are nested deeper than the stack, or as large as the brokers accept. */
const LARGE: readonly Make[] = [
  () => ({ value: '['.repeat(DEEP) }),
  () => ({ value: `${'['.repeat(DEEP)}${']'.repeat(DEEP)}` }),
  (at) => ({
    value: envelope('tallystick.job.submitted', { ...job(at), metadata: 'DEEP' }).replace(
      '"DEEP"',
      `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
    ),
  }),
  (at) => ({ value: noise(at, LARGEST_BYTES - OVERHEAD_BYTES) }),
  (at) => ({
    value: envelope('tallystick.job.submitted', {
      ...job(at),
      reference: 'x'.repeat(LARGEST_BYTES - 2 * OVERHEAD_BYTES - 200),
    }),
  }),
  (at) => ({ value: `${at}`, headers: { long: 'x'.repeat(500_000) } }),
  // As text these bytes need three times their size.
  (at) => ({ value: `${at}`, headers: { short: 'kept', long: Buffer.alloc(500_000, 0xff) } }),
  // kafkajs would need most of a minute to compute the partition.
  (at) => ({ value: `${at}`, key: Buffer.alloc(500_000, 0xff), partition: 0 }),
];

const from = (kinds: readonly Make[], at: number): Message => ({
  key: `poison-${1 + (at % 5)}`,
  value: null,
  ...kinds[at % kinds.length]!(at),
});

/** Messages that are sent in separate requests. */
export const largePoison = (): Message[] => LARGE.map((_, at) => from(LARGE, at));
export const poison = (count: number): Message[] => Array.from({ length: count }, (_, at) => from(KINDS, at));

/** The messages of a job of one page: submission and completion. */
export function goodJob(organizationId: string, id: string): Message[] {
  const data = { id, organizationId };
  const submitted = { ...data, operation: 'document-extraction', usage: { pages: 1 } };
  return [
    { key: organizationId, value: envelope('tallystick.job.submitted', submitted) },
    { key: organizationId, value: envelope('tallystick.job.completed', data) },
  ];
}
