import { check } from '@tallystick/contracts/http';
import { GrantDto, SettingsDto } from '@tallystick/contracts/ledger';
import { EndJobDto, SubmitBatchDto, SubmitJobDto } from './index';

const job = { id: 'j', organizationId: 'o', operation: 'scan' };
const grant = { kind: 'top-up', credits: 1, reason: 'r' };

describe('unknown members are refused, and the right one is suggested', () => {
  test.each<[string, new () => object, object, string, string]>([
    ['in another place', EndJobDto, { pages: 9 }, 'pages', 'did you mean usage.pages?'],
    ['in another case', GrantDto, { ...grant, expires_at: null }, 'expires_at', 'did you mean expiresAt?'],
    ['one letter short', SubmitJobDto, { ...job, feature: [] }, 'feature', 'did you mean features?'],
    ['within a member', SubmitJobDto, { ...job, usage: { page: 1 } }, 'usage.page', 'did you mean usage.pages?'],
    [
      'too deep',
      SubmitJobDto,
      { ...job, usage: { pages: 1, features: [] } },
      'usage.features',
      'did you mean features?',
    ],
    [
      'in a list',
      SubmitJobDto,
      { ...job, usage: { files: [{ type: 'pdf', Pages: 1 }] } },
      'usage.files[0].Pages',
      'did you mean usage.files[0].pages?',
    ],
    ['out of a list', SubmitJobDto, { ...job, type: 'pdf' }, 'type', 'did you mean usage.files[].type?'],
    ['beside a list', SubmitBatchDto, { jobs: [{}], dryRun: true }, 'dryRun', 'Known here: jobs.'],
    ['like no other', GrantDto, { ...grant, weekday: 5 }, 'weekday', 'Known here: grantId, kind, credits'],
    ['null', SettingsDto, { retentionDay: null }, 'retentionDay', 'did you mean retentionDays?'],
    ['of Object’s own', SettingsDto, { constructor: 1 }, 'constructor', 'Known here: '],
  ])('%s', (_, dto, value, field, message) =>
    expect(check(dto, value)).toEqual({
      ok: false,
      errors: [{ field, rule: 'unknown', message: expect.stringContaining(message) }],
    }),
  );

  test('members of metadata are not checked', () =>
    expect(check(SubmitJobDto, { ...job, metadata: { pages: 1, deep: { kept: true } } }).ok).toBe(true));

  test('project ids of the retention are checked', () =>
    expect(check(SettingsDto, { projectRetentionDays: { '../x': 1 } })).toMatchObject({
      ok: false,
      errors: [{ field: 'projectRetentionDays' }],
    }));

  test('a million unknown members are not listed', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`x${index}`, 1]));
    expect(check(SubmitJobDto, { ...job, ...many })).toMatchObject({ ok: false, errors: [{ rule: 'unknown' }] });
    const files = Array.from({ length: 100_000 }, () => ({}));
    expect(check(SubmitJobDto, { ...job, usage: { files } })).toMatchObject({
      ok: false,
      errors: [{ field: 'usage.files' }],
    });
  });
});
