import { hashOfKey, KeyDirectory, type Caller } from '@tallystick/contracts';
import { HttpCalls, type LedgerAddress } from './http-calls';

/** The keys of a ledger in another process; only a key's hash travels there. */
export class RemoteKeys extends KeyDirectory {
  private readonly http: HttpCalls;

  constructor(ledger: LedgerAddress) {
    super();
    this.http = new HttpCalls(ledger);
  }

  override async find(key: string): Promise<Caller | undefined> {
    return this.http.call('findKey', await hashOfKey(key));
  }
}
