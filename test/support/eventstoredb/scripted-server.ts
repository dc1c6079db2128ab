import { randomUUID } from 'node:crypto';
import { EndPoint, ClusterInfo, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { type BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { type sendUnaryData, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { identifierOf, nameOf, positionOf, uuidOf } from './protocol';
import type { ReadCall } from './reads/read-options';

type ScriptedReply<Answer> = sendUnaryData<Answer>;

/** The responses of a server for one test. Other calls are not implemented. */
export interface Script {
  /** Ends the call itself. */
  readonly read?: (call: ReadCall) => void;
  /** The response to each batch append. */
  readonly append?: (options: BatchAppendReq.Options, count: number) => Status | BatchAppendResp.Success;
  readonly members?: () => MemberInfo[];
  /** Requires client certificates of this authority. */
  readonly clientCa?: Buffer;
  readonly tls?: { readonly key: Buffer; readonly certificate: Buffer };
}

/** A server with scripted responses, for responses that the test server never sends. */
export async function scripted({
  read,
  append,
  members,
  tls,
  clientCa,
}: Script): Promise<{ port: number; stop(): void }> {
  const server = new Server();
  const streams = {
    ...(read && { read }),
    ...(append && { batchAppend: (call: AppendCall) => answerAppends(call, append) }),
  };
  if (read ?? append) {
    server.addService(ServerFeaturesService, {
      getSupportedMethods: (_: unknown, reply: ScriptedReply<SupportedMethods>) => reply(null, METHODS),
    });
    server.addService(StreamsService, streams as never);
  }
  if (members)
    server.addService(GossipService, {
      read: (_: unknown, reply: ScriptedReply<ClusterInfo>) => reply(null, new ClusterInfo().setMembersList(members())),
    });
  const credentials = tls
    ? ServerCredentials.createSsl(
        clientCa ?? null,
        [{ private_key: tls.key, cert_chain: tls.certificate }],
        clientCa !== undefined,
      )
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at))),
  );
  return { port, stop: () => server.forceShutdown() };
}

type AppendCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

function answerAppends(call: AppendCall, answer: NonNullable<Script['append']>): void {
  call.on('data', (request: BatchAppendReq) => {
    const options = request.getOptions()!;
    const response = new BatchAppendResp()
      .setCorrelationId(uuidOf(request.getCorrelationId()!.getString()))
      .setStreamIdentifier(identifierOf(nameOf(options.getStreamIdentifier())));
    const said = answer(options, request.getProposedMessagesList().length);
    call.write(said instanceof Status ? response.setError(said) : response.setSuccess(said));
  });
  call.on('end', () => call.end());
  call.on('error', () => undefined);
}

export const refusal = (type: string, message = ''): Status => {
  const details = new Any();
  details.pack(new Uint8Array(), type);
  return new Status().setCode(3).setMessage(message).setDetails(details);
};

export const stored = (revision: number): BatchAppendResp.Success =>
  new BatchAppendResp.Success().setCurrentRevision(String(revision)).setPosition(positionOf(100));

export const member = (
  port: number,
  state: MemberInfo.VNodeState = MemberInfo.VNodeState.LEADER,
  host = '127.0.0.1',
): MemberInfo =>
  new MemberInfo()
    .setInstanceId(uuidOf(randomUUID()))
    .setTimeStamp('0')
    .setIsAlive(true)
    .setState(state)
    .setHttpEndPoint(new EndPoint().setAddress(host).setPort(port));

const METHODS = new SupportedMethods()
  .setEventStoreServerVersion('24.2.0')
  .setMethodsList(
    ['read', 'append', 'batchappend'].map((name) =>
      new SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
    ),
  );
