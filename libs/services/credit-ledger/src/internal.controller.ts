import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  Allow, INTERNAL_ROUTES, TakesBatch,
  type Ending, type InternalCall, type InternalReply, type JobReference, type JobsQuery, type Submission,
} from '@tallystick/contracts'; // prettier-ignore
import { KeysService } from './keys.service';
import { LocalLedger } from './local-ledger';

/** The ledger for services in other processes; the other end is `libs/adapters/http`. */
@ApiExcludeController()
@Allow('service', 'operator')
@Controller()
export class InternalController {
  constructor(
    private readonly ledger: LocalLedger,
    private readonly keys: KeysService,
  ) {}

  @TakesBatch()
  @Post(INTERNAL_ROUTES.submit)
  @HttpCode(200)
  submit(@Body() { argument }: InternalCall<readonly Submission[]>) {
    return reply(this.ledger.submit(argument));
  }

  @TakesBatch()
  @Post(INTERNAL_ROUTES.end)
  @HttpCode(200)
  end(@Body() { argument }: InternalCall<readonly Ending[]>) {
    return reply(this.ledger.end(argument));
  }

  @Post(INTERNAL_ROUTES.heartbeat)
  @HttpCode(200)
  heartbeat(@Body() { argument }: InternalCall<JobReference>) {
    return reply(this.ledger.heartbeat(argument));
  }

  @TakesBatch()
  @Post(INTERNAL_ROUTES.preview)
  @HttpCode(200)
  preview(@Body() { argument }: InternalCall<readonly Submission[]>) {
    return reply(this.ledger.preview(argument));
  }

  @Post(INTERNAL_ROUTES.job)
  @HttpCode(200)
  job(@Body() { argument }: InternalCall<JobReference>) {
    return reply(this.ledger.job(argument));
  }

  @Post(INTERNAL_ROUTES.jobs)
  @HttpCode(200)
  jobs(@Body() { argument }: InternalCall<JobsQuery>) {
    return reply(this.ledger.jobs(argument));
  }

  @Post(INTERNAL_ROUTES.retention)
  @HttpCode(200)
  retention(@Body() { argument }: InternalCall<string>) {
    return reply(this.ledger.retention(argument));
  }

  @Post(INTERNAL_ROUTES.findKey)
  @HttpCode(200)
  findKey(@Body() { argument }: InternalCall<string>) {
    return reply(this.keys.findByHash(argument));
  }
}

const reply = async <Result>(result: Promise<Result | undefined>): Promise<InternalReply<Result>> => ({
  result: (await result) ?? null,
});
