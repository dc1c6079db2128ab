import { randomBytes } from 'node:crypto';
import { makeDemo } from '../../../apps/standalone/src/demo/demo';
import type { Demo } from '../../../apps/standalone/src/demo/demo-file';
import { ServerProcess, type StartOptions } from '../server-process';

type ProcessEnvironment = Readonly<Record<string, string>>;

export interface InstallationOptions {
  /** The settings of all services: where streams, views and bus are, and whatever else. */
  readonly environment: ProcessEnvironment;
  readonly ledgers?: number;
  readonly flags?: readonly string[];
  readonly port?: number;
}

/** Each service its own processes, as an orchestrator would start them. */
export class Installation {
  readonly ledgers: ServerProcess[] = [];
  readonly ledgerUrls: string[] = [];
  /** Of their internal listeners. */
  readonly internalUrls: string[] = [];
  intake!: ServerProcess;
  url = '';
  private readonly before: ServerProcess[] = [];

  private constructor(private readonly options: Required<InstallationOptions>) {}

  static async start(options: InstallationOptions): Promise<Installation> {
    const keys = { TALLY_OPERATOR_KEY: secret(), TALLY_LEDGER_KEY: secret() };
    const environment = { TALLY_LOG_FORMAT: 'json', ...keys, ...options.environment };
    const installation = new Installation({ ledgers: 2, flags: [], port: 0, ...options, environment });
    await installation.startAll().catch(async (error: unknown) => {
      await installation.stop();
      throw error;
    });
    return installation;
  }

  get operatorKey(): string {
    return this.options.environment['TALLY_OPERATOR_KEY']!;
  }

  demo(): Promise<Demo> {
    return makeDemo(this.url, this.operatorKey);
  }

  /** A ledger that was killed comes back where it was. */
  async restartLedger(index: number): Promise<void> {
    this.before.push(this.ledgers[index]!);
    const internal = { TALLY_INTERNAL_LISTEN: new URL(this.internalUrls[index]!).host };
    this.ledgers[index] = this.launch('credit-ledger', new URL(this.ledgerUrls[index]!).port, internal);
    await this.ledgers[index].url();
  }

  /** All of them at once, the polite way. */
  async stopLedgers(): Promise<void> {
    await Promise.all(this.ledgers.map((ledger) => ledger.stop()));
  }

  async restartLedgers(): Promise<void> {
    await Promise.all(this.ledgers.map((_, index) => this.restartLedger(index)));
  }

  get processes(): readonly ServerProcess[] {
    return [...this.before, ...this.ledgers, ...(this.intake ? [this.intake] : [])];
  }

  /** The first exit code that is not 0, or 0. Whoever takes requests ends first. */
  async stop(): Promise<number | NodeJS.Signals> {
    const codes = [this.intake ? await this.intake.stop() : 0];
    for (const ledger of this.ledgers) ledger.signal('SIGCONT');
    codes.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.stop()))));
    return codes.find((code) => code !== 0) ?? 0;
  }

  private async startAll(): Promise<void> {
    const { ledgers, port } = this.options;
    for (let i = 0; i < ledgers; i++) this.ledgers.push(this.launch('credit-ledger', '0'));
    this.ledgerUrls.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.url()))));
    this.internalUrls.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.internalUrl()))));
    this.intake = this.launch('job-intake', String(port), { TALLY_LEDGER_URL: this.internalUrls.join(',') });
    this.url = await this.intake.url();
  }

  private launch(app: StartOptions['app'], port: string, more: ProcessEnvironment = {}): ServerProcess {
    const { environment, flags } = this.options;
    return new ServerProcess({
      app,
      flags: ['--port', port, ...flags],
      environment: { ...environment, ...more },
    });
  }
}

const secret = (): string => randomBytes(24).toString('base64url');
