import { Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { isTransient } from '@tallystick/eventing';
import { type Observable, throwError } from 'rxjs';

const UNAVAILABLE = 503;

/**
 * What a handler of messages throws goes to the bus as it is, which tells of it and delivers again. The framework would
 * put "Internal server error" in its place, and a stack into the log for each batch of an outage.
 */
@Catch()
export class PassThroughRpcFilter implements ExceptionFilter {
  private readonly logger = new Logger('Messages');

  catch(error: unknown): Observable<never> {
    if (!isExpected(error)) this.logger.error(error, 'A handler of messages has failed: this is a bug.');
    return throwError(() => error);
  }
}

const isExpected = (error: unknown): boolean =>
  isTransient(error) || (error instanceof Problem && error.status === UNAVAILABLE);
