/** One thing that must hold before a service takes traffic. Services register theirs; /health/ready asks them all. */
export abstract class Readiness {
  /** `check` answers undefined when all is well, else what is wrong, in a few words. */
  abstract add(name: string, check: () => Promise<string | undefined> | string | undefined): void;
}
