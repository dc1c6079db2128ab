/** What newer versions of Node add to a certificate's fault. It names a flag of Node; ours name the setting that holds the CA. */
const ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca/;

/** A reason as every version of Node gives it. */
export const withoutNodeAdvice = (reason: string): string => reason.replace(ADVICE, '');
