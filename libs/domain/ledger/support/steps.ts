import { type given, givenUnder, grant, type TestCommand, type HarnessResult } from './ledger-harness';
import { LIMITED } from './catalogs';

export const refusalOf = ({ answer }: HarnessResult) => (answer.kind === 'refused' ? answer.refusal : undefined);
export const cap = (credits: number | undefined, target: object = { projectId: 'p1' }): TestCommand =>
  ({ type: 'SetBudgetCap', target, credits }) as TestCommand;
export const plan = (id?: string, anchor?: string): TestCommand => ({ type: 'SetPlan', plan: id, anchor });
export const report = (limit: string, value: number, more: object = {}): TestCommand => ({
  type: 'ReportUsage',
  limit,
  value,
  ...more,
});
export const limited = (...steps: Parameters<typeof given>) =>
  givenUnder({ catalog: LIMITED }, grant('g', 1000), ...steps);
