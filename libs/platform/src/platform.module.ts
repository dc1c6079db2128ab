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
import { Clock, SystemClock as MachineTime, systemClock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Policy } from '@tallystick/domain/ledger';
import { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import type { Adapters } from './adapters';
import { careful } from './careful-records';
import { CONFIGURATION, type Configuration } from './configuration';
import { DocsController } from './http/docs.controller';
import { Answers } from './http/answers';
import { BodyInterceptor } from './http/body.interceptor';
import { HealthController } from './http/health.controller';
import { IdempotencyInterceptor } from './http/idempotency.interceptor';
import { Keys } from './http/keys';
import { MetricsController } from './http/metrics.controller';
import { ParametersInterceptor } from './http/parameters.interceptor';
import { ProblemFilter } from './http/problem.filter';
import { SecurityGuard } from './http/security.guard';
import { BodyPipe } from './http/validation.pipe';
import { Checks } from './running/checks';
import { OperatorKey } from './running/operator-key';
import { STORES, storesInUse } from './stores';
import { SystemClock } from './running/system-clock';
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
      { provide: Readiness, useExisting: Checks },
      Checks,
      { provide: Clock, useClass: SystemClock },
      { provide: MachineTime, useValue: systemClock },
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
  Answers,
  Keys,
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
