import { Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { isTransient } from '@tallystick/eventing';
import { type Observable, throwError } from 'rxjs';

const UNAVAILABLE = 503;

/**
 * Passes the errors of message handlers unchanged to the bus, which logs them and delivers again. The framework would replace
 * them by "Internal server error" and log a stack for each batch of an outage.
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
