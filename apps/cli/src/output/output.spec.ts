import { duration } from './progress';
import { facts, table } from './table';

test('tables leave out empty columns and control characters', () => {
  const columns = [
    { title: 'name', of: (row: { name: string; n?: number }) => row.name },
    { title: 'n', of: (row: { name: string; n?: number }) => row.n },
  ];
  expect(table([{ name: 'a\u001b[31mb' }], columns)).toBe('name\na [31mb');
  expect(table([{ name: 'a', n: 1000 }, { name: 'bc' }], columns)).toBe('name      n\na     1,000\nbc        –');
  expect(
    facts([
      ['a', 1],
      ['bb', 'x'],
      ['c', undefined],
    ]),
  ).toBe('a   1\nbb  x');
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
