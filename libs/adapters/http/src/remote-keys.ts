import { KeyDirectory, type Caller } from '@tallystick/contracts/http';
import type { HttpCalls } from './http-calls';

/** The keys of a ledger in another process; only hashes of keys travel there. */
export class RemoteKeys extends KeyDirectory {
  constructor(private readonly http: HttpCalls) {
    super();
  }

  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    const holders = await this.http.call<readonly (Caller | null)[]>('findKeys', hashes);
    return hashes.map((_, at) => holders?.[at] ?? undefined);
  }
}
