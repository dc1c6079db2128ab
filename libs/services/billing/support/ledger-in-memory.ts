import { CREDITS_EVENTS, type CommandReply, type LedgerClient, type PlanReply } from '@tallystick/contracts/ledger';
import {
  DEFAULT_POLICY,
  encode,
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  ledgerDecider,
  type Answer,
  type Command,
  type Ledger,
  type LedgerEvent,
  type SkippedEvent,
} from '@tallystick/domain/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import type { CommandService, StreamDefinition } from '@tallystick/hosting';
import type { Clock } from '@tallystick/runtime';

/** The streams of the ledger, without jobs. */
export function creditsDefinition(
  catalog: Catalog,
): StreamDefinition<Ledger, Command, LedgerEvent, Answer, LedgerEvent | SkippedEvent> {
  const decider = ledgerDecider({ ...DEFAULT_POLICY, catalog });
  return {
    category: 'credits',
    decider,
    codec: { ...LEDGER_RECORDS, encode },
    views: LEDGER_VIEWS,
    topic: CREDITS_EVENTS,
    commands: { taken: decider.taken },
  };
}

type CommandNow<Given> = Given extends unknown ? Omit<Given, 'now'> : never;

/** The calls of billing, decided by the rules of the ledger. */
export class LedgerInMemory {
  constructor(
    private readonly commands: CommandService<Ledger, Command, Answer>,
    private readonly clock: Clock,
  ) {}

  execute(organizationId: string, command: CommandNow<Command>) {
    return this.commands.execute(organizationId, { ...command, now: this.clock.instant() });
  }

  read<T>(organizationId: string, query: (ledger: Ledger) => T) {
    return this.commands.read(organizationId, query);
  }

  readonly client = {
    applyPlanPayment: async ({ organizationId, ...payment }): Promise<PlanReply> => {
      const { answer, revision } = await this.execute(organizationId, { ...payment, type: 'ApplyPlanPayment' });
      if (answer.kind !== 'plan-applied') throw new Error(`The ledger answers ${JSON.stringify(answer)}.`);
      return { ...answer, revision, repeated: answer.repeated !== undefined };
    },
    schedulePlan: ({ organizationId, ...rest }) => this.done(organizationId, { ...rest, type: 'SchedulePlan' }),
    endGrant: ({ organizationId, ...rest }) => this.done(organizationId, { ...rest, type: 'EndGrant' }),
    setGrantGrace: ({ organizationId, ...rest }) => this.done(organizationId, { ...rest, type: 'SetGrantGrace' }),
    grantSold: ({ organizationId, ...rest }) =>
      this.done(organizationId, { ...rest, type: 'GrantCredits', sold: true }),
    setOverage: ({ organizationId, ...rest }) => this.done(organizationId, { ...rest, type: 'SetOverage' }),
    terms: async (organizationId: string) => {
      const { value, revision } = await this.read(organizationId, ({ opened: exists, currency, overage }) => ({
        ...{ exists, currency, overage },
      }));
      return { ...value, packageGrants: [], revision };
    },
  } satisfies Partial<LedgerClient> as unknown as LedgerClient;

  private async done(organizationId: string, command: CommandNow<Command>): Promise<CommandReply> {
    const { answer, revision } = await this.execute(organizationId, command);
    if (answer.kind !== 'done') throw new Error(`The ledger answers ${JSON.stringify(answer)}.`);
    return { kind: 'done', revision, repeated: answer.repeated !== undefined };
  }
}
