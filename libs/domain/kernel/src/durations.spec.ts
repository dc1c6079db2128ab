import { plusDuration } from './durations';

const START = '2026-01-31T10:00:00.000Z';

test.each([
  ['90s', '2026-01-31T10:01:30.000Z'],
  ['30m', '2026-01-31T10:30:00.000Z'],
  ['12h', '2026-01-31T22:00:00.000Z'],
  ['35d', '2026-03-07T10:00:00.000Z'],
  ['2w', '2026-02-14T10:00:00.000Z'],
  ['0s', START],
  ['P1M', '2026-02-28T10:00:00.000Z'],
  ['P1Y', '2027-01-31T10:00:00.000Z'],
  ['P2W', '2026-02-14T10:00:00.000Z'],
  ['PT1H30M', '2026-01-31T11:30:00.000Z'],
  ['P1M1DT1S', '2026-03-01T10:00:01.000Z'],
  ['P7973Y', '9999-01-31T10:00:00.000Z'],
])('%s later', (text, end) => expect(plusDuration(START, text)).toBe(end));

test.each([
  '',
  'P',
  'PT',
  'P1DT',
  '-1d',
  '-P1D',
  'P-1D',
  '1.5h',
  'PT0.5S',
  '5',
  'd',
  '1y',
  '35 d',
  'P1D ',
  '9999999999d',
  'P9000Y',
])('"%s" is no duration that can be added', (text) => expect(plusDuration(START, text)).toBeUndefined());
