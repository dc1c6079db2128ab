import { Module } from '@nestjs/common';
import { CatalogModule, CatalogVersions } from '@tallystick/catalog';
import { StreamModule } from '@tallystick/hosting';
import { BILLING_POLICY, policyProvider } from '../policy';
import { invoiceStream } from './invoice-stream';
import { InvoiceDocuments } from './invoice-documents';
import { DocumentOperations, SubscriptionOperations } from './stream-operations';
import { subscriptionStream } from './subscription-stream';
import { Subscriptions } from './subscriptions';

// A module for each category: the services of hosting have the same tokens in both.

@Module({
  imports: [
    StreamModule.forAsync({
      imports: [CatalogModule],
      providers: [CatalogVersions, policyProvider],
      inject: [BILLING_POLICY],
      useFactory: subscriptionStream,
    }),
  ],
  providers: [Subscriptions, SubscriptionOperations],
  exports: [Subscriptions, SubscriptionOperations, StreamModule],
})
export class SubscriptionStreamModule {}

@Module({
  imports: [StreamModule.forAsync({ inject: [], useFactory: invoiceStream })],
  providers: [InvoiceDocuments, DocumentOperations],
  exports: [InvoiceDocuments, DocumentOperations],
})
export class InvoiceStreamModule {}
