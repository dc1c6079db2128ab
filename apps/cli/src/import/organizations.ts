import type { Client } from '../client/client';
import { path } from '../options';
import type { Mapping } from './mapping';

const CREATED = 201;
const CONFLICT = 409;

/** Makes the organizations that an import names, each once, with the credits they start with. */
export class Organizations {
  private readonly known = new Set<string>();

  constructor(
    private readonly client: Client,
    private readonly settings: Pick<Mapping, 'grant' | 'plan'>,
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
        body: { id, name: id, plan: this.settings.plan },
        as: 'operator',
      },
      [CONFLICT],
    );
    const { grant } = this.settings;
    if (grant === undefined || (made.status !== CREATED && !(await this.isWithoutCredits(id)))) return;
    await this.client.request({
      path: path(id, '/grants'),
      // The grant's own id keeps it from being given twice, however much later.
      body: { grantId: 'import-start', kind: 'top-up', credits: grant, reason: 'To start an import with' },
      as: 'operator',
    });
  }

  /** An import that was stopped between making the organization and its grant left one like this. */
  private async isWithoutCredits(id: string): Promise<boolean> {
    const { granted } = await this.client.get<{ granted: number }>(path(id, '/balance'), {}, 'operator');
    return granted === 0;
  }
}
