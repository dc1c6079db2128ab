import { AllStreamPosition, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { type BatchAppendReq, type AppendReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Message, Recorded } from './event-log';

const TICKS_PER_MILLISECOND = 10_000n;

export const nameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

export const identifierOf = (stream: string): StreamIdentifier =>
  new StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'));

export const uuidOf = (id: string): UUID => new UUID().setString(id);

/** The client sends ids as text; the other form is for other clients. */
export const textOf = (uuid: UUID | undefined): string => {
  if (!uuid?.hasStructured()) return uuid?.getString() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const { mostSignificantBits, leastSignificantBits } = uuid.getStructured()!.toObject();
  const digits = half(mostSignificantBits) + half(leastSignificantBits);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export const messageOf = (proposed: BatchAppendReq.ProposedMessage | AppendReq.ProposedMessage): Message => ({
  id: textOf(proposed.getId()),
  type: proposed.getMetadataMap().get('type') ?? '',
  contentType: proposed.getMetadataMap().get('content-type') ?? 'application/octet-stream',
  data: proposed.getData_asU8(),
  metadata: proposed.getCustomMetadata_asU8(),
});

export const positionOf = (position: number): AllStreamPosition =>
  new AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));

export const toEvent = (event: Recorded): ReadResp => {
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  const position = String(event.position);
  recorded.setId(uuidOf(event.id)).setStreamIdentifier(identifierOf(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setPreparePosition(position).setCommitPosition(position);
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType);
  recorded.getMetadataMap().set('created', String(BigInt(event.created) * TICKS_PER_MILLISECOND));
  recorded.setData(event.data).setCustomMetadata(event.metadata);
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position));
};

export const toCheckpoint = (position: number): ReadResp =>
  new ReadResp().setCheckpoint(
    new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position)),
  );

/** An error as the server sends it; the client tells some apart by `exception`. */
export const errorOf = (code: status, details: string, exception?: string): ServiceError => {
  const metadata = new Metadata();
  if (exception !== undefined) metadata.set('exception', exception);
  return Object.assign(new Error(details), { code, details, metadata });
};
