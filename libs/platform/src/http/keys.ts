import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, KeyDirectory } from '@tallystick/contracts';
import { CONFIGURATION, type Configuration } from '../configuration';
import { OperatorKey } from '../running/operator-key';

const REMEMBERED = 10_000;
const OPERATOR: Caller = { keyId: 'operator', role: 'operator' };
/** Our own services in other processes. */
const SERVICES: Caller = { keyId: 'services', role: 'service' };

interface Known {
  readonly caller: Promise<Caller | undefined>;
  readonly until: number;
}

/** Who holds a key: the installation's operator, or whom the directory names. A good key is remembered for seconds. */
@Injectable()
export class Keys {
  private readonly known = new Map<string, Known>();
  private readonly services: Buffer | undefined;

  constructor(
    private readonly directory: KeyDirectory,
    private readonly operator: OperatorKey,
    @Inject(CONFIGURATION)
    private readonly configuration: Pick<Configuration, 'keyCacheSeconds' | 'ledgerKey' | 'ledgerUrls'>,
  ) {
    directory.onRevoked(() => this.known.clear());
    const { ledgerKey, ledgerUrls } = configuration;
    if (ledgerKey !== undefined && ledgerUrls === undefined) this.services = digestOf(ledgerKey);
  }

  async holder(key: string, now = Date.now()): Promise<Caller | undefined> {
    const digest = digestOf(key);
    if (this.operator.isDigest(digest)) return OPERATOR;
    if (this.services?.equals(digest)) return SERVICES;
    // Kept by digest, so that no key lies in memory longer than its request.
    const name = digest.toString('base64');
    const known = this.known.get(name);
    if (known && known.until > now) return known.caller;
    const caller = this.directory.find(key);
    this.remember(name, { caller, until: now + this.configuration.keyCacheSeconds * 1_000 });
    const found = await caller.catch((error: unknown) => this.forget(name, error));
    if (found !== undefined) return found;
    this.known.delete(name);
    return (await this.operator.isDigestByNow(digest)) ? OPERATOR : undefined;
  }

  private remember(name: string, known: Known): void {
    this.known.delete(name);
    if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(name, known);
  }

  private forget(name: string, error: unknown): never {
    this.known.delete(name);
    throw error;
  }
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();
