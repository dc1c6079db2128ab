import fc from 'fast-check';
import { BillingHarness, START, type BillingStep } from '../support/billing-harness';
import { subscriber } from '../support/steps';
import { historySteps, START_STEPS, takeStep } from '../support/histories';
import { auditBilling, balanceOf, dueOf, grantIdOf, grantingLine, lineIdOf, newBillingAudit, previewChange } from '.';

const RUNS = { numRuns: 60 };
const histories = fc.array(historySteps, { minLength: 1, maxLength: 40 });

function audited(): { readonly harness: BillingHarness; readonly breaches: string[] } {
  const harness = new BillingHarness();
  const audit = newBillingAudit();
  const breaches: string[] = [];
  harness.check = (event, revision) => breaches.push(...auditBilling(audit, structuredClone(event), revision));
  return { harness, breaches };
}

/** Every paid line that sells credits has one grant of its credits, and the reverse. */
function checkGrants({ documents, ledger }: BillingHarness): void {
  const granted = new Map(ledger.grants.map(({ grantId, credits }) => [grantId, credits]));
  expect(granted.size).toBe(ledger.grants.length);
  for (const { invoice, status, creditNotes, payments } of documents.values()) {
    const index = grantingLine(invoice!.lines);
    const line = invoice!.lines[index];
    const grantId = grantIdOf(lineIdOf(invoice!.invoiceId, index));
    if (status === 'paid' && payments.length > 0 && creditNotes.length === 0)
      expect([grantId, granted.get(grantId)]).toEqual([grantId, line?.credits || undefined]);
    if (payments.length === 0) expect(granted.has(grantId)).toBe(false);
  }
}

/** The documents say what the subscription stream decided. */
function checkDocuments({ account, documents }: BillingHarness): void {
  const numbers = [...documents.values()].map(({ invoice }) => invoice!.number);
  expect(numbers).toEqual(numbers.map((_, index) => `${account.prefix}-${String(index + 1).padStart(6, '0')}`));
  for (const [invoiceId, document] of documents) {
    const entry = account.entries[invoiceId]!;
    const { paid, credited, due } = balanceOf(document);
    expect({ invoiceId, status: document.status, paid, credited, due }).toEqual({
      ...{ invoiceId, status: entry.status, paid: entry.paid, credited: entry.credited.gross, due: dueOf(entry) },
    });
  }
}

test('any history keeps the laws, and folding it again gives the same account', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { harness, breaches } = audited();
      harness.run(...START_STEPS);
      for (const step of steps) takeStep(harness, step);
      expect(breaches).toEqual([]);
      expect(harness.account.effects).toEqual([]);
      checkDocuments(harness);
      checkGrants(harness);
      const before = JSON.stringify(harness.account);
      harness.restart();
      expect(JSON.stringify(harness.account)).toBe(before);
    }),
    RUNS,
  );
});

test('a process that crashes around each effect ends in the same history', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const [plain, crashing] = [new BillingHarness(), new BillingHarness()];
      crashing.aroundEffect = (harness, when) => {
        harness.restart();
        // Carried out, but its completion was not recorded.
        if (when === 'after') harness.carryOut(harness.account.effects[0]!.effect);
      };
      for (const harness of [plain, crashing]) {
        harness.run(...START_STEPS);
        for (const step of steps) takeStep(harness, step);
      }
      expect(crashing.stored).toEqual(plain.stored);
      expect([...crashing.documents]).toEqual([...plain.documents]);
      expect(crashing.ledger.grants).toEqual(plain.ledger.grants);
    }),
    RUNS,
  );
});

test('a command that is repeated at once moves nothing more than the first, or is refused', () => {
  const moves = new Set([
    'PaymentReceived',
    'ChargeRequested',
    'PlanPaymentApplied',
    'InvoiceNumbered',
    'CreditNoteNumbered',
  ]);
  const counted = ['SellTopUp', 'RecordPayment', 'IssueCreditNote', 'Subscribe'];
  fc.assert(
    fc.property(histories, (steps) => {
      const harness = new BillingHarness().run(...START_STEPS);
      for (const step of steps)
        takeStep(harness, step, (command) => {
          harness.when(command);
          // These count each time unless a request id says otherwise.
          if (counted.includes(command.type)) return;
          const { events } = harness.when(command);
          expect(events.map(({ type }) => type).filter((type) => moves.has(type))).toEqual([]);
        });
    }),
    RUNS,
  );
});

