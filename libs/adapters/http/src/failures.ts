/** Errors before the request is sent: it certainly had no effect. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface FetchError extends Error {
  readonly cause?: { readonly code?: string; readonly errors?: readonly { readonly code?: string }[] };
}

/** For a host name with several addresses, each of the nested errors has a code. */
const codesOf = ({ cause }: FetchError): readonly (string | undefined)[] =>
  cause?.errors?.map(({ code }) => code) ?? [cause?.code];

export const wasNotSent = (error: unknown): boolean =>
  codesOf(error as FetchError).every((code) => code !== undefined && NOT_SENT.has(code));

export const reasonOf = (error: unknown): string => {
  const { name, cause, message } = error as FetchError;
  return name === 'TimeoutError' ? 'it did not answer in time' : (cause?.code ?? message);
};
