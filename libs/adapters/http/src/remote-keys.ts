import { hashOfKey, KeyDirectory, type Caller } from '@tallystick/contracts';
import type { HttpCalls } from './http-calls';

/** The keys of a ledger in another process; only a key's hash travels there. */
export class RemoteKeys extends KeyDirectory {
  constructor(private readonly http: HttpCalls) {
    super();
  }

  override async find(key: string): Promise<Caller | undefined> {
    return this.http.call('findKey', await hashOfKey(key));
  }
}
