import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { invalidInput, jsonOf, ORGANIZATION_PARAM, Problem } from '@tallystick/contracts/http';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Reflector } from '@nestjs/core';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';
import { type RememberedAnswer, IdempotencyStore } from './idempotency-store';
import { takesKey } from './repeating';
import type { HttpRequest } from '../http-request';

const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** Executes a write with an `Idempotency-Key` once. Its repetition gets the first answer. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly answers: IdempotencyStore,
    private readonly reflector: Reflector,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const given = request.headers['idempotency-key'];
    const route = request.routeOptions.url ?? '';
    // (the service that a request is forwarded to remembers its response)
    if (given === undefined || !takesKey(this.reflector, request.method, context)) return next.handle();
    if (typeof given !== 'string' || !KEY_FORM.test(given)) throw wrongKey();
    const scope = `${this.organizationOf(request, context) ?? 'ops'} ${request.method} ${route} ${given}`;
    const former = `${request.caller?.keyId ?? ''} ${request.method} ${route} ${given}`;
    request.idempotencyKeys = [sha256(scope), sha256(former)];
    return from(this.once(request, context.switchToHttp().getResponse(), next));
  }

  private organizationOf({ params }: HttpRequest, context: ExecutionContext): string | undefined {
    const name = this.reflector.get<string | undefined>(ORGANIZATION_PARAM, context.getHandler());
    return name === undefined ? undefined : (params as Readonly<Record<string, string>>)[name];
  }

  private async once(request: HttpRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const [name, former] = request.idempotencyKeys!;
    const fingerprint = fingerprintOf(request);
    const started = await this.answers.claim(name, fingerprint);
    if ('earlier' in started) return replay(started.earlier, fingerprint, reply);
    try {
      const stored = await this.answers.find(former);
      const isStored = stored?.fingerprint === formerFingerprintOf(request);
      const body: unknown = isStored
        ? replay(stored, stored.fingerprint, reply)
        : await lastValueFrom(next.handle(), { defaultValue: undefined });
      const hours = this.configuration.idempotencyHours;
      await this.answers.remember(started, { status: reply.statusCode, body }, hours);
      return body;
    } catch (error) {
      // A refusal changed nothing and a fault may be retried, so neither is remembered. If the outcome is unknown, the
      // repetition reaches the service, which recognizes stored ids.
      await this.answers.forget(started);
      throw error;
    }
  }
}

/**
 * Hash that distinguishes requests with the same key. It is made of the parsed body, so that neither the order of members nor the
 * form of numbers matters. A null member equals a missing one, except for PUT, where null removes a value.
 */
function fingerprintOf({ method, params, query, body }: HttpRequest): string {
  const isMeant = (value: unknown) => value !== null || method === 'PUT';
  const inOrder = (_: string, value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .filter(([, member]) => isMeant(member))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
  return sha256(jsonOf({ params, query, body: body ?? {} }, inOrder));
}

/** The fingerprint of version 0.1. */
const formerFingerprintOf = ({ url, body }: HttpRequest): string => sha256(`${url} ${jsonOf(body ?? null)}`);

function replay({ fingerprint, status, body }: RememberedAnswer, wanted: string, reply: FastifyReply): unknown {
  if (fingerprint !== wanted)
    throw new Problem(
      422,
      'idempotency_conflict',
      'This Idempotency-Key was used with another request. Use a new key for a new request.',
    );
  if (status === undefined)
    throw new Problem(
      409,
      'idempotency_in_progress',
      'The first request with this Idempotency-Key is still under way. Ask again in a moment.',
      { retryAfter: 1 },
    );
  void reply.status(status).header('idempotency-replayed', 'true');
  return body;
}

const wrongKey = (): Problem =>
  invalidInput([
    {
      field: 'Idempotency-Key',
      rule: 'text',
      message: 'Give one header with 1 to 255 printable ASCII characters without spaces.',
    },
  ]);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
