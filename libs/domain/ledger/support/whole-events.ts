import { at, HOUR, submit, type TestCommand, type HarnessResult } from './ledger-harness';

export const facts = ({ events }: HarnessResult) => events.map(({ type, data }) => [type, data]);
export const ids = { correlationId: 'flow-1', causationId: 'message-1', actor: 'ann' };
export const NOVEMBER = '2026-11-01T00:00:00.000Z';
export const onDemand: TestCommand = { type: 'SetOverage', overage: 'pay-as-you-go' };

export const rating = (pages: number) => ({
  catalog: 'test@1',
  operation: 'read',
  unit: 'page',
  units: pages,
  unitCredits: 1,
  surcharges: [],
  credits: pages,
});
export const reservation = (jobId: string, pages: number, more: object = {}) => ({
  jobId,
  projectId: 'p1',
  apiKeyId: 'k1',
  credits: pages,
  draws: [{ grantId: 'g', kind: 'top-up', credits: pages }],
  rating: rating(pages),
  usage: { pages },
  expiresAt: at(HOUR),
  timeoutSeconds: 3600,
  period: NOVEMBER,
  ...more,
});
export const ofJob = (jobId: string) => ({ jobId, projectId: 'p1', apiKeyId: 'k1', operation: 'read' });
export const mine = (jobId: string, pages: number) => submit(jobId, pages, { apiKeyId: 'k1' });
