import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Readiness } from '@tallystick/contracts/http';
import { Clock, SystemClock, systemClock } from '@tallystick/runtime';
import { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import type { Adapters } from './stores/adapters';
import { careful } from './stores/careful-records';
import { CONFIGURATION, InstallationMode } from '@tallystick/hosting';
import type { Configuration } from './configuration';
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
import { clockOf } from './sandbox/clock-of';
import { measured } from './telemetry';

/** Provides ports, settings and clocks to every service of the process, and the HTTP guards, interceptors and filters. */
@Global()
@Module({})
export class PlatformModule {
  static register(configuration: Configuration, adapters: Adapters, mayHaveSandbox: boolean): DynamicModule {
    const provided = [
      ...ports(adapters),
      { provide: CONFIGURATION, useValue: configuration },
      { provide: Readiness, useExisting: HealthRegistry },
      HealthRegistry,
      {
        provide: Clock,
        inject: [RecordStore, Readiness],
        useFactory: (records: RecordStore, readiness: Readiness) =>
          clockOf(configuration, mayHaveSandbox, records, readiness),
      },
      InstallationMode,
      { provide: SystemClock, useValue: systemClock },
    ];
    return {
      module: PlatformModule,
      controllers: [HealthController, MetricsController, DocsController],
      providers: [...provided, ...http(configuration, adapters)],
      exports: provided.map((it) => ('provide' in it ? it.provide : it)),
    };
  }
}

const ports = ({ streams, records, bus }: Adapters) => [
  ...(streams
    ? [
        { provide: EventStore, useValue: measured(streams.events) },
        { provide: ViewStore, useValue: streams.views },
      ]
    : []),
  { provide: RecordStore, useValue: careful(records) },
  { provide: Bus, useValue: bus },
];

const http = (configuration: Configuration, adapters: Adapters): Provider[] => [
  IdempotencyStore,
  KeyCache,
  { provide: STORES, useFactory: () => storesInUse(configuration, adapters) },
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
