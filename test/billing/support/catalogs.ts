import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { newDirectory } from '../../support/server';
import { ROOT } from '../../support/server-process';

type Vendor = 'iteration-layer' | 'leapocr' | 'ocriva';

/** A catalog file as YAML reads it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests change any key, also to bad values
type CatalogSource = Record<string, any>;

/** One credit for each page, so that a test can use any number of credits. */
const WORK = { id: 'document-extraction', name: 'Document Extraction', unit: 'page', credits: 1 };

/** Writes a catalog of a vendor with changes to a new directory, and returns its path. */
export function ownCatalog(vendor: Vendor, change: (catalog: CatalogSource) => CatalogSource): string {
  const catalog = parse(readFileSync(join(ROOT, `catalogs/${vendor}.yaml`), 'utf8')) as CatalogSource;
  const hasWork = catalog['operations'].some(({ id }: { id: string }) => id === WORK.id);
  if (!hasWork) catalog['operations'].push(WORK);
  const file = join(newDirectory(), `${vendor}.yaml`);
  writeFileSync(file, stringify({ ...catalog, ...change(catalog) }));
  return file;
}

/** A seller for own catalogs. */
export const SELLER = {
  name: 'Example Seller GmbH',
  address: 'Example Avenue 2\n20095 Example',
  country: 'DE',
  vatId: 'DE123456789',
  register: 'HRB 1',
  email: 'accounts@example.com',
  footer: 'Thank you.',
};
