import { createLogger, NestLogs } from './logger';
import { textStream } from './text-stream';

function logged(logFormat: 'json' | 'text', say: (logs: NestLogs) => void): string {
  let text = '';
  const out = { write: (line: string) => void (text += line) };
  const destination = logFormat === 'json' ? out : textStream(out as unknown as NodeJS.WritableStream);
  say(new NestLogs(createLogger('test', { logLevel: 'info', logFormat }, destination)));
  return text;
}

test('a line of JSON each: level, time, service, context, members', () => {
  const line = logged('json', (logs) => logs.warn({ view: 'balances', lag: 3 }, 'Projections'));
  expect(JSON.parse(line)).toMatchObject({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    service: 'test',
    context: 'Projections',
    view: 'balances',
    lag: 3,
  });
});

test.each([
  ['at the top', { authorization: 'Bearer s3cret' }],
  ['in headers', { headers: { authorization: 'Bearer s3cret', cookie: 's3cret' } }],
  ['deeper', { request: { body: { key: 's3cret', secret: 's3cret' } } }],
])('a secret is never written: %s', (_, members) => {
  const line = logged('json', (logs) => logs.error(members, 'Http'));
  expect(line).toContain('(secret)');
  expect(line).not.toContain('s3cret');
});

test('an error comes with its stack', () => {
  const line = logged('json', (logs) => logs.error(new TypeError('broken'), 'Http'));
  expect(JSON.parse(line)).toMatchObject({
    msg: 'broken',
    err: { type: 'TypeError', stack: expect.any(String) },
  });
});

test('and with what else is known of it', () => {
  const line = logged('json', (logs) => logs.error(new Error('broken'), { code: 'internal_error' }, 'Http'));
  expect(JSON.parse(line)).toMatchObject({ msg: 'broken', code: 'internal_error', context: 'Http' });
});

test('what the framework says of its own start is not for operators', () => {
  expect(logged('json', (logs) => logs.log('Mapped {/v1/jobs, POST} route', 'RouterExplorer'))).toBe('');
});

test('for a person: one line, the error’s stack below', () => {
  expect(logged('text', (logs) => logs.warn({ view: 'balances' }, 'Projections'))).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} warn Projections view=balances\n$/,
  );
  expect(logged('text', (logs) => logs.error(new Error('broken'), 'Http'))).toMatch(
    /error Http broken\nError: broken\n +at /,
  );
});
