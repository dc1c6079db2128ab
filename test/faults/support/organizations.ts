import { operator, type World } from './fault-cluster';

export interface Balance {
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly revision: number;
}

/** Made the way an operator makes them, with so many credits each. */
export async function openOrganizations(world: World, ids: readonly string[], credits: number): Promise<void> {
  for (const id of ids) {
    const made = await operator(world, '/v1/organizations', { id, name: id });
    const grant = { grantId: 'start', kind: 'top-up', credits, reason: 'for the test' };
    const given = await operator(world, `/v1/organizations/${id}/grants`, grant);
    if (made.status !== 201 || given.status !== 201)
      throw new Error(`${id} could not be opened: ${JSON.stringify([made.body, given.body])}`);
  }
}

export async function balancesOf(world: World, ids: readonly string[]): Promise<Map<string, Balance>> {
  const balanceOf = async (id: string): Promise<[string, Balance]> => {
    const { status, body } = await operator(world, `/v1/organizations/${id}/balance`);
    if (status === 200) return [id, body as Balance];
    throw new Error(`The balance of ${id} was answered with ${status}: ${JSON.stringify(body)}`);
  };
  return new Map(await Promise.all(ids.map(balanceOf)));
}
