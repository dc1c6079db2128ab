import { type BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import type { AppendRules } from './append-calls';
import { answerTo, badRequest, notReady, timeout, tooLarge } from './batch-responses';
import { identifierOf, isBadName, messageOf, nameOf, textOf, uuidOf } from '../protocol';
import { type ExpectedRevision, type ProposedEvent, NO_STREAM } from '../log/records';
import { answerInTime } from './append-timing';

/** Maximum time for an append to arrive, for any deadline. */
const LONGEST_ARRIVAL = 4_000;

interface Arriving {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly messages: ProposedEvent[];
  readonly deadline: NodeJS.Timeout;
  bytes: number;
}

/** Many appends over one call, in parts. Each response has the correlation id of its append, in any order. */
export class BatchAppend {
  private readonly arriving = new Map<string, Arriving>();

  constructor(
    private readonly rules: AppendRules,
    private readonly call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>,
  ) {
    call.on('data', (request: BatchAppendReq) => this.take(request));
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  }

  private take(request: BatchAppendReq): void {
    const id = textOf(request.getCorrelationId());
    const options = request.getOptions();
    if (options && !this.begin(id, options)) return;
    const append = this.arriving.get(id);
    if (!append) return;
    try {
      for (const proposed of request.getProposedMessagesList()) {
        const message = messageOf(proposed);
        append.messages.push(message);
        append.bytes += message.data.length;
      }
      if (isBadName(append.stream)) throw new Error('The stream’s name is not valid.');
    } catch (error) {
      return this.refuse(id, append.stream, badRequest((error as Error).message));
    }
    const { maxAppendBytes } = this.rules;
    if (append.bytes > maxAppendBytes) return this.refuse(id, append.stream, tooLarge(maxAppendBytes));
    if (request.getIsFinal()) this.store(id, append);
  }

  /** The deadline uses the clock of the client and is compared with the clock of the server. */
  private begin(id: string, options: BatchAppendReq.Options): boolean {
    const stream = nameOf(options.getStreamIdentifier());
    const left = options.hasDeadline()
      ? millisecondsOf(options.getDeadline()!) - this.rules.clock.now()
      : LONGEST_ARRIVAL;
    if (left <= 0) {
      this.refuse(id, stream, timeout());
      return false;
    }
    const deadline = setTimeout(() => this.refuse(id, stream, timeout()), Math.min(left, LONGEST_ARRIVAL));
    this.arriving.set(id, {
      stream,
      expected: expectedOf(options),
      messages: [],
      deadline: deadline.unref(),
      bytes: 0,
    });
    return true;
  }

  private store(id: string, { stream, expected, messages }: Arriving): void {
    this.forget(id);
    const { log, faults, readiness, timeouts } = this.rules;
    if (readiness.refuses()) return this.refuse(id, stream, notReady());
    if (readiness.drops()) return readiness.atTimeout(() => this.refuse(id, stream, timeout()));
    faults.meet(
      () => log.append(stream, expected, messages),
      (written) =>
        answerInTime(log, timeouts, written, (answered) =>
          this.answer(id, stream, answerTo(stream, expected, answered)),
        ),
    );
  }

  private refuse(id: string, stream: string, error: ReturnType<typeof badRequest>): void {
    this.forget(id);
    this.answer(id, stream, new BatchAppendResp().setError(error));
  }

  private answer(id: string, stream: string, answer: BatchAppendResp): void {
    if (this.call.cancelled || this.call.writableEnded) return;
    this.call.write(answer.setCorrelationId(uuidOf(id)).setStreamIdentifier(identifierOf(stream)));
  }

  private forget(id: string): void {
    clearTimeout(this.arriving.get(id)?.deadline);
    this.arriving.delete(id);
  }
}

function expectedOf(options: BatchAppendReq.Options): ExpectedRevision {
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream exists';
  return options.hasNoStream() ? NO_STREAM : Number(options.getStreamPosition());
}

const millisecondsOf = (time: Timestamp): number => time.getSeconds() * 1_000 + time.getNanos() / 1e6;
