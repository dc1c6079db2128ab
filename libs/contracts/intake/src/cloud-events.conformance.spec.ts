import { isBinary, parseBinary, parseStructured, STRUCTURED, type ParsedEvent } from './index';

// The cases of CloudEvents 1.0.2: the JSON format, the HTTP binding, the Kafka binding. This product takes JSON data only.

const REQUIRED = { specversion: '1.0', id: 'one', type: 'org.example.thing', source: 'https://example.org' };
const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const fieldsOf = (parsed: ParsedEvent) => (parsed.ok ? [] : parsed.errors.map(({ field }) => field));

describe('JSON format: accepted', () => {
  test.each<[string, object, object]>([
    ['required attributes only', {}, {}],
    [
      'null stands for an optional attribute that is left out',
      { datacontenttype: null, dataschema: null, subject: null, time: null, anextension: null },
      {},
    ],
    [
      'all attributes',
      {
        datacontenttype: 'application/json',
        dataschema: 'https://example.org/s',
        subject: 's',
        time: '2018-04-05T17:31:00Z',
      },
      { subject: 's', time: '2018-04-05T17:31:00Z' },
    ],
    [
      'a time to the nanosecond',
      { time: '2018-04-05T17:31:00.000000001Z' },
      { time: '2018-04-05T17:31:00.000000001Z' },
    ],
    ['a time east of UTC', { time: '2018-04-05T18:31:00+01:00' }, { time: '2018-04-05T18:31:00+01:00' }],
    ['a time west of UTC', { time: '2018-04-05T16:31:00-01:00' }, { time: '2018-04-05T16:31:00-01:00' }],
    ['a relative source', { source: '#part' }, { source: '#part' }],
    ['extensions of every type', { extint: 10, extbool: true, exttext: 'x', exturi: '//a/b', extbytes: 'TWE=' }, {}],
    ['data of any JSON type', { data: 'I am a text' }, { data: 'I am a text' }],
    ['data that is null', { data: null }, { data: null }],
    ['JSON of another name', { datacontenttype: 'application/vnd.x+json; v=1', data: {} }, { data: {} }],
    ['JSON of another tree', { datacontenttype: 'model/json', data: {} }, { data: {} }],
    ['data in base64', { data_base64: encoded('{"a":"é"}') }, { data: { a: 'é' } }],
    ['data in base64 beside null', { data: null, data_base64: encoded('[1]') }, { data: [1] }],
    ['base64 that is null', { data: 1, data_base64: null }, { data: 1 }],
  ])('%s', (_, more, expected) => {
    const { specversion: _version, ...attributes } = REQUIRED;
    expect(parseStructured({ ...REQUIRED, ...more })).toEqual({ ok: true, event: { ...attributes, ...expected } });
  });
});

