import { Logger } from '@nestjs/common';
import type { Command } from '@tallystick/domain/ledger';
import { balanceOf, ledgerProcess, organizationWith } from '../../support/ledger-process';

beforeAll(() => Logger.overrideLogger(false));

const now = new Date().toISOString();
const end = { type: 'EndJob', jobId: 'j', now };
const submit = { type: 'SubmitJob', jobId: 'j', projectId: 'p', job: {}, now };

/** Commands that no caller of the interface can send. They come from a bug in this or in another service. */
test.each<[string, object, string]>([
  ['no outcome', end, 'outcome'],
  ['an outcome that is null', { ...end, outcome: null }, 'outcome'],
  ['an outcome of an inherited kind', { ...end, outcome: { kind: 'constructor' } }, 'outcome'],
  ['a usage that is no object', { ...end, outcome: { kind: 'completed', usage: 7 } }, 'outcome'],
  ['a job id that is an object', { ...end, jobId: {}, outcome: { kind: 'completed' } }, 'jobId'],
  ['a project that is a number', { ...submit, projectId: 7 }, 'projectId'],
  ['a job that is null', { ...submit, job: null }, 'job'],
  ['files that are null', { ...submit, job: { usage: { files: [null] } } }, 'job'],
  ['features of no name', { ...submit, job: { features: [7] } }, 'job'],
  ['an actor that is an object', { ...submit, actor: {} }, 'actor'],
  ['a time that is none', { ...submit, occurredAt: 'yesterday' }, 'occurredAt'],
  ['no time', { ...submit, now: undefined }, 'now'],
  ['no job id', { type: 'ExtendJob', now }, 'jobId'],
  ['a grant without a kind', { type: 'GrantCredits', grantId: 'h', credits: 1, reason: 'r', now }, 'kind'],
  [
    'credits as text',
    { type: 'GrantCredits', grantId: 'h', kind: 'top-up', credits: '1', reason: 'r', now },
    'credits',
  ],
  ['a cap of nothing', { type: 'SetBudgetCap', target: null, credits: 1, now }, 'target'],
  ['settings that are null', { type: 'ChangeSettings', settings: null, now }, 'settings'],
  ['a type that is inherited', { type: 'constructor', now }, 'type'],
])('%s is refused before it can stop its organization', async (_, command, field) => {
  const process = await ledgerProcess();
  await organizationWith(process, 'org', 5);
  const { answer, revision } = await process.ledger.execute('org', command as Command);
  expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'invalid_command', field } });
  expect(revision).toBe(1);
  expect(await balanceOf(process)).toMatchObject({ available: 5 });
});
