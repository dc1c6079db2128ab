import type { CreditsMessage } from '@tallystick/contracts/ledger';
import type { ThirdPartyClient, ThirdPartyMessage } from './third-party-client';

/** Follows the documented rules for consumers of credits.events: skip repeated revisions and report gaps. */
export class CreditsReader {
  /** The last revision of each organization. */
  readonly last = new Map<string, number>();
  readonly gaps: string[] = [];
  repeated = 0;
  private readonly homes = new Map<string, number>();

  static async start(thirdParty: ThirdPartyClient): Promise<CreditsReader> {
    const reader = new CreditsReader();
    await thirdParty.read('credits.events', 'credits-reader', (message) => reader.take(message));
    return reader;
  }

  private take({ partition, offset, key, value }: ThirdPartyMessage): void {
    const { organizationId, revision } = JSON.parse(value!.toString()) as CreditsMessage;
    const place = `${organizationId}, revision ${revision}, at ${partition}/${offset}`;
    if (key?.toString() !== organizationId) this.gaps.push(`a key that is not the organization's: ${place}`);
    const home = this.homes.get(organizationId) ?? partition;
    this.homes.set(organizationId, home);
    if (home !== partition) this.gaps.push(`in another partition than before (${home}): ${place}`);
    const next = (this.last.get(organizationId) ?? -1) + 1;
    if (revision > next) this.gaps.push(`${next} is missing before ${place}`);
    if (revision < next) this.repeated += 1;
    else this.last.set(organizationId, revision);
  }
}
