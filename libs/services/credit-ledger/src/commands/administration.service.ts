import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { notFound, revisionNotReached } from '@tallystick/contracts/http';
import { problemOfRefusal } from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import { nextInstant, type Answer, type Command, type Ledger } from '@tallystick/domain/ledger';
import type { CommandResult } from '@tallystick/eventing';
import { decisionPoint } from './ledger-mapping';
import { LedgerService } from './ledger.service';
import { Projections, type Behind } from '@tallystick/hosting';

/** Commands and queries of HTTP callers: a refusal is a Problem, an unknown organization a 404. */
@Injectable()
export class AdministrationService {
  constructor(
    private readonly ledger: LedgerService,
    private readonly projections: Projections,
    @Inject(CATALOG) private readonly catalog: Catalog,
    private readonly clock: Clock,
  ) {}

  async execute(
    organizationId: string,
    command: Command,
  ): Promise<CommandResult<Exclude<Answer, { kind: 'refused' }>>> {
    const { answer, revision } = await this.ledger.execute(organizationId, command);
    if (answer.kind !== 'refused') return { answer, revision };
    const decision = decisionPoint(organizationId, revision);
    throw problemOfRefusal(answer.refusal, { billingUrl: this.catalog.links.billingUrl, decision });
  }

  /** The state as of now: what time has made due is applied first, so that expired credits are not shown. */
  async read<T>(organizationId: string, query: (ledger: Ledger) => T): Promise<{ value: T; revision: number }> {
    const now = this.clock.instant();
    const { value: state } = await this.ledger.read(organizationId, (ledger) => ({
      opened: ledger.opened,
      next: nextInstant(ledger),
    }));
    if (!state.opened) throw notFound('organization');
    if (state.next !== undefined && state.next <= now) await this.ledger.execute(organizationId, { type: 'Tick', now });
    return this.ledger.read(organizationId, query);
  }

  /**
   * Before an organization's views are read: what time has made due is applied, and the views have all that its stream has by
   * then, or at least `atLeastRevision` where that is given (a Problem where they do not get there in time). What is answered
   * belongs to the page: whether the views are behind.
   */
  async awaitViews(organizationId: string, atLeastRevision?: number): Promise<{ readonly behind?: Behind }> {
    const { revision } = await this.read(organizationId, () => undefined);
    if (atLeastRevision !== undefined) {
      if (atLeastRevision > revision) throw revisionNotReached(atLeastRevision, revision);
      await this.projections.caughtUp(organizationId, atLeastRevision);
      return {};
    }
    const behind = await this.projections.behind(organizationId, revision);
    return behind ? { behind } : {};
  }
}
