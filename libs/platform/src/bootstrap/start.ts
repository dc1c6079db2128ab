import type { Server } from 'node:http';
import { type LogMode, RecordStore } from '@tallystick/eventing';
import { InstallationMode, type SettingDeclarations } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import type { Logger as Pino } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import type { Configuration } from '../configuration';
import { urlOf } from '../http/access/listeners';
import { OperatorKey } from '../http/access/operator-key';
import { HealthRegistry } from '../http/health/health-registry';
import { collectionsByClock, purgeExpiredRecords } from '../stores/purge-expired-records';
import { countStores, STORES, type StoresInUse } from '../stores/stores-in-use';
import { ClockAdvance } from '../sandbox/clock-advance';
import { compose } from './compose';
import { drain, type InternalListener, listen } from './listen';
import type { ProcessDefinition } from './process';

export interface Listening {
  readonly url: string;
  readonly internalUrl?: string;
  readonly operator: OperatorKey;
  /** The mode of the log. Undefined in a process without one. */
  readonly mode?: LogMode;
  /** The time of decisions is that of an operator. */
  readonly hasSandboxClock: boolean;
}

export interface Running extends Listening {
  readonly stop: () => Promise<void>;
}

/** Runs when the process answers, before it reports ready. */
export type WhenListening<Own extends SettingDeclarations = Record<never, never>> = (
  listening: Listening,
  configuration: Configuration<Own>,
) => Promise<void>;

/** Starts a process. After a failure everything that was opened is closed again. */
export async function start<Own extends SettingDeclarations>(
  process: ProcessDefinition<Own>,
  settings: Configuration<Own>,
  logger: Pino,
  whenListening: WhenListening<Own> = async () => undefined,
): Promise<Running> {
  const configuration = { ...settings, internalListen: settings.internalListen ?? process.internalListen };
  const { app, close } = await compose(process, configuration, logger);
  let internal: InternalListener | undefined;
  let listening: Listening;
  try {
    await app.startAllMicroservices();
    internal = await listen(app, configuration);
    const url = urlOf(app.getHttpServer() as Server, configuration.listen);
    listening = {
      url,
      ...(internal && { internalUrl: internal.url }),
      operator: app.get(OperatorKey),
      mode: app.get(InstallationMode).recorded,
      hasSandboxClock: app.get(Clock).isSandbox,
    };
    await whenListening(listening, configuration);
  } catch (error) {
    await close();
    throw error;
  }
  collectMetrics();
  const health = app.get(HealthRegistry);
  health.setState('serving');
  const stores = app.get<StoresInUse>(STORES);
  countStores(stores);
  logger.info({ stores }, 'stores in use');
  const stopWatching = health.watch();
  const byClock = collectionsByClock(process.services);
  const stopPurging = purgeExpiredRecords({ records: app.get(RecordStore), clock: app.get(Clock), byClock }, logger);
  const stop = async () => {
    health.setState('stopping');
    if (process.isStandalone) app.get(ClockAdvance, { strict: false }).stop();
    await drain(app, internal?.listener, configuration.stopSeconds);
    stopWatching();
    await stopPurging();
    await close();
  };
  return { ...listening, stop };
}

let collecting = false;
function collectMetrics(): void {
  if (!collecting) collectDefaultMetrics();
  collecting = true;
}
