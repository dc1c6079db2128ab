import { Inject, Injectable } from '@nestjs/common';
import { POLICY } from '../policy';
import { type ProjectDto } from '@tallystick/contracts/ledger';
import { Clock, SystemClock } from '@tallystick/runtime';
import { billingPeriod, budgetCapOf, capKey, type Command, type Ledger, type Policy } from '@tallystick/domain/ledger';
import { RecordStore } from '@tallystick/eventing';
import { COLLECTIONS } from '../collections';
import { AdministrationService } from '../commands/administration.service';
import { afterEffect, RecordCollection } from '@tallystick/hosting';

interface ProjectRecord {
  readonly projectId: string;
  readonly name?: string;
}

/** Projects: names are records, caps are in the ledger. A project without a name exists from its first job on. */
@Injectable()
export class ProjectsService {
  private readonly records: RecordCollection<ProjectRecord>;

  constructor(
    private readonly administration: AdministrationService,
    records: RecordStore,
    systemClock: SystemClock,
    @Inject(POLICY) private readonly policy: Policy,
    private readonly clock: Clock,
  ) {
    this.records = new RecordCollection(records, COLLECTIONS.projects, systemClock);
  }

  async get(organizationId: string, projectId: string) {
    const known = (await this.records.find(`${organizationId}/${projectId}`)) ?? { projectId };
    const { value, revision } = await this.administration.read(organizationId, (ledger) =>
      this.stateOf(ledger, projectId),
    );
    return { organizationId, ...known, ...value, revision };
  }

  async list(organizationId: string, after: string | undefined, limit: number) {
    const prefix = `${organizationId}/`;
    const query = { prefix, after: after === undefined ? undefined : prefix + after, limit };
    const found = (await this.records.list(query)).map(({ value }) => value);
    const { value } = await this.administration.read(organizationId, (ledger) =>
      found.map((record) => ({ organizationId, ...record, ...this.stateOf(ledger, record.projectId) })),
    );
    return value;
  }

  async put(organizationId: string, projectId: string, wanted: ProjectDto, actor: string) {
    const common = { now: this.clock.instant(), actor };
    if (wanted.budgetCap !== undefined) {
      const command: Command = {
        ...common,
        type: 'SetBudgetCap',
        target: { projectId },
        credits: wanted.budgetCap ?? undefined,
      };
      await this.administration.execute(organizationId, command);
    }
    const others = this.putOthers(organizationId, projectId, wanted, common);
    return wanted.budgetCap === undefined ? others : afterEffect(others);
  }

  private async putOthers(
    organizationId: string,
    projectId: string,
    wanted: ProjectDto,
    common: { now: string; actor: string },
  ) {
    if (wanted.retentionDays !== undefined)
      await this.setRetention(organizationId, projectId, wanted.retentionDays, common);
    return afterEffect(this.putName(organizationId, projectId, wanted));
  }

  private async putName(organizationId: string, projectId: string, wanted: ProjectDto) {
    // Nothing that was read before is written, so no name that was given at the same time is lost.
    const key = `${organizationId}/${projectId}`;
    if (wanted.name == null) await this.records.putNew(key, { projectId });
    else await this.records.put([{ key, value: { projectId, name: wanted.name } }]);
    return this.get(organizationId, projectId);
  }

  private async setRetention(
    organizationId: string,
    projectId: string,
    days: number | 'off' | null,
    common: { now: string; actor: string },
  ): Promise<void> {
    const command: Command = { ...common, type: 'SetProjectRetention', projectId, days: days ?? undefined };
    await this.administration.execute(organizationId, command);
  }

  private stateOf(ledger: Ledger, projectId: string) {
    const period = billingPeriod(ledger, this.clock.instant());
    const spent = ledger.spent.get(capKey({ projectId }));
    const retentionDays = ledger.settings.projectRetentionDays?.[projectId];
    return {
      budgetCap: budgetCapOf(this.policy, ledger, { projectId }) ?? null,
      used: spent?.period === period.start ? spent.value : 0,
      period,
      ...(retentionDays !== undefined && { retentionDays }),
    };
  }
}
