import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { Problem } from '@tallystick/contracts/http';
import type { BodyShare } from './body-memory';

const LEAST_BUFFER_BYTES = 4_096;

export interface Reading {
  /** Bytes, before and after decompression. */
  readonly limit: number;
  readonly share: BodyShare;
  readonly isGzip: boolean;
  /** Called before the body is read. */
  readonly start: () => void;
}

const tooLarge = (limit: number): Problem =>
  new Problem(
    413,
    'body_too_large',
    `The body is larger than ${limit} bytes, the limit of this address. Send less in one request.`,
  );

const wrongGzip = (): Problem =>
  new Problem(
    400,
    'invalid_request',
    'The body is not the complete gzip data that its Content-Encoding announces. Compress it again, or send it without.',
  );

const cutOff = (): Problem => new Problem(400, 'invalid_request', 'The body ended before it was complete.');

/**
 * The whole body, decompressed. Throws Problem 413 above the limit, 503 if the memory for all bodies is in use, 400 for data that
 * is not gzip. The rest of the body then stays unread on the connection.
 */
export async function readBody(request: IncomingMessage, { limit, share, isGzip, start }: Reading): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) throw tooLarge(limit);
  share.assertRoom(announced);
  if (request.destroyed) throw cutOff();
  start();
  const bytes = new Bytes(limit, share);
  const unzip = isGzip ? createGunzip() : undefined;
  const source = unzip ?? request;
  let received = 0;
  return new Promise((resolve, reject) => {
    const count = (chunk: Buffer) => void ((received += chunk.length) > limit && end(tooLarge(limit)));
    const take = (chunk: Buffer) => {
      try {
        bytes.add(chunk);
      } catch (error) {
        end(error);
      }
    };
    const close = () => void (request.readableEnded || end(cutOff()));
    const end = (error?: unknown) => {
      request.off('close', close).off('data', count).off('data', take);
      if (unzip) request.unpipe(unzip);
      unzip?.off('data', take).destroy();
      if (error === undefined) resolve(bytes.all());
      else reject(error as Error);
    };
    request.once('close', close).once('error', close);
    if (unzip)
      request
        .on('data', count)
        .pipe(unzip)
        .once('error', () => end(wrongGzip()));
    source.on('data', take).once('end', () => end());
  });
}

/** Collects bytes in one buffer: many small pieces would need many times their length. */
class Bytes {
  private buffer: Buffer | undefined;
  private length = 0;

  constructor(
    private readonly limit: number,
    private readonly share: BodyShare,
  ) {}

  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.limit) throw tooLarge(this.limit);
    this.share.add(piece.length);
    if (this.buffer === undefined) this.buffer = piece;
    else {
      if (length > this.buffer.length) this.grow(length);
      piece.copy(this.buffer, this.length);
    }
    this.length = length;
  }

  all(): Buffer {
    return this.buffer?.subarray(0, this.length) ?? Buffer.alloc(0);
  }

  private grow(length: number): void {
    const size = Math.max(length, LEAST_BUFFER_BYTES, Math.min(2 * this.length, this.limit));
    const grown = Buffer.allocUnsafe(size);
    this.buffer!.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}
