import type { Draw, EventOf, FactOf, LedgerEvent } from '@tallystick/domain/ledger';
import { after, ModelLedger, isDueEvent, timeoutOf, WINDOW, type ModelJob } from './model-ledger';
import { sum } from './grants';
import { price, priceOf, type RequestedCommands } from './requests';
import { equal, check, same } from './check';
import { agrees, cut, isEndOf } from './outcomes';

interface Owed {
  readonly what: string;
  readonly is: (event: LedgerEvent) => boolean;
}

/** A second implementation of the rules: takes the events of a stream and throws at the first invalid one. */
export class Organization extends ModelLedger {
  /** The events that must follow in the same append. */
  private owed: Owed[] = [];

  constructor(private readonly intentions: RequestedCommands) {
    super();
  }

  take(event: LedgerEvent): void {
    const { recordedAt } = event.metadata;
    check(recordedAt >= this.now, () => `the time goes back from ${this.now} to ${recordedAt}`);
    const owed = this.owed.shift();
    check(!owed || owed.is(event), () => `${owed!.what} is owed`);
    if (!owed && !isDueEvent(event)) this.assertNothingDue(recordedAt);
    this.now = recordedAt;
    this.revision += 1;
    if (!this.isClosing && recordedAt >= this.openPeriod.end) this.openPeriodAt(recordedAt);
    this.apply(event, owed !== undefined);
  }

  assertNothingOwed(): void {
    check(this.owed.length === 0, () => `${this.owed[0]!.what} is missing`);
  }

  private owe(what: string, is: (event: LedgerEvent) => boolean): void {
    this.owed.push({ what, is });
  }

  private apply(event: LedgerEvent, isOwed: boolean): void {
    switch (event.type) {
      case 'CreditsGranted':
        return this.granted(event.data);
      case 'CreditsReserved':
        return this.reserved(event.data);
      case 'CreditsConsumed':
        return this.consumed(event.data);
      case 'CreditsRefunded':
        return this.refunded(event.data, isOwed);
      case 'CreditsExpired':
      case 'CreditsRevoked':
        return this.withdrawn(event, isOwed);
      case 'ReservationExtended':
        return this.extended(event.data);
      case 'OutcomeRemembered':
        return this.remembered(event.data);
      case 'OutcomeContradicted':
        return this.contradicted(event.data);
      case 'JobWindowClosed':
        return this.windowClosed(event.data.before);
      case 'OrganizationOpened':
        return check(this.revision === 0, () => 'the organization is opened twice');
      case 'PlanSet':
        return this.planned(event.data);
      case 'OverageSet':
        return void (this.overage = event.data.overage);
      case 'BudgetCapSet': {
        const { target, credits = Infinity } = event.data;
        const key = 'projectId' in target ? `project/${target.projectId}` : `key/${target.apiKeyId}`;
        return void this.caps.set(key, credits);
      }
      case 'PeriodClosed':
        if (this.closePeriod(event.data)) this.owe('the plan that cuts a period', ({ type }) => type === 'PlanSet');
        return undefined;
      case 'GrantGraceSet':
      case 'PlanScheduled':
      case 'SettingsChanged':
      case 'UsageReported':
      case 'ForeignEventAccepted':
      case 'HistorySealed':
        return check(false, () => `no command leads to ${event.type}`);
    }
  }

  private planned({ plan, anchor }: FactOf<'PlanSet'>): void {
    check(plan === 'steady' && !this.isSteady, () => 'the plan is set twice');
    this.isSteady = true;
    equal(anchor, `${this.now.slice(0, 19)}.000Z`, 'the anchor');
    this.anchor = Date.parse(anchor!);
    this.openPeriodAt(this.now);
  }

  private granted(fact: FactOf<'CreditsGranted'>): void {
    const { grantId, jobId, kind, credits, scope } = fact;
    if (jobId !== undefined) {
      check(this.overage !== 'none' && kind === 'pay-as-you-go', () => `${jobId} has overage that is not allowed`);
      const type = grantId === `payg:${jobId}` ? 'CreditsReserved' : 'CreditsConsumed';
      this.owe(`${type} of ${jobId}`, (event) => event.type === type && event.data.jobId === jobId);
    } else if (grantId === 'trial:draw') equal([kind, credits, scope], ['trial', 20, ['draw']], 'the trial');
    else {
      const given = this.intentions.of('GrantCredits', (it) => it.grantId === grantId);
      const isMeant = given.some((it) => same([it.kind, it.credits, it.scope], [kind, credits, scope]));
      check(isMeant, () => `no command grants ${credits} credits as ${grantId}`);
    }
    this.given.set(grantId, this.revision);
    this.grants.give(fact, this.now);
  }

