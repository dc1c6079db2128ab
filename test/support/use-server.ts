import { rmSync } from 'node:fs';
import { type Standalone, startStandalone, type StartOptions } from './server';

let shared: Map<string, Promise<Standalone>> | undefined;

/**
 * From now on files that start a server with the same options use the same one, unless they need their own. Returns the
 * function that stops all of them; each must end with exit code 0.
 */
export function shareServers(): () => Promise<void> {
  const servers = (shared = new Map<string, Promise<Standalone>>());
  return async () => {
    const all = await Promise.all(servers.values());
    expect(await Promise.all(all.map(({ process }) => process.stop()))).toEqual(all.map(() => 0));
    for (const { data } of all) rmSync(data, { recursive: true, force: true });
  };
}

function sharedServer(servers: Map<string, Promise<Standalone>>, options: StartOptions): Promise<Standalone> {
  const key = JSON.stringify(options);
  const known = servers.get(key) ?? startStandalone(undefined, options);
  servers.set(key, known);
  return known;
}

/**
 * Starts a server before the tests of a file and stops it afterwards. The members of the result are set while tests run.
 * `isOwn`: no other file uses it.
 */
export function useServer(options: StartOptions = {}, { isOwn = false } = {}): Standalone {
  const server = {} as Standalone;
  const servers = isOwn ? undefined : shared;
  const start = () => (servers ? sharedServer(servers, options) : startStandalone(undefined, options));
  beforeAll(async () => void Object.assign(server, await start()), 120_000);
  if (servers === undefined)
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
