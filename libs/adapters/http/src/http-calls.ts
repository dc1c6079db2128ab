import { INTERNAL_ROUTES, Problem, type InternalReply } from '@tallystick/contracts';
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
const RETRY_AFTER_SECONDS = 2;

/** An answer that may be another one a moment later, or from another replica. */
class Again extends Error {}

/** Calls that may be repeated without harm: jobs count once by their id, the rest only reads. */
export class HttpCalls {
  private readonly replicas: Replicas;

  constructor(private readonly ledger: LedgerAddress) {
    this.replicas = new Replicas(ledger.urls);
  }

  get mostWaiting(): number {
    return this.ledger.mostWaiting;
  }

  /** The result, undefined for "there is none"; throws Problem, 503 where the ledger could not be asked. */
  async call<Result>(route: InternalRoute, argument: unknown): Promise<Result | undefined> {
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.attempt<Result>(url, route, argument);
      } catch (error) {
        if (!(error instanceof Again)) throw error;
        this.replicas.failed(url);
        if (attempt === ATTEMPTS) throw unavailable(error.message);
      }
      await pause(attempt);
    }
  }

  private async attempt<Result>(
    url: string,
    route: InternalRoute,
    argument: unknown,
  ): Promise<Result | undefined> {
    const response = await this.send(url, route, argument);
    if (response.ok) return ((await json(response)) as InternalReply<Result>).result ?? undefined;
    const { status } = response;
    if (status >= 500 || status === 429 || status === 408) throw new Again(`it answered ${status}`);
    const { code, detail } = (await json(response)) as { code?: string; detail?: string };
    if (status === 401 || status === 403) throw unavailable('it does not accept the key TALLY_LEDGER_KEY');
    throw new Problem(status, code ?? 'invalid_request', detail ?? `The ledger answered ${status}.`);
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
      throw new Again(reasonOf(error));
    }
  }
}

/** A body that is cut off on its way counts as no answer. */
async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new Again(reasonOf(error));
  }
}

export const reasonOf = (error: unknown): string => {
  const { name, cause, message } = error as Error & { cause?: { code?: string } };
  return name === 'TimeoutError' ? 'it did not answer in time' : (cause?.code ?? message);
};

export const unavailable = (reason: string): Problem =>
  new Problem(
    503,
    'unavailable',
    `The ledger cannot be asked: ${reason}. Send the same again in a moment: a job counts once.`,
    { retryAfter: RETRY_AFTER_SECONDS },
  );

/** Longer each time, and never the same for two. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS * attempt * (0.5 + Math.random())));
