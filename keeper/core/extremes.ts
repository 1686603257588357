/** The least of some amounts. */
export function min(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((a, b) => (b < a ? b : a), first);
}

/** The greatest of some amounts. */
export function max(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((a, b) => (b > a ? b : a), first);
}
