import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import {
  check,
  checkTime,
  invalidInput,
  LIMITS,
  toInstant,
  type Caller,
  type Limits,
} from '@tallystick/contracts/http';
import {
  bareUsage,
  failureOf,
  OutcomeDto,
  type EndJobDto,
  type OutcomeResponse,
  type OutcomeResult,
} from '@tallystick/contracts/intake';
import { LedgerClient, type Ending, type EndReply } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { Clock } from '@tallystick/runtime';
import { processBatch } from './batch';
import { outcomeResponse, type HttpResponse } from './responses';
import { jobReference, organizationOf, visibleProject } from './scope';

/** Reports the outcomes of jobs to the ledger. */
@Injectable()
export class OutcomesService {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly clock: Clock,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  async end(
    caller: Caller,
    jobId: string,
    outcome: OutcomeDto['outcome'],
    body: EndJobDto,
    correlationId?: string,
  ): Promise<HttpResponse<OutcomeResponse>> {
    jobReference(caller, jobId, body.organizationId);
    const ending = this.endingOf(caller, { ...body, id: jobId, outcome }, correlationId);
    const [reply] = await this.ledger.end([ending]);
    return outcomeResponse(jobId, reply!, this.catalog.links.billingUrl);
  }

  /** Each outcome as if it were reported alone. The ledger stores them together. */
  endMany(caller: Caller, outcomes: readonly unknown[], correlationId?: string): Promise<readonly OutcomeResult[]> {
    return processBatch<Ending, EndReply, OutcomeResult>(outcomes, {
      read: (entry) => {
        const checked = check(OutcomeDto, entry);
        if (!checked.ok) throw invalidInput(checked.errors);
        return this.endingOf(caller, checked.value, correlationId);
      },
      send: (endings) => this.ledger.end(endings),
      respond: ({ jobId }, reply) => {
        const { status, body } = outcomeResponse(jobId, reply, this.catalog.links.billingUrl);
        return { ...body, httpStatus: status };
      },
    });
  }

  private endingOf(caller: Caller, outcome: OutcomeDto, correlationId?: string): Ending {
    const { id: jobId, outcome: kind, occurredAt, reason } = outcome;
    const late = checkTime(occurredAt, 'occurredAt', this.clock.now(), this.limits);
    if (late) throw invalidInput([late]);
    const usage = bareUsage(outcome.usage);
    const projectId = visibleProject(caller);
    return {
      organizationId: organizationOf(caller, outcome.organizationId),
      jobId,
      ...(projectId !== undefined && { projectId }),
      outcome: kind === 'failed' ? { kind, reason: failureOf(reason) } : { kind, ...(usage && { usage }) },
      ...(occurredAt != null && { occurredAt: toInstant(occurredAt) }),
      actor: caller.keyId,
      ...(correlationId !== undefined && { correlationId }),
    };
  }
}
