import { Inject, Injectable } from '@nestjs/common';
import { type Catalog, describeProblems, parseCatalog } from '@tallystick/domain/catalog';
import { EventStore } from '@tallystick/eventing';
import { CATALOG } from './catalog.module';
import { type CatalogVersion, hashOf, recordedVersions, referenceOf, versionsStreamOf } from './catalog-records';

/** The catalog versions that were in force, as the log has recorded them. Services with streams provide it. */
@Injectable()
export class CatalogVersions {
  private readonly parsed = new Map<string, Catalog>();

  constructor(
    private readonly store: EventStore,
    @Inject(CATALOG) private readonly running: Catalog,
  ) {}

  /** The version that a rating or a sale names, `id@version`. Undefined if it was in force before versions were recorded. */
  async versionOf(reference: string): Promise<Catalog | undefined> {
    if (reference === this.running.reference) return this.running;
    const [id = ''] = reference.split('@', 1);
    const versions = await recordedVersions(this.store, id);
    const version = versions.findLast((it) => referenceOf(it) === reference);
    return version && this.read(version);
  }

  /**
   * Which version of the running catalog is in force at an instant: the last one whose `effectiveAt` is not later. The first one is
   * in force from the start, because it replaces none. A version with the `effectiveAt` of the one before takes its place. Versions
   * are recorded at the start of the ledger: what is recorded later is not in it, the running version is.
   */
  async timeline(): Promise<(instant: string) => Catalog> {
    const recorded = await recordedVersions(this.store, this.running.id);
    const isRecorded = recorded.length > 0 && this.isRunning(recorded[recorded.length - 1]!);
    const all = isRecorded ? recorded : [...recorded, this.running];
    const [first, ...later] = all.filter(({ effectiveAt }, at) => all[at + 1]?.effectiveAt !== effectiveAt);
    return (instant) => {
      const version = later.findLast(({ effectiveAt }) => effectiveAt <= instant) ?? first!;
      return 'source' in version && !this.isRunning(version) ? this.read(version) : this.running;
    };
  }

  private isRunning(version: CatalogVersion): boolean {
    return referenceOf(version) === this.running.reference;
  }

  private read(version: CatalogVersion): Catalog {
    const { hash, source } = version;
    const known = this.parsed.get(hash);
    if (known !== undefined) return known;
    const name = `${referenceOf(version)} in ${versionsStreamOf(version.id)}`;
    if (hashOf(source) !== hash) throw new Error(`The catalog ${name} is damaged: its text does not have its hash.`);
    const parsed = parseCatalog(source, name);
    if (!parsed.ok) throw new Error(`The catalog ${name} cannot be read:\n${describeProblems(parsed.problems)}`);
    this.parsed.set(hash, parsed.catalog);
    return parsed.catalog;
  }
}
