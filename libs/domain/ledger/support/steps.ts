import { type given, givenUnder, grant, type Request, type Result } from './ledger-harness';
import { LIMITED } from './catalogs';

export const refusalOf = ({ answer }: Result) => (answer.kind === 'refused' ? answer.refusal : undefined);
export const cap = (credits: number | undefined, target: object = { projectId: 'p1' }): Request =>
  ({ type: 'SetBudgetCap', target, credits }) as Request;
export const plan = (id?: string, anchor?: string): Request => ({ type: 'SetPlan', plan: id, anchor });
export const report = (limit: string, value: number, more: object = {}): Request => ({
  type: 'ReportUsage',
  limit,
  value,
  ...more,
});
export const limited = (...steps: Parameters<typeof given>) =>
  givenUnder({ catalog: LIMITED }, grant('g', 1000), ...steps);
