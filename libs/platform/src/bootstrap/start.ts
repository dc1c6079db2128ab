import 'reflect-metadata';
import type { Server } from 'node:http';
import type { Server as Listener } from 'node:net';
import { type DynamicModule, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RecordStore } from '@tallystick/eventing';
import { collectDefaultMetrics } from 'prom-client';
import type { Logger as Pino } from 'pino';
import type { Consumers, OpenAdapters } from '../stores/adapters';
import { loadCatalog } from '../catalog';
import { StartupError } from '@tallystick/runtime';
import type { Configuration } from '../configuration';
import type { Listen } from '@tallystick/hosting';
import { serveDocs } from '../http/docs/docs';
import { listenInternally, urlOf } from '../http/access/listeners';
import { createServer, secureHeaders } from '../http/server/server';
import { NestLogs } from '../logging';
import { PlatformModule } from '../platform.module';
import { countStores, STORES, type StoresInUse } from '../stores/stores-in-use';
import { HealthRegistry } from '../http/health/health-registry';
import { purgeExpiredRecords } from '../stores/purge-expired-records';
import { PassThroughRpcFilter } from './pass-through-rpc.filter';
import { OperatorKey } from '../http/access/operator-key';

export interface Service {
  readonly name: string;
  /** What the modules export is found by all of them: this is how intake finds the ledger of the same process. */
  readonly modules: readonly (Type | DynamicModule)[];
  readonly adapters: OpenAdapters;
  /** Its internal listener, where TALLY_INTERNAL_LISTEN is not set; without it there is none. */
  readonly internalListen?: Listen;
}

export interface Listening {
  readonly url: string;
  readonly internalUrl?: string;
  readonly operator: OperatorKey;
}

export interface Running extends Listening {
  readonly stop: () => Promise<void>;
}

/** What a start does once it answers, before it says that it is ready. */
export type WhenListening = (listening: Listening, configuration: Configuration) => Promise<void>;

/** A service put together and initialized, which does not listen yet: tests and the command line ask it in the process. */
export interface Composed {
  readonly app: NestFastifyApplication;
  readonly close: () => Promise<void>;
}

class Services {}

/** From nothing to answering; what was opened on the way is closed again when something fails. */
export async function start(
  service: Service,
  settings: Configuration,
  logger: Pino,
  whenListening: WhenListening = async () => undefined,
): Promise<Running> {
  const configuration = { ...settings, internalListen: settings.internalListen ?? service.internalListen };
  const { app, close } = await compose(service, configuration, logger);
  let internal: Internal | undefined;
  let listening: Listening;
  try {
    await app.startAllMicroservices();
    internal = await listen(app, configuration);
    const url = urlOf(app.getHttpServer() as Server, configuration.listen);
    listening = { url, ...(internal && { internalUrl: internal.url }), operator: app.get(OperatorKey) };
    await whenListening(listening, configuration);
  } catch (error) {
    await close();
    throw error;
  }
  collectMetrics();
  const checks = app.get(HealthRegistry);
  checks.setState('serving');
  const stores = app.get<StoresInUse>(STORES);
  countStores(stores);
  logger.info({ stores }, 'stores in use');
  const stopLooking = checks.watch();
  const stopForgetting = purgeExpiredRecords(app.get(RecordStore), logger);
  const stop = async () => {
    checks.setState('stopping');
    await drain(app, internal?.listener, configuration.stopSeconds);
    stopLooking();
    await stopForgetting();
    await close();
  };
  return { ...listening, stop };
}

export async function compose(service: Service, configuration: Configuration, logger: Pino): Promise<Composed> {
  const logs = new NestLogs(logger);
  // Adapters have something to say before there is an application.
  Logger.overrideLogger(logs);
  const catalog = loadCatalog(configuration.catalog);
  const modules = [...service.modules];
  const adapters = await service.adapters(configuration, service.name);
  try {
    let isLost = () => false;
    const server = createServer(configuration, () => isLost());
    const services = { module: Services, global: true, imports: modules, exports: modules };
    const root = {
      module: class Root {},
      imports: [PlatformModule.register({ configuration, adapters, catalog }), services],
    };
    const app = await NestFactory.create<NestFastifyApplication>(root, server, {
      logger: logs,
      bodyParser: false,
      abortOnError: false,
    });
    await secureHeaders(server);
    serveDocs(app, configuration);
    receive(app, adapters.consumers);
    await app.init();
    const checks = app.get(HealthRegistry);
    isLost = () => checks.isLost;
    checks.add('bus', async () => {
      const { fault } = await adapters.bus.health();
      return fault ?? (adapters.consumers.ready ? undefined : 'messages are not taken');
    });
    const close = async () => {
      // Consumers first: what they have taken needs the services, and the services need the stores.
      await Promise.all(app.getMicroservices().map((consumers) => consumers.close()));
      await app.close();
      await adapters.close();
    };
    return { app, close };
  } catch (error) {
    await adapters.close();
    throw error;
  }
}

/** As connectMicroservice does it, and what handlers throw is left to the bus: the framework takes filters only before it binds them. */
function receive(app: NestFastifyApplication, strategy: Consumers): void {
  const consumers = app.connectMicroservice({ strategy }, { deferInitialization: true }) as NestMicroservice;
  consumers.useGlobalFilters(new PassThroughRpcFilter());
  consumers.registerListeners();
  consumers.setIsInitialized(true);
  consumers.setIsInitHookCalled(true);
}

interface Internal {
  readonly listener: Listener;
  readonly url: string;
}

/** The internal listener first: who is reached by the public one is complete. */
async function listen(
  app: NestFastifyApplication,
  { listen: open, internalListen }: Configuration,
): Promise<Internal | undefined> {
  const http = app.getHttpServer() as Server;
  const listener =
    internalListen === undefined || internalListen === 'none'
      ? undefined
      : await orStartupError(listenInternally(http, internalListen), 'TALLY_INTERNAL_LISTEN', internalListen);
  // Not app.listen: the framework would log the same with fewer details.
  const opened = orStartupError(app.getHttpAdapter().getInstance().listen(open), 'TALLY_LISTEN', open);
  await opened.catch((error: unknown) => {
    listener?.close();
    throw error;
  });
  return listener && { listener, url: urlOf(listener, internalListen as Listen) };
}

async function orStartupError<T>(listening: Promise<T>, name: string, { host, port }: Listen): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const another = name === 'TALLY_LISTEN' ? 'with --port N' : 'or none';
    if (code === 'EADDRINUSE')
      throw new StartupError(
        `${name} is "${host}:${port}": that port is in use. Stop who uses it, or take another ${another}.`,
      );
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES')
      throw new StartupError(`${name} is "${host}:${port}": this machine cannot listen there (${code}).`);
    throw error;
  }
}

const IDLE_CHECK_MILLISECONDS = 25;

/** Takes no more connections and answers what is under way; connections that are left when time is up are cut. */
async function drain(app: NestFastifyApplication, internal: Listener | undefined, seconds: number): Promise<void> {
  const server = app.getHttpServer() as Server;
  const cut = setTimeout(() => server.closeAllConnections(), seconds * 1_000);
  // One that was busy when the server closed stays open for its next request, which must not be waited for.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS);
  const internalClosed = new Promise<void>((resolve) => (internal ? internal.close(() => resolve()) : resolve()));
  await app.getHttpAdapter().getInstance().close();
  await internalClosed;
  clearTimeout(cut);
  clearInterval(idle);
}

let collecting = false;
function collectMetrics(): void {
  if (!collecting) collectDefaultMetrics();
  collecting = true;
}
