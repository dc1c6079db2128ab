import { Injectable } from '@nestjs/common';
import type {
  CommandReply,
  GrantEnding,
  GrantGrace,
  LedgerTerms,
  OverageChange,
  PackageState,
  PlanPayment,
  PlanReply,
  PlanSchedule,
  SoldCredits,
  SoldGrant,
} from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import {
  billingPeriod,
  isSoldGrantId,
  type Command,
  type CommandMetadata,
  type Ledger,
} from '@tallystick/domain/ledger';
import { AdministrationService } from './administration.service';
import { commandReply, planReply } from './ledger-mapping';
import { LedgerService } from './ledger.service';
import { orUnavailable } from './unavailable';

/** The calls of billing: plans, and credits that were sold. */
@Injectable()
export class PlanCallsService {
  constructor(
    private readonly ledger: LedgerService,
    private readonly administration: AdministrationService,
    private readonly clock: Clock,
  ) {}

  applyPlanPayment({ organizationId, ...payment }: PlanPayment): Promise<PlanReply> {
    const command = { ...payment, type: 'ApplyPlanPayment', ...this.now } as const;
    return orUnavailable(
      this.ledger.execute(organizationId, command).then((result) => planReply(organizationId, result)),
    );
  }

  schedulePlan({ organizationId, ...schedule }: PlanSchedule): Promise<CommandReply> {
    return this.execute(organizationId, { ...schedule, type: 'SchedulePlan', ...this.now });
  }

  endGrant({ organizationId, ...ending }: GrantEnding): Promise<CommandReply> {
    return this.execute(organizationId, { ...ending, type: 'EndGrant', ...this.now });
  }

  setGrantGrace({ organizationId, ...grace }: GrantGrace): Promise<CommandReply> {
    return this.execute(organizationId, { ...grace, type: 'SetGrantGrace', ...this.now });
  }

  grantSold({ organizationId, ...credits }: SoldCredits): Promise<CommandReply> {
    return this.execute(organizationId, { ...credits, type: 'GrantCredits', sold: true, ...this.now });
  }

  setOverage({ organizationId, ...change }: OverageChange): Promise<CommandReply> {
    return this.execute(organizationId, { ...change, type: 'SetOverage', ...this.now });
  }

  /** Due events are applied first. */
  async terms(organizationId: string): Promise<LedgerTerms> {
    const { value: isOpened, revision: last } = await this.ledger.read(organizationId, ({ opened }) => opened);
    if (!isOpened) return { exists: false, currency: '', overage: 'none', packageGrants: [], revision: last };
    const now = this.clock.instant();
    const { value, revision } = await this.administration.read(organizationId, (ledger) => termsOf(ledger, now));
    return { ...value, revision };
  }

  async soldGrants(organizationId: string): Promise<readonly SoldGrant[]> {
    const { value } = await this.ledger.read(organizationId, ({ given }) =>
      [...given].flatMap(([grantId, { kind, credits, expiresAt, paid, revision }]) =>
        isSoldGrantId(grantId) ? [{ grantId, kind, credits, expiresAt, paid, revision }] : [],
      ),
    );
    return value;
  }

  private get now(): Pick<CommandMetadata, 'now'> {
    return { now: this.clock.instant() };
  }

  private execute(organizationId: string, command: Command): Promise<CommandReply> {
    return orUnavailable(
      this.ledger.execute(organizationId, command).then((result) => commandReply(command.type, organizationId, result)),
    );
  }
}

function termsOf(ledger: Ledger, now: string): Omit<LedgerTerms, 'revision'> {
  const { currency, plan, anchor, scheduled, overage } = ledger;
  return {
    exists: true,
    currency,
    ...(plan !== undefined && { plan, anchor: anchor.start }),
    period: billingPeriod(ledger, now < ledger.now ? ledger.now : now),
    ...(scheduled && { scheduled }),
    overage,
    packageGrants: packagesOf(ledger),
  };
}

/** In the order of their ends. */
function packagesOf({ balance, given }: Ledger): PackageState[] {
  const packages = [...balance.grants.values()].flatMap((grant) => {
    const { grantId, kind, granted: credits, available, reserved, consumed, expiresAt, graceUntil } = grant;
    if (kind !== 'package' || expiresAt === undefined || !isSoldGrantId(grantId)) return [];
    const paid = given.get(grantId)?.paid;
    return [{ grantId, credits, available, reserved, consumed, expiresAt, graceUntil, paid }];
  });
  return packages.sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0));
}
