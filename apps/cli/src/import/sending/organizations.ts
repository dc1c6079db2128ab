import type { CliClient } from '../../client/client';
import { path } from '../../options';
import type { ImportMapping } from '../mapping/mapping';

const CREATED = 201;
const CONFLICT = 409;

/** Creates the organizations of an import, each with its initial credits. */
export class ImportOrganizations {
  private readonly known = new Set<string>();

  constructor(
    private readonly client: CliClient,
    private readonly settings: Pick<ImportMapping, 'grant'>,
  ) {}

  async ensure(ids: Iterable<string>): Promise<void> {
    for (const id of ids)
      if (!this.known.has(id)) {
        await this.make(id);
        this.known.add(id);
      }
  }

  private async make(id: string): Promise<void> {
    const made = await this.client.request(
      {
        path: '/v1/organizations',
        body: { id, name: id },
        as: 'operator',
      },
      [CONFLICT],
    );
    const { grant } = this.settings;
    if (grant === undefined || (made.status !== CREATED && !(await this.isWithoutCredits(id)))) return;
    await this.client.request({
      path: path(id, '/grants'),
      // The fixed id of the grant prevents a second one, also in a later run.
      body: { grantId: 'import-start', kind: 'top-up', credits: grant, reason: 'To start an import with' },
      as: 'operator',
    });
  }

  /** True after an import that was stopped between the creation of the organization and its grant. */
  private async isWithoutCredits(id: string): Promise<boolean> {
    const { granted } = await this.client.get<{ granted: number }>(path(id, '/balance'), {}, 'operator');
    return granted === 0;
  }
}
