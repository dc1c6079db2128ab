import type { ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { BATCH_BODY, Problem, RAW_BODY, repeatedMember } from '@tallystick/contracts/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';
import { readBody } from './read-body';
import { BodyMemory } from './body-memory';
import { sendContinue, whenEnded } from '../server/connections';
import { assertJsonType, isGzipped, memoryOf, textOf } from './json-body';

type BodyLimits = Pick<Configuration, 'maxBodyBytes' | 'maxSingleBodyBytes' | 'maxBodiesBytes' | 'maxJsonDepth'>;

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Reads the body after the guard has accepted the caller, so that requests without a valid key use no memory. */
@Injectable()
export class BodyInterceptor implements NestInterceptor {
  private readonly memory: BodyMemory;

  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIGURATION) private readonly limits: BodyLimits,
  ) {
    this.memory = new BodyMemory(limits.maxBodiesBytes);
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { raw: response } = context.switchToHttp().getResponse<FastifyReply>();
    if (hasBody(request)) request.body = await this.read(context, request, response);
    return next.handle();
  }

  private async read(context: ExecutionContext, request: FastifyRequest, response: ServerResponse): Promise<unknown> {
    const { raw, headers } = request;
    const places = [context.getHandler(), context.getClass()];
    const isRaw = this.reflector.getAllAndOverride<boolean>(RAW_BODY, places) ?? false;
    const isBatch = this.reflector.getAllAndOverride<boolean>(BATCH_BODY, places) ?? false;
    const { maxBodyBytes, maxSingleBodyBytes, maxJsonDepth } = this.limits;
    const limit = isBatch ? maxBodyBytes : Math.min(maxBodyBytes, maxSingleBodyBytes);
    const isGzip = !isRaw && isGzipped(headers);
    if (!isRaw) assertJsonType(headers);
    const share = this.memory.share(!isBatch);
    whenEnded(response, share.release);
    const bytes = await readBody(raw, { limit, share, isGzip, start: () => sendContinue(response) });
    if (isRaw) return bytes;
    // A command without members may come without a body.
    if (bytes.length === 0) return undefined;
    share.add(memoryOf(bytes, maxJsonDepth));
    return parsed(request, textOf(bytes));
  }
}

const hasBody = ({ method, headers }: FastifyRequest): boolean =>
  WITH_BODY.has(method) && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');

/** Refuses members that would change an object's prototype. */
function parsed(request: FastifyRequest, text: string): unknown {
  const parse = request.server.getDefaultJsonParser('error', 'error');
  let value: unknown;
  void parse(request, text, (error, parsed) => {
    if (error) throw invalidJson(text);
    value = parsed;
  });
  assertEachOnce(text);
  return value;
}

/** Refuses duplicate members: parsers differ in which of the values they take. */
function assertEachOnce(body: string): void {
  const name = repeatedMember(body);
  if (name === undefined) return;
  const detail = `The body names the member ${JSON.stringify(name)} twice in one object. Name each member once.`;
  throw new Problem(400, 'invalid_json', detail);
}

/** Contains the parser's message, which gives the position and may quote the caller's body. */
function invalidJson(body: string): Problem {
  try {
    JSON.parse(body);
  } catch (error) {
    return new Problem(400, 'invalid_json', `The body is no valid JSON: ${(error as Error).message}.`);
  }
  return new Problem(400, 'invalid_json', 'The body has members that no JSON should have: __proto__ or constructor.');
}
