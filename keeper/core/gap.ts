/** The chain said something that does not follow from what it said before: events are missing. */
export class GapError extends Error {
  override readonly name = "GapError";
}

/** What earlier events introduced; fails with a GapError where none did. */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GapError(`the events mention ${what}, which no event introduced`);
  return value;
}
