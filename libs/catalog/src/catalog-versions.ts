import { Inject, Injectable, Module } from '@nestjs/common';
import { type Catalog, describeProblems, parseCatalog, versionInForce } from '@tallystick/domain/catalog';
import { EventStore } from '@tallystick/eventing';
import { CATALOG, CatalogModule } from './catalog.module';
import { type CatalogVersion, hashOf, recordedVersions, referenceOf, versionsStreamOf } from './catalog-records';

/** The catalog versions that were in force, as the log has recorded them. */
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
   * Reads the versions that were in force until now, of the running catalog's id, and returns which of them is in force at an
   * instant. The running one is the last.
   */
  async inForce(): Promise<(at: string) => Catalog> {
    const { id, reference } = this.running;
    const before = (await recordedVersions(this.store, id)).filter((it) => referenceOf(it) !== reference);
    const [first, ...later] = [...before, this.running];
    return (at) => {
      const version = versionInForce([first!, ...later], at);
      return 'source' in version ? this.read(version) : version;
    };
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

/** For services with streams. */
@Module({ imports: [CatalogModule], providers: [CatalogVersions], exports: [CatalogModule, CatalogVersions] })
export class CatalogVersionsModule {}