describe('a crash after any number of steps', () => {
  const change = (harness: BillingHarness, plan: string): BillingStep => {
    const offer = previewChange(harness.policy, harness.account, plan, harness.now);
    return { type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' };
  };
  const SCENARIOS: Readonly<Record<string, (harness: BillingHarness) => void>> = {
    subscribe: (harness) => void harness.run(...START_STEPS),
    renew: (harness) => void harness.run(...START_STEPS, '05-11T09:00'),
    upgrade: (harness) => {
      harness.run(...START_STEPS, '04-26T09:00');
      harness.when(change(harness, 'startup'));
    },
    dunning: (harness) => {
      harness.run(...START_STEPS);
      harness.next.push('declined', 'declined');
      harness.at('05-15T00:00');
    },
    'the end of dunning': (harness) => {
      harness.run(...START_STEPS);
      harness.next.push(...Array.from({ length: 5 }, () => 'declined' as const));
      harness.at('05-20T00:00');
    },
  };

  /** Runs a scenario; before its n-th effect the process stops, and another one begins with what is stored. */
  function run(scenario: (harness: BillingHarness) => void, stopAt: number, isCarriedOut: boolean): BillingHarness {
    const harness = new BillingHarness();
    let count = 0;
    harness.aroundEffect = (one, when) => {
      if (when !== 'before' || count++ !== stopAt) return;
      if (isCarriedOut) one.carryOut(one.account.effects[0]!.effect);
      one.restart();
    };
    scenario(harness);
    return harness;
  }

  test.each(Object.entries(SCENARIOS))('%s: the same streams, documents and credits', (_, scenario) => {
    const whole = run(scenario, -1, false);
    const effects = whole.types.filter((type) => type === 'EffectCompleted' || type === 'PlanPaymentApplied').length;
    expect(effects).toBeGreaterThan(2);
    for (let stopAt = 0; stopAt < effects; stopAt++)
      for (const isCarriedOut of [false, true]) {
        const interrupted = run(scenario, stopAt, isCarriedOut);
        expect(interrupted.stored).toEqual(whole.stored);
        expect([...interrupted.documents]).toEqual([...whole.documents]);
        expect([interrupted.ledger.grants, interrupted.ledger.plan]).toEqual([whole.ledger.grants, whole.ledger.plan]);
      }
  });
});

describe('what is due late leads to the same events, except for their times', () => {
  const manually: BillingStep = { type: 'SetPaymentMethod', method: { kind: 'manual', termsDays: 10 } };
  const changed = (harness: BillingHarness): BillingHarness => {
    const offer = previewChange(harness.policy, harness.account, 'startup', harness.now);
    return harness.run({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' });
  };
  const waiting = (...next: BillingHarness['next']) => {
    const harness = subscriber('developer');
    harness.next.push(...next);
    return harness;
  };
  const SITUATIONS: Readonly<Record<string, () => BillingHarness>> = {
    'a purchase that is not paid': () => new BillingHarness().run(START_STEPS[0]!, manually, START_STEPS[1]!),
    'an upgrade that is not confirmed': () => changed(waiting('requires_action').at('04-26T09:00')),
    'a cancellation': () => waiting().run({ type: 'CancelSubscription', when: 'period-end' }),
    'a renewal whose charge has no outcome, and its cancellation': () =>
      waiting('processing').at('05-11T09:00').run({ type: 'CancelSubscription', when: 'period-end' }, removed),
    'dunning by hand': () => waiting().run(manually).at('05-21T09:00'),
    'dunning without a card': () => waiting().run(removed).at('05-11T09:00'),
  };
  const removed: BillingStep = { type: 'NoteCard', added: false, paymentMethodId: 'pm-1' };
  const outline = ({ stored }: BillingHarness) =>
    stored
      .map((text) => JSON.parse(text))
      // Effects are carried out when the process runs.
      .filter(({ type }) => type !== 'EffectCompleted')
      .map(({ type, data }) => [type, data.status, data.at, data.retryAt, data.declineCode]);

  test.each(Object.entries(SITUATIONS))('%s', (_, situation) => {
    const [inTime, late] = [situation(), situation()];
    const from = inTime.stored.length;
    // Until the next renewal, whose invoice has the time at which it is made.
    inTime.at('05-31T00:00');
    late.now = inTime.now;
    for (const { start, end, revision } of late.ledger.tick(late.now))
      late.decide({ type: 'ClosePeriod', start, end, revision });
    late.when({ type: 'Tick' });
    expect(outline(late)).toEqual(outline(inTime));
    expect(inTime.stored.length).toBeGreaterThan(from);
    expect(late.ledger.available).toBe(inTime.ledger.available);
  });
});

test('the clock of a command never moves the stream back', () => {
  const harness = new BillingHarness().run(...START_STEPS);
  harness.now = '2026-04-10T00:00:00.000Z';
  const { events } = harness.when({ type: 'SetReview', on: true });
  expect(events.map(({ metadata }) => metadata.recordedAt)).toEqual([START]);
});
