import { eventStoreDbAddress } from './address';
import { settingsOf } from './options';

const read = (address: string): unknown => {
  try {
    const { hosts, discover, ...rest } = eventStoreDbAddress(address);
    settingsOf({ hosts, discover, ...rest });
    const places = hosts.map(({ name, port }) => `${name} ${port}`);
    return discover ? { places, discover, ...rest } : { places, ...rest };
  } catch (error) {
    return (error as Error).message;
  }
};
const at = (...places: string[]) => ({ places });

describe('An address of EventStoreDB', () => {
  it.each([
    ['esdb://host', at('host 2113')],
    ['kurrentdb://host:1/', at('host 1')],
    ['esdb://[::1]:2114?tls=false', { ...at('[::1] 2114'), tls: false }],
    ['esdb://u:p@[fe80::1],[fe80::2]:3', { ...at('[fe80::1] 2113', '[fe80::2] 3'), user: 'u', password: 'p' }],
    ['esdb+discover://a:1,b:2,c', { ...at('a 1', 'b 2', 'c 2113'), discover: true }],
    ['kurrentdb+discover://name', { ...at('name 2113'), discover: true }],
    ['esdb://u%40x:p%3Aq:r@h', { ...at('h 2113'), user: 'u@x', password: 'p:q:r' }],
    ['esdb://h?tlsCAFile=%2Fca.pem', { ...at('h 2113'), tlsCaFile: '/ca.pem' }],
    ['esdb://h?connectionName=billing%201', { ...at('h 2113'), connectionName: 'billing 1' }],
    ['esdb://h?userCertFile=c.pem&userKeyFile=k.pem', { ...at('h 2113'), userCertFile: 'c.pem', userKeyFile: 'k.pem' }],
    ['esdb://h?nodePreference=Leader&keepAliveInterval=10000&keepAliveTimeout=-1&gossipTimeout=5', at('h 2113')],
    ['esdb://h?discoveryInterval=100&maxDiscoverAttempts=10&defaultDeadline=10000&tlsVerifyCert=true', at('h 2113')],
    ['esdb://h?throwOnAppendFailure=true&TLS=true', at('h 2113')],
  ])('is read from %s', (address, expected) => {
    expect(read(address)).toEqual(expected);
  });

  it.each([
    ['esdb://h?nodePreference=follower', /nodePreference=follower: only the leader’s answers are up to date\.$/],
    [
      'esdb://h?tlsVerifyCert=false',
      /tlsVerifyCert=false: the server’s certificate is always verified; name its CA with tlsCaFile\.$/,
    ],
    ['esdb://h?throwOnAppendFailure=false', /throwOnAppendFailure=false: a failed append is always an error\.$/],
    ['esdb://h?gossipTimeout=soon', /gossipTimeout, which must be a whole number\.$/],
    ['esdb://h?userCertFile=c.pem', /userCertFile and userKeyFile belong together/],
    ['esdb://h?tls=false&userCertFile=c.pem&userKeyFile=k.pem', /has userCertFile and tls=false/],
    ['esdb://h?retries=3', /has "retries", which is none of tls, tlsCaFile, /],
    ['esdb://::1:2113', /no HOST:PORT as host 1: .* Write an IPv6 address in brackets\.$/],
    ['esdb://a,b:0', /no HOST:PORT as host 2/],
    ['esdb://a,,b', /no HOST:PORT as host 2/],
  ])('%s is refused with the reason', (address, sentence) => {
    expect(read(address)).toMatch(sentence);
  });

  it.each([
    'esdb://ops:hunter2host:2113',
    'esdb://ops:hunter2,host:2113',
    'esdb://ops:hunter2?tls=true',
    'esdb://ops:hunter/2host?hunter2=1',
    'esdb://ops:99999hunter2',
    'esdb:/ops:hunter2@host',
    'esdb://ops@host:hunter2',
  ])('never shows a password at an unexpected place: %s', (address) => {
    expect(read(address)).toMatch(/^The event store’s address (must|has|cannot)/);
    expect(read(address)).not.toMatch(/hunter/);
  });
});
