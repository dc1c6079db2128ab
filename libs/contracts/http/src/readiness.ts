/** The checks of /health/ready. A service that is not ready gets no traffic. */
export abstract class Readiness {
  /** `check` returns the fault in a few words, undefined without one. */
  abstract add(name: string, check: () => Promise<string | undefined> | string | undefined): void;
}
