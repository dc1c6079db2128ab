import { whole } from '@tallystick/hosting';
import { misspelt, settingsOf } from './process';

const retention = whole({ name: 'TALLY_RETENTION_DAYS', default: '30', purpose: '' }, 1, 99);
const siblings = async () => [{ settings: { retention } }];

test('a setting of a sibling is not misspelt, nor its file', async () => {
  const unknown = ['TALLY_RETENTION_DAYS', 'TALLY_RETENTION_DAYS_FILE', 'TALLY_RETENTION_DAY'];
  expect(await misspelt(unknown, { siblings })).toEqual(['TALLY_RETENTION_DAY']);
});

test('without siblings every unknown name is misspelt', async () => {
  expect(await misspelt(['TALLY_RETENTION_DAYS'], {})).toEqual(['TALLY_RETENTION_DAYS']);
});

test('siblings are not loaded if all names are known', async () => {
  const loaded = jest.fn(siblings);
  expect(await misspelt([], { siblings: loaded })).toEqual([]);
  expect(loaded).not.toHaveBeenCalled();
});

test('services may share a declaration, but two declarations may not have one key', () => {
  const serviceWith = (settings: object) => ({ settings }) as never;
  const shared = settingsOf({ services: [serviceWith({ retention }), serviceWith({ retention })] });
  expect(shared).toEqual({ retention });
  const another = { ...retention };
  expect(() => settingsOf({ services: [serviceWith({ retention }), serviceWith({ retention: another })] })).toThrow(
    'The setting retention is declared twice.',
  );
});
