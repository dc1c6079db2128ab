import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Allow, KeyDirectory, TakesBatch } from '@tallystick/contracts/http';
import { toInstant } from '@tallystick/contracts/intake';
import {
  EndingsCallDto,
  INTERNAL_ROUTES,
  JobCallDto,
  JobsCallDto,
  KeysCallDto,
  RetentionCallDto,
  SubmissionsCallDto,
  type Ending,
  type InternalReply,
  type JobReference,
  type JobsQuery,
  type Submission,
} from '@tallystick/contracts/ledger';
import { LocalLedger } from './local-ledger';

/** The ledger for services in other processes, on the internal listener; the other end is `libs/adapters/http`. */
@ApiExcludeController()
@Allow('internal')
@Controller()
export class InternalController {
  constructor(
    private readonly ledger: LocalLedger,
    private readonly keys: KeyDirectory,
  ) {}

  @TakesBatch()
  @Post(INTERNAL_ROUTES.submit)
  @HttpCode(200)
  submit(@Body() { argument }: SubmissionsCallDto) {
    return reply(this.ledger.submit(argument.map((one) => given<Submission>(one))));
  }

  @TakesBatch()
  @Post(INTERNAL_ROUTES.end)
  @HttpCode(200)
  end(@Body() { argument }: EndingsCallDto) {
    return reply(this.ledger.end(argument.map(endingOf)));
  }

  @Post(INTERNAL_ROUTES.heartbeat)
  @HttpCode(200)
  heartbeat(@Body() { argument }: JobCallDto) {
    return reply(this.ledger.heartbeat(given<JobReference>(argument)));
  }

  @TakesBatch()
  @Post(INTERNAL_ROUTES.preview)
  @HttpCode(200)
  preview(@Body() { argument }: SubmissionsCallDto) {
    return reply(this.ledger.preview(argument.map((one) => given<Submission>(one))));
  }

  @Post(INTERNAL_ROUTES.job)
  @HttpCode(200)
  job(@Body() { argument }: JobCallDto) {
    return reply(this.ledger.job(given<JobReference>(argument)));
  }

  @Post(INTERNAL_ROUTES.jobs)
  @HttpCode(200)
  jobs(@Body() { argument }: JobsCallDto) {
    return reply(this.ledger.jobs(given<JobsQuery>(argument)));
  }

  @Post(INTERNAL_ROUTES.retention)
  @HttpCode(200)
  retention(@Body() { argument }: RetentionCallDto) {
    return reply(this.ledger.retention(argument));
  }

  @Post(INTERNAL_ROUTES.findKeys)
  @HttpCode(200)
  findKeys(@Body() { argument }: KeysCallDto) {
    return reply(this.keys.find(argument));
  }
}

const reply = async <Result>(result: Promise<Result | undefined>): Promise<InternalReply<Result>> => ({
  result: (await result) ?? null,
});

function endingOf(ending: EndingsCallDto['argument'][number]): Ending {
  const { outcome, ...rest } = given<Ending>(ending);
  return outcome.kind === 'failed'
    ? { ...rest, outcome: { kind: 'failed', reason: outcome.reason ?? 'failed' } }
    : { ...rest, outcome: { kind: 'completed', ...(outcome.usage && { usage: outcome.usage }) } };
}

const TIMES = new Set(['occurredAt', 'from', 'to']);

/** A checked argument as the ledger takes it: null is left out, times have the one form of the domain. */
const given = <T>(argument: object): T => plain(argument) as T;

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member != null);
  return Object.fromEntries(
    kept.map(([name, member]) => [name, TIMES.has(name) ? toInstant(member as string) : plain(member)]),
  );
}
