/** What says from when a version of a catalog is in force. */
export interface EffectiveVersion {
  readonly effectiveAt: string;
}

/**
 * The version that is in force at an instant, of versions in the order in which they were put into force: the last one whose
 * `effectiveAt` is not later. The first one replaces none, so it is in force from the start.
 */
export function versionInForce<Version extends EffectiveVersion>(
  versions: readonly [Version, ...Version[]],
  at: string,
): Version {
  const [first, ...later] = versions;
  return later.findLast(({ effectiveAt }) => effectiveAt <= at) ?? first;
}
