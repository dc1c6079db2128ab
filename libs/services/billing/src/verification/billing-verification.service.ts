import { Injectable } from '@nestjs/common';
import type { BillingVerificationResponse } from '@tallystick/contracts/billing';
import { notFound } from '@tallystick/contracts/http';
import { LedgerClient } from '@tallystick/contracts/ledger';
import { BILLING_RECORDS, SUBSCRIPTION_ROWS } from '@tallystick/domain/billing';
import { EventStore, foldStream, NO_STREAM, RecordStore, ViewStore } from '@tallystick/eventing';
import { LongRunningOperations, scanTable, streamPrefixOf, type Verification } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { COLLECTIONS, SUBSCRIPTIONS } from '../collections';
import { EffectRunner } from '../effects/effect-runner';
import { InvoiceDocuments } from '../streams/invoice-documents';
import { organizationOfInvoice } from '../streams/published-events';
import { Subscriptions } from '../streams/subscriptions';
import { crossCheck, SalesOfStream } from './expected-grants';

interface CrossCheck {
  organizations: number;
  readonly breaches: { readonly organizationId: string; readonly what: string }[];
}

const MAX_LISTED = 100;
const SEPARATOR = '~';

/**
 * Checks the streams of subscriptions and invoices, and compares what was paid with what the ledger has granted. The three checks run
 * side by side as operations of their own; their ids make up one id.
 */
@Injectable()
export class BillingVerification {
  private readonly crossChecks: LongRunningOperations<CrossCheck>;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly invoices: InvoiceDocuments,
    private readonly effects: EffectRunner,
    private readonly ledger: LedgerClient,
    private readonly store: EventStore,
    private readonly views: ViewStore,
    records: RecordStore,
    clock: SystemClock,
  ) {
    const collection = COLLECTIONS.operations;
    this.crossChecks = new LongRunningOperations({ records, collection, kind: 'cross-check', clock });
  }

  async start(): Promise<BillingVerificationResponse> {
    const { position } = this.subscriptions.projections.projector;
    const empty: CrossCheck = { organizations: 0, breaches: [] };
    const [subscriptions, invoices, crossChecked] = await Promise.all([
      this.subscriptions.verifications.start(),
      this.invoices.verifications.start(),
      this.crossChecks.start(position, empty, (result) => this.crossCheck(result)),
    ]);
    return responseOf(subscriptions, invoices, crossChecked);
  }

  /** Throws a 404 Problem for an unknown or expired id. */
  async get(id: string): Promise<BillingVerificationResponse> {
    const [subscriptions, invoices, crossChecked, ...others] = id.split(SEPARATOR);
    if (!subscriptions || !invoices || !crossChecked || others.length > 0) throw notFound('piece of work');
    return responseOf(
      await this.subscriptions.verifications.get(subscriptions),
      await this.invoices.verifications.get(invoices),
      await this.crossChecks.get(crossChecked),
    );
  }

  private async crossCheck(result: CrossCheck): Promise<void> {
    const columns = ['organizationId'];
    for await (const rows of scanTable(this.views, SUBSCRIPTION_ROWS, { columns }))
      for (const row of rows) {
        const organizationId = row['organizationId'] as string;
        for (const what of await this.differencesOf(organizationId))
          if (result.breaches.length < MAX_LISTED) result.breaches.push({ organizationId, what });
        result.organizations += 1;
      }
  }

  /** Pending effects are carried out first. */
  private async differencesOf(organizationId: string): Promise<readonly string[]> {
    await this.effects.drain(organizationId);
    const sales = new SalesOfStream();
    await foldStream({
      store: this.store,
      stream: `${streamPrefixOf(SUBSCRIPTIONS)}${organizationId}`,
      rules: BILLING_RECORDS,
      after: NO_STREAM,
      fold: (event) => void (event && sales.take(event)),
    });
    return crossCheck(sales.expectedGrants(), await this.ledger.soldGrants(organizationId));
  }
}

type StartedOperation<Result> = Awaited<ReturnType<LongRunningOperations<Result & object>['get']>>;

function responseOf(
  subscriptions: StartedOperation<Verification>,
  invoices: StartedOperation<Verification>,
  crossChecked: StartedOperation<CrossCheck>,
): BillingVerificationResponse {
  const all = [subscriptions, invoices, crossChecked];
  const failed = all.find(({ state }) => state === 'failed');
  const isRunning = all.some(({ state }) => state === 'running');
  return {
    id: all.map(({ id }) => id).join(SEPARATOR),
    state: failed ? 'failed' : isRunning ? 'running' : 'done',
    position: Math.min(subscriptions.position, invoices.position),
    head: Math.max(subscriptions.head, invoices.head),
    ...(failed?.detail !== undefined && { detail: failed.detail }),
    events: subscriptions.events + invoices.events,
    organizations: subscriptions.streams,
    invoices: invoices.streams,
    breaches: [
      ...subscriptions.breaches.map(({ entityId, ...breach }) => ({ organizationId: entityId, ...breach })),
      ...invoices.breaches.map(({ entityId, ...breach }) => ({
        organizationId: organizationOfInvoice(entityId),
        invoiceId: entityId,
        ...breach,
      })),
      ...crossChecked.breaches,
    ],
    foreign: [...subscriptions.foreign, ...invoices.foreign],
  };
}
