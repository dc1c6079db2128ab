import { caller, organizationWith } from '../../support/callers';
import type { Standalone } from '../../support/server';

/** A new organization with 100 credits, and callers with keys of its projects `p` and `q` and of the organization. */
export async function parties(server: Standalone) {
  const id = await organizationWith(server, 100);
  const callerWith = async (body: object) => {
    const { body: key } = await caller(server, 'operator')('POST', `/v1/organizations/${id}/keys`, body);
    return caller(server, key as { key: string });
  };
  const [p, q, organization] = await Promise.all([
    callerWith({ projectId: 'p' }),
    callerWith({ projectId: 'q' }),
    callerWith({ role: 'organization' }),
  ]);
  return { id, p, q, organization };
}
