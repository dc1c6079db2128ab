import { rmSync } from 'node:fs';
import { type Standalone, startStandalone, type StartOptions } from './server';

/** Starts a server before the tests of a file and stops it afterwards. The members of the result are set while tests run. */
export function useServer(options: StartOptions = {}): Standalone {
  const server = {} as Standalone;
  beforeAll(async () => void Object.assign(server, await startStandalone(undefined, options)), 120_000);
  afterAll(async () => {
    expect(await server.process.stop()).toBe(0);
    rmSync(server.data, { recursive: true, force: true });
  });
  return server;
}

/** Start options for one of the catalogs in `catalogs/`. */
export const withCatalog = (name: 'leapocr' | 'ocriva' | 'iteration-layer'): StartOptions => ({
  flags: ['--catalog', `catalogs/${name}.yaml`],
});
