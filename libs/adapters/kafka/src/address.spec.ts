import { kafkaAddress } from './address';

test.each([
  ['kafka://h:9092', { brokers: ['h:9092'], tls: false }],
  ['kafka://a:1,b:2,c:3', { brokers: ['a:1', 'b:2', 'c:3'], tls: false }],
  ['kafka://h:1?tls=true', { brokers: ['h:1'], tls: true }],
  ['kafka://h:1?prefix=staging.', { brokers: ['h:1'], tls: false, prefix: 'staging.' }],
  [
    'kafka://me:a%20p%40ss%3Aword@h:1?tls=true&sasl=scram-sha-256',
    {
      brokers: ['h:1'],
      tls: true,
      sasl: { mechanism: 'scram-sha-256', username: 'me', password: 'a p@ss:word' },
    },
  ],
  [
    'kafka://me:pw@h:1',
    { brokers: ['h:1'], tls: false, sasl: { mechanism: 'scram-sha-512', username: 'me', password: 'pw' } },
  ],
])('%s', (text, connection) => expect(kafkaAddress(text)).toEqual(connection));

test.each([
  ['kafka://', 'must look like kafka://host:9092'],
  ['kafka://host', 'must look like kafka://host:9092'],
  ['kafka://a:1,,b:2', 'must look like kafka://host:9092'],
  ['kafka://h:1?ssl=true', 'has "ssl", which is none of tls, tlsCaFile, sasl, prefix'],
  ['kafka://h:1?prefix=a/b', 'prefix, which takes letters'],
  ['kafka://h:1?tls=yes', 'tls, which must be true or false'],
  ['kafka://h:1?tlsCaFile=ca.pem', 'requires tls=true'],
  ['kafka://h:1?tls=true&tlsCaFile=/nowhere', 'cannot be read (ENOENT)'],
  ['kafka://h:1?sasl=plain', 'must have USER:PASSWORD before the @'],
  ['kafka://me@h:1', 'must have USER:PASSWORD before the @'],
  ['kafka://me:pw@h:1?sasl=gssapi', 'must be one of plain, scram-sha-256, scram-sha-512'],
])('%s is refused, and no password is repeated', (text, why) => {
  expect(() => kafkaAddress(text)).toThrow(why);
  expect(() => kafkaAddress(text)).not.toThrow('pw');
});
