import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { CallerRequest } from './security';

/** What the platform puts on every HTTP request before a controller sees it. */
export interface PlatformRequest extends CallerRequest {
  /** From `traceparent` or `x-correlation-id`, else made; it is in every log line and in the answer. */
  correlationId: string;
  /**
   * The `Idempotency-Key` of a write, scoped to the organization of its address and the route: the same text for every
   * repetition, fit to derive ids from. The second is what version 0.1 made of it, which scoped it to the caller's key: what
   * it stored under this `Idempotency-Key` has its id from there.
   */
  idempotencyKeys?: readonly [current: string, former: string];
}

const fromRequest = <Member extends keyof PlatformRequest>(member: Member) =>
  createParamDecorator(
    (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<PlatformRequest>()[member],
  );

export const CorrelationId = fromRequest('correlationId');
export const IdempotencyKeys = fromRequest('idempotencyKeys');

export const BATCH_BODY = 'tallystick:batch-body';
/** A route that accepts several jobs or events in one body, which may be as large as `TALLY_MAX_BODY_BYTES`. */
export const TakesBatch = () => SetMetadata(BATCH_BODY, true);

export const WITHOUT_IDEMPOTENCY_KEY = 'tallystick:without-idempotency-key';
/** Writes that ids in their body identify, or that store nothing. They ignore an `Idempotency-Key`. */
export const WithoutIdempotencyKey = () => SetMetadata(WITHOUT_IDEMPOTENCY_KEY, true);

export const RAW_BODY = 'tallystick:raw-body';
/** A route whose body is the Buffer of its bytes as they came: not decompressed, not parsed. */
export const TakesRawBody = () => SetMetadata(RAW_BODY, true);
