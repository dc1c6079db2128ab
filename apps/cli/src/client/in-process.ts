import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '@tallystick/runtime';
import { allAdapters, compose, createLogger, readConfiguration, settingsOf } from '@tallystick/platform';
import type { Transport, WireRequest, WireResponse } from '@tallystick/client';
import { billing } from '@tallystick/services/billing';
import { creditLedger } from '@tallystick/services/credit-ledger';
import { jobIntake } from '@tallystick/services/job-intake';
import { scriptedPayments } from '@tallystick/services/scripted-payments';
import { commandError, usageError } from '../command-exit';

type ComposedApp = Awaited<ReturnType<typeof compose>>;

/** Server in this process, on a data directory that no other process uses. It does not listen. */
export class InProcessTransport implements Transport {
  private constructor(
    readonly where: string,
    /** Key that is valid only in this process. */
    readonly operatorKey: string,
    private readonly composed: ComposedApp,
  ) {}

  static async open(directory: string): Promise<InProcessTransport> {
    if (!existsSync(join(directory, 'events.db')))
      throw usageError(`${directory} is not a data directory. Give the data directory of a server.`);
    const operatorKey = randomBytes(24).toString('base64url');
    const silent = { TALLY_LOG_LEVEL: 'silent', TALLY_OPERATOR_KEY: operatorKey };
    // The directory has priority over a server in the environment.
    const places = {
      TALLY_EVENT_STORE: `sqlite:${directory}`,
      TALLY_VIEWS: `sqlite:${directory}`,
      TALLY_BUS: `embedded:${directory}`,
    };
    // The log and its records say what it is.
    const own = { TALLY_MODE: '', TALLY_CLOCK: '', TALLY_PAYMENTS: '', TALLY_STRIPE: '' };
    try {
      const parts = {
        name: 'tally',
        services: [creditLedger, jobIntake, billing, scriptedPayments],
        adapters: allAdapters,
        isStandalone: true,
      } as const;
      const environment = { ...process.env, ...places, ...silent, ...own };
      const configuration = readConfiguration(settingsOf(parts), [], environment);
      const kept = { ...configuration, keepsCatalog: true };
      const composed = await compose(parts, kept, createLogger('tally', configuration));
      await composed.app.startAllMicroservices();
      return new InProcessTransport(directory, operatorKey, composed);
    } catch (error) {
      if (error instanceof StartupError) throw commandError(error.message);
      throw error;
    }
  }

  async send({ method, url, headers, body }: WireRequest): Promise<WireResponse> {
    const { app } = this.composed;
    const request = { method: method as 'GET', url, headers: { ...headers }, payload: body };
    const { statusCode, headers: answered, payload } = await app.inject(request);
    const get = (name: string) => (answered[name] === undefined ? null : String(answered[name]));
    return { status: statusCode, headers: { get }, text: payload };
  }

  close(): Promise<void> {
    return this.composed.close();
  }
}
