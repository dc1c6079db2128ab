import { KeyDirectory, type Caller } from '@tallystick/contracts/http';
import { KEY_CALLS } from '@tallystick/contracts/ledger';
import type { HttpCalls } from './http-calls';

/** The keys of a ledger in another process. Only hashes of keys are sent. */
export class RemoteKeys extends KeyDirectory {
  constructor(private readonly http: HttpCalls) {
    super();
  }

  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    const holders = await this.http.call(KEY_CALLS.find, hashes);
    return hashes.map((_, index) => holders?.[index] ?? undefined);
  }
}