  private reserved(fact: FactOf<'CreditsReserved'>): void {
    const { jobId, projectId, apiKeyId, credits, rating, expiresAt } = fact;
    check(!this.jobs.has(jobId), () => `job ${jobId} is reserved twice`);
    const submitted = this.intentions.of('SubmitJob', (it) => it.jobId === jobId && price(it) === credits);
    check(submitted.length > 0, () => `no command submits ${jobId} for ${credits} credits`);
    const submission = submitted[0]!;
    const { job } = submission;
    equal(
      [projectId, apiKeyId, rating.operation],
      [submission.projectId, submission.apiKeyId, job.operation],
      'the job',
    );
    const period = this.period(this.now);
    check(this.requests(period) < this.maxRequests, () => `${jobId} exceeds the request limit`);
    check(!this.overrun(submission, credits, period), () => `${jobId} exceeds a budget cap`);
    const own = this.grants.draw(credits, rating.operation);
    const draws = [...own, ...this.overageDraw(`payg:${jobId}`, credits - sum(own))];
    equal(fact.draws, draws, `the draws of ${jobId}`);
    this.grants.move(draws, 'available', 'reserved');
    const deadline = after(this.now, timeoutOf(submission));
    equal([expiresAt, fact.period], [deadline, period], `deadline and period of ${jobId}`);
    this.jobs.set(jobId, {
      submission,
      revision: this.revision,
      draws,
      held: draws,
      period,
      deadline,
      status: 'open',
      consumed: 0,
      refunded: 0,
      writtenOff: 0,
      endRevision: -1,
      endedAt: '',
      contradicted: false,
    });
    const early = this.early.get(jobId);
    if (early) this.owe(`the outcome of ${jobId}`, (event) => isEndOf(event, jobId, early.outcome));
  }

  /** The preceding grant of the exact missing credits. */
  private overageDraw(grantId: string, missing: number): Draw[] {
    if (missing === 0) return [];
    equal(this.grants.all.get(grantId)?.available, missing, `overage ${grantId}`);
    return [{ grantId, kind: 'pay-as-you-go', credits: missing }];
  }

  private consumed(fact: FactOf<'CreditsConsumed'>): void {
    const { jobId, rating } = fact;
    const job = this.unendedJob(jobId);
    const prices = this.intentions
      .outcomes(jobId)
      .flatMap((it) => (it.kind === 'completed' ? priceOf(it, job.submission) : []));
    check(prices.includes(rating.credits), () => `no command completes ${jobId} for ${rating.credits} credits`);
    const { used, rest } = cut(job.held, rating.credits);
    const beyond = rating.credits - sum(used);
    const own = this.grants.draw(beyond, rating.operation);
    const missing = beyond - sum(own);
    const isOwing = this.overage !== 'none';
    const surplus = isOwing ? [...own, ...this.overageDraw(`surplus:${jobId}`, missing)] : own;
    const writtenOff = isOwing ? 0 : missing;
    const lawful = { credits: rating.credits - writtenOff, draws: used, surplus, writtenOff };
    const { credits, draws, surplus: beyondThat, writtenOff: unpaid } = fact;
    equal({ credits, draws, surplus: beyondThat, writtenOff: unpaid }, lawful, `what ${jobId} consumed`);
    this.grants.move(used, 'reserved', 'consumed');
    this.grants.move(surplus, 'available', 'consumed');
    this.hasOverage ||= [...used, ...surplus].some(({ kind }) => kind === 'pay-as-you-go');
    this.end(job, 'consumed', { consumed: lawful.credits, writtenOff, held: rest });
    if (rest.length === 0) return;
    const isRest = (event: LedgerEvent) =>
      event.type === 'CreditsRefunded' && event.data.reason === 'unused' && same(event.data.draws, rest);
    this.owe(`the refund of what ${jobId} did not use`, isRest);
  }

