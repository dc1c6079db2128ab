import fc from 'fast-check';
import { readLifecycle } from './lifecycle-messages';
import { event, received } from '../../support/messages';

const LIMITS = { maxAheadSeconds: 600 } as Parameters<typeof readLifecycle>[2];
const TYPES = ['submitted', 'completed', 'failed', 'heartbeat', 'delivery-failed'].map((it) => `job.${it}`);

/** JSON of any shape, among it what has no text once it is parsed. */
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>({ toString: '' }, { valueOf: 1, toString: 1 }),
);
const members = (...names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, json])), { requiredKeys: [] });
const usage = fc.oneof(
  json,
  fc.record({ pages: json, files: fc.array(fc.oneof(json, members('type', 'pages', 'name'))) }),
);
const data = fc
  .tuple(
    members('id', 'jobId', 'organizationId', 'projectId', 'operation', 'features', 'metadata', 'occurredAt'),
    usage,
  )
  .map(([rest, used]) => ({ ...rest, usage: used }));

test('any JSON is read or set aside with a reason, never thrown at', () => {
  const envelope = members('specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data');
  const messages = fc.oneof(
    json.map((value) => received(JSON.stringify(value))),
    envelope.map((value) => received(JSON.stringify({ specversion: '1.0', id: 'e', source: 's', ...value }))),
    fc.tuple(fc.constantFrom(...TYPES, 'usage.reported'), data).map(([type, value]) => event(type, value)),
  );
  fc.assert(
    fc.property(messages, (message) => {
      const read = readLifecycle(message, Date.now(), LIMITS);
      expect(read.ok || read.reason.length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('a content type that has no text is set aside', () => {
  const value = { specversion: '1.0', id: 'e', source: 's', type: 'tallystick.job.completed', data: { id: 'j' } };
  const message = received(JSON.stringify({ ...value, datacontenttype: { toString: '' } }));
  expect(readLifecycle(message, Date.now(), LIMITS)).toEqual({
    ok: false,
    reason: 'datacontenttype: Give the data as application/json.',
  });
});

describe('what is set aside, so that no member is read as if it were not there', () => {
  const data = { id: 'j', organizationId: 'o', pages: 9 };
  const unknown = 'data.pages: This member is unknown; did you mean usage.pages?';

  test('an unknown member in structured mode', () =>
    expect(readLifecycle(event('job.completed', data), Date.now(), LIMITS)).toEqual({ ok: false, reason: unknown }));

  test('an unknown member in binary mode, beside an extension attribute', () => {
    const headers = {
      ce_specversion: '1.0',
      ce_id: 'e',
      ce_source: 's',
      ce_type: 'tallystick.job.completed',
      ce_mine: 'x',
      'content-type': 'application/json',
    };
    const read = (body: object) => readLifecycle({ ...received(JSON.stringify(body)), headers }, Date.now(), LIMITS);
    expect(read(data)).toEqual({ ok: false, reason: unknown });
    expect(read({ ...data, pages: undefined })).toMatchObject({ ok: true });
  });

  test('a member that is named twice', () => {
    const text = JSON.stringify({
      specversion: '1.0',
      id: 'e',
      source: 's',
      type: 'tallystick.job.completed',
      data: { id: 'j', organizationId: 'o' },
    });
    const twice = text.replace('"id":"j"', '"id":"j","id":"k"');
    expect(readLifecycle(received(twice), Date.now(), LIMITS)).toEqual({
      ok: false,
      reason: 'It names the member "id" twice in one object.',
    });
  });
});
