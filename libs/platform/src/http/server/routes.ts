import type { FastifyInstance } from 'fastify';

interface KnownRoute {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

const KNOWN = new WeakMap<object, Map<string, KnownRoute>>();

/** Records every public route, to distinguish an unknown address (404) from a wrong method (405). */
export function rememberRoutes(server: FastifyInstance): void {
  const routes = new Map<string, KnownRoute>();
  KNOWN.set(server, routes);
  server.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*') || url.startsWith('/internal/')) return;
    const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const it of [method].flat()) route.methods.add(it);
    routes.set(url, route);
  });
}

/** The methods that the address allows. */
export function otherMethods(server: FastifyInstance, url: string): readonly string[] {
  const path = url.replace(/[?#].*$/s, '').replace(/(.)\/$/, '$1');
  const routes = [...(KNOWN.get(server)?.values() ?? [])].filter(({ pattern }) => pattern.test(path));
  return [...new Set(routes.flatMap(({ methods }) => [...methods]))].sort();
}

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.+^$()|[\]\\]/g, '\\$&').replace(/:[A-Za-z_]\w*/g, '[^/]+')}$`);
