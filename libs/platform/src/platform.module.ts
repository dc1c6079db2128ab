import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import {
  CATALOG,
  CONFIRMATIONS,
  type Confirmations,
  LIMITS,
  type Limits,
  POLICY,
  Readiness,
} from '@tallystick/contracts/http';
import { Clock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Policy } from '@tallystick/domain/ledger';
import { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import type { Adapters } from './stores/adapters';
import { careful } from './stores/careful-records';
import { CONFIGURATION, type Configuration } from './configuration';
import { DocsController } from './http/docs/docs.controller';
import { IdempotencyStore } from './http/idempotency/idempotency-store';
import { BodyInterceptor } from './http/body/body.interceptor';
import { HealthController } from './http/health/health.controller';
import { IdempotencyInterceptor } from './http/idempotency/idempotency.interceptor';
import { KeyCache } from './http/access/key-cache';
import { MetricsController } from './http/health/metrics.controller';
import { ParametersInterceptor } from './http/body/parameters.interceptor';
import { ProblemFilter } from './http/problems/problem.filter';
import { SecurityGuard } from './http/access/security.guard';
import { BodyPipe } from './http/body/validation.pipe';
import { HealthRegistry } from './http/health/health-registry';
import { OperatorKey } from './http/access/operator-key';
import { STORES, storesInUse } from './stores/stores-in-use';
import { CheckedClock } from './bootstrap/checked-clock';
import { measured } from './telemetry';

export interface Platform {
  readonly configuration: Configuration;
  readonly adapters: Adapters;
  readonly catalog: Catalog;
}

/** What every service finds, whichever process it runs in: ports, catalog, limits; and what every HTTP route passes. */
@Global()
@Module({})
export class PlatformModule {
  static register(platform: Platform): DynamicModule {
    const provided = [
      ...ports(platform),
      ...rules(platform),
      { provide: Readiness, useExisting: HealthRegistry },
      HealthRegistry,
      { provide: Clock, useClass: CheckedClock },
    ];
    return {
      module: PlatformModule,
      controllers: [HealthController, MetricsController, DocsController],
      providers: [...provided, ...http(platform)],
      exports: provided.map((it) => ('provide' in it ? it.provide : it)),
    };
  }
}

const ports = ({ adapters: { streams, records, bus } }: Platform) => [
  ...(streams
    ? [
        { provide: EventStore, useValue: measured(streams.events) },
        { provide: ViewStore, useValue: streams.views },
      ]
    : []),
  { provide: RecordStore, useValue: careful(records) },
  { provide: Bus, useValue: bus },
];

const rules = ({ catalog, configuration }: Platform) => [
  { provide: CONFIGURATION, useValue: configuration },
  { provide: CATALOG, useValue: catalog },
  { provide: POLICY, useValue: policyOf(catalog, configuration) },
  { provide: LIMITS, useValue: limitsOf(configuration) },
  { provide: CONFIRMATIONS, useValue: confirmationsOf(configuration) },
];

const http = ({ configuration, adapters }: Platform): Provider[] => [
  IdempotencyStore,
  KeyCache,
  { provide: STORES, useValue: storesInUse(configuration, adapters) },
  // Where the keys are, there the first of them is made.
  {
    provide: OperatorKey,
    useFactory: () => OperatorKey.of(configuration.operatorKey, adapters.records, adapters.streams !== undefined),
  },
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_GUARD, useClass: SecurityGuard },
  // In this order: what the body must be depends on the route, and an `Idempotency-Key` is compared with it.
  { provide: APP_INTERCEPTOR, useClass: BodyInterceptor },
  { provide: APP_INTERCEPTOR, useClass: ParametersInterceptor },
  { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  { provide: APP_PIPE, useClass: BodyPipe },
];

const policyOf = (catalog: Catalog, configuration: Configuration): Policy => {
  const { jobWindowDays, maxOpenJobs, maxEarlyOutcomes } = configuration;
  return { catalog, jobWindowDays, maxOpenJobs, maxEarlyOutcomes };
};

const confirmationsOf = ({ acceptTruncatedLog, newRecords }: Configuration): Confirmations => ({
  acceptTruncatedLog,
  newRecords,
});

const limitsOf = (configuration: Configuration): Limits => ({
  batchSize: configuration.batchSize,
  occurredAtMaxAgeDays: configuration.jobWindowDays,
  occurredAtMaxAheadSeconds: configuration.maxAheadSeconds,
  pageSize: configuration.pageSize,
  maxPageSize: configuration.maxPageSize,
  retentionDays: configuration.retentionDays,
  snapshotEvery: configuration.snapshotEvery,
  cachedOrganizations: configuration.cachedOrganizations,
  sealEventsPerSecond: configuration.sealEventsPerSecond,
  readWaitMilliseconds: configuration.readWaitMilliseconds,
  patienceMilliseconds: configuration.patienceMilliseconds,
  maxViewLagSeconds: configuration.maxViewLagSeconds,
  projectKeysMayEndJobs: configuration.projectKeysMayEndJobs === 'on',
});
