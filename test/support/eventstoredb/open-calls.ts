import { constants, type ServerHttp2Stream } from 'node:http2';
import { type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';

const ON_ITS_WAY_MS = 50;

/** The running calls as HTTP/2 streams, which can be ended without a response. */
export class OpenCalls {
  private readonly streams = new Set<ServerHttp2Stream>();

  readonly interceptor: ServerInterceptor = (_method, call) => {
    // The library has no public access to the stream.
    const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    return new ServerInterceptingCall(call);
  };

  /** Clients get code 13, "Received RST_STREAM with code 2". Resolves when it has been sent. */
  async reset(): Promise<void> {
    if (this.streams.size === 0) return;
    for (const stream of this.streams) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    await new Promise((resolve) => setTimeout(resolve, ON_ITS_WAY_MS));
  }
}