  private refunded({ jobId, reason, draws, credits }: FactOf<'CreditsRefunded'>, isOwed: boolean): void {
    const job = reason === 'unused' ? this.jobs.get(jobId)! : this.unendedJob(jobId);
    if (reason === 'unused') check(isOwed, () => `${jobId} gets back what it used`);
    else if (reason === 'timed-out')
      check(
        this.openJob(jobId).deadline === this.nextDue() && job.deadline <= this.now,
        () => `${jobId} times out early`,
      );
    else {
      const isMeant = this.intentions.outcomes(jobId).some((it) => it.kind === 'failed' && it.reason === reason);
      check(isMeant, () => `no command reports that ${jobId} ${reason}`);
    }
    equal([draws, credits], [job.held, sum(job.held)], `what ${jobId} gets back`);
    this.grants.move(draws, 'reserved', 'available');
    for (const draw of draws) this.oweWithdrawal(jobId, draw);
    const status = reason === 'unused' ? 'consumed' : reason === 'timed-out' ? 'timed-out' : 'refunded';
    this.end(job, status, { held: [], refunded: job.refunded + credits });
  }

  /** Credits that return to an ended grant, or to a grant of this job only, are withdrawn immediately. */
  private oweWithdrawal(jobId: string, { grantId, credits }: Draw): void {
    const grant = this.grants.all.get(grantId)!;
    const type = grant.jobId === undefined ? grant.ended : 'CreditsRevoked';
    if (type === undefined) return;
    const lawful = { grantId, credits, jobId };
    this.owe(
      `${type} ${JSON.stringify(lawful)}`,
      ({ type: found, data }) => found === type && same({ ...lawful, ...data, reason: undefined }, lawful),
    );
  }

  private withdrawn({ type, data }: EventOf<'CreditsExpired'> | EventOf<'CreditsRevoked'>, isOwed: boolean): void {
    const { grantId } = data;
    const grant = this.grants.all.get(grantId);
    const isDue = grant?.expiresAt !== undefined && grant.expiresAt === this.nextDue() && grant.expiresAt <= this.now;
    this.grants.move([data], 'available', type === 'CreditsExpired' ? 'expired' : 'revoked');
    if (isOwed) return;
    check(data.jobId === undefined && grant?.ended === undefined, () => `${grantId} ends twice`);
    equal(grant!.available, 0, `what ${grantId} keeps`);
    const isRevoked =
      type === 'CreditsRevoked' && this.intentions.of('RevokeCredits', (it) => it.grantId === grantId).length > 0;
    check(isRevoked || (type === 'CreditsExpired' && isDue), () => `${grantId} is withdrawn without a reason`);
    grant!.ended = type;
  }

  private extended({ jobId, expiresAt }: FactOf<'ReservationExtended'>): void {
    const job = this.openJob(jobId);
    equal(expiresAt, after(this.now, timeoutOf(job.submission)), `the deadline of ${jobId}`);
    job.deadline = expiresAt;
  }

  private remembered({ jobId, outcome }: FactOf<'OutcomeRemembered'>): void {
    check(
      !this.jobs.has(jobId) && !this.early.has(jobId),
      () => `the outcome of ${jobId} is remembered without a reason`,
    );
    check(
      this.intentions.outcomes(jobId).some((it) => same(it, outcome)),
      () => `no command reports the outcome of ${jobId}`,
    );
    this.early.set(jobId, { outcome, at: this.now, contradicted: false });
  }

  private contradicted({ jobId, outcome }: FactOf<'OutcomeContradicted'>): void {
    const about = this.early.get(jobId) ?? this.jobs.get(jobId);
    check(about !== undefined && !about.contradicted, () => `${jobId} is contradicted without a reason`);
    const isOther = 'outcome' in about ? !same(about.outcome, outcome) : !agrees(about, outcome);
    check(isOther, () => `${jobId} is contradicted by its own outcome`);
    Object.assign(about, { contradicted: true, contradictedRevision: this.revision });
  }

  private windowClosed(before: string): void {
    check(before > this.windowBefore, () => `the window is opened again, to ${before}`);
    equal(before, after(this.now, -WINDOW), 'the closed window');
    this.windowBefore = before;
    for (const [jobId, { at }] of this.early) if (at < before) this.early.delete(jobId);
  }

  private end(job: ModelJob, status: ModelJob['status'], amounts: Partial<ModelJob>): void {
    const { jobId } = job.submission;
    const { contradicted, contradictedRevision } = this.early.get(jobId) ?? job;
    Object.assign(job, { contradicted, contradictedRevision });
    this.early.delete(jobId);
    Object.assign(job, { status, endRevision: this.revision, endedAt: job.endedAt || this.now, ...amounts });
  }
}
