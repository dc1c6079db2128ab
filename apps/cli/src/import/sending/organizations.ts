import type { Page } from '@tallystick/contracts/http';
import type { GrantItem } from '@tallystick/contracts/ledger';
import type { CliClient } from '../../client/client';
import { path } from '../../options';
import type { ImportSubscriptions } from './subscriptions';

const CREATED = 201;
const CONFLICT = 409;
const START = 'import-start';

/** Creates the organizations of an import, each with its initial credits and its plan. */
export class ImportOrganizations {
  private readonly known = new Set<string>();

  constructor(
    private readonly client: CliClient,
    private readonly grant: number | undefined,
    private readonly subscriptions: ImportSubscriptions | undefined,
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
    if (made.status !== CREATED && !(await this.isUnused(id))) return;
    await this.giveCredits(id);
    await this.subscriptions?.subscribe(id);
  }

  private async giveCredits(id: string): Promise<void> {
    if (this.grant === undefined) return;
    await this.client.request({
      path: path(id, '/grants'),
      // The fixed id of the grant prevents a second one, also in a later run.
      body: { grantId: START, kind: 'top-up', credits: this.grant, reason: 'To start an import with' },
      as: 'operator',
    });
  }

  /** True after an import that was stopped between the creation of the organization and its first job. */
  private async isUnused(id: string): Promise<boolean> {
    const { data } = await this.client.get<Page<GrantItem>>(path(id, '/grants'), { limit: 2 }, 'operator');
    return data.every(({ grantId }) => grantId === START);
  }
}
