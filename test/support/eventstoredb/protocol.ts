import { AllStreamPosition, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { type BatchAppendReq, type AppendReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { LogPosition } from './reads/all-reader';
import type { Resolved } from './reads/links';
import { BINARY_CONTENT, DELETED, type ProposedEvent, type Recorded } from './log/records';

const TICKS_PER_MILLISECOND = 10_000n;

export const nameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

export const identifierOf = (stream: string): StreamIdentifier =>
  new StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'));

export const uuidOf = (id: string): UUID => new UUID().setString(id);

/** The client sends ids as text. Other clients use the structured form. */
export const textOf = (uuid: UUID | undefined): string => {
  if (!uuid?.hasStructured()) return uuid?.getString() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const { mostSignificantBits, leastSignificantBits } = uuid.getStructured()!.toObject();
  const digits = half(mostSignificantBits) + half(leastSignificantBits);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** A message that the server refuses, with its reason. */
export class BadMessage extends Error {}

export function messageOf(proposed: BatchAppendReq.ProposedMessage | AppendReq.ProposedMessage): ProposedEvent {
  const type = proposed.getMetadataMap().get('type') ?? '';
  const id = guidOf(textOf(proposed.getId()));
  if (id === undefined) throw new BadMessage('Not a UUID format');
  if (id === EMPTY_GUID) throw new BadMessage('Empty eventId provided.');
  if (type === '') throw new BadMessage('Empty eventType provided.');
  const contentType = proposed.getMetadataMap().get('content-type') ?? BINARY_CONTENT;
  return {
    id,
    type,
    contentType,
    data: proposed.getData_asU8(),
    metadata: proposed.getCustomMetadata_asU8(),
  };
}

const EMPTY_GUID = '00000000-0000-0000-0000-000000000000';
const GUID = /^([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})$/i;

/** In lower case, with hyphens; the server also reads ids without them, or in brackets. */
function guidOf(text: string): string | undefined {
  const inner = /^\{(.*)\}$|^\((.*)\)$/.exec(text.trim());
  const groups = GUID.exec(inner?.[1] ?? inner?.[2] ?? text.trim());
  return groups ? [groups[1], ...groups.slice(3)].join('-').toLowerCase() : undefined;
}

/** Invalid stream names. */
export const isBadName = (stream: string): boolean => stream === '' || stream === '$$';

export const positionOf = (position: number): AllStreamPosition =>
  new AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));

/** The revision of a tombstone is the largest possible one, which a number rounds up. */
export const revisionText = (revision: number): string =>
  revision === DELETED ? '9223372036854775807' : String(revision);

const toRecordedEvent = (event: Recorded): ReadResp.ReadEvent.RecordedEvent => {
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  const position = String(event.position);
  recorded.setId(uuidOf(event.id)).setStreamIdentifier(identifierOf(event.stream));
  recorded.setStreamRevision(revisionText(event.revision));
  recorded.setPreparePosition(position).setCommitPosition(position);
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType);
  recorded.getMetadataMap().set('created', String(BigInt(event.created) * TICKS_PER_MILLISECOND));
  return recorded.setData(event.data).setCustomMetadata(event.metadata);
};

export const toEvent = ({ event, link }: Resolved, position: number): ReadResp => {
  const read = new ReadResp.ReadEvent().setCommitPosition(String(position));
  if (event) read.setEvent(toRecordedEvent(event));
  if (link) read.setLink(toRecordedEvent(link));
  return new ReadResp().setEvent(read);
};

/** The unsigned number that the server sends: -1 is the largest. */
const unsigned = (position: number): string => String(BigInt.asUintN(64, BigInt(position)));

export const toCheckpoint = ({ commit, prepare }: LogPosition): ReadResp =>
  new ReadResp().setCheckpoint(
    new ReadResp.Checkpoint().setCommitPosition(unsigned(commit)).setPreparePosition(unsigned(prepare)),
  );

/** An error of the server. The client distinguishes some errors by `exception`. */
export const errorOf = (code: status, details: string, exception?: string): ServiceError => {
  const metadata = new Metadata();
  if (exception !== undefined) metadata.set('exception', exception);
  return Object.assign(new Error(details), { code, details, metadata });
};

export const streamDeleted = (stream: string): ServiceError => {
  const error = errorOf(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, 'stream-deleted');
  error.metadata.set('stream-name', headerOf(stream));
  return error;
};

/** Headers support printable ASCII only. */
export const headerOf = (text: string): string => text.replace(/[^ -~]/g, '?');

export const serverNotReady = (): ServiceError => errorOf(status.UNAVAILABLE, 'Server Is Not Ready');
export const timedOut = (): ServiceError => errorOf(status.ABORTED, 'Operation timed out: CommitTimeout');
