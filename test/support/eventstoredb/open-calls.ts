import { constants, type ServerHttp2Stream } from 'node:http2';
import { type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';

const ON_ITS_WAY_MS = 50;

/** The calls that are under way, as streams of HTTP/2: only there can one be ended without an answer. */
export class OpenCalls {
  private readonly streams = new Set<ServerHttp2Stream>();

  readonly interceptor: ServerInterceptor = (_method, call) => {
    // The library has no public way to the stream.
    const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    return new ServerInterceptingCall(call);
  };

  /** Clients see code 13, "Received RST_STREAM with code 2". Resolves when that is on its way. */
  async reset(): Promise<void> {
    if (this.streams.size === 0) return;
    for (const stream of this.streams) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    await new Promise((resolve) => setTimeout(resolve, ON_ITS_WAY_MS));
  }
}
