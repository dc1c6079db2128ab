import { Injectable } from '@nestjs/common';
import type { PendingEffectsItem, ReleasedBillingStream, StoppedBillingStream } from '@tallystick/contracts/billing';
import { notFound } from '@tallystick/contracts/http';
import type { RebuildResponse, ViewResponse } from '@tallystick/contracts/ledger';
import { nextEffect, SUBSCRIPTION_ROWS } from '@tallystick/domain/billing';
import { ViewStore } from '@tallystick/eventing';
import { streamPrefixOf } from '@tallystick/hosting';
import { INVOICES, SUBSCRIPTIONS } from './collections';
import { DocumentOperations, SubscriptionOperations } from './streams/stream-operations';
import { Subscriptions } from './streams/subscriptions';

const MAX_LISTED = 1_000;

/** Pending effects, stopped streams and views of billing, for operators. */
@Injectable()
export class BillingOperations {
  private readonly categories;

  constructor(
    private readonly subscriptions: Subscriptions,
    ofSubscriptions: SubscriptionOperations,
    ofDocuments: DocumentOperations,
    private readonly views: ViewStore,
  ) {
    this.categories = [
      { prefix: streamPrefixOf(SUBSCRIPTIONS), operations: ofSubscriptions },
      { prefix: streamPrefixOf(INVOICES), operations: ofDocuments },
    ];
  }

  /** By organization, behind `after`. */
  async pendingEffects(after: string, limit: number): Promise<readonly PendingEffectsItem[]> {
    const rows = await this.views.find(SUBSCRIPTION_ROWS, {
      where: { pendingEffects: { from: 1 }, organizationId: { after } },
      columns: ['organizationId'],
      order: ['organizationId'],
      limit,
    });
    const items = rows.map(async ({ organizationId: id }): Promise<PendingEffectsItem[]> => {
      const organizationId = id as string;
      const { value } = await this.subscriptions.read(organizationId, (account) => {
        const next = nextEffect(account);
        return next && { pending: account.effects.length, id: next.id, type: next.effect.type, since: next.since };
      });
      // (they may have been carried out since)
      if (value === undefined) return [];
      const { pending, ...next } = value;
      return [{ organizationId, pending, next }];
    });
    return (await Promise.all(items)).flat();
  }

  async stoppedStreams(): Promise<readonly StoppedBillingStream[]> {
    const lists = this.categories.map(async ({ prefix, operations }) =>
      (await operations.parking.list('', MAX_LISTED)).map(({ entityId, ...stopped }) => ({
        stream: `${prefix}${entityId}`,
        ...stopped,
      })),
    );
    return (await Promise.all(lists)).flat();
  }

  /** Lets a stopped stream go on: messages that have waited are decided in their order. */
  async release(stream: string): Promise<ReleasedBillingStream> {
    const category = this.categories.find(({ prefix }) => stream.startsWith(prefix));
    if (category === undefined) throw notFound('stream');
    const decided = await category.operations.parking.release(stream.slice(category.prefix.length));
    return { stream, state: 'running', decided };
  }

  async listViews(): Promise<readonly ViewResponse[]> {
    return (await Promise.all(this.categories.map(({ operations }) => operations.rebuilds.views()))).flat();
  }

  /** Throws a 404 Problem for an unknown view. */
  async rebuild(name: string): Promise<RebuildResponse> {
    for (const { operations } of this.categories) {
      const views = await operations.rebuilds.views();
      if (!views.some((view) => view.name === name)) continue;
      await operations.rebuilds.start(name);
      return { name, state: 'running' };
    }
    throw notFound('view');
  }
}