describe('JSON format: refused', () => {
  test.each<[string, object, string]>([
    ['no specversion', { specversion: undefined }, 'specversion'],
    ['no id', { id: undefined }, 'id'],
    ['no type', { type: undefined }, 'type'],
    ['no source', { source: undefined }, 'source'],
    ['a required attribute that is null', { id: null }, 'id'],
    ['an empty id', { id: '' }, 'id'],
    ['an empty type', { type: '' }, 'type'],
    ['an empty source', { source: '' }, 'source'],
    ['an empty specversion', { specversion: '' }, 'specversion'],
    ['an unknown specversion', { specversion: '0.9' }, 'specversion'],
    ['an empty subject', { subject: '' }, 'subject'],
    ['an empty dataschema', { dataschema: '' }, 'dataschema'],
    ['an empty datacontenttype', { datacontenttype: '' }, 'datacontenttype'],
    ['a datacontenttype that is no media type', { datacontenttype: 'xyz' }, 'datacontenttype'],
    ['a datacontenttype that is no text', { datacontenttype: ['application/json'] }, 'datacontenttype'],
    ['a numeric id', { id: 25 }, 'id'],
    ['an id that is an object', { id: { a: 1 } }, 'id'],
    ['a time that is none', { time: 'lunchtime' }, 'time'],
    ['a time to the minute', { time: '2018-04-05T18:31Z' }, 'time'],
    ['a time without a zone', { time: '2018-04-05T18:31:00' }, 'time'],
    ['an unknown zone', { time: '2018-04-05T18:31:00X' }, 'time'],
    ['an offset out of range', { time: '2018-04-05T18:31:00+25:00' }, 'time'],
    ['an offset without digits', { time: '2018-04-05T18:31:00+xx:00' }, 'time'],
    ['an offset of hours alone', { time: '2018-04-05T18:31:00+05' }, 'time'],
    ['an extension in capitals', { MyExtension: 'bad' }, 'MyExtension'],
    ['an extension with a point', { 'my.extension': 'bad' }, 'my.extension'],
    ['an extension with a fraction', { myextension: 1.5 }, 'myextension'],
    ['an extension that is an object', { myextension: {} }, 'myextension'],
    ['data twice', { data: 'text', data_base64: encoded('{}') }, 'data_base64'],
    ['base64 with a wrong letter', { data_base64: 'e30*' }, 'data_base64'],
    ['base64 cut short', { data_base64: 'e3' + '0' }, 'data_base64'],
    ['base64 that is no text', { data_base64: 7 }, 'data_base64'],
    ['base64 of no JSON', { data_base64: encoded('much') }, 'data_base64'],
    ['base64 of no UTF-8', { data_base64: encoded(Uint8Array.of(0x22, 0xc0, 0xa0, 0x22)) }, 'data_base64'],
    ['text, which this product does not take', { datacontenttype: 'text/plain', data: 'x' }, 'datacontenttype'],
  ])('%s', (_, more, field) => expect(fieldsOf(parseStructured({ ...REQUIRED, ...more }))).toEqual([field]));
});

describe.each(['ce-', 'ce_'] as const)('binary mode with %s', (prefix) => {
  const headers = (more: Record<string, string> = {}) => ({
    'content-type': 'application/json',
    ...Object.fromEntries(Object.entries(REQUIRED).map(([name, value]) => [prefix + name, value])),
    ...more,
  });
  const data = { message: 'Hello' };

  test.each(['application/json', 'application/json; charset=utf-8'])('%s', (type) => {
    const given = headers({ 'content-type': type, [`${prefix}time`]: '2018-04-05T03:56:24Z' });
    expect(isBinary(given, prefix)).toBe(true);
    const { specversion: _, ...attributes } = REQUIRED;
    const event = { ...attributes, time: '2018-04-05T03:56:24Z', data };
    expect(parseBinary(given, prefix, data)).toEqual({ ok: true, event });
  });

  test.each([
    STRUCTURED,
    `${STRUCTURED}; charset=utf-8`,
    'application/cloudevents-batch+json',
    'Application/CloudEvents+JSON',
  ])('%s is another mode, with any headers', (type) =>
    expect(isBinary(headers({ 'content-type': type }), prefix)).toBe(false),
  );

  test.each(['id', 'type', 'source'])('an empty %s is refused', (name) =>
    expect(fieldsOf(parseBinary(headers({ [prefix + name]: '' }), prefix, data))).toEqual([name]),
  );
});

describe('header values', () => {
  const subjectOf = (value: string, prefix: 'ce-' | 'ce_') => {
    const attributes = Object.entries({ ...REQUIRED, subject: value });
    const headers = Object.fromEntries(attributes.map(([name, it]) => [prefix + name, it]));
    const parsed = parseBinary(headers, prefix, {});
    return parsed.ok ? parsed.event.subject : fieldsOf(parsed);
  };

  test.each([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%e2%82%ac', '€'],
    ['%41bc', 'Abc'],
    ['"in quotes"', 'in quotes'],
    ['"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
    ['"%22"', '"'],
    ['%2541', '%41'],
  ])('HTTP: %s is %s', (value, text) => expect(subjectOf(value, 'ce-')).toBe(text));

  test.each(['%C0%A0', '%', '%zz'])('HTTP: %s is refused', (value) =>
    expect(subjectOf(value, 'ce-')).toEqual(['subject']),
  );

  test('Kafka: UTF-8 without encoding', () => expect(subjectOf('100%25 "€"', 'ce_')).toBe('100%25 "€"'));
});
