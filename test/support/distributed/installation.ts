import { randomBytes } from 'node:crypto';
import { makeDemo } from '../../../apps/standalone/src/demo/demo';
import type { Demo } from '../../../apps/standalone/src/demo/demo-file';
import { ServerProcess, type StartOptions } from '../server-process';

type ProcessEnvironment = Readonly<Record<string, string>>;

export interface InstallationOptions {
  /** Settings of all services, such as the addresses of streams, views and bus. */
  readonly environment: ProcessEnvironment;
  readonly ledgers?: number;
  /** Processes of billing. Default: one. */
  readonly billing?: number;
  readonly flags?: readonly string[];
  readonly port?: number;
}

/** The distributed form: intake, ledgers and billing as separate processes. */
export class Installation {
  readonly ledgers: ServerProcess[] = [];
  readonly ledgerUrls: string[] = [];
  /** URLs of the internal listeners of the ledgers. */
  readonly internalUrls: string[] = [];
  readonly billing: ServerProcess[] = [];
  intake!: ServerProcess;
  url = '';
  private readonly before: ServerProcess[] = [];

  private constructor(private readonly options: Required<InstallationOptions>) {}

  static async start(options: InstallationOptions): Promise<Installation> {
    const keys = { TALLY_OPERATOR_KEY: secret(), TALLY_LEDGER_KEY: secret() };
    const environment = { TALLY_LOG_FORMAT: 'json', ...keys, ...options.environment };
    const installation = new Installation({ ledgers: 2, billing: 1, flags: [], port: 0, ...options, environment });
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

  /** Starts a ledger that has ended again, on the same ports. */
  async restartLedger(index: number): Promise<void> {
    this.before.push(this.ledgers[index]!);
    const internal = { TALLY_INTERNAL_LISTEN: new URL(this.internalUrls[index]!).host };
    this.ledgers[index] = this.launch('credit-ledger', new URL(this.ledgerUrls[index]!).port, internal);
    await this.ledgers[index].url();
  }

  /** Stops all ledgers with SIGTERM. */
  async stopLedgers(): Promise<void> {
    await Promise.all(this.ledgers.map((ledger) => ledger.stop()));
  }

  async restartLedgers(): Promise<void> {
    await Promise.all(this.ledgers.map((_, index) => this.restartLedger(index)));
  }

  get processes(): readonly ServerProcess[] {
    return [...this.before, ...this.ledgers, ...this.billing, ...(this.intake ? [this.intake] : [])];
  }

  /** Stops intake, then billing, then the ledgers. Returns the first exit code that is not 0, else 0. */
  async stop(): Promise<number | NodeJS.Signals> {
    const codes = [this.intake ? await this.intake.stop() : 0];
    codes.push(...(await Promise.all(this.billing.map((one) => one.stop()))));
    for (const ledger of this.ledgers) ledger.signal('SIGCONT');
    codes.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.stop()))));
    return codes.find((code) => code !== 0) ?? 0;
  }

  private async startAll(): Promise<void> {
    const { ledgers, billing, port } = this.options;
    for (let i = 0; i < ledgers; i++) this.ledgers.push(this.launch('credit-ledger', '0'));
    this.ledgerUrls.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.url()))));
    this.internalUrls.push(...(await Promise.all(this.ledgers.map((ledger) => ledger.internalUrl()))));
    const ledgerUrl = { TALLY_LEDGER_URL: this.internalUrls.join(',') };
    for (let i = 0; i < billing; i++) this.billing.push(this.launch('billing', '0', ledgerUrl));
    const billingUrls = await Promise.all(this.billing.map((one) => one.internalUrl()));
    this.intake = this.launch('job-intake', String(port), { ...ledgerUrl, TALLY_BILLING_URL: billingUrls.join(',') });
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
