import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { check, checkTime, invalidInput, LIMITS, Problem, type Caller, type Limits } from '@tallystick/contracts/http';
import { bareUsage, failureOf, OutcomeDto, toInstant } from '@tallystick/contracts/intake';
import { LedgerClient, type Ending, type EndReply } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { endAnswer, problemResult } from './answers';
import { idOf } from './batch';
import { organizationOf, visibleProject } from './scope';

/** How jobs ended, many at once: what is sent to the ledger together is stored together. */
@Injectable()
export class OutcomesService {
  constructor(
    private readonly ledger: LedgerClient,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Each as if alone: what is wrong with one is answered in its place. */
  async endMany(caller: Caller, outcomes: readonly unknown[], correlationId?: string): Promise<readonly object[]> {
    const checked = outcomes.map((outcome) => this.checked(caller, outcome, correlationId));
    const good = checked.filter((one): one is Ending => !(one instanceof Problem));
    const replies = good.length === 0 ? [] : await this.ledger.end(good);
    let next = 0;
    return checked.map((one, index) =>
      one instanceof Problem ? problemResult(one, idOf(outcomes[index])) : this.result(one, replies[next++]!),
    );
  }

  private checked(caller: Caller, outcome: unknown, correlationId?: string): Ending | Problem {
    const checked = check(OutcomeDto, outcome);
    if (!checked.ok) return invalidInput(checked.errors);
    try {
      return this.ending(caller, checked.value, correlationId);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  private ending(caller: Caller, outcome: OutcomeDto, correlationId?: string): Ending {
    const { id: jobId, outcome: kind, occurredAt, reason } = outcome;
    const late = checkTime(occurredAt, 'occurredAt', Date.now(), this.limits);
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

  private result(ending: Ending, reply: EndReply): object {
    try {
      const { status, body } = endAnswer(ending, reply, this.catalog.links.billingUrl);
      return { ...body, httpStatus: status };
    } catch (error) {
      if (error instanceof Problem) return problemResult(error, ending.jobId);
      throw error;
    }
  }
}
