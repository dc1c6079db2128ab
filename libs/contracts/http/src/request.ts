import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { CallerRequest } from './security';

/** An HTTP request with the members that the platform adds. */
export interface PlatformRequest extends CallerRequest {
  /** From `traceparent` or `x-correlation-id`, else a new one. It is in every log line and in the response. */
  correlationId: string;
  /**
   * The `Idempotency-Key` of a write, scoped to its organization and route. Every repetition has the same, so ids can be derived
   * from it. The second one is that of version 0.1, which scoped it to the caller's key: ids of that version derive from it.
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
/** The body may have several jobs or events, up to `TALLY_MAX_BODY_BYTES`. */
export const TakesBatch = () => SetMetadata(BATCH_BODY, true);

export const WITHOUT_IDEMPOTENCY_KEY = 'tallystick:without-idempotency-key';
/** Writes that ids in their body identify, or that store nothing. They ignore an `Idempotency-Key`. */
export const WithoutIdempotencyKey = () => SetMetadata(WITHOUT_IDEMPOTENCY_KEY, true);

export const RAW_BODY = 'tallystick:raw-body';
/** The body is a Buffer of the received bytes: not decompressed, not parsed. */
export const TakesRawBody = () => SetMetadata(RAW_BODY, true);
