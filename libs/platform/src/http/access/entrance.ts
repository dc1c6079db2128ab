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

/** What holds for every request before anything else of it is looked at: its host, its listener, and that its answer is kept nowhere. */
export function guardEntrance(server: FastifyInstance, rules: Rules): void {
  const isRefused = hostCheck(rules);
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? '';
    if (!DOCS.test(route)) keepNowhere(reply);
    if (isRefused(request, route)) done(wrongHost());
    // As if it did not exist: also where its body could not be read.
    else if (route.startsWith(INTERNAL) && !isInternal(request)) done(new NotFoundException());
    else done();
  });
}

/** Answers are about one caller and one moment. */
export const keepNowhere = (reply: FastifyReply): void => void reply.header('cache-control', 'no-store');

/**
 * Against DNS rebinding: a page of the web, whose name was made to lead to this machine, must not speak to a listener that only
 * this machine can reach. A listener that others reach is checked where names are configured, its probes aside.
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

/** Every host that a request names: in its header, and in its target where that has the absolute form. */
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
