type Member = 'title' | 'detail' | 'error' | 'billing_url' | 'correlationId';

/** What to do about a "no", where the server cannot know that a command line is asking. */
const NEXT: Readonly<Record<number, string>> = {
  401: 'Give a key with TALLY_KEY or --key-file.',
  403: 'Call with a key that may: TALLY_KEY or --key-file.',
  429: 'Try again in a moment.',
  503: 'Try again in a moment.',
};

/** A problem document (RFC 9457) or one of the short 402 bodies as one plain sentence or two, with the next step. */
export function sentenceOf(status: number, body: unknown, where: string): string {
  const problem = textsOf(body);
  const said = problem.detail ?? problem.error ?? problem.title;
  if (said === undefined) return `${where} answered ${status} without saying why. Is it a Tallystick server?`;
  const sentences = [ended(said)];
  const next = NEXT[status];
  if (next !== undefined && !said.includes('again')) sentences.push(next);
  if (problem.billing_url !== undefined) sentences.push(`Billing: ${problem.billing_url}`);
  if (status >= 500 && problem.correlationId !== undefined) sentences.push(`Correlation id: ${problem.correlationId}.`);
  return sentences.join(' ');
}

/** Whatever answers at the address: only texts are shown. */
const textsOf = (body: unknown): Readonly<Partial<Record<Member, string>>> =>
  Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => typeof value === 'string'));

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);
