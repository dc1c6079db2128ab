import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { notFound, Problem } from '@tallystick/contracts/http';
import { POLICY } from '../policy';
import type {
  CreateOrganizationDto,
  OrganizationResponse,
  OrganizationSummary,
  TrialState,
} from '@tallystick/contracts/ledger';
import { Clock, SystemClock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import { billingPeriod, unscopedCredits, type Ledger, type Policy } from '@tallystick/domain/ledger';
import { RecordStore } from '@tallystick/eventing';
import { COLLECTIONS } from '../collections';
import { AdministrationService } from '../commands/administration.service';
import { afterEffect, RecordCollection } from '@tallystick/hosting';

@Injectable()
export class OrganizationsService {
  private readonly records: RecordCollection<OrganizationSummary>;

  constructor(
    private readonly administration: AdministrationService,
    records: RecordStore,
    systemClock: SystemClock,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(POLICY) private readonly policy: Policy,
    private readonly clock: Clock,
  ) {
    this.records = new RecordCollection(records, COLLECTIONS.organizations, systemClock);
  }

  /** Safe to repeat: `isNew` is false if the organization existed. */
  async create(
    wanted: CreateOrganizationDto,
    actor: string,
  ): Promise<{ isNew: boolean; organization: OrganizationResponse }> {
    const { id, name } = wanted;
    const currency = wanted.currency ?? this.defaultCurrency;
    const now = this.clock.instant();
    const { answer } = await this.administration.execute(id, {
      type: 'OpenOrganization',
      currency,
      now,
      actor,
    });
    const isNew = !('repeated' in answer && answer.repeated !== undefined);
    const record: OrganizationSummary = { id, name, currency, createdAt: now };
    return afterEffect(this.named(record, isNew));
  }

  /** The catalog's default, else the first of its currencies. */
  private get defaultCurrency(): string {
    const [first = 'USD'] = this.catalog.currencies.keys();
    return this.catalog.defaults.currency ?? first;
  }

  /** The stream decides the currency, the first record decides the name. */
  private async named(record: OrganizationSummary, isNew: boolean) {
    const { value } = await this.administration.read(record.id, ({ currency }) => currency);
    if (value !== record.currency) throw otherOrganization(record.id);
    const isNamed = await this.records.putNew(record.id, record);
    if (!isNew && !isNamed) await this.assertSame(record);
    return { isNew, organization: await this.get(record.id) };
  }

  async get(id: string): Promise<OrganizationResponse> {
    const record = await this.records.find(id);
    const { value, revision } = await this.administration.read(id, (ledger) => this.stateOf(ledger));
    return { ...this.shown(id, record), ...value, revision };
  }

  async list(after: string | undefined, limit: number): Promise<readonly OrganizationSummary[]> {
    return (await this.records.list({ after, limit })).map(({ value }) => value);
  }

  private shown(id: string, record: OrganizationSummary | undefined) {
    return { id, name: record?.name ?? id, ...(record && { createdAt: record.createdAt }) };
  }

  private stateOf(ledger: Ledger) {
    const { balance, currency, overage, plan } = ledger;
    return {
      currency,
      plan: plan ?? this.catalog.defaultPlan ?? null,
      billing: {
        credits: unscopedCredits(balance),
        reserved: balance.reserved,
        currency,
        overage,
        period: billingPeriod(ledger, this.clock.instant()),
        trials: this.trialsOf(ledger),
      },
    };
  }

  /** Trials beside the balance: those that run, and those still to come. */
  private trialsOf({ balance, given }: Ledger): TrialState[] {
    return this.policy.catalog.trials.map((trial) => {
      const operation = trial.on === 'first-use' ? trial.operation : undefined;
      const grantId = `trial:${operation ?? trial.on}`;
      const grant = balance.grants.get(grantId);
      const state = !given.has(grantId) ? 'to come' : grant?.ended === undefined && grant ? 'running' : 'over';
      return {
        ...(operation !== undefined && { operation }),
        credits: trial.credits,
        available: grant?.available ?? 0,
        state,
      };
    });
  }

  private async assertSame({ id, name }: OrganizationSummary): Promise<void> {
    const record = await this.records.find(id);
    if (record === undefined) throw notFound('organization');
    if (record.name !== name) throw otherOrganization(id);
  }
}

const otherOrganization = (id: string): Problem =>
  new Problem(
    409,
    'organization_conflict',
    `Organization ${id} already exists with another name or currency. Choose another id.`,
  );
