/** Advice that newer versions of Node append to a certificate error. It names a flag of Node; the settings of this product name the CA file. */
const ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca/;

/** The message of a certificate error, the same in all versions of Node. */
export const withoutNodeAdvice = (message: string): string => message.replace(ADVICE, '');
