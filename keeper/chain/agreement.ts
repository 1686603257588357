/** When several endpoints say the same often enough. Pure. */

/** How many of `n` configured endpoints must at least say the same. */
export function quorum(n: number): number {
  return Math.ceil(n / 2);
}

/**
 * Whether `same` equal answers decide, of `answered` so far, with `pending` that may still say something else: they are at
 * least half of all endpoints, and more than half of those that answer.
 */
export function decides(n: number, same: number, answered: number, pending: number): boolean {
  return same >= quorum(n) && same * 2 > answered + pending;
}

/** Whether more than half of `n` have answered, so that at least one honest one has if most are honest. */
export function majority(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** The largest number that at least `enough` of the answers reach. */
export function reachedBy(enough: number, values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => b - a)[enough - 1];
}
