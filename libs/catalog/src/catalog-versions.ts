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
   * in force from the start, because it replaces none. Versions are recorded at the start of the ledger: what is recorded later is
   * not in it, the running version is.
   */
  async timeline(): Promise<(instant: string) => Catalog> {
    const recorded = await recordedVersions(this.store, this.running.id);
    const last = recorded[recorded.length - 1];
    const { id, version, effectiveAt, reference } = this.running;
    // (of the running version, the text is not needed)
    const own: CatalogVersion = { id, version, effectiveAt, hash: '', source: '' };
    const versions = last !== undefined && referenceOf(last) === reference ? recorded : [...recorded, own];
    return (instant) => this.inForce(versions, instant);
  }

  private inForce([first, ...later]: readonly CatalogVersion[], instant: string): Catalog {
    const version = later.findLast(({ effectiveAt }) => effectiveAt <= instant) ?? first;
    return version === undefined || referenceOf(version) === this.running.reference ? this.running : this.read(version);
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
