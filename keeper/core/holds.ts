/** Seconds of the chain. */
const FIRST_PAUSE = 60;
export const LONGEST_PAUSE = 24 * 3_600;
/** By how much the clocks of two forks of a chain, or of two keepers that see different blocks of it, may differ. */
const LEEWAY = 900;

/** For how long a duty is left in peace that failed so often. */
export function pauseAfter(failures: number, longest = LONGEST_PAUSE): number {
  return Math.min(FIRST_PAUSE * 2 ** (failures - 1), longest);
}

/**
 * Whether what was to last `longest` seconds at most lasts until `until` at chain time `now`. What would last longer than that
 * was noted by a clock that is void by now: a fork took that block back, or a node had invented it. It lasts no more.
 */
export function lasts(until: number, now: number, longest: number): boolean {
  return now < until && until <= now + longest + LEEWAY;
}
