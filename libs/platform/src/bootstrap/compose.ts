import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RecordStore } from '@tallystick/eventing';
import {
  type Activity,
  ActivityRegistry,
  consumerTransportOf,
  DueSources,
  type ServiceDefinition,
} from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import type { Logger as Pino } from 'pino';
import type { Configuration } from '../configuration';
import { assertScopes } from '../http/access/declared-routes';
import { serveDocs } from '../http/docs/docs';
import { HealthRegistry } from '../http/health/health-registry';
import { createServer, secureHeaders } from '../http/server/server';
import { NestLogs } from '../logging';
import { PlatformModule } from '../platform.module';
import { ProxyModule } from '../remote/proxy.controller';
import type { Adapters, Consumers } from '../stores/adapters';
import { collectionsByClock } from '../stores/purge-expired-records';
import { SandboxModule } from '../sandbox/sandbox.module';
import { PassThroughRpcFilter } from './pass-through-rpc.filter';
import type { ProcessDefinition } from './process';

/** An initialized application that does not listen yet: tests and the command line send it requests in the process. */
export interface Composed {
  readonly app: NestFastifyApplication;
  readonly close: () => Promise<void>;
}

type Parts = Pick<ProcessDefinition, 'name' | 'services' | 'remotes' | 'adapters' | 'isStandalone'>;

class Services {}

export async function compose(parts: Parts, configuration: Configuration, logger: Pino): Promise<Composed> {
  const logs = new NestLogs(logger);
  if (configuration.clock === 'sandbox' && !parts.isStandalone)
    throw new StartupError('TALLY_CLOCK is "sandbox": only the standalone form has a sandbox clock. Set it to system.');
  // Adapters log before there is an application.
  Logger.overrideLogger(logs);
  const adapters = await parts.adapters(configuration, parts.services);
  try {
    return await composeWith(adapters, parts, configuration, logs);
  } catch (error) {
    await adapters.close();
    throw error;
  }
}

async function composeWith(
  adapters: Adapters,
  { services, remotes = [], isStandalone }: Parts,
  configuration: Configuration,
  logger: NestLogs,
): Promise<Composed> {
  let isLost = () => false;
  const server = createServer(configuration, () => isLost());
  const modules = [...services, ...remotes].map(({ module }) => module);
  const root = {
    module: class Root {},
    imports: [
      PlatformModule.register(configuration, adapters, isStandalone === true),
      { module: Services, global: true, imports: modules, exports: modules },
      ...(remotes.length > 0 ? [ProxyModule.register(remotes)] : []),
      ...(isStandalone ? [SandboxModule] : []),
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, server, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  await secureHeaders(server);
  serveDocs(app, remotes.length > 0);
  const consumers = services
    .filter(({ consumes }) => consumes.length > 0)
    .map((service) => Object.assign(adapters.consumersOf(service), { transportId: consumerTransportOf(service.name) }));
  for (const strategy of consumers) consume(app, strategy);
  if (isStandalone) followClock(app, services, consumers);
  await app.init();
  assertScopes(app);
  const health = app.get(HealthRegistry);
  isLost = () => health.isLost;
  health.add('bus', async () => {
    const { fault } = await adapters.bus.health();
    return fault ?? (consumers.every(({ ready }) => ready) ? undefined : 'messages are not taken');
  });
  const close = async () => {
    // Consumers first: their messages need the services, and the services need the stores.
    await Promise.all(app.getMicroservices().map((microservice) => microservice.close()));
    await app.close();
    await adapters.close();
  };
  return { app, close };
}

/** Work of the platform for which an advance of the sandbox clock waits, or which it does. */
function followClock(
  app: NestFastifyApplication,
  services: readonly ServiceDefinition[],
  consumers: readonly Consumers[],
): void {
  const activities = app.get(ActivityRegistry, { strict: false });
  const consuming = services.filter(({ consumes }) => consumes.length > 0);
  consumers.forEach((consumer, at) => {
    if (isActivity(consumer)) activities.register(`consumers of ${consuming[at]!.name}`, consumer);
  });
  const records = app.get(RecordStore);
  app.get(DueSources, { strict: false }).register({
    // Expired records are not read: removing them needs no stop.
    nextDue: async () => undefined,
    runDue: (now) => records.purge(Date.parse(now), { only: collectionsByClock(services) }),
  });
}

const isActivity = (consumer: Consumers): consumer is Consumers & Activity => consumer.isIdle !== undefined;

/** As connectMicroservice does it, with a filter: the framework takes filters only before it binds the handlers. */
function consume(app: NestFastifyApplication, strategy: Consumers): void {
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true }) as NestMicroservice;
  microservice.useGlobalFilters(new PassThroughRpcFilter());
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
}
