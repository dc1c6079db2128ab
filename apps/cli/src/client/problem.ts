type Member = 'title' | 'detail' | 'error' | 'billing_url' | 'correlationId';

/** Next step by status, for errors whose advice depends on the command line. */
const NEXT: Readonly<Record<number, string>> = {
  401: 'Give a key with TALLY_KEY or --key-file.',
  403: 'Use a key with this permission: TALLY_KEY or --key-file.',
  429: 'Try again in a moment.',
  503: 'Try again in a moment.',
};

/** Text of a problem document (RFC 9457) or of a 402 body, with the next step. */
export function sentenceOf(status: number, body: unknown, where: string): string {
  const problem = textsOf(body);
  const text = problem.detail ?? problem.error ?? problem.title;
  if (text === undefined)
    return `${where} responded with ${status} and no reason. Check that it is a Tallystick server.`;
  const sentences = [ended(text)];
  const next = NEXT[status];
  if (next !== undefined && !text.includes('again')) sentences.push(next);
  if (problem.billing_url !== undefined) sentences.push(`Billing: ${problem.billing_url}`);
  if (status >= 500 && problem.correlationId !== undefined) sentences.push(`Correlation id: ${problem.correlationId}.`);
  return sentences.join(' ');
}

/** The text members of the body, which may be of any server. */
const textsOf = (body: unknown): Readonly<Partial<Record<Member, string>>> =>
  Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => typeof value === 'string'));

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);
