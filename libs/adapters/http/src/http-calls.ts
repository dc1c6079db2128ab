import { Problem, unavailable, unknownOutcome } from '@tallystick/contracts/http';
import { INTERNAL_ROUTES, type InternalReply } from '@tallystick/contracts/ledger';
import { reasonOf, wasNotSent } from './failures';
import { Replicas } from './replicas';

export interface LedgerAddress {
  /** Of each replica, or one that stands for all. */
  readonly urls: readonly string[];
  readonly key: string;
  /** Of one attempt. */
  readonly timeoutMilliseconds: number;
  /** Jobs that may wait for an answer. */
  readonly mostWaiting: number;
}

export type InternalRoute = keyof typeof INTERNAL_ROUTES;

const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 100;
/** What only reads has no outcome that could be unknown. */
const READING = new Set<InternalRoute>(['preview', 'job', 'jobs', 'retention', 'findKeys']);

/** An answer that may be another one a moment later, or from another replica. */
class Again extends Error {
  constructor(
    reason: string,
    /** The call has certainly had no effect. */
    readonly hadNone: boolean,
  ) {
    super(reason);
  }
}

/** Calls that may be repeated without harm: jobs count once by their id, the rest only reads. */
export class HttpCalls {
  private readonly replicas: Replicas;

  constructor(private readonly ledger: LedgerAddress) {
    this.replicas = new Replicas(ledger.urls);
  }

  get mostWaiting(): number {
    return this.ledger.mostWaiting;
  }

  /**
   * The result, undefined for "there is none". Throws Problem, 503 where the ledger could not be asked: `unknown_outcome`
   * unless each attempt has certainly had no effect.
   */
  async call<Result>(route: InternalRoute, argument: unknown): Promise<Result | undefined> {
    const began = performance.now();
    let hadNone = true;
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.attempt<Result>(url, route, argument);
      } catch (error) {
        if (!(error instanceof Again)) throw error;
        hadNone &&= error.hadNone;
        this.replicas.failed(url);
        if (attempt === ATTEMPTS || this.isLate(began)) throw failed(error.message, hadNone || READING.has(route));
      }
      await pause(attempt);
    }
  }

  /** A caller waits no longer than for one attempt that is not answered, and as long again only where others are left to ask. */
  private isLate(began: number): boolean {
    const { timeoutMilliseconds, urls } = this.ledger;
    return performance.now() - began > timeoutMilliseconds * (urls.length > 1 ? 1.5 : 0.9);
  }

  private async attempt<Result>(url: string, route: InternalRoute, argument: unknown): Promise<Result | undefined> {
    const response = await this.send(url, route, argument);
    if (response.ok) return ((await json(response)) as InternalReply<Result>).result ?? undefined;
    const { status } = response;
    const problem = await problemIn(response);
    const { code } = problem;
    // Another attempt would wait as long again for a view that is behind.
    if (code === 'view_behind') throw sameProblem(status, problem);
    if (status >= 500 || status === 429 || status === 408)
      throw new Again(`it answered ${status}`, code === 'unavailable' || status === 429);
    if (status === 401 || status === 403) throw failed('it does not accept the key TALLY_LEDGER_KEY', true);
    // (an organization that is not there is the only other 404)
    if (status === 404 && route !== 'retention')
      throw failed('TALLY_LEDGER_URL does not lead to its TALLY_INTERNAL_LISTEN', true);
    throw sameProblem(status, problem);
  }

  private async send(url: string, route: InternalRoute, argument: unknown): Promise<Response> {
    const { key, timeoutMilliseconds } = this.ledger;
    try {
      return await fetch(`${url}${INTERNAL_ROUTES[route]}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ argument }),
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
    } catch (error) {
      throw new Again(reasonOf(error), wasNotSent(error));
    }
  }
}

/** A body that is cut off on its way counts as no answer. */
async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new Again(reasonOf(error), false);
  }
}

/** What stands between us and the ledger may answer with something else. */
type ProblemBody = Readonly<Record<string, unknown>> & { readonly code?: string; readonly detail?: string };

const problemIn = (response: Response): Promise<ProblemBody> =>
  response.json().catch(() => ({})) as Promise<ProblemBody>;

/** With all its members; those that every problem has are set again. */
function sameProblem(status: number, problem: ProblemBody): Problem {
  const { type: _type, title: _title, status: _status, correlationId: _id, code, detail, ...members } = problem;
  return new Problem(status, code ?? 'invalid_request', detail ?? `The ledger answered ${status}.`, members);
}

const failed = (reason: string, hadNoEffect: boolean): Problem =>
  hadNoEffect
    ? notAsked(reason)
    : unknownOutcome(
        `The ledger did not answer (${reason}). Whether this was stored is unknown. Send the same again, with the same job ids: a job counts once.`,
      );

export const notAsked = (reason: string): Problem =>
  unavailable(`The ledger cannot be asked: ${reason}. Nothing was moved; send the same again in a moment.`);

/** Longer each time, and never the same for two. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS * attempt * (0.5 + Math.random())));
