import type { FieldError } from '@tallystick/contracts/http';
import { checkLifecycle, isBinary, parseBinary, parseStructured, STRUCTURED } from './index';

const envelope = {
  specversion: '1.0',
  id: 'e-1',
  source: 'ocr',
  type: 'tallystick.job.completed',
  time: '2026-11-21T10:30:00+01:00',
  data: { id: 'job-1', organizationId: 'org-1' },
};
const fields = (errors: readonly FieldError[]) => errors.map(({ field }) => field);

describe('the envelope', () => {
  test('structured and binary give the same event', () => {
    const { data, ...attributes } = envelope;
    const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
    const structured = parseStructured(envelope);
    expect(structured.ok).toBe(true);
    expect(parseBinary({ ...headers, 'content-type': 'application/json' }, 'ce-', data)).toEqual(structured);
  });

  test.each<[string, object, string[]]>([
    ['another version', { specversion: '0.3' }, ['specversion']],
    ['no id', { id: undefined }, ['id']],
    ['an empty source', { source: '' }, ['source']],
    ['a type that is no text', { type: 7 }, ['type']],
    ['a time without a zone', { time: '2026-11-21T10:30:00' }, ['time']],
    ['data in another form', { datacontenttype: 'application/xml' }, ['datacontenttype']],
    ['a content type that has no text', { datacontenttype: { toString: '' } }, ['datacontenttype']],
    ['data twice', { data_base64: 'e30=' }, ['data_base64']],
    ['several at once', { id: 1, source: 2 }, ['id', 'source']],
  ])('%s is named', (_, change, expected) => {
    const parsed = parseStructured({ ...envelope, ...change });
    expect(parsed.ok ? [] : fields(parsed.errors)).toEqual(expected);
  });

  test.each([[null], ['text'], [[envelope]], [4]])('%j is no event', (value) => {
    expect(parseStructured(value).ok).toBe(false);
  });

  test('the content type decides the mode', () => {
    expect(isBinary({ 'ce-specversion': '1.0', 'content-type': 'application/json' }, 'ce-')).toBe(true);
    expect(isBinary({ 'ce-specversion': '1.0', 'content-type': `${STRUCTURED}; charset=utf-8` }, 'ce-')).toBe(false);
    expect(isBinary({ ce_specversion: '1.0' }, 'ce_')).toBe(true);
  });
});

describe('the data', () => {
  const event = (change: object = {}, data: unknown = envelope.data) => {
    const parsed = parseStructured({ ...envelope, ...change, data });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    return parsed.event;
  };

  test('the job may be in jobId or subject, the organization in the key', () => {
    const bySubject = checkLifecycle(event({ subject: 'job-9' }, {}), { organizationId: 'org-9' });
    expect(bySubject).toMatchObject({ ok: true, event: { data: { id: 'job-9', organizationId: 'org-9' } } });
    const byJobId = checkLifecycle(event({}, { jobId: 'job-8' }), { organizationId: 'org-9' });
    expect(byJobId).toMatchObject({ ok: true, event: { data: { id: 'job-8' } } });
  });

  test('times are normalized', () => {
    const checked = checkLifecycle(event({}, envelope.data), {});
    expect(checked).toEqual({
      ok: true,
      event: {
        id: 'e-1',
        source: 'ocr',
        type: 'tallystick.job.completed',
        occurredAt: '2026-11-21T09:30:00.000Z',
        data: { id: 'job-1', organizationId: 'org-1' },
      },
    });
  });

  test('organization and project of the caller are added only to types that have them', () => {
    const checked = checkLifecycle(event({}, { id: 'j' }), { organizationId: 'o', projectId: 'p' });
    expect(checked).toMatchObject({ ok: true, event: { data: { id: 'j', organizationId: 'o' } } });
    expect(checked.ok && 'projectId' in checked.event.data).toBe(false);
  });

  test('an unknown member is refused, and the right one is suggested', () => {
    const checked = checkLifecycle(event({}, { ...envelope.data, pages: 9 }), {});
    const message = 'This member is unknown; did you mean usage.pages?';
    expect(checked).toEqual({ ok: false, errors: [{ field: 'data.pages', rule: 'unknown', message }] });
  });

  test.each<[string, object, unknown, string]>([
    ['an unknown type', { type: 'tallystick.job.exploded' }, envelope.data, 'type'],
    ['a type of Object’s own', { type: 'constructor' }, envelope.data, 'type'],
    ['no data', {}, null, 'data'],
    ['a list as data', {}, [1], 'data'],
    ['no job', {}, { organizationId: 'o' }, 'data.id'],
    ['no organization', {}, { id: 'j' }, 'data.organizationId'],
    ['a second id of the job', {}, { ...envelope.data, jobId: 'job-2' }, 'data.jobId'],
    [
      'a job in a report of usage',
      { type: 'tallystick.usage.reported' },
      { organizationId: 'o', limit: 'x', value: 1, jobId: 'j' },
      'data.jobId',
    ],
    ['pages below zero', {}, { ...envelope.data, usage: { pages: -1 } }, 'data.usage.pages'],
    [
      'a limit without its value',
      { type: 'tallystick.usage.reported' },
      { organizationId: 'o', limit: 'x' },
      'data.value',
    ],
  ])('%s is named', (_, change, data, field) => {
    const checked = checkLifecycle(event(change, data), {});
    expect(checked.ok ? [] : fields(checked.errors)).toEqual([field]);
  });
});
