import { Problem, unavailable, unknownOutcome, type RpcCall, type RpcReply } from '@tallystick/contracts/http';
import { Backoff, systemClock } from '@tallystick/runtime';
import { reasonOf, wasNotSent } from './failures';
import { Replicas } from './replicas';

export interface LedgerAddress {
  /** Of each replica, or one address for all of them. */
  readonly urls: readonly string[];
  readonly key: string;
  /** Of one attempt. */
  readonly timeoutMilliseconds: number;
  /** The maximum number of jobs that wait for an answer. */
  readonly mostWaiting: number;
}

const ATTEMPTS = 3;
const PAUSES = { firstMilliseconds: 100, maxMilliseconds: 400 };

/** The attempt failed, and another one may succeed later or at another replica. */
class AttemptFailed extends Error {
  constructor(
    reason: string,
    /** The call certainly had no effect. */
    readonly hadNoEffect: boolean,
  ) {
    super(reason);
  }
}

/** Calls to the ledger over HTTP, repeated after a failure. Repeating is safe: a job counts once by its id, the other calls only read. */
export class HttpCalls {
  private readonly replicas: Replicas;

  constructor(private readonly ledger: LedgerAddress) {
    this.replicas = new Replicas(ledger.urls);
  }

  get mostWaiting(): number {
    return this.ledger.mostWaiting;
  }

  /**
   * The result, undefined where the ledger has none. Throws the Problem of the ledger, or a Problem 503: `unavailable` where no
   * attempt had an effect, else `unknown_outcome`.
   */
  async call<Argument, Result>(call: RpcCall<Argument, Result>, argument: Argument): Promise<Result | undefined> {
    const startedAt = systemClock.monotonic();
    const backoff = new Backoff(PAUSES);
    let hadNoEffect = true;
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.attempt(url, call, argument);
      } catch (error) {
        if (!(error instanceof AttemptFailed)) throw error;
        hadNoEffect &&= error.hadNoEffect;
        this.replicas.failed(url);
        if (attempt === ATTEMPTS || this.isLate(startedAt)) throw failed(error.message, hadNoEffect || call.readOnly);
      }
      await backoff.wait();
    }
  }

  /** A caller waits for one attempt without an answer, and half as long again where there are other replicas. */
  private isLate(startedAt: number): boolean {
    const { timeoutMilliseconds, urls } = this.ledger;
    return systemClock.monotonic() - startedAt > timeoutMilliseconds * (urls.length > 1 ? 1.5 : 0.9);
  }

  private async attempt<Argument, Result>(
    url: string,
    call: RpcCall<Argument, Result>,
    argument: Argument,
  ): Promise<Result | undefined> {
    const response = await this.send(url, call, argument);
    if (response.ok) return ((await jsonOf(response)) as RpcReply<Result>).result ?? undefined;
    const { status } = response;
    const problem = await problemIn(response);
    const { code } = problem;
    // Another attempt would wait as long again for the view.
    if (code === 'view_behind') throw sameProblem(status, problem);
    if (status >= 500 || status === 429 || status === 408)
      throw new AttemptFailed(`it answered ${status}`, code === 'unavailable' || status === 429);
    if (status === 401 || status === 403) throw failed('it does not accept the key TALLY_LEDGER_KEY', true);
    if (status === 404 && !call.notFound)
      throw failed('TALLY_LEDGER_URL does not lead to its TALLY_INTERNAL_LISTEN', true);
    throw sameProblem(status, problem);
  }

  private async send<Argument, Result>(
    url: string,
    { path, send = (given) => given }: RpcCall<Argument, Result>,
    argument: Argument,
  ): Promise<Response> {
    const { key, timeoutMilliseconds } = this.ledger;
    try {
      return await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ argument: send(argument) }),
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
    } catch (error) {
      throw new AttemptFailed(reasonOf(error), wasNotSent(error));
    }
  }
}

/** A truncated body counts as no answer. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new AttemptFailed(reasonOf(error), false);
  }
}

/** A proxy between the services may answer with something else. */
type RemoteProblem = Readonly<Record<string, unknown>> & {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
};

const problemIn = (response: Response): Promise<RemoteProblem> =>
  response.json().catch(() => ({})) as Promise<RemoteProblem>;

/** The ledger's problem with all its members. `type`, `status` and `correlationId` are set when it is written. */
function sameProblem(status: number, problem: RemoteProblem): Problem {
  const { type: _type, status: _status, correlationId: _id, code, title, detail, ...members } = problem;
  const titled = { code: code ?? 'invalid_request', title: title ?? 'The request cannot be read' };
  return new Problem(status, titled, detail ?? `The ledger answered ${status}.`, members);
}

const failed = (reason: string, hadNoEffect: boolean | undefined): Problem =>
  hadNoEffect
    ? notSent(reason)
    : unknownOutcome(
        `The ledger did not answer (${reason}). Whether this was stored is unknown. Send the same again, with the same job ids: a job counts once.`,
      );

export const notSent = (reason: string): Problem =>
  unavailable(`The ledger cannot be reached: ${reason}. Nothing was moved; send the same again in a moment.`);
