import { createHash } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { invalidInput, jsonOf, type PlatformRequest, Problem } from '@tallystick/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { CONFIGURATION, type Configuration } from '../configuration';
import { type Answer, Answers } from './answers';
import { takesKey } from './repeating';

type Request = FastifyRequest & PlatformRequest;

const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** A write with an `Idempotency-Key` is carried out once: its repetition gets the first one's answer. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly answers: Answers,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<Request>();
    const given = request.headers['idempotency-key'];
    const route = request.routeOptions.url ?? '';
    // (what is handed on, its own service remembers)
    if (given === undefined || !takesKey(request.method, route)) return next.handle();
    if (typeof given !== 'string' || !KEY_FORM.test(given)) throw wrongKey();
    const scope = `${request.caller?.keyId ?? ''} ${request.method} ${route} ${given}`;
    request.idempotencyKey = sha256(scope);
    const fingerprint = sha256(`${request.url} ${jsonOf(request.body ?? null)}`);
    return from(this.once(fingerprint, request, context.switchToHttp().getResponse(), next));
  }

  private async once(
    fingerprint: string,
    { idempotencyKey: name = '' }: Request,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    const earlier = await this.answers.begin(name, fingerprint);
    if (earlier) return replay(earlier, fingerprint, reply);
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      const hours = this.configuration.idempotencyHours;
      await this.answers.remember(name, { fingerprint, status: reply.statusCode, body }, hours);
      return body;
    } catch (error) {
      // A "no" moved nothing and a fault may be tried again, so neither is remembered. Where the outcome is unknown, the
      // repetition reaches the service, which finds by its ids what is there.
      await this.answers.forget(name);
      throw error;
    }
  }
}

function replay({ fingerprint, status, body }: Answer, wanted: string, reply: FastifyReply): unknown {
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
      message: 'Give 1 to 255 printable characters without spaces.',
    },
  ]);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
