import { All, Controller, type DynamicModule, Inject, Module, NotFoundException, Req, Res } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import type { ServiceProxy } from '@tallystick/adapters/http';
import {
  Allow,
  type PlatformRequest,
  Problem,
  ROLES,
  ScopedByHandler,
  TakesRawBody,
  WithoutIdempotencyKey,
} from '@tallystick/contracts/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HandedOn } from '../http/body/parameters.interceptor';
import { whenEnded } from '../http/server/connections';
import type { RemoteService } from './remote-service';

const REMOTES = Symbol('REMOTES');

/**
 * Forwards requests to the service that serves their route, so that callers need one address. The service decides who may
 * call the route; here a known key is needed, or the body is not read. Routes of this process match first. Internal routes
 * are never forwarded.
 */
@ApiExcludeController()
@Allow(...ROLES)
@ScopedByHandler()
@WithoutIdempotencyKey()
@Controller()
export class ProxyController {
  constructor(
    @Inject(REMOTES) private readonly remotes: readonly RemoteService[],
    private readonly modules: ModuleRef,
  ) {}

  @All('v1/*')
  @HandedOn()
  @TakesRawBody()
  async forward(@Req() request: FastifyRequest & PlatformRequest, @Res() reply: FastifyReply): Promise<void> {
    const { method, url: path, correlationId, ip } = request;
    const remote = remoteOf(this.remotes, path);
    if (remote === undefined) throw new NotFoundException();
    const proxy = this.modules.get<ServiceProxy | undefined>(remote.proxy, { strict: false });
    if (proxy === undefined) throw new Problem(404, 'not_found', `This installation has no ${remote.name}.`);
    const gone = new AbortController();
    whenEnded(reply.raw, () => gone.abort());
    const body = request.body as Buffer | undefined;
    const headers = { ...request.headers, 'x-correlation-id': correlationId, 'x-forwarded-for': ip };
    try {
      const answer = await proxy.request({ method, path, headers, body, signal: gone.signal });
      await reply.code(answer.status).headers(answer.headers).send(answer.body);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
  }
}

/** The service with the longest matching route. The path is normalized as the service will read it: `..` may lead to other routes. */
export function remoteOf(remotes: readonly RemoteService[], path: string): RemoteService | undefined {
  if (!URL.canParse(path, 'http://remote')) return undefined;
  const segments = new URL(path, 'http://remote').pathname.split('/').slice(1);
  const matches = remotes.flatMap((remote) =>
    remote.routes.map((route) => ({ remote, route: route.split('/') })).filter(({ route }) => covers(route, segments)),
  );
  return matches.sort((a, b) => b.route.length - a.route.length)[0]?.remote;
}

const covers = (route: readonly string[], path: readonly string[]): boolean =>
  route.every((segment, index) => (segment.startsWith(':') ? Boolean(path[index]) : segment === path[index]));

@Module({})
export class ProxyModule {
  static register(remotes: readonly RemoteService[]): DynamicModule {
    return {
      module: ProxyModule,
      controllers: [ProxyController],
      providers: [{ provide: REMOTES, useValue: remotes }],
    };
  }
}
