import { NotFoundException } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../../configuration';
import { hostNameOf, isLoopback } from './hosts';
import { isInternal } from './listeners';

type Rules = Pick<Configuration, 'listen' | 'internalListen' | 'allowedHosts'>;

const INTERNAL = '/internal/';
const DOCS = /^\/(docs|favicon\.ico)(\/|$)/;
const HEALTH = /^\/health\//;

/** Checks the host and the listener of every request before anything else, and forbids caches to store the answer. */
export function guardEntrance(server: FastifyInstance, rules: Rules): void {
  const isRefused = hostCheck(rules);
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? '';
    if (!DOCS.test(route)) keepNowhere(reply);
    if (isRefused(request, route)) done(wrongHost());
    // Answered like an unknown route, also where the body cannot be read.
    else if (route.startsWith(INTERNAL) && !isInternal(request)) done(new NotFoundException());
    else done();
  });
}

/** An answer is valid for one caller and one moment only. */
export const keepNowhere = (reply: FastifyReply): void => void reply.header('cache-control', 'no-store');

/**
 * Protection against DNS rebinding: a web page whose name resolves to this machine must not reach a loopback listener. A listener
 * with another address is checked if host names are configured, except for health probes.
 */
function hostCheck({ listen, internalListen, allowedHosts }: Rules) {
  const allowed = new Set(allowedHosts);
  const onPublic = isLoopback(listen.host) ? 'all' : allowed.size > 0 ? 'all but health' : 'none';
  const onInternal = internalListen !== undefined && internalListen !== 'none' && isLoopback(internalListen.host);
  const isKnown = (authority: string | undefined): boolean => {
    const name = hostNameOf(authority);
    return name !== undefined && (isLoopback(name) || allowed.has(name));
  };
  return (request: FastifyRequest, route: string): boolean => {
    const isChecked = isInternal(request)
      ? onInternal
      : onPublic === 'all' || (onPublic === 'all but health' && !HEALTH.test(route));
    return isChecked && !authoritiesOf(request).every(isKnown);
  };
}

/** All hosts of a request: of its headers, and of its target in absolute form. */
function authoritiesOf({ raw, originalUrl }: FastifyRequest): readonly (string | undefined)[] {
  const { rawHeaders } = raw;
  const given = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === 'host');
  const [, absolute] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(originalUrl) ?? [];
  return [...(given.length === 0 ? [undefined] : given), ...(absolute === undefined ? [] : [absolute])];
}

const wrongHost = (): Problem =>
  new Problem(
    421,
    'wrong_host',
    'This server is not called by that name. Use the address that it listens on, such as 127.0.0.1, or add the name to TALLY_ALLOWED_HOSTS.',
  );
