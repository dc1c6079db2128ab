import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  appendRecord,
  CATALOG_TEXT,
  CATALOG_STREAM,
  type CatalogConfiguration,
  type CatalogText,
  type CatalogVersion,
  catalogVersionOf,
  type ChosenCatalog,
  versionsStreamOf,
} from '@tallystick/catalog';
import { parseCatalog } from '@tallystick/domain/catalog';
import { EventStore } from '@tallystick/eventing';
import { type Confirmations, CONFIGURATION } from '@tallystick/hosting';
import { StartupError, SystemClock } from '@tallystick/runtime';
import { catalogOfNewestRating } from './newest-rating';

type RecorderSettings = Pick<CatalogConfiguration, 'catalog' | 'keepsCatalog'> & Pick<Confirmations, 'changeCatalog'>;

/** Records which catalog the log has, and each of its versions, before anything is decided by them. */
@Injectable()
export class CatalogRecorder implements OnModuleInit {
  private readonly log = new Logger(CatalogRecorder.name);

  constructor(
    private readonly store: EventStore,
    @Inject(CATALOG_TEXT) private readonly running: CatalogText,
    @Inject(CONFIGURATION) private readonly settings: RecorderSettings,
    private readonly clock: SystemClock,
  ) {}

  /** Throws StartupError if the log has another catalog. */
  async onModuleInit(): Promise<void> {
    if (this.settings.keepsCatalog) return;
    await this.choose();
    await this.recordVersion();
  }

  private async choose(): Promise<void> {
    const { id } = this.running.catalog;
    const adopted = await catalogOfNewestRating(this.store);
    if (adopted !== undefined) await this.append((recorded) => (recorded.length === 0 ? { id: adopted } : undefined));
    await this.append((recorded) => {
      const last = recorded.at(-1)?.id;
      if (last === id) return undefined;
      if (last !== undefined && !this.settings.changeCatalog) throw new StartupError(this.refusal(last));
      return { id };
    });
  }

  private append(next: (recorded: readonly ChosenCatalog[]) => ChosenCatalog | undefined): Promise<void> {
    const recordedAt = this.clock.timestamp();
    return appendRecord(this.store, { stream: CATALOG_STREAM, type: 'CatalogChosen', recordedAt, next });
  }

  private refusal(last: string): string {
    const { catalog } = this.running;
    return (
      `The log belongs to the catalog "${last}", but TALLY_CATALOG is "${this.settings.catalog}" with the catalog "${catalog.id}". ` +
      `Start with a version of "${last}", or confirm the change with --change-catalog.`
    );
  }

  private recordVersion(): Promise<void> {
    const { catalog } = this.running;
    return appendRecord<CatalogVersion>(this.store, {
      stream: versionsStreamOf(catalog.id),
      type: 'CatalogVersionRecorded',
      recordedAt: this.clock.timestamp(),
      next: (recorded) => {
        const last = recorded.at(-1);
        if (last !== undefined && this.isRunning(last)) return undefined;
        if (recorded.some((it) => it.version === catalog.version && !this.isRunning(it)))
          this.log.warn(
            `The catalog ${catalog.reference} is not as it was recorded: what was sold under this version is read by the new text. Change its version whenever you change it.`,
          );
        return catalogVersionOf(this.running);
      },
    });
  }

  /** Comments and the order of keys make no other version. */
  private isRunning({ source }: CatalogVersion): boolean {
    if (source === this.running.source) return true;
    const parsed = parseCatalog(source);
    return parsed.ok && isDeepStrictEqual(parsed.catalog, this.running.catalog);
  }
}
