import { eventually } from '../../support/callers';
import { operator, type FaultCluster } from './fault-cluster';

export interface BalanceBody {
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly revision: number;
}

/** Creates organizations with `credits` credits each over the API. */
export async function openOrganizations(cluster: FaultCluster, ids: readonly string[], credits: number): Promise<void> {
  for (const id of ids) {
    const made = await operator(cluster, '/v1/organizations', { id, name: id });
    const grant = { grantId: 'start', kind: 'top-up', credits, reason: 'for the test' };
    const given = await operator(cluster, `/v1/organizations/${id}/grants`, grant);
    if (made.status !== 201 || given.status !== 201)
      throw new Error(`${id} could not be opened: ${JSON.stringify([made.body, given.body])}`);
  }
}

/** Asks again after 503: a ledger that has just restarted answers it for a moment. */
export async function balancesOf(cluster: FaultCluster, ids: readonly string[]): Promise<Map<string, BalanceBody>> {
  const balanceOf = async (id: string): Promise<[string, BalanceBody]> => {
    const { status, body } = await eventually(
      () => operator(cluster, `/v1/organizations/${id}/balance`),
      (answer) => answer.status !== 503,
    );
    if (status === 200) return [id, body as BalanceBody];
    throw new Error(`The balance of ${id} was answered with ${status}: ${JSON.stringify(body)}`);
  };
  return new Map(await Promise.all(ids.map(balanceOf)));
}
