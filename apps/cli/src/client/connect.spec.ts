import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';
import { connect } from './connect';

describe('where the server is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-demo-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const demo = {
    url: 'http://127.0.0.1:4400',
    organizationId: 'demo',
    projectId: 'p',
    keys: { operator: 'o' },
  };

  test('neither key nor demo is a usage error', async () => {
    await expect(connect({}, {}, folder)).rejects.toMatchObject({ exitCode: 2 });
    await expect(connect({ url: 'localhost', key: 'k' }, {}, folder)).rejects.toMatchObject({ exitCode: 2 });
  });

  test('demo.json of the data directory by default', async () => {
    writeFileSync(join(folder, 'demo.json'), JSON.stringify(demo));
    const environment = { TALLY_EVENT_STORE: 'sqlite:.' };
    expect((await connect({}, environment, folder)).organizationId).toBe('demo');
    const other = await connect({ url: 'http://other:1/', key: 'k' }, environment, folder);
    expect([other.client.where, other.organizationId]).toEqual(['http://other:1', undefined]);
    const named = await connect({}, { ...environment, TALLY_URL: 'http://env:1', TALLY_KEY: 'k' }, folder);
    expect(named.client.where).toBe('http://env:1');
  });

  test.each(['', '{"url', '\u0000\u0000', '[]', 'null', '{"keys":{}}'])(
    'an unreadable demo.json (%j) is reported when it is needed',
    async (text) => {
      const environment = { TALLY_EVENT_STORE: 'sqlite:damaged' };
      mkdirSync(join(folder, 'damaged'), { recursive: true });
      writeFileSync(join(folder, 'damaged/demo.json'), text);
      const connecting = connect({}, environment, folder);
      await expect(connecting).rejects.toMatchObject({ exitCode: 2 });
      await expect(connecting).rejects.toThrow(/demo\.json cannot be read \(.*\)\. .*--key-file FILE/);
      const other = await connect({ url: 'http://other:1', key: 'k' }, environment, folder);
      expect(other.client.where).toBe('http://other:1');
    },
  );

  describe('a key that is not visible in the list of processes', () => {
    const keyOf = async (target: object, environment: Record<string, string> = {}) => {
      const sent: (string | null)[] = [];
      const answer = (_: unknown, { headers }: { headers: Record<string, string> }) => {
        sent.push(headers.authorization ?? null);
        return Promise.resolve(new Response('{}'));
      };
      const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(answer as never);
      const { client } = await connect({ url: 'http://s:1', ...target }, environment, folder);
      await client.get('/');
      fetched.mockRestore();
      return sent[0];
    };
    beforeAll(() => {
      writeFileSync(join(folder, 'key'), ' from-file\n');
      writeFileSync(join(folder, 'two'), 'one\ntwo\n');
    });

    test.each<[string, object, Record<string, string>, string]>([
      ['the option with a file', { keyFile: 'key' }, { TALLY_KEY: 'env' }, 'Bearer from-file'],
      ['the environment', {}, { TALLY_KEY: 'env', TALLY_KEY_FILE: 'key' }, 'Bearer env'],
      ['a file from the environment', {}, { TALLY_KEY_FILE: 'key' }, 'Bearer from-file'],
      ['the option with the key, as before', { key: 'given' }, { TALLY_KEY: 'env' }, 'Bearer given'],
    ])('%s', async (_, target, environment, expected) => expect(await keyOf(target, environment)).toBe(expected));

    test.each<[object, string]>([
      [{ keyFile: 'none' }, 'cannot be read. Check its name and its permissions.'],
      [{ keyFile: 'two' }, 'must contain only one key.'],
      [{ keyFile: 'key', key: 'k' }, 'Give --key or --key-file, not both.'],
    ])('%j is a usage error', async (target, said) => {
      await expect(keyOf(target)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(said),
      });
    });

    test('help recommends it with the reason', async () => {
      const { out } = await runTally(['--help'], { client: new FakeServer().client() });
      expect(out.replace(/\s+/g, ' ')).toContain(
        'other users can see it in the list of processes, so prefer TALLY_KEY or --key-file',
      );
    });
  });
});
